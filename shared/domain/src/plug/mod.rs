//! Plugs: the switched outlets behind fog machines, lights and sirens.

mod command;
pub mod cross_stream;
#[cfg(test)]
mod cross_stream_tests;
mod decide;
mod error;
mod event;
mod identity;
mod state;
#[cfg(test)]
mod tests;

pub use command::{NewPlug, PlugCommand};
pub(crate) use decide::checked_end;
pub use decide::{ask_end, decide};
pub use error::PlugError;
pub use event::{Cause, CauseKind, PlugEvent, PlugReport, Reading, RelayState};
pub use identity::{HardwareId, MacAddress, PlugIdentity};
pub use state::{Ask, Plug, PlugState, RegisteredPlug};

use jiff::SignedDuration;

use super::values::Name;

/// The longest anybody may ask for anything: on, or not on.
pub const LONGEST_ASK: SignedDuration = SignedDuration::from_hours(24);

/// How long an ask for "on" lasts that does not say.
pub const USUAL_ON: SignedDuration = SignedDuration::from_hours(1);

/// What a device calls its model, such as `HS110(EU)`.
pub type Model = Name;
