//! Rooms: a game installed at a location.

mod event;

pub use event::RoomEvent;

use super::values::Name;

/// A device of the game in the room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Controller {
    /// What it is, such as `floor`.
    pub name: Name,
    /// Host and port on the venue's network.
    pub address: String,
}
