//! Automations: rules that switch plugs when something happens, at set times, or every so often.

mod check;
mod command;
pub mod cron;
pub mod cross_stream;
#[cfg(test)]
mod cross_stream_tests;
mod error;
mod event;
mod spec;
#[cfg(test)]
mod tests;

pub use check::{SpecFault, faults};
pub use command::{AutomationCommand, decide};
pub use error::AutomationError;
pub use event::{
    Automation, AutomationEvent, AutomationReport, AutomationState, DoneAction, ExistingAutomation, Force,
    Occasion, OccasionKind,
};
pub use spec::{Action, AutomationSpec, Gates, Limits, PlayersActive, QuietSpan, Trigger, TriggerEvent};

/// How long a pulse lasts that nobody gave a length: neither its rule nor who asked.
pub const USUAL_PULSE_MILLISECONDS: u32 = 800;
