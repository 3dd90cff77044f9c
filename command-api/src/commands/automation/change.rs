//! Whatever changes one automation alone. Another location's is as absent as none.

use domain::{
    automation::{Automation, AutomationCommand, cross_stream},
    ids::{AutomationId, LocationId},
};

use crate::execute::{Changed, Command, Decided, UnitOfWork};

/// Carries out `command` on an automation.
#[derive(Clone, Debug)]
pub struct ChangeAutomation {
    /// Where.
    pub location: LocationId,
    /// Which.
    pub id: AutomationId,
    /// What.
    pub command: AutomationCommand,
}

impl Command for ChangeAutomation {
    type Answer = Changed;
    const NAME: &'static str = "change_automation";

    fn location(&self) -> Option<LocationId> {
        Some(self.location)
    }

    async fn decide(self, work: UnitOfWork) -> Decided<Changed> {
        let Self { location, id, command } = self;
        let automation = work.load::<Automation>(id.stream()).await?;
        work.record(cross_stream::change((location, id), &automation, command)?);
        Ok(work.changed(id.stream()))
    }
}
