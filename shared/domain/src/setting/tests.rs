//! The rules of a setting, as given / when / then.

use proptest::prelude::*;
use uuid::Uuid;

use super::{
    Scope, Setting, SettingCommand as C, SettingContext, SettingError, SettingEvent as E, SettingKey,
    SettingState, SettingValue as V, ValueType, cross_stream::change, decide, resolve,
};
use crate::{
    Aggregate as _, Change,
    ids::{GameId, LocationId, RoomId, VariantId},
    location::{Location, LocationEvent, LocationState},
    room::{Room, RoomEvent, RoomState},
    values::{Code, InvalidValue, Name, TimeZoneName},
};

const LOCATION: LocationId = LocationId(Uuid::from_u128(1));
const ELSEWHERE: LocationId = LocationId(Uuid::from_u128(2));
const ROOM: RoomId = RoomId(Uuid::from_u128(3));
const VARIANT: VariantId = VariantId(Uuid::from_u128(4));

fn given(events: &[E]) -> SettingState {
    events.iter().fold(SettingState::default(), Setting::evolve)
}

fn key() -> SettingKey {
    SettingKey::new("feature.night_mode").unwrap()
}

fn set(value: V) -> C {
    C::Set { scope: Scope::Global, key: key(), value }
}

fn unset() -> C {
    C::Unset { scope: Scope::Global, key: key() }
}

fn was_set(value: V) -> E {
    E::Set { scope: Scope::Global, key: key(), value }
}

fn was_unset() -> E {
    E::Unset { scope: Scope::Global, key: key() }
}

fn samples() -> [(V, ValueType); 4] {
    [
        (V::Text("on".into()), ValueType::Text),
        (V::Number(1.5), ValueType::Number),
        (V::Boolean(true), ValueType::Boolean),
        (V::Json("{}".into()), ValueType::Json),
    ]
}

