//! Keeps one report of the device worker, about a plug or an automation.

use domain::{automation::AutomationCommand, ids::LocationId, plug::PlugCommand};
use events::reports::{DeviceReport, ReportContent};

use super::ChangePlug;
use crate::{
    commands::automation::ChangeAutomation,
    execute::{Changed, Command, Decided, UnitOfWork},
};

/// Keeps a report.
#[derive(Clone, Debug)]
pub struct KeepReport {
    /// Where.
    pub location: LocationId,
    /// What is reported.
    pub report: DeviceReport,
}

impl Command for KeepReport {
    type Answer = Changed;
    const NAME: &'static str = "keep_report";

    fn location(&self) -> Option<LocationId> {
        Some(self.location)
    }

    async fn decide(self, work: UnitOfWork) -> Decided<Changed> {
        let Self { location, report } = self;
        // A worker's clock may be ahead; what it reports has happened all the same.
        let at = report.at.min(work.now());
        match report.content {
            ReportContent::Plug(id, report) => {
                let command = PlugCommand::Report { report, at };
                ChangePlug { location, id, command }.decide(work).await
            }
            ReportContent::Automation(id, report) => {
                let command = AutomationCommand::Report { report, at };
                ChangeAutomation { location, id, command }.decide(work).await
            }
        }
    }
}
