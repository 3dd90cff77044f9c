//! Stored form of wristband events.

use super::{DecodeError, EncodeError, Encoded, json};
use crate::domain::wristband::WristbandEvent;

pub(super) fn encode(_event: &WristbandEvent) -> Result<Encoded, EncodeError> {
    json("wristband.unknown.v0", &())
}

pub(super) fn decode(event_type: &str, _data: &str) -> Result<WristbandEvent, DecodeError> {
    Err(DecodeError::UnknownType(event_type.to_owned()))
}
