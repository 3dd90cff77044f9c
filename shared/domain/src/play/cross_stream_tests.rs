//! What a play does to its room and bands, as given / when / then.

use super::{
    PlayEvent,
    world::{
        LONGEST_MINUTES, Outcome, World, code, elsewhere, game, location_id, name, play, player, reason,
        room, uid, variant,
    },
};
use crate::{
    Change, DomainEvent,
    game::GameEvent,
    ids::PlayId,
    location::LocationEvent,
    play::Participant,
    room::{Room, RoomEvent},
    values::{Code, TimeZoneName},
    wristband::ClockStart,
};

/// Bands A, B, C and D with an hour on players 1 to 4.
fn four_players() -> World {
    let mut world = World::new();
    for (band, number) in ["A", "B", "C", "D"].into_iter().zip(1..) {
        world.initialize(band, 60, ClockStart::Now).unwrap();
        world.assign(band, number).unwrap();
    }
    world
}

fn occupied(world: &World, number: u128) -> Option<PlayId> {
    world.load::<Room>(&room(number).stream()).at(location_id()).unwrap().occupied_by()
}

fn refused(outcome: Outcome, code: &str, words: &str) {
    let refusal = outcome.unwrap_err();
    assert_eq!(refusal.code, code);
    assert!(refusal.message.contains(words), "{refusal}");
}

fn streams(changes: &[Change]) -> Vec<&str> {
    changes.iter().map(|change| change.stream.category()).collect()
}

#[test]
fn a_start_is_one_list_of_changes_over_play_room_and_bands() {
    let mut world = four_players();
    let changes = world.start(1, 1, &["A", "B"]).unwrap();
    assert_eq!(streams(&changes), ["play", "room", "wristband", "wristband"]);
    assert_eq!(occupied(&world, 1), Some(play(1)));
    assert_eq!(world.band("B").in_play(), Some(play(1)));
    let DomainEvent::Play(PlayEvent::Started { participants, at, ends_by, .. }) = &changes[0].event else {
        panic!("{changes:?}")
    };
    let participant = |band: &str, number| Participant { uid: uid(band), player: player(number) };
    assert_eq!(*participants, [participant("A", 1), participant("B", 2)]);
    assert_eq!(ends_by.duration_since(*at).as_mins(), LONGEST_MINUTES);
}

#[test]
fn a_waiting_clock_starts_with_the_play() {
    let mut world = World::new();
    world.initialize("A", 60, ClockStart::FirstScan).unwrap();
    world.assign("A", 1).unwrap();
    world.pass(500);
    world.start(1, 1, &["A"]).unwrap();
    world.pass(20);
    assert_eq!(world.band("A").minutes_left(world.now), 40);
}

#[test]
fn nothing_starts_in_a_disabled_location() {
    let mut world = four_players();
    world.given(&location_id().stream(), [LocationEvent::Disabled { reason: reason("flood") }]);
    refused(world.start(1, 1, &["A"]), "location_disabled", "enable it");
}

#[test]
fn the_room_is_here_free_in_service_and_offers_the_variant() {
    let mut world = four_players();
    refused(world.start(1, 9, &["A"]), "room_not_found", "no such room");
    refused(world.start_variant(1, 1, 2, &["A"]), "variant_not_active", "activate it");
    world.start(1, 1, &["A"]).unwrap();
    refused(world.start(2, 1, &["B"]), "room_occupied", "occupied");
    world.given(&room(2).stream(), [RoomEvent::TakenOutOfService { reason: reason("paint") }]);
    refused(world.start(2, 2, &["B"]), "room_out_of_service", "out of service");
}

#[test]
fn a_room_of_another_location_does_not_exist_here() {
    let mut world = four_players();
    let opened = LocationEvent::Opened {
        id: elsewhere(),
        code: Code::new("b2").unwrap(),
        name: name("Elsewhere"),
        time_zone: TimeZoneName::new("UTC").unwrap(),
    };
    world.given(&elsewhere().stream(), [opened]);
    world.location = elsewhere();
    refused(world.start(1, 1, &["A"]), "room_not_found", "no such room");
}

#[test]
fn a_retired_or_foreign_variant_is_not_played() {
    let mut world = four_players();
    let activated = RoomEvent::VariantActivated { variant: variant(2), custom: [].into() };
    world.given(&room(1).stream(), [activated]);
    refused(world.start_variant(1, 1, 2, &["A"]), "variant_not_found", "no such variant");
    world.given(&game().stream(), [GameEvent::VariantRetired { id: variant(1) }]);
    refused(world.start(1, 1, &["A"]), "variant_retired", "retired");
}

