//! Stored form of room events.

use super::{DecodeError, EncodeError, Encoded, json};
use crate::domain::room::RoomEvent;

pub(super) fn encode(_event: &RoomEvent) -> Result<Encoded, EncodeError> {
    json("room.unknown.v0", &())
}

pub(super) fn decode(event_type: &str, _data: &str) -> Result<RoomEvent, DecodeError> {
    Err(DecodeError::UnknownType(event_type.to_owned()))
}
