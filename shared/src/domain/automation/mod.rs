//! Automations: rules that switch plugs when something happens, at set times, or every so often.

pub mod cron;
mod event;
mod spec;

pub use event::{AutomationEvent, AutomationReport, DoneAction, Occasion, OccasionKind};
pub use spec::{Action, AutomationSpec, Gates, Limits, PlayersActive, QuietSpan, Trigger, TriggerEvent};
