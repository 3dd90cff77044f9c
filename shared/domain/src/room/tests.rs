//! The rules of a room, as given / when / then.

use std::collections::BTreeMap;

use proptest::prelude::*;
use uuid::Uuid;

use super::{Controller, Room, RoomCommand as C, RoomError, RoomEvent as E, RoomState, decide};
use crate::{
    Aggregate as _,
    ids::{GameId, LocationId, PlayId, RoomId, VariantId},
    values::{InvalidValue, Name, Reason},
};

const ROOM: RoomId = RoomId(Uuid::from_u128(1));
const LOCATION: LocationId = LocationId(Uuid::from_u128(2));
const GAME: GameId = GameId(Uuid::from_u128(3));

fn given(events: &[E]) -> RoomState {
    events.iter().fold(RoomState::default(), Room::evolve)
}

fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

fn reason() -> Reason {
    Reason::new("broken floor").unwrap()
}

fn variant(number: u128) -> VariantId {
    VariantId(Uuid::from_u128(number))
}

fn play(number: u128) -> PlayId {
    PlayId(Uuid::from_u128(number))
}

fn floor(address: &str) -> Controller {
    Controller { name: name("floor"), address: address.into() }
}

fn entries(count: usize) -> BTreeMap<String, String> {
    (0..count).map(|number| (format!("key{number}"), "value".into())).collect()
}

fn entry(key: &str, value: &str) -> BTreeMap<String, String> {
    BTreeMap::from([(key.into(), value.into())])
}

fn installed() -> E {
    E::Installed { id: ROOM, location: LOCATION, game: GAME, name: name("Room 1"), controllers: vec![] }
}

fn activated() -> E {
    E::VariantActivated { variant: variant(1), custom: BTreeMap::new() }
}

fn out_of_service() -> E {
    E::TakenOutOfService { reason: reason() }
}

fn ready() -> RoomState {
    given(&[installed(), activated()])
}

fn install_with(controllers: Vec<Controller>) -> C {
    C::Install { id: ROOM, location: LOCATION, game: GAME, name: name("Room 1"), controllers }
}

fn reconfigure() -> C {
    C::Reconfigure { name: None, controllers: None, overrides: None }
}

fn activate(custom: BTreeMap<String, String>) -> C {
    C::ActivateVariant { variant: variant(1), custom }
}

fn occupy(number: u128) -> C {
    C::Occupy { play: play(number), variant: variant(1) }
}

fn vacate(number: u128) -> C {
    C::Vacate { play: play(number) }
}

fn occupied(number: u128) -> E {
    E::Occupied { play: play(number) }
}

#[test]
fn a_room_is_installed_once() {
    assert_eq!(decide(&given(&[]), install_with(vec![])), Ok(vec![installed()]));
    assert_eq!(decide(&given(&[installed()]), install_with(vec![])), Err(RoomError::AlreadyInstalled));
}

#[test]
fn nothing_can_be_asked_of_a_room_that_was_never_installed() {
    let commands = [
        reconfigure(),
        activate(entries(0)),
        C::DeactivateVariant { variant: variant(1) },
        C::TakeOutOfService { reason: reason() },
        C::Return,
        occupy(1),
        vacate(1),
    ];
    for command in commands {
        assert_eq!(decide(&given(&[]), command), Err(RoomError::NotFound));
    }
}

#[test]
fn controllers_have_a_host_and_a_port() {
    let good = ["10.0.3.21:7000", "floor-1.venue.local:1", "[fe80::1]:65535", "plc_7:502"];
    for address in good {
        assert!(decide(&given(&[]), install_with(vec![floor(address)])).is_ok(), "{address}");
    }
    let long = format!("{}:80", "a.".repeat(130));
    let bad = [
        "10.0.3.21",
        "10.0.3.21:",
        ":7000",
        "10.0.3.21:0",
        "10.0.3.21:65536",
        "10.0.3.21:+80",
        "10.0.3:80",
        "10.0.3.256:80",
        "fe80::1:80",
        "[fe80::g]:80",
        "http://floor:80",
        "-floor:80",
        "floor..local:80",
        "floor :80",
        "fl\u{f6}\u{f6}r:80",
        "",
        &long,
    ];
    for address in bad {
        let refused = Err(RoomError::ControllerAddress { name: name("floor") });
        assert_eq!(decide(&given(&[]), install_with(vec![floor(address)])), refused, "{address}");
        let command = C::Reconfigure { name: None, controllers: Some(vec![floor(address)]), overrides: None };
        assert_eq!(decide(&ready(), command), refused, "{address}");
    }
}

