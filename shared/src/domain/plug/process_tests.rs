//! Decisions over a plug, its location, its room and its identity's claim, as given / when / then.

use uuid::Uuid;

use super::{
    HardwareId, MacAddress, NewPlug, Plug, PlugCommand, PlugEvent, PlugIdentity, PlugState,
    process::{Registration, bind, change, owner, register, retire},
};
use crate::domain::{
    Aggregate, Change, Refusal,
    claim::{Claim, ClaimEvent, ClaimState},
    ids::{GameId, LocationId, PlugId, RoomId},
    location::{Location, LocationEvent, LocationState},
    room::{Room, RoomEvent, RoomState},
    values::{Code, Name, Reason, TimeZoneName},
};

const PLUG: PlugId = PlugId(Uuid::from_u128(1));
const LOCATION: LocationId = LocationId(Uuid::from_u128(2));
const ROOM: RoomId = RoomId(Uuid::from_u128(3));
const ELSEWHERE: LocationId = LocationId(Uuid::from_u128(99));

fn fold<A: Aggregate>(events: &[A::Event]) -> A::State {
    events.iter().fold(A::State::default(), A::evolve)
}

fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

fn reason() -> Reason {
    Reason::new("burnt").unwrap()
}

fn venue() -> LocationState {
    let code = Code::new("b1").unwrap();
    let time_zone = TimeZoneName::new("Europe/Berlin").unwrap();
    fold::<Location>(&[LocationEvent::Opened { id: LOCATION, code, name: name("Berlin"), time_zone }])
}

fn identity() -> PlugIdentity {
    let device_id: HardwareId = "8006AA".parse().unwrap();
    PlugIdentity { mac: MacAddress([1; 6]), device_id, child_id: None }
}

fn new_plug(id: PlugId, location: LocationId) -> NewPlug {
    NewPlug {
        id,
        location,
        identity: identity(),
        model: name("HS110(EU)"),
        name: name("Fog"),
        address: None,
        has_energy_meter: false,
    }
}

fn registered() -> PlugEvent {
    let NewPlug { id, location, identity, model, name, address, has_energy_meter } = new_plug(PLUG, LOCATION);
    PlugEvent::Registered { id, location, identity, model, name, address, has_energy_meter }
}

fn plug(more: &[PlugEvent]) -> PlugState {
    more.iter().fold(fold::<Plug>(&[registered()]), Plug::evolve)
}

fn claimed() -> ClaimState {
    fold::<Claim>(&[ClaimEvent::Claimed { owner: PLUG.stream().to_string() }])
}

fn room_at(location: LocationId) -> RoomState {
    let game = GameId(Uuid::from_u128(4));
    let name = name("Room 1");
    fold::<Room>(&[RoomEvent::Installed { id: ROOM, location, game, name, controllers: vec![] }])
}

fn code<T: std::fmt::Debug>(result: Result<T, Refusal>) -> &'static str {
    result.unwrap_err().code
}

#[test]
fn a_new_identity_is_claimed_and_registered_in_one() {
    let free = ClaimState::default();
    let outcome = register(&venue(), &free, &PlugState::Absent, new_plug(PLUG, LOCATION)).unwrap();
    let owner = PLUG.stream().to_string();
    let mut changes = Change::all(&identity().claim_stream(), [ClaimEvent::Claimed { owner }]);
    changes.extend(Change::all(&PLUG.stream(), [registered()]));
    assert_eq!(outcome, Registration::New(changes));
}

#[test]
fn an_identity_known_here_keeps_its_plug() {
    assert_eq!(owner(&claimed()), Some(PLUG));
    let again = new_plug(PlugId(Uuid::from_u128(5)), LOCATION);
    let outcome = register(&venue(), &claimed(), &plug(&[]), again);
    assert_eq!(outcome, Ok(Registration::Known(PLUG)));
}

#[test]
fn an_identity_of_another_location_is_refused_without_naming_it() {
    let refusal = register(&venue(), &claimed(), &plug(&[]), new_plug(PLUG, ELSEWHERE)).unwrap_err();
    assert_eq!(refusal.code, "plug_registered_elsewhere");
    assert!(!refusal.message.contains(&LOCATION.to_string()));
}

#[test]
fn no_plug_is_registered_at_a_location_that_is_unknown() {
    let outcome = register(
        &LocationState::Absent,
        &ClaimState::default(),
        &PlugState::Absent,
        new_plug(PLUG, LOCATION),
    );
    assert_eq!(code(outcome), "location_not_found");
}

#[test]
fn a_retired_plugs_identity_can_be_registered_anywhere() {
    let changes = retire((LOCATION, PLUG), &plug(&[]), &claimed(), reason()).unwrap();
    let mut expected = Change::all(&PLUG.stream(), [PlugEvent::Retired { reason: reason() }]);
    expected.extend(Change::all(&identity().claim_stream(), [ClaimEvent::Released]));
    assert_eq!(changes, expected);
    let free =
        fold::<Claim>(&[ClaimEvent::Claimed { owner: PLUG.stream().to_string() }, ClaimEvent::Released]);
    let outcome =
        register(&venue(), &free, &PlugState::Absent, new_plug(PlugId(Uuid::from_u128(5)), LOCATION));
    assert!(matches!(outcome, Ok(Registration::New(_))));
}

#[test]
fn retiring_again_does_not_take_the_identity_from_its_next_plug() {
    let gone = plug(&[PlugEvent::Retired { reason: reason() }]);
    let next =
        fold::<Claim>(&[ClaimEvent::Claimed { owner: PlugId(Uuid::from_u128(5)).stream().to_string() }]);
    assert_eq!(retire((LOCATION, PLUG), &gone, &next, reason()), Ok(vec![]));
}

#[test]
fn it_serves_only_a_room_of_its_location() {
    let bound = bind((LOCATION, PLUG), &plug(&[]), Some(ROOM), &room_at(LOCATION));
    assert_eq!(bound, Ok(Change::all(&PLUG.stream(), [PlugEvent::Bound { room: ROOM }])));
    let other = bind((LOCATION, PLUG), &plug(&[]), Some(ROOM), &room_at(ELSEWHERE));
    assert_eq!(code(other), "room_not_found");
    let serving = plug(&[PlugEvent::Bound { room: ROOM }]);
    let unbound = bind((LOCATION, PLUG), &serving, None, &RoomState::Absent);
    assert_eq!(unbound, Ok(Change::all(&PLUG.stream(), [PlugEvent::Unbound])));
}

#[test]
fn another_locations_plug_is_as_absent_as_none() {
    let there = (ELSEWHERE, PLUG);
    let absent = change(there, &PlugState::Absent, PlugCommand::Rename { name: name("x") }).unwrap_err();
    assert_eq!(absent.code, "plug_not_found");
    assert_eq!(change(there, &plug(&[]), PlugCommand::Rename { name: name("x") }), Err(absent.clone()));
    assert_eq!(bind(there, &plug(&[]), Some(ROOM), &room_at(ELSEWHERE)), Err(absent.clone()));
    assert_eq!(retire(there, &plug(&[]), &claimed(), reason()), Err(absent));
}
