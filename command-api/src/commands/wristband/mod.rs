//! Commands on wristbands. No rules here: those are in the domain.

mod add_time;
mod assign;
mod bulk;
mod buy_period;
mod loaded;
mod scan;
mod transfer;
mod void;

pub use add_time::AddTime;
pub use assign::AssignWristband;
pub use bulk::{BulkItem, BulkItemDone, BulkWristbandsDone, InitializeMany};
pub use buy_period::{BuyPeriod, Purchase};
pub use loaded::WristbandChanged;
pub use scan::{ScanWristband, WristbandScanned};
pub use transfer::TransferWristband;
pub use void::VoidWristband;