#[test]
fn a_room_has_at_most_twenty_controllers() {
    let many = |count| install_with(vec![floor("10.0.3.21:7000"); count]);
    assert!(decide(&given(&[]), many(20)).is_ok());
    assert_eq!(decide(&given(&[]), many(21)), Err(RoomError::ControllerCount { count: 21 }));
}

#[test]
fn reconfiguring_keeps_what_it_does_not_name_and_the_same_again_yields_nothing() {
    let command = || C::Reconfigure {
        name: Some(name("Room A")),
        controllers: Some(vec![floor("floor:80")]),
        overrides: None,
    };
    let event = E::Reconfigured {
        name: name("Room A"),
        controllers: vec![floor("floor:80")],
        overrides: BTreeMap::new(),
    };
    assert_eq!(decide(&given(&[installed()]), command()), Ok(vec![event.clone()]));
    let state = given(&[installed(), event]);
    assert_eq!(decide(&state, command()), Ok(vec![]));
    assert_eq!(decide(&state, reconfigure()), Ok(vec![]));
    let overrides = C::Reconfigure { name: None, controllers: None, overrides: Some(entry("speed", "3")) };
    let event = E::Reconfigured {
        name: name("Room A"),
        controllers: vec![floor("floor:80")],
        overrides: entry("speed", "3"),
    };
    assert_eq!(decide(&state, overrides), Ok(vec![event]));
}

#[test]
fn free_settings_have_their_bounds() {
    let empty = InvalidValue::Empty;
    let ends = InvalidValue::Malformed { expected: "without blanks at its ends" };
    let long_key = InvalidValue::TooLong { max: 80, actual: 81 };
    let why = InvalidValue::TooLong { max: 1_000, actual: 1_001 };
    for map in ["overrides", "custom"] {
        let set = |entries: BTreeMap<String, String>| {
            let command = match map {
                "custom" => activate(entries),
                _ => C::Reconfigure { name: None, controllers: None, overrides: Some(entries) },
            };
            decide(&given(&[installed()]), command).map(|_| ())
        };
        assert_eq!(set(entries(50)), Ok(()));
        assert_eq!(set(entries(51)), Err(RoomError::EntryCount { map, count: 51 }));
        assert_eq!(set(entry(&"k".repeat(80), &"\u{fc}".repeat(1_000))), Ok(()));
        assert_eq!(set(entry(&"k".repeat(81), "")), Err(RoomError::EntryKey { map, why: long_key.clone() }));
        assert_eq!(set(entry(" ", "")), Err(RoomError::EntryKey { map, why: empty.clone() }));
        assert_eq!(set(entry("k ", "")), Err(RoomError::EntryKey { map, why: ends.clone() }));
        let refused = |why| Err(RoomError::EntryValue { map, key: "k".into(), why });
        assert_eq!(set(entry("k", &"v".repeat(1_001))), refused(why.clone()));
        assert_eq!(set(entry("k", "a\0b")), refused(InvalidValue::Invisible { code: 0 }));
    }
}

#[test]
fn a_variant_is_activated_with_settings_that_can_change() {
    let state = ready();
    let event = |custom| E::VariantActivated { variant: variant(1), custom };
    assert_eq!(decide(&given(&[installed()]), activate(entries(0))), Ok(vec![activated()]));
    assert_eq!(decide(&state, activate(entries(0))), Ok(vec![]));
    assert_eq!(decide(&state, activate(entries(1))), Ok(vec![event(entries(1))]));
}

#[test]
fn a_variant_is_deactivated_once() {
    let off = || C::DeactivateVariant { variant: variant(1) };
    let event = E::VariantDeactivated { variant: variant(1) };
    assert_eq!(decide(&ready(), off()), Ok(vec![event.clone()]));
    let state = given(&[installed(), activated(), event]);
    assert_eq!(decide(&state, off()), Ok(vec![]));
    assert_eq!(decide(&state, occupy(1)), Err(RoomError::VariantNotActive));
}

