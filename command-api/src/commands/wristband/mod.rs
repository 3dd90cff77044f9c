//! Commands on wristbands. No rules here: those are in the domain.

mod add_time;
mod add_time_many;
mod assign;
pub(crate) mod bulk;
mod buy_period;
mod issue_pass;
mod loaded;
mod scan;
mod set_end;
mod transfer;
mod unassign;
mod void;

pub use add_time::AddTime;
pub use add_time_many::{AddTimeToMany, TimeAddedItem, TimeAddedToMany};
pub use assign::AssignWristband;
pub use bulk::{BulkItem, BulkItemDone, BulkWristbandsDone, InitializeMany};
pub use buy_period::{BuyPeriod, Purchase};
pub use issue_pass::IssuePass;
pub use loaded::WristbandChanged;
pub use scan::{ScanWristband, WristbandScanned};
pub use set_end::SetEnd;
pub use transfer::TransferWristband;
pub use unassign::UnassignWristband;
pub use void::VoidWristband;
