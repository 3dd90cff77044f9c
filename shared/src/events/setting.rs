//! Stored form of setting events.

use super::{DecodeError, EncodeError, Encoded, json};
use crate::domain::setting::SettingEvent;

pub(super) fn encode(_event: &SettingEvent) -> Result<Encoded, EncodeError> {
    json("setting.unknown.v0", &())
}

pub(super) fn decode(event_type: &str, _data: &str) -> Result<SettingEvent, DecodeError> {
    Err(DecodeError::UnknownType(event_type.to_owned()))
}
