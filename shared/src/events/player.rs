//! Stored form of player events: personal data only sealed.

use super::{DecodeError, EncodeError, Encoded, Opener, Sealer, json};
use crate::domain::player::PlayerEvent;

pub(super) fn encode(_: &PlayerEvent, _: &dyn Sealer, _stream_id: &str) -> Result<Encoded, EncodeError> {
    json("player.unknown.v0", &())
}

pub(super) fn decode(
    event_type: &str,
    _data: &str,
    _: &dyn Opener,
    _stream_id: &str,
) -> Result<PlayerEvent, DecodeError> {
    Err(DecodeError::UnknownType(event_type.to_owned()))
}
