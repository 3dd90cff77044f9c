//! Decisions over a plug, its location, its room and its identity's claim, as given / when / then.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::{
    HardwareId, MacAddress, NewPlug, Plug, PlugCommand, PlugEvent, PlugIdentity, PlugState, RelayState,
    cross_stream::{Registered, Registration, bind, change, owner, register, registered_beside, retire},
};
use crate::{
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

fn location() -> LocationState {
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
        found: false,
    }
}

fn registered() -> PlugEvent {
    let NewPlug { id, location, identity, model, name, address, has_energy_meter, found: _ } =
        new_plug(PLUG, LOCATION);
    PlugEvent::Registered { id, location, identity, model, name, address, has_energy_meter }
}

fn plug(more: &[PlugEvent]) -> PlugState {
    more.iter().fold(fold::<Plug>(&[registered()]), Plug::evolve)
}

fn claimed() -> ClaimState {
    fold::<Claim>(&[ClaimEvent::Claimed { owner: PLUG.stream().to_string() }])
}

/// What is known when its identity is claimed like that, and nothing else of its device.
fn known<'a>(claim: &'a ClaimState, current: &'a PlugState) -> Registered<'a> {
    const NOBODY: &ClaimState = &ClaimState { owner: None, sharers: BTreeMap::new() };
    Registered { claim, current, device: NOBODY, other: &PlugState::Absent, whole: NOBODY }
}

fn joined(id: PlugId, manner: &str) -> ClaimEvent {
    ClaimEvent::Joined { owner: id.stream().to_string(), manner: manner.to_owned() }
}

fn outlet(id: PlugId, child: &str) -> NewPlug {
    let identity = PlugIdentity { child_id: Some(child.parse().unwrap()), ..identity() };
    NewPlug { identity, ..new_plug(id, LOCATION) }
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
    let known = known(&free, &PlugState::Absent);
    let outcome = register(&location(), known, new_plug(PLUG, LOCATION)).unwrap();
    let owner = PLUG.stream().to_string();
    let mut changes = Change::all(&identity().claim_stream(), [ClaimEvent::Claimed { owner }]);
    changes.extend(Change::all(&identity().device_stream(), [joined(PLUG, "whole")]));
    changes.extend(Change::all(&PLUG.stream(), [registered()]));
    assert_eq!(outcome, Registration::New(changes));
}

#[test]
fn an_identity_known_here_keeps_its_plug() {
    assert_eq!(owner(&claimed()), Some(PLUG));
    let again = new_plug(PlugId(Uuid::from_u128(5)), LOCATION);
    let outcome = register(&location(), known(&claimed(), &plug(&[])), again);
    let joins = Change::all(&identity().device_stream(), [joined(PLUG, "whole")]);
    assert_eq!(outcome, Ok(Registration::Known(PLUG, joins)), "it is of before devices were shared");
}

#[test]
fn a_plug_that_shares_its_device_shares_it_once_and_one_beside_another_manner_never() {
    for sharers in [vec![joined(PLUG, "whole")], vec![joined(PlugId(Uuid::from_u128(5)), "outlet")]] {
        let device = fold::<Claim>(&sharers);
        let (claim, current) = (claimed(), plug(&[]));
        let known =
            Registered { claim: &claim, current: &current, device: &device, other: &current, whole: &claim };
        let again = register(&location(), known, new_plug(PlugId(Uuid::from_u128(6)), LOCATION));
        assert_eq!(again, Ok(Registration::Known(PLUG, vec![])));
    }
    let beside = fold::<Claim>(&[joined(PlugId(Uuid::from_u128(5)), "whole")]);
    let (claim, current) = (claimed(), plug(&[]));
    let other = &PlugState::Absent;
    let known = Registered { claim: &claim, current: &current, device: &beside, other, whole: &claim };
    let again = register(&location(), known, new_plug(PlugId(Uuid::from_u128(6)), LOCATION));
    assert_eq!(again, Ok(Registration::Known(PLUG, vec![])), "the other is of another location");
}

