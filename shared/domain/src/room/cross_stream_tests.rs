//! Decisions over a room, its location and its game, as given / when / then.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::{
    Room, RoomCommand, RoomEvent, RoomState,
    cross_stream::{NewRoom, activate_variant, change, install},
};
use crate::{
    Aggregate, Change, Refusal,
    game::{Game, GameEvent, GameState, Mode, VariantSpec},
    ids::{GameId, LocationId, RoomId, VariantId},
    location::{Location, LocationEvent, LocationState},
    values::{Code, Name, Reason, TimeZoneName},
};

const ROOM: RoomId = RoomId(Uuid::from_u128(1));
const LOCATION: LocationId = LocationId(Uuid::from_u128(2));
const GAME: GameId = GameId(Uuid::from_u128(3));
const VARIANT: VariantId = VariantId(Uuid::from_u128(4));
const OTHER: Uuid = Uuid::from_u128(99);

fn fold<A: Aggregate>(events: &[A::Event]) -> A::State {
    events.iter().fold(A::State::default(), A::evolve)
}

fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

fn reason() -> Reason {
    Reason::new("broken floor").unwrap()
}

fn installed() -> RoomEvent {
    RoomEvent::Installed {
        id: ROOM,
        location: LOCATION,
        game: GAME,
        name: name("Room 1"),
        controllers: vec![],
    }
}

fn activated() -> RoomEvent {
    RoomEvent::VariantActivated { variant: VARIANT, custom: BTreeMap::new() }
}

fn room(events: &[RoomEvent]) -> RoomState {
    fold::<Room>(events)
}

fn opened() -> LocationEvent {
    LocationEvent::Opened {
        id: LOCATION,
        code: Code::new("b1").unwrap(),
        name: name("Berlin"),
        time_zone: TimeZoneName::new("Europe/Berlin").unwrap(),
    }
}

fn open() -> LocationState {
    fold::<Location>(&[opened()])
}

fn game(id: GameId, more: &[GameEvent]) -> GameState {
    let added =
        GameEvent::Added { id, code: Code::new("lasers").unwrap(), name: name("Lasers"), max_players: 6 };
    let spec = VariantSpec::new(name("Rush"), Mode::Pvp, 2);
    let with_variant = fold::<Game>(&[added, GameEvent::VariantAdded { id: VARIANT, spec }]);
    more.iter().fold(with_variant, Game::evolve)
}

fn new_room() -> NewRoom {
    NewRoom { id: ROOM, location: LOCATION, game: GAME, name: name("Room 1"), controllers: vec![] }
}

fn refused(result: Result<Vec<Change>, Refusal>) -> &'static str {
    result.unwrap_err().code
}

#[test]
fn a_game_on_offer_is_installed_at_a_location_in_business() {
    let changes = install(&open(), &game(GAME, &[]), &room(&[]), new_room());
    assert_eq!(changes, Ok(Change::all(&ROOM.stream(), [installed()])));
}

#[test]
fn no_room_is_installed_at_a_location_that_is_disabled_or_unknown() {
    let disabled = fold::<Location>(&[opened(), LocationEvent::Disabled { reason: reason() }]);
    let at = |location| refused(install(location, &game(GAME, &[]), &room(&[]), new_room()));
    assert_eq!(at(&disabled), "location_disabled");
    assert_eq!(at(&LocationState::Absent), "location_not_found");
}

#[test]
fn no_room_is_installed_with_a_game_that_is_retired_or_unknown() {
    let with = |game: &GameState| refused(install(&open(), game, &room(&[]), new_room()));
    assert_eq!(with(&game(GAME, &[GameEvent::Retired])), "game_retired");
    assert_eq!(with(&GameState::Absent), "game_not_found");
    assert_eq!(with(&game(GameId(OTHER), &[])), "game_not_found");
}

#[test]
fn only_a_live_variant_of_the_rooms_own_game_is_activated() {
    let bare = room(&[installed()]);
    let with =
        |game: &GameState, which| activate_variant((LOCATION, ROOM), game, &bare, which, BTreeMap::new());
    assert_eq!(with(&game(GAME, &[]), VARIANT), Ok(Change::all(&ROOM.stream(), [activated()])));
    assert!(with(&game(GAME, &[GameEvent::Retired]), VARIANT).is_ok());
    assert_eq!(refused(with(&game(GameId(OTHER), &[]), VARIANT)), "variant_of_other_game");
    assert_eq!(refused(with(&game(GAME, &[]), VariantId(OTHER))), "variant_not_found");
    let retired = game(GAME, &[GameEvent::VariantRetired { id: VARIANT }]);
    assert_eq!(refused(with(&retired, VARIANT)), "variant_retired");
    assert_eq!(refused(with(&GameState::Absent, VARIANT)), "game_not_found");
}

#[test]
fn another_locations_room_is_as_absent_as_none() {
    let elsewhere = (LocationId(OTHER), ROOM);
    let absent = change((LOCATION, ROOM), &room(&[]), RoomCommand::Return).unwrap_err();
    assert_eq!(absent.code, "room_not_found");
    assert_eq!(change(elsewhere, &room(&[installed()]), RoomCommand::Return), Err(absent.clone()));
    let activation =
        activate_variant(elsewhere, &game(GAME, &[]), &room(&[installed()]), VARIANT, BTreeMap::new());
    assert_eq!(activation, Err(absent));
    let here =
        change((LOCATION, ROOM), &room(&[installed()]), RoomCommand::TakeOutOfService { reason: reason() });
    assert_eq!(here, Ok(Change::all(&ROOM.stream(), [RoomEvent::TakenOutOfService { reason: reason() }])));
}
