//! Commands on plugs: the switched outlets behind fog machines, lights and sirens.

mod ask;
mod bind;
mod change;
mod end;
mod register;
mod release;
mod report;
mod report_batch;
mod report_each;
mod retire;

pub use ask::{AskPlug, AskPlugDone};
pub use bind::BindPlug;
pub use change::ChangePlug;
pub use end::End;
pub use register::RegisterPlug;
pub use release::ReleasePlug;
pub use report::KeepReport;
pub use report_batch::{KeepReports, ReportsDone};
pub use report_each::{ReportDone, keep_each};
pub use retire::RetirePlug;