#[test]
fn an_identity_of_another_location_is_refused_without_naming_it() {
    let refusal =
        register(&location(), known(&claimed(), &plug(&[])), new_plug(PLUG, ELSEWHERE)).unwrap_err();
    assert_eq!(refusal.code, "plug_registered_elsewhere");
    assert!(!refusal.message.contains(&LOCATION.to_string()));
}

#[test]
fn no_plug_is_registered_at_a_location_that_is_unknown() {
    let outcome = register(
        &LocationState::Absent,
        known(&ClaimState::default(), &PlugState::Absent),
        new_plug(PLUG, LOCATION),
    );
    assert_eq!(code(outcome), "location_not_found");
}

#[test]
fn a_retired_plugs_identity_can_be_registered_anywhere() {
    let device = fold::<Claim>(&[joined(PLUG, "whole")]);
    let changes = retire((LOCATION, PLUG), &plug(&[]), (&claimed(), &device), reason()).unwrap();
    let mut expected = Change::all(&PLUG.stream(), [PlugEvent::Retired { reason: reason() }]);
    expected.extend(Change::all(&identity().claim_stream(), [ClaimEvent::Released]));
    let owner = PLUG.stream().to_string();
    expected.extend(Change::all(&identity().device_stream(), [ClaimEvent::Left { owner }]));
    assert_eq!(changes, expected);
    let free =
        fold::<Claim>(&[ClaimEvent::Claimed { owner: PLUG.stream().to_string() }, ClaimEvent::Released]);
    let outcome = register(
        &location(),
        known(&free, &PlugState::Absent),
        new_plug(PlugId(Uuid::from_u128(5)), LOCATION),
    );
    assert!(matches!(outcome, Ok(Registration::New(_))));
}

#[test]
fn retiring_again_does_not_take_the_identity_from_its_next_plug() {
    let gone = plug(&[PlugEvent::Retired { reason: reason() }]);
    let next =
        fold::<Claim>(&[ClaimEvent::Claimed { owner: PlugId(Uuid::from_u128(5)).stream().to_string() }]);
    let device = fold::<Claim>(&[joined(PlugId(Uuid::from_u128(5)), "whole")]);
    assert_eq!(retire((LOCATION, PLUG), &gone, (&next, &device), reason()), Ok(vec![]));
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
    let claims = (&claimed(), &ClaimState::default());
    assert_eq!(retire(there, &plug(&[]), claims, reason()), Err(absent));
}

#[test]
fn a_device_is_one_plug_or_its_outlets_are_plugs() {
    let (free, other) = (ClaimState::default(), PlugId(Uuid::from_u128(5)));
    let refused = |device: &ClaimState, new: NewPlug| {
        assert_eq!(registered_beside(device, &new.identity), Some(PLUG));
        let (current, other) = (&PlugState::Absent, &plug(&[]));
        let known = Registered { claim: &free, current, device, other, whole: &claimed() };
        register(&location(), known, new).unwrap_err()
    };
    let whole = fold::<Claim>(&[joined(PLUG, "whole")]);
    let refusal = refused(&whole, outlet(other, "8006AA01"));
    assert_eq!(refusal.code, "device_registered_whole");
    assert!(refusal.message.contains(&PLUG.to_string()), "{refusal}");
    let outlets = fold::<Claim>(&[joined(PLUG, "outlet")]);
    let refusal = refused(&outlets, new_plug(other, LOCATION));
    assert_eq!(refusal.code, "device_registered_by_outlet");
    assert!(refusal.message.contains(&PLUG.to_string()), "{refusal}");
    let refusal = refused(&outlets, new_plug(other, ELSEWHERE));
    assert_eq!(refusal.code, "plug_registered_elsewhere");
    assert!(!refusal.message.contains(&PLUG.to_string()), "{refusal}");
    let left = [joined(PLUG, "outlet"), ClaimEvent::Left { owner: PLUG.stream().to_string() }];
    assert_eq!(registered_beside(&fold::<Claim>(&left), &identity()), None);
}

