//! The rules of a plug, as given / when / then.

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use uuid::Uuid;

use super::{
    Cause, CauseKind, LONGEST_ASK, MacAddress, NewPlug, Plug, PlugCommand as C, PlugError, PlugEvent as E,
    PlugIdentity, PlugReport, PlugState, RelayState, decide,
};
use crate::{
    Aggregate as _,
    ids::{LocationId, PlugId, RoomId},
    values::{Name, Reason},
};

const PLUG: PlugId = PlugId(Uuid::from_u128(1));
const LOCATION: LocationId = LocationId(Uuid::from_u128(2));
const ROOM: RoomId = RoomId(Uuid::from_u128(3));

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

fn reason() -> Reason {
    Reason::new("cleaning").unwrap()
}

fn new_plug() -> NewPlug {
    NewPlug {
        id: PLUG,
        location: LOCATION,
        identity: PlugIdentity {
            mac: MacAddress([0x50, 0xC7, 0xBF, 0, 0, 1]),
            device_id: "8006AA".parse().unwrap(),
            child_id: None,
        },
        model: name("HS110(EU)"),
        name: name("Fog"),
        address: Some("10.0.3.40:9999".parse().unwrap()),
        has_energy_meter: true,
        found: false,
    }
}

fn registered() -> E {
    let NewPlug { id, location, identity, model, name, address, has_energy_meter, found: _ } = new_plug();
    E::Registered { id, location, identity, model, name, address, has_energy_meter }
}

fn given(events: &[E]) -> PlugState {
    events.iter().fold(Plug::evolve(PlugState::default(), &registered()), Plug::evolve)
}

fn ask(state: RelayState, until: Option<i64>) -> C {
    C::Ask { state, reason: reason(), until: until.map(at), at: at(0) }
}

fn asked(state: RelayState, until: Option<i64>) -> E {
    E::Asked { state, reason: reason(), until: until.map(at), at: at(0) }
}

fn retired() -> E {
    E::Retired { reason: reason() }
}

fn switched_off() -> PlugReport {
    let cause = Cause { event_position: Some(9), ..Cause::new(CauseKind::Retired, reason()) };
    PlugReport::Switched { state: RelayState::Off, cause }
}

#[test]
fn a_plug_is_registered_once() {
    assert_eq!(decide(&PlugState::Absent, C::Register(new_plug())), Ok(vec![registered()]));
    assert_eq!(decide(&given(&[]), C::Register(new_plug())), Err(PlugError::AlreadyRegistered));
}

#[test]
fn nothing_can_be_asked_of_a_plug_that_was_never_registered() {
    let commands = [
        C::Bind { room: None },
        C::Rename { name: name("Fog") },
        ask(RelayState::Off, None),
        C::Release { at: at(0) },
        C::Retire { reason: reason() },
        C::Report { report: PlugReport::Recovered, at: at(0) },
    ];
    for command in commands {
        assert_eq!(decide(&PlugState::Absent, command), Err(PlugError::NotFound));
    }
}

#[test]
fn it_serves_one_room_or_none() {
    let bind = |room| C::Bind { room };
    let bound = given(&[E::Bound { room: ROOM }]);
    assert_eq!(decide(&given(&[]), bind(Some(ROOM))), Ok(vec![E::Bound { room: ROOM }]));
    assert_eq!(decide(&bound, bind(Some(ROOM))), Ok(vec![]));
    let other = RoomId(Uuid::from_u128(4));
    assert_eq!(decide(&bound, bind(Some(other))), Ok(vec![E::Bound { room: other }]));
    assert_eq!(decide(&bound, bind(None)), Ok(vec![E::Unbound]));
    assert_eq!(decide(&given(&[]), bind(None)), Ok(vec![]));
}

#[test]
fn the_same_name_is_nothing_new() {
    let rename = |text| C::Rename { name: name(text) };
    assert_eq!(decide(&given(&[]), rename("Siren")), Ok(vec![E::Renamed { name: name("Siren") }]));
    assert_eq!(decide(&given(&[]), rename("Fog")), Ok(vec![]));
}

#[test]
fn on_always_has_an_end_of_an_hour_when_nothing_is_said() {
    let on = |until| decide(&given(&[]), ask(RelayState::On, until));
    assert_eq!(on(None), Ok(vec![asked(RelayState::On, Some(3_600))]));
    assert_eq!(on(Some(20)), Ok(vec![asked(RelayState::On, Some(20))]));
}

#[test]
fn off_has_an_end_only_when_one_is_said() {
    let off = |until| decide(&given(&[]), ask(RelayState::Off, until));
    assert_eq!(off(None), Ok(vec![asked(RelayState::Off, None)]));
    assert_eq!(off(Some(20)), Ok(vec![asked(RelayState::Off, Some(20))]));
}

