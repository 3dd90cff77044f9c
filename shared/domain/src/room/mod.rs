//! Rooms: a game installed at a location.

mod check;
mod command;
pub mod cross_stream;
#[cfg(test)]
mod cross_stream_tests;
mod error;
mod event;
#[cfg(test)]
mod tests;

pub use command::{RoomCommand, decide};
pub use error::RoomError;
pub use event::{ActiveVariants, InstalledRoom, Room, RoomConfig, RoomEvent, RoomState};

use super::values::Name;

/// A device of the game in the room.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Controller {
    /// What it is, such as `floor`.
    #[serde(with = "event::name_as_text")]
    pub name: Name,
    /// Host and port on the venue's network.
    pub address: String,
}
