//! Decisions over an automation and what its rule names, as given / when / then.

use uuid::Uuid;

use super::{
    Action, Automation, AutomationCommand, AutomationEvent, AutomationSpec, AutomationState, Gates, Limits,
    Trigger, TriggerEvent,
    cross_stream::{Named, change, create, respecify},
};
use crate::{
    Aggregate, Change, Refusal,
    ids::{AutomationId, GameId, LocationId, PlugId, RoomId},
    location::{Location, LocationEvent, LocationState},
    plug::{MacAddress, Plug, PlugEvent, PlugIdentity, PlugState},
    room::{Room, RoomEvent, RoomState},
    values::{Code, Name, Reason, TimeZoneName},
};

const AUTOMATION: AutomationId = AutomationId(Uuid::from_u128(1));
const LOCATION: LocationId = LocationId(Uuid::from_u128(2));
const PLUG: PlugId = PlugId(Uuid::from_u128(3));
const OTHER: PlugId = PlugId(Uuid::from_u128(6));
const ROOM: RoomId = RoomId(Uuid::from_u128(5));
const ELSEWHERE: LocationId = LocationId(Uuid::from_u128(99));
const HERE: (LocationId, AutomationId) = (LOCATION, AUTOMATION);

fn fold<A: Aggregate>(events: &[A::Event]) -> A::State {
    events.iter().fold(A::State::default(), A::evolve)
}

fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

fn location() -> LocationState {
    let code = Code::new("b1").unwrap();
    let time_zone = TimeZoneName::new("Europe/Berlin").unwrap();
    fold::<Location>(&[LocationEvent::Opened { id: LOCATION, code, name: name("Berlin"), time_zone }])
}

fn plug_at(location: LocationId) -> PlugState {
    let identity =
        PlugIdentity { mac: MacAddress([1; 6]), device_id: "8006AA".parse().unwrap(), child_id: None };
    fold::<Plug>(&[PlugEvent::Registered {
        id: PLUG,
        location,
        identity,
        model: name("HS110(EU)"),
        name: name("Fog"),
        address: None,
        has_energy_meter: false,
    }])
}

fn room_at(location: LocationId) -> RoomState {
    let game = GameId(Uuid::from_u128(4));
    let name = name("Room 1");
    fold::<Room>(&[RoomEvent::Installed { id: ROOM, location, game, name, controllers: vec![] }])
}

fn fog(room: Option<RoomId>) -> AutomationSpec {
    AutomationSpec {
        name: name("Fog on start"),
        plugs: vec![PLUG],
        trigger: Trigger::Event { event: TriggerEvent::PlayStarted, room, variant: None },
        action: Action::On { seconds: 20 },
        gates: Gates::default(),
        limits: Limits::default(),
    }
}

fn automation() -> AutomationState {
    let event = AutomationEvent::Created { id: AUTOMATION, location: LOCATION, spec: fog(None) };
    fold::<Automation>(&[event])
}

fn code(result: Result<Vec<Change>, Refusal>) -> &'static str {
    result.unwrap_err().code
}

#[test]
fn a_rule_about_plugs_and_a_room_of_the_location_is_created_and_changed() {
    let (plug, room) = (plug_at(LOCATION), room_at(LOCATION));
    let named = Named { plugs: &[(PLUG, &plug)], room: &room };
    let spec = fog(Some(ROOM));
    let created = create(&location(), &named, &AutomationState::Absent, HERE, spec.clone());
    let event = AutomationEvent::Created { id: AUTOMATION, location: LOCATION, spec: spec.clone() };
    assert_eq!(created, Ok(Change::all(&AUTOMATION.stream(), [event])));
    let changed = respecify(HERE, &named, &automation(), spec.clone());
    assert_eq!(changed, Ok(Change::all(&AUTOMATION.stream(), [AutomationEvent::Changed { spec }])));
}

#[test]
fn what_a_rule_names_must_be_at_the_location() {
    let (here, there) = (plug_at(LOCATION), plug_at(ELSEWHERE));
    let gone = Plug::evolve(plug_at(LOCATION), &PlugEvent::Retired { reason: Reason::new("burnt").unwrap() });
    let cases = [
        (&there, RoomState::Absent, None, "plug_not_found"),
        (&PlugState::Absent, RoomState::Absent, None, "plug_not_found"),
        (&gone, RoomState::Absent, None, "plug_retired"),
        (&here, RoomState::Absent, Some(ROOM), "room_not_found"),
        (&here, room_at(ELSEWHERE), Some(ROOM), "room_not_found"),
    ];
    for (plug, room, named_room, expected) in cases {
        let named = Named { plugs: &[(OTHER, &here), (PLUG, plug)], room: &room };
        let spec = fog(named_room);
        assert_eq!(code(create(&location(), &named, &AutomationState::Absent, HERE, spec.clone())), expected);
        assert_eq!(code(respecify(HERE, &named, &automation(), spec)), expected);
    }
}

#[test]
fn the_plug_that_is_missing_is_named() {
    let here = plug_at(LOCATION);
    let named = Named { plugs: &[(OTHER, &here), (PLUG, &PlugState::Absent)], room: &RoomState::Absent };
    let refusal = create(&location(), &named, &AutomationState::Absent, HERE, fog(None)).unwrap_err();
    assert_eq!(refusal.to_string(), format!("plug {PLUG}: there is no such plug here"));
    let place = fog(None).plugs.iter().position(|plug| *plug == PLUG).unwrap();
    assert_eq!(refusal.field, Some(format!("plug_ids/{place}")));
}

#[test]
fn no_automation_is_created_at_a_location_that_is_unknown() {
    let plug = plug_at(LOCATION);
    let named = Named { plugs: &[(PLUG, &plug)], room: &RoomState::Absent };
    let outcome = create(&LocationState::Absent, &named, &AutomationState::Absent, HERE, fog(None));
    assert_eq!(code(outcome), "location_not_found");
}

#[test]
fn another_locations_automation_is_as_absent_as_none() {
    let there = (ELSEWHERE, AUTOMATION);
    let absent = change(there, &AutomationState::Absent, AutomationCommand::Enable).unwrap_err();
    assert_eq!(absent.code, "automation_not_found");
    assert_eq!(change(there, &automation(), AutomationCommand::Enable), Err(absent.clone()));
    let plug = plug_at(ELSEWHERE);
    let named = Named { plugs: &[(PLUG, &plug)], room: &RoomState::Absent };
    assert_eq!(respecify(there, &named, &automation(), fog(None)), Err(absent));
}
