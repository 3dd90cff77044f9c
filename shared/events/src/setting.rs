//! Stored form of setting events.

use serde::{Deserialize, Serialize};

use super::{DecodeError, EncodeError, Encoded, json, parse};
use domain::{
    ids::{LocationId, RoomId, VariantId},
    setting::{Scope, SettingEvent, SettingKey, SettingValue},
};

const SET_V1: &str = "setting.set.v1";
const UNSET_V1: &str = "setting.unset.v1";

#[derive(Serialize, Deserialize)]
struct SetV1 {
    scope: ScopeV1,
    key: String,
    value: ValueV1,
}

#[derive(Serialize, Deserialize)]
struct UnsetV1 {
    scope: ScopeV1,
    key: String,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum ScopeV1 {
    Global,
    Location { location_id: LocationId },
    Room { location_id: LocationId, room_id: RoomId },
    Variant { location_id: LocationId, variant_id: VariantId },
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "type", content = "value", rename_all = "snake_case")]
enum ValueV1 {
    Text(String),
    Number(f64),
    Boolean(bool),
    /// As text, so that it comes back as it was written.
    Json(String),
}

pub(super) fn encode(event: &SettingEvent) -> Result<Encoded, EncodeError> {
    match event {
        SettingEvent::Set { scope, key, value } => json(
            SET_V1,
            &SetV1 { scope: stored_scope(*scope), key: key.to_string(), value: stored_value(value) },
        ),
        SettingEvent::Unset { scope, key } => {
            json(UNSET_V1, &UnsetV1 { scope: stored_scope(*scope), key: key.to_string() })
        }
    }
}

pub(super) fn decode(event_type: &str, data: &str) -> Result<SettingEvent, DecodeError> {
    Ok(match event_type {
        SET_V1 => {
            let v1: SetV1 = parse(event_type, data)?;
            SettingEvent::Set {
                scope: scope(&v1.scope),
                key: SettingKey::stored(&v1.key),
                value: value(v1.value),
            }
        }
        UNSET_V1 => {
            let v1: UnsetV1 = parse(event_type, data)?;
            SettingEvent::Unset { scope: scope(&v1.scope), key: SettingKey::stored(&v1.key) }
        }
        _ => return Err(DecodeError::UnknownType(event_type.to_owned())),
    })
}

fn stored_scope(scope: Scope) -> ScopeV1 {
    match scope {
        Scope::Global => ScopeV1::Global,
        Scope::Location(location_id) => ScopeV1::Location { location_id },
        Scope::Room(location_id, room_id) => ScopeV1::Room { location_id, room_id },
        Scope::Variant(location_id, variant_id) => ScopeV1::Variant { location_id, variant_id },
    }
}

fn scope(stored: &ScopeV1) -> Scope {
    match *stored {
        ScopeV1::Global => Scope::Global,
        ScopeV1::Location { location_id } => Scope::Location(location_id),
        ScopeV1::Room { location_id, room_id } => Scope::Room(location_id, room_id),
        ScopeV1::Variant { location_id, variant_id } => Scope::Variant(location_id, variant_id),
    }
}

fn stored_value(value: &SettingValue) -> ValueV1 {
    match value {
        SettingValue::Text(text) => ValueV1::Text(text.clone()),
        SettingValue::Number(number) => ValueV1::Number(*number),
        SettingValue::Boolean(flag) => ValueV1::Boolean(*flag),
        SettingValue::Json(json) => ValueV1::Json(json.clone()),
    }
}

fn value(stored: ValueV1) -> SettingValue {
    match stored {
        ValueV1::Text(text) => SettingValue::Text(text),
        ValueV1::Number(number) => SettingValue::Number(number),
        ValueV1::Boolean(flag) => SettingValue::Boolean(flag),
        ValueV1::Json(json) => SettingValue::Json(json),
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::{
        decode as decode_any, encode as encode_any,
        golden::{PlainText, assert_golden, recorded},
    };
    use domain::{DomainEvent, ids::StreamName};

    const LOCATION: LocationId = LocationId(Uuid::from_u128(1));

    fn key() -> SettingKey {
        SettingKey::stored("feature.night_mode")
    }

    #[test]
    fn golden_settings() {
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
