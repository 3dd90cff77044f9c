//! Stored form of play events.

use super::{DecodeError, EncodeError, Encoded, json};
use crate::domain::play::PlayEvent;

pub(super) fn encode(_event: &PlayEvent) -> Result<Encoded, EncodeError> {
    json("play.unknown.v0", &())
}

pub(super) fn decode(event_type: &str, _data: &str) -> Result<PlayEvent, DecodeError> {
    Err(DecodeError::UnknownType(event_type.to_owned()))
}
