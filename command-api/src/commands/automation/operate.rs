//! What people do with an automation at this moment, whatever its trigger and gates.

use domain::{
    automation::AutomationCommand,
    ids::{AutomationId, LocationId},
    plug::RelayState,
};

use super::ChangeAutomation;
use crate::{
    commands::plug::End,
    execute::{Changed, Command, Decided, UnitOfWork},
};

/// Forces an automation on or off.
#[derive(Clone, Copy, Debug)]
pub struct ForceAutomation {
    /// Where.
    pub location: LocationId,
    /// Which.
    pub id: AutomationId,
    /// On or off.
    pub state: RelayState,
    /// Until when.
    pub end: End,
}

impl Command for ForceAutomation {
    type Answer = Changed;
    const NAME: &'static str = "force_automation";

    fn location(&self) -> Option<LocationId> {
        Some(self.location)
    }

    async fn decide(self, work: UnitOfWork) -> Decided<Changed> {
        let Self { location, id, state, end } = self;
        let at = work.now();
        let command = AutomationCommand::Force { state, until: end.after(at), at };
        ChangeAutomation { location, id, command }.decide(work).await
    }
}

/// Ends a force.
#[derive(Clone, Copy, Debug)]
pub struct UnforceAutomation {
    /// Where.
    pub location: LocationId,
    /// Which.
    pub id: AutomationId,
}

impl Command for UnforceAutomation {
    type Answer = Changed;
    const NAME: &'static str = "unforce_automation";

    fn location(&self) -> Option<LocationId> {
        Some(self.location)
    }

    async fn decide(self, work: UnitOfWork) -> Decided<Changed> {
        let Self { location, id } = self;
        let command = AutomationCommand::Unforce { at: work.now() };
        ChangeAutomation { location, id, command }.decide(work).await
    }
}

/// Pulses an automation's plugs.
#[derive(Clone, Copy, Debug)]
pub struct PulseAutomation {
    /// Where.
    pub location: LocationId,
    /// Which.
    pub id: AutomationId,
    /// How long; as its rule says, when absent.
    pub milliseconds: Option<u32>,
}

impl Command for PulseAutomation {
    type Answer = Changed;
    const NAME: &'static str = "pulse_automation";

    fn location(&self) -> Option<LocationId> {
        Some(self.location)
    }

    async fn decide(self, work: UnitOfWork) -> Decided<Changed> {
        let Self { location, id, milliseconds } = self;
        let command = AutomationCommand::Pulse { milliseconds, at: work.now() };
        ChangeAutomation { location, id, command }.decide(work).await
    }
}