#[test]
fn the_outlets_of_a_device_are_of_one_location() {
    let outlets = fold::<Claim>(&[joined(PLUG, "outlet")]);
    let (free, one) = (ClaimState::default(), plug(&[]));
    let current = &PlugState::Absent;
    let known = Registered { claim: &free, current, device: &outlets, other: &one, whole: &free };
    let second = outlet(PlugId(Uuid::from_u128(5)), "8006AA01");
    assert_eq!(registered_beside(&outlets, &second.identity), Some(PLUG));
    assert!(matches!(register(&location(), known, second.clone()), Ok(Registration::New(_))));
    let refusal = register(&location(), known, NewPlug { location: ELSEWHERE, ..second }).unwrap_err();
    assert_eq!(refusal.code, "plug_registered_elsewhere");
}

/// Registers an outlet of a device that is one plug, found by a worker or not, to which more has happened.
fn outlet_beside(manner: &str, more: &[PlugEvent]) -> Result<Registration, Refusal> {
    let device = fold::<Claim>(&[joined(PLUG, manner)]);
    let (free, current, other) = (ClaimState::default(), PlugState::Absent, plug(more));
    let known =
        Registered { claim: &free, current: &current, device: &device, other: &other, whole: &claimed() };
    register(&location(), known, outlet(PlugId(Uuid::from_u128(5)), "8006AA01"))
}

#[test]
fn a_found_device_that_nobody_uses_gives_way_to_the_outlets_that_it_has_now() {
    let Ok(Registration::New(changes)) = outlet_beside("found_whole", &[]) else { panic!("not registered") };
    let owner = PLUG.stream().to_string();
    let reason = Reason::new("its device has outlets, which are registered one by one").unwrap();
    let mut expected = Change::all(&PLUG.stream(), [PlugEvent::Retired { reason }]);
    expected.extend(Change::all(&identity().claim_stream(), [ClaimEvent::Released]));
    expected.extend(Change::all(&identity().device_stream(), [ClaimEvent::Left { owner }]));
    assert_eq!(changes[..3], expected);
    assert_eq!(changes.len(), 6, "and the outlet is claimed, shares the device and is registered");
}

#[test]
fn a_device_that_a_person_registered_or_uses_as_one_plug_stays_one() {
    let asked = PlugEvent::Asked {
        state: RelayState::On,
        reason: reason(),
        until: Some(jiff::Timestamp::MAX),
        at: jiff::Timestamp::UNIX_EPOCH,
    };
    let bound = PlugEvent::Bound { room: ROOM };
    for (manner, more) in [("whole", vec![]), ("found_whole", vec![bound]), ("found_whole", vec![asked])] {
        assert_eq!(code(outlet_beside(manner, &more)), "device_registered_whole", "{manner} {more:?}");
    }
}

#[test]
fn a_found_device_that_a_person_registers_is_one_plug_for_good() {
    let device = fold::<Claim>(&[joined(PLUG, "found_whole")]);
    let (claim, current) = (claimed(), plug(&[]));
    let known =
        Registered { claim: &claim, current: &current, device: &device, other: &current, whole: &claim };
    let again = PlugId(Uuid::from_u128(6));
    let kept = Change::all(&identity().device_stream(), [joined(PLUG, "whole")]);
    let by_hand = register(&location(), known, new_plug(again, LOCATION));
    assert_eq!(by_hand, Ok(Registration::Known(PLUG, kept)));
    let found = NewPlug { found: true, ..new_plug(again, LOCATION) };
    assert_eq!(register(&location(), known, found), Ok(Registration::Known(PLUG, vec![])));
    let found = NewPlug { found: true, ..new_plug(PLUG, LOCATION) };
    let Ok(Registration::New(changes)) =
        register(&location(), self::known(&ClaimState::default(), &PlugState::Absent), found)
    else {
        panic!("not registered");
    };
    let joins = Change::all(&identity().device_stream(), [joined(PLUG, "found_whole")]);
    assert!(changes.contains(&joins[0]), "{changes:?}");
}
