//! Plugs: the switched outlets behind fog machines, lights and sirens.

mod command;
pub mod cross_stream;
#[cfg(test)]
mod cross_stream_tests;
mod error;
mod event;
mod identity;
mod networks;
#[cfg(test)]
mod tests;

pub(crate) use command::checked_end;
pub use command::{NewPlug, PlugCommand, ask_end, decide};
pub use error::PlugError;
pub use event::{
    Ask, Cause, CauseKind, ImplausibleReading, Plug, PlugEvent, PlugReport, PlugState, Reading,
    RegisteredPlug, RelayState,
};
pub use identity::{HardwareId, MacAddress, PlugIdentity};
pub use networks::{InvalidPlugNetwork, InvalidPlugPorts, PlugNetwork, PlugNetworks, PlugPorts};

use jiff::SignedDuration;

use super::values::Name;

/// The longest anybody may ask for anything: on, or not on.
pub const LONGEST_ASK: SignedDuration = SignedDuration::from_hours(24);

/// How long an ask for "on" lasts that does not say.
pub const USUAL_ON: SignedDuration = SignedDuration::from_hours(1);

/// What a device calls its model, such as `HS110(EU)`.
pub type Model = Name;