#[test]
fn an_end_is_ahead_and_within_a_day() {
    for state in [RelayState::On, RelayState::Off] {
        let with = |until| decide(&given(&[]), ask(state, Some(until)));
        assert!(with(86_400).is_ok());
        assert_eq!(with(86_401), Err(PlugError::EndTooFar { until: at(86_401) }));
        for past in [0, -1] {
            assert_eq!(with(past), Err(PlugError::EndNotAhead { until: at(past), now: at(0) }));
        }
    }
}

#[test]
fn the_same_ask_again_is_nothing_new_while_it_lives() {
    let living = given(&[asked(RelayState::On, Some(60))]);
    assert_eq!(decide(&living, ask(RelayState::On, Some(60))), Ok(vec![]));
    let changes = [ask(RelayState::Off, Some(60)), ask(RelayState::On, Some(61)), ask(RelayState::Off, None)];
    for command in changes {
        assert_eq!(decide(&living, command).unwrap().len(), 1);
    }
    // "Off now" holds nothing, so asking again drops again what came to want it on meanwhile.
    let dropped = given(&[asked(RelayState::Off, None)]);
    assert_eq!(decide(&dropped, ask(RelayState::Off, None)).unwrap().len(), 1);
}

#[test]
fn only_a_living_ask_is_released() {
    let living = given(&[asked(RelayState::On, Some(60))]);
    assert_eq!(decide(&living, C::Release { at: at(59) }), Ok(vec![E::Released { at: at(59) }]));
    assert_eq!(decide(&living, C::Release { at: at(60) }), Ok(vec![]));
    assert_eq!(decide(&given(&[]), C::Release { at: at(0) }), Ok(vec![]));
    let released = given(&[asked(RelayState::On, Some(60)), E::Released { at: at(5) }]);
    assert_eq!(decide(&released, C::Release { at: at(6) }), Ok(vec![]));
    let dropped = given(&[asked(RelayState::On, Some(60)), asked(RelayState::Off, None)]);
    assert_eq!(decide(&dropped, C::Release { at: at(6) }), Ok(vec![]));
}

#[test]
fn a_retired_plug_is_only_reported_on() {
    let gone = given(&[E::Bound { room: ROOM }, asked(RelayState::On, Some(60)), retired()]);
    assert_eq!(decide(&given(&[]), C::Retire { reason: reason() }), Ok(vec![retired()]));
    assert_eq!(decide(&gone, C::Retire { reason: reason() }), Ok(vec![]));
    let commands = [
        C::Bind { room: Some(ROOM) },
        C::Bind { room: None },
        C::Rename { name: name("Siren") },
        ask(RelayState::Off, None),
        C::Release { at: at(1) },
    ];
    for command in commands {
        assert_eq!(decide(&gone, command), Err(PlugError::Retired));
    }
    let report = C::Report { report: switched_off(), at: at(2) };
    assert_eq!(decide(&gone, report), Ok(vec![E::Reported { report: switched_off(), at: at(2) }]));
}

#[test]
fn reports_out_of_order_and_doubled_are_facts_and_change_no_decision() {
    let report = |second| C::Report { report: PlugReport::Recovered, at: at(second) };
    let fact = |second| E::Reported { report: PlugReport::Recovered, at: at(second) };
    let state = given(&[fact(60)]);
    for second in [60, 0, -86_400] {
        assert_eq!(decide(&state, report(second)), Ok(vec![fact(second)]));
    }
    assert_eq!(state, given(&[]));
}

proptest! {
    /// Whatever is asked and when, nothing is ever wanted for more than a day, and never without an end.
    #[test]
    fn nothing_is_wanted_for_ever(steps in proptest::collection::vec((0..3_u8, -10..200_000_i64, 0..200_000_i64), 0..40)) {
        let mut state = given(&[]);
        for (kind, until, now) in steps {
            let (now, until) = (at(now), at(until));
            let command = match kind {
                0 => C::Ask { state: RelayState::On, reason: reason(), until: None, at: now },
                1 => C::Ask { state: RelayState::On, reason: reason(), until: Some(until), at: now },
                _ => C::Release { at: now },
            };
            for event in decide(&state, command).unwrap_or_default() {
                if let E::Asked { until, at, .. } = &event {
                    let length = until.unwrap().duration_since(*at);
                    prop_assert!(SignedDuration::ZERO < length && length <= LONGEST_ASK);
                }
                state = Plug::evolve(state, &event);
            }
        }
    }
}