#[test]
fn a_room_goes_out_of_service_and_returns_once() {
    let out = given(&[installed(), activated(), out_of_service()]);
    let take = || C::TakeOutOfService { reason: reason() };
    assert_eq!(decide(&ready(), take()), Ok(vec![out_of_service()]));
    assert_eq!(decide(&out, take()), Ok(vec![]));
    assert_eq!(decide(&out, C::Return), Ok(vec![E::ReturnedToService]));
    assert_eq!(decide(&ready(), C::Return), Ok(vec![]));
}

#[test]
fn nothing_starts_in_a_room_out_of_service_but_the_running_play_goes_on_and_ends() {
    let busy = given(&[installed(), activated(), occupied(1)]);
    let events = decide(&busy, C::TakeOutOfService { reason: reason() }).unwrap();
    let out = events.iter().fold(busy, Room::evolve);
    assert_eq!(out.at(LOCATION).unwrap().occupied_by(), Some(play(1)));
    assert_eq!(decide(&out, occupy(2)), Err(RoomError::OutOfService));
    assert_eq!(decide(&out, vacate(1)), Ok(vec![E::Vacated { play: play(1) }]));
}

#[test]
fn a_room_has_one_play_at_a_time() {
    assert_eq!(decide(&ready(), occupy(1)), Ok(vec![occupied(1)]));
    let busy = given(&[installed(), activated(), occupied(1)]);
    assert_eq!(decide(&busy, occupy(1)), Ok(vec![]));
    assert_eq!(decide(&busy, occupy(2)), Err(RoomError::Occupied));
}

#[test]
fn only_its_own_play_frees_a_room() {
    let busy = given(&[installed(), activated(), occupied(1)]);
    assert_eq!(decide(&busy, vacate(2)), Ok(vec![]));
    assert_eq!(decide(&busy, vacate(1)), Ok(vec![E::Vacated { play: play(1) }]));
    assert_eq!(decide(&ready(), vacate(1)), Ok(vec![]));
    let free = given(&[installed(), activated(), occupied(1), E::Vacated { play: play(1) }]);
    assert_eq!(decide(&free, occupy(2)), Ok(vec![occupied(2)]));
    let still_busy = given(&[installed(), occupied(1), E::Vacated { play: play(2) }]);
    assert_eq!(still_busy.at(LOCATION).unwrap().occupied_by(), Some(play(1)));
}

fn any_event() -> impl Strategy<Value = E> {
    (0..8_u8, 1..4_u128).prop_map(|(kind, number)| match kind {
        0 => installed(),
        1 => E::Reconfigured { name: name("Other"), controllers: vec![], overrides: entries(2) },
        2 => E::VariantActivated { variant: variant(number), custom: entries(1) },
        3 => E::VariantDeactivated { variant: variant(number) },
        4 => out_of_service(),
        5 => E::ReturnedToService,
        6 => occupied(number),
        _ => E::Vacated { play: play(number) },
    })
}

fn any_command() -> impl Strategy<Value = C> {
    (0..7_u8, 1..4_u128, 1..3_u128).prop_map(|(kind, number, which)| match kind {
        0 => install_with(vec![]),
        1 => C::ActivateVariant { variant: variant(which), custom: BTreeMap::new() },
        2 => C::DeactivateVariant { variant: variant(which) },
        3 => C::TakeOutOfService { reason: reason() },
        4 => C::Return,
        5 => C::Occupy { play: play(number), variant: variant(which) },
        _ => vacate(number),
    })
}

proptest! {
    #[test]
    fn evolve_survives_any_order_of_events(events in prop::collection::vec(any_event(), 0..60)) {
        let state = given(&events);
        prop_assert_eq!(state == RoomState::Absent, !events.contains(&installed()));
    }

    #[test]
    fn no_sequence_of_commands_puts_two_plays_into_a_room(
        commands in prop::collection::vec(any_command(), 0..80),
    ) {
        let mut state = ready();
        let mut running: Option<PlayId> = None;
        for command in commands {
            for event in decide(&state, command).unwrap_or_default() {
                if let E::Occupied { play } = &event {
                    prop_assert_eq!(running.replace(*play), None);
                }
                if let E::Vacated { play } = &event {
                    prop_assert_eq!(running.take(), Some(*play));
                }
                state = Room::evolve(state, &event);
            }
            prop_assert_eq!(state.at(LOCATION).unwrap().occupied_by(), running);
        }
    }
}