#[test]
fn a_play_has_its_number_of_players_each_once() {
    let mut world = four_players();
    refused(world.start(1, 1, &[]), "play_player_count", "1 to 3 players, not 0");
    refused(world.start(1, 1, &["A", "B", "C", "D"]), "play_player_count", "not 4");
    refused(world.start(1, 1, &["A", "B", "A"]), "wristband_twice", "wristband A");
    world.start(1, 1, &["A", "B", "C"]).unwrap();
}

#[test]
fn one_bad_band_stops_the_whole_play_and_is_named() {
    let mut world = four_players();
    world.initialize("E", 60, ClockStart::Now).unwrap();
    world.void("D").unwrap();
    refused(world.start(1, 1, &["A", "Z"]), "wristband_not_found", "wristband Z");
    refused(world.start(1, 1, &["A", "D"]), "wristband_blank", "wristband D");
    refused(world.start(1, 1, &["A", "E"]), "wristband_not_assigned", "wristband E");
    world.start(1, 1, &["B"]).unwrap();
    refused(world.start(2, 2, &["A", "B"]), "wristband_in_play", "wristband B");
    world.pass(60);
    refused(world.start(2, 2, &["A"]), "wristband_expired", "wristband A");
    assert_eq!((world.band("A").in_play(), occupied(&world, 2)), (None, None));
}

#[test]
fn finishing_frees_room_and_bands_even_when_their_time_is_over() {
    let mut world = four_players();
    world.pass(59);
    world.start(1, 1, &["A", "B"]).unwrap();
    world.pass(5);
    let changes = world.finish(1, &[("B", 20), ("A", 10)]).unwrap();
    assert_eq!(streams(&changes), ["play", "room", "wristband", "wristband"]);
    assert_eq!(occupied(&world, 1), None);
    assert_eq!((world.band("A").in_play(), world.band("B").in_play()), (None, None));
    assert_eq!(world.finish(1, &[("A", 10), ("B", 20)]).unwrap(), vec![]);
}

#[test]
fn a_wrong_report_leaves_the_play_running() {
    let mut world = four_players();
    world.start(1, 1, &["A", "B"]).unwrap();
    refused(world.finish(1, &[("A", 10), ("C", 20)]), "wristband_not_in_play", "wristband C");
    refused(world.finish(1, &[("A", 10)]), "play_result_missing", "wristband B");
    assert_eq!(code(world.finish(9, &[])), "play_not_found");
    assert_eq!(occupied(&world, 1), Some(play(1)));
    world.finish(1, &[("A", 10), ("B", 20)]).unwrap();
}

#[test]
fn aborting_frees_room_and_bands() {
    let mut world = four_players();
    world.start(1, 1, &["A"]).unwrap();
    world.abort(1, "fire drill").unwrap();
    assert_eq!((world.band("A").in_play(), occupied(&world, 1)), (None, None));
    assert_eq!(world.abort(1, "fire drill").unwrap(), vec![]);
    assert_eq!(code(world.abort(1, "boredom")), "play_already_over");
    world.start(2, 1, &["A"]).unwrap();
}

#[test]
fn repeating_the_end_of_an_old_play_does_not_touch_the_new_one() {
    let mut world = four_players();
    world.start(1, 1, &["A"]).unwrap();
    world.finish(1, &[("A", 10)]).unwrap();
    world.start(2, 1, &["A"]).unwrap();
    assert_eq!(world.finish(1, &[("A", 10)]).unwrap(), vec![]);
    assert_eq!((world.band("A").in_play(), occupied(&world, 1)), (Some(play(2)), Some(play(2))));
}

#[test]
fn only_an_overdue_play_is_aborted_by_the_scheduler() {
    let mut world = four_players();
    world.start(1, 1, &["A"]).unwrap();
    world.pass(LONGEST_MINUTES);
    assert_eq!(code(world.abort_overdue(1)), "play_not_overdue");
    world.pass(1);
    world.abort_overdue(1).unwrap();
    assert_eq!(occupied(&world, 1), None);
    assert_eq!(code(world.abort_overdue(1)), "play_already_over");
}

#[test]
fn a_play_is_ended_only_at_its_own_location() {
    let mut world = four_players();
    world.start(1, 1, &["A"]).unwrap();
    world.location = elsewhere();
    assert_eq!(code(world.abort(1, "prank")), "play_not_found");
}
