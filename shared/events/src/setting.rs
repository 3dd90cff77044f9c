//! Stored form of setting events.

use domain::{
    ids::{LocationId, RoomId, VariantId},
    setting::{Scope, SettingEvent, SettingKey, SettingValue},
};
use serde::{Deserialize, Serialize};

use super::{
    DecodeError, EncodeError,
    stored::{Reading, Stored, Writing},
};
use crate::stored_events;

stored_events! {
    SettingEvent {
        "setting.set.v1" { scope: Scope, key: SettingKey, value: SettingValue } => Set,
        "setting.unset.v1" { scope: Scope, key: SettingKey } => Unset,
    }
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ScopeV1 {
    Global,
    Location { location_id: LocationId },
    Room { location_id: LocationId, room_id: RoomId },
    Variant { location_id: LocationId, variant_id: VariantId },
}

impl Stored for Scope {
    type Written<'a> = ScopeV1;
    type Read = ScopeV1;

    fn written(&self, _: &Writing<'_>) -> Result<ScopeV1, EncodeError> {
        Ok(match *self {
            Self::Global => ScopeV1::Global,
            Self::Location(location_id) => ScopeV1::Location { location_id },
            Self::Room(location_id, room_id) => ScopeV1::Room { location_id, room_id },
            Self::Variant(location_id, variant_id) => ScopeV1::Variant { location_id, variant_id },
        })
    }

    fn read(read: ScopeV1, _: &Reading<'_>) -> Result<Self, DecodeError> {
        Ok(match read {
            ScopeV1::Global => Self::Global,
            ScopeV1::Location { location_id } => Self::Location(location_id),
            ScopeV1::Room { location_id, room_id } => Self::Room(location_id, room_id),
            ScopeV1::Variant { location_id, variant_id } => Self::Variant(location_id, variant_id),
        })
    }
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "type", content = "value", rename_all = "snake_case")]
pub enum ValueV1 {
    Text(String),
    Number(f64),
    Boolean(bool),
    /// As text, so that it comes back as it was written.
    Json(String),
}

impl Stored for SettingValue {
    type Written<'a> = ValueV1;
    type Read = ValueV1;

    fn written(&self, _: &Writing<'_>) -> Result<ValueV1, EncodeError> {
        Ok(match self {
            Self::Text(text) => ValueV1::Text(text.clone()),
            Self::Number(number) => ValueV1::Number(*number),
            Self::Boolean(flag) => ValueV1::Boolean(*flag),
            Self::Json(json) => ValueV1::Json(json.clone()),
        })
    }

    fn read(read: ValueV1, _: &Reading<'_>) -> Result<Self, DecodeError> {
        Ok(match read {
            ValueV1::Text(text) => Self::Text(text),
            ValueV1::Number(number) => Self::Number(number),
            ValueV1::Boolean(flag) => Self::Boolean(flag),
            ValueV1::Json(json) => Self::Json(json),
        })
    }
}

#[cfg(test)]
mod tests {
    use domain::{DomainEvent, ids::StreamName};
    use uuid::Uuid;

    use super::*;
    use crate::{
        decode as decode_any, encode as encode_any,
        golden::{PlainText, assert_golden, recorded},
    };

    const LOCATION: LocationId = LocationId(Uuid::from_u128(1));

    fn key() -> SettingKey {
        SettingKey::stored("feature.night_mode")
    }

    #[test]
    fn settings_match_their_goldens() {
        let scope = Scope::Room(LOCATION, RoomId(Uuid::from_u128(2)));
        let value = SettingValue::Json(r#"{"from": 22}"#.into());
        assert_golden(SettingEvent::Set { scope, key: key(), value });
        assert_golden(SettingEvent::Unset { scope: Scope::Location(LOCATION), key: key() });
    }

    #[test]
    fn every_scope_and_type_comes_back_as_it_was_stored() {
        let scopes = [
            Scope::Global,
            Scope::Location(LOCATION),
            Scope::Room(LOCATION, RoomId(Uuid::from_u128(2))),
            Scope::Variant(LOCATION, VariantId(Uuid::from_u128(3))),
        ];
        let values = [
            SettingValue::Text("a \"quoted\" \u{1F600}".into()),
            SettingValue::Number(-0.5),
            SettingValue::Number(3.0),
            SettingValue::Boolean(false),
        ];
        for (scope, value) in scopes.into_iter().zip(values) {
            let event = DomainEvent::from(SettingEvent::Set { scope, key: key(), value });
            let (event_type, data) = encode_any(&event, &PlainText, "").unwrap();
            let stored = recorded(event_type, StreamName::new("setting", "x"), &data);
            assert_eq!(decode_any(&stored, &PlainText).unwrap(), event);
        }
    }
}
