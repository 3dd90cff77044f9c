//! Stored form of game events.

use super::{DecodeError, EncodeError, Encoded, json};
use crate::domain::game::GameEvent;

pub(super) fn encode(_event: &GameEvent) -> Result<Encoded, EncodeError> {
    json("game.unknown.v0", &())
}

pub(super) fn decode(event_type: &str, _data: &str) -> Result<GameEvent, DecodeError> {
    Err(DecodeError::UnknownType(event_type.to_owned()))
}