#[test]
fn a_value_is_set_and_the_same_again_yields_nothing() {
    for (value, _) in samples() {
        assert_eq!(decide(&given(&[]), set(value.clone())), Ok(vec![was_set(value.clone())]));
        assert_eq!(decide(&given(&[was_set(value.clone())]), set(value)), Ok(vec![]));
    }
    let json = |text: &str| V::Json(text.into());
    let state = given(&[was_set(json(r#"{"a":1,"b":[]}"#))]);
    assert_eq!(decide(&state, set(json(r#"{ "b": [], "a": 1 }"#))), Ok(vec![]));
}

#[test]
fn another_value_of_the_same_type_replaces_it() {
    let state = given(&[was_set(V::Number(1.0))]);
    assert_eq!(decide(&state, set(V::Number(2.0))), Ok(vec![was_set(V::Number(2.0))]));
}

#[test]
fn another_type_is_refused_until_the_setting_is_unset() {
    for (current, in_effect) in samples() {
        for (value, given_type) in samples().into_iter().filter(|(_, other)| *other != in_effect) {
            let state = given(&[was_set(current.clone())]);
            let refused = Err(SettingError::TypeDiffers { in_effect, given: given_type });
            assert_eq!(decide(&state, set(value.clone())), refused);
            let after = given(&[was_set(current.clone()), was_unset()]);
            assert_eq!(decide(&after, set(value.clone())), Ok(vec![was_set(value)]));
        }
    }
}

#[test]
fn a_setting_is_unset_once() {
    assert_eq!(decide(&given(&[was_set(V::Boolean(true))]), unset()), Ok(vec![was_unset()]));
    assert_eq!(decide(&given(&[]), unset()), Ok(vec![]));
}

#[test]
fn a_number_is_finite() {
    for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert_eq!(decide(&given(&[]), set(V::Number(number))), Err(SettingError::NotFinite));
    }
}

#[test]
fn a_text_has_its_length_and_hides_nothing() {
    let text = |text: &str| decide(&given(&[]), set(V::Text(text.into())));
    assert!(text("").is_ok());
    assert!(text(&"\u{fc}".repeat(10_000)).is_ok());
    let why = InvalidValue::TooLong { max: 10_000, actual: 10_001 };
    assert_eq!(text(&"u".repeat(10_001)), Err(SettingError::Text { why }));
    let why = InvalidValue::Invisible { code: 0 };
    assert_eq!(text("a\0b"), Err(SettingError::Text { why }));
}

#[test]
fn json_parses_and_has_its_length_and_depth() {
    let json = |text: &str| decide(&given(&[]), set(V::Json(text.into())));
    let string_of = |bytes: usize| format!("\"{}\"", "a".repeat(bytes - 2));
    assert!(json("[1, null, {}]").is_ok());
    assert!(json(&string_of(65_536)).is_ok());
    assert_eq!(json(&string_of(65_537)), Err(SettingError::JsonTooLong { bytes: 65_537 }));
    assert_eq!(json("{\n\"a\":}"), Err(SettingError::JsonMalformed { line: 2, column: 5 }));
    for bad in ["", "{} {}", "NaN", &"[".repeat(200), &format!("{}{}", "[".repeat(200), "]".repeat(200))] {
        assert!(matches!(json(bad), Err(SettingError::JsonMalformed { .. })), "{bad}");
    }
}

#[test]
fn a_bad_value_is_refused_also_where_one_is_set() {
    let state = given(&[was_set(V::Number(1.0))]);
    assert_eq!(decide(&state, set(V::Number(f64::NAN))), Err(SettingError::NotFinite));
}

// The thing a scope names.

fn location() -> LocationState {
    let opened = LocationEvent::Opened {
        id: LOCATION,
        code: Code::new("b1").unwrap(),
        name: Name::new("Berlin").unwrap(),
        time_zone: TimeZoneName::new("Europe/Berlin").unwrap(),
    };
    Location::evolve(LocationState::default(), &opened)
}

fn room(location: LocationId) -> RoomState {
    let installed = RoomEvent::Installed {
        id: ROOM,
        location,
        game: GameId(Uuid::from_u128(9)),
        name: Name::new("Room 1").unwrap(),
        controllers: vec![],
    };
    Room::evolve(RoomState::default(), &installed)
}

fn set_at(scope: Scope) -> C {
    C::Set { scope, key: key(), value: V::Boolean(true) }
}

#[test]
fn a_value_goes_to_the_stream_of_its_scope() {
    let scopes = [
        Scope::Global,
        Scope::Location(LOCATION),
        Scope::Room(LOCATION, ROOM),
        Scope::Variant(LOCATION, VARIANT),
    ];
    let mut streams = vec![];
    for scope in scopes {
        let changes = change(&location(), &room(LOCATION), &given(&[]), set_at(scope)).unwrap();
        let event = E::Set { scope, key: key(), value: V::Boolean(true) };
        assert_eq!(changes, Change::all(&scope.stream(&key()), [event]));
        streams.push(scope.stream(&key()));
    }
    streams.sort();
    streams.dedup();
    assert_eq!(streams.len(), scopes.len());
}

#[test]
fn a_scope_that_does_not_exist_is_refused() {
    let absent = (LocationState::Absent, RoomState::Absent);
    let code = |location: &LocationState, room: &RoomState, scope| {
        change(location, room, &given(&[]), set_at(scope)).unwrap_err().code
    };
    for scope in [Scope::Location(LOCATION), Scope::Variant(LOCATION, VARIANT), Scope::Room(LOCATION, ROOM)] {
        assert_eq!(code(&absent.0, &absent.1, scope), "location_not_found");
    }
    let scope = Scope::Room(LOCATION, ROOM);
    assert_eq!(code(&location(), &absent.1, scope), "room_not_found");
    assert_eq!(code(&location(), &room(ELSEWHERE), scope), "room_not_found");
    assert!(change(&absent.0, &absent.1, &given(&[]), set_at(Scope::Global)).is_ok());
}

// Resolution.

fn everywhere() -> Vec<(Scope, &'static str)> {
    vec![
        (Scope::Variant(LOCATION, VARIANT), "variant"),
        (Scope::Global, "global"),
        (Scope::Room(LOCATION, ROOM), "room"),
        (Scope::Location(LOCATION), "location"),
    ]
}

fn resolved(place: SettingContext) -> Option<&'static str> {
    resolve(everywhere(), &place).map(|(_, value)| value)
}

#[test]
fn the_nearest_scope_wins() {
    let nowhere = SettingContext::default();
    let here = SettingContext { location: Some(LOCATION), ..nowhere };
    let in_room = SettingContext { room: Some(ROOM), ..here };
    let playing = SettingContext { variant: Some(VARIANT), ..in_room };
    assert_eq!(resolved(nowhere), Some("global"));
    assert_eq!(resolved(here), Some("location"));
    assert_eq!(resolved(in_room), Some("room"));
    assert_eq!(resolved(playing), Some("variant"));
}

#[test]
fn another_locations_values_do_not_hold() {
    let elsewhere = SettingContext { location: Some(ELSEWHERE), room: Some(ROOM), variant: Some(VARIANT) };
    assert_eq!(resolved(elsewhere), Some("global"));
}

#[test]
fn a_farther_value_shows_through_and_none_is_none() {
    let playing = SettingContext { location: Some(LOCATION), room: Some(ROOM), variant: Some(VARIANT) };
    let values = [(Scope::Global, 1), (Scope::Location(LOCATION), 2)];
    assert_eq!(resolve(values, &playing), Some((Scope::Location(LOCATION), 2)));
    assert_eq!(resolve::<u8>([], &playing), None);
    assert_eq!(resolve([(Scope::Location(ELSEWHERE), 1)], &playing), None);
}

fn any_value() -> impl Strategy<Value = V> {
    prop_oneof![
        ".{0,20}".prop_map(V::Text),
        any::<f64>().prop_map(V::Number),
        any::<bool>().prop_map(V::Boolean),
        ".{0,20}".prop_map(V::Json),
    ]
}

proptest! {
    #[test]
    fn any_order_of_events_leaves_the_last_ones_value(
        values in prop::collection::vec(prop::option::of(any_value()), 1..20),
    ) {
        let event = |value: &Option<V>| value.clone().map_or_else(was_unset, was_set);
        let state = given(&values.iter().map(event).collect::<Vec<_>>());
        let is_set = values.last().is_some_and(Option::is_some);
        prop_assert_eq!(matches!(state, SettingState::Set(_)), is_set);
    }

    #[test]
    fn no_sequence_of_commands_changes_a_type_without_unsetting(
        values in prop::collection::vec(any_value(), 1..20),
    ) {
        let mut state = SettingState::default();
        for value in values {
            let before = state.clone();
            let events = decide(&state, set(value)).unwrap_or_default();
            state = events.iter().fold(state, Setting::evolve);
            if let (SettingState::Set(old), SettingState::Set(new)) = (&before, &state) {
                prop_assert_eq!(old.value_type(), new.value_type());
            }
        }
    }
}
