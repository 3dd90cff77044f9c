//! What happens to a wristband and its player together, as given / when / then.

use super::{BadBand, ClockStart};
use crate::{
    location::LocationEvent,
    play::world::{SIGNED, World, code, elsewhere, location_id, reason},
};

const NOW: ClockStart = ClockStart::Now;

/// Band A with an hour on player 1.
fn worn() -> World {
    let mut world = World::new();
    world.initialize("A", 60, NOW).unwrap();
    world.assign("A", 1).unwrap();
    world
}

fn disable(world: &mut World) {
    world.given(&location_id().stream(), [LocationEvent::Disabled { reason: reason("flood") }]);
}

#[test]
fn initialising_takes_the_band_off_who_wore_it_last() {
    let mut world = worn();
    assert_eq!(code(world.initialize("A", 60, NOW)), "wristband_still_has_time");
    world.pass(60);
    assert_eq!(world.worn_by(1).as_deref(), Some("A"));
    world.initialize("A", 60, NOW).unwrap();
    assert_eq!((world.worn_by(1), world.band("A").player()), (None, None));
}

#[test]
fn initialising_an_old_band_leaves_the_players_new_one_on() {
    let mut world = worn();
    world.pass(60);
    world.initialize("B", 60, NOW).unwrap();
    world.assign("B", 1).unwrap();
    world.initialize("A", 60, NOW).unwrap();
    assert_eq!(world.worn_by(1).as_deref(), Some("B"));
}

#[test]
fn no_period_begins_in_a_location_that_is_disabled_or_absent() {
    let mut world = worn();
    world.pass(60);
    disable(&mut world);
    assert_eq!(code(world.initialize("B", 60, NOW)), "location_disabled");
    assert_eq!(code(world.renew("A", 60, NOW)), "location_disabled");
    world.location = elsewhere();
    assert_eq!(code(world.initialize("B", 60, NOW)), "location_not_found");
}

#[test]
fn assigning_needs_a_valid_waiver() {
    let mut world = World::new();
    world.initialize("A", 1_440, NOW).unwrap();
    assert_eq!(code(world.assign("A", SIGNED + 1)), "player_without_waiver");
    world.sign(SIGNED + 1);
    world.assign("A", SIGNED + 1).unwrap();
    world.pass(31 * 24 * 60);
    world.initialize("B", 60, NOW).unwrap();
    assert_eq!(code(world.assign("B", 1)), "player_without_waiver");
}

#[test]
fn assigning_needs_a_player_of_this_location() {
    let mut world = worn();
    assert_eq!(code(world.assign("A", 99)), "player_not_found");
    world.location = elsewhere();
    assert_eq!(code(world.assign("A", 1)), "player_not_found");
}

#[test]
fn assigning_again_changes_nothing_and_to_another_player_is_refused() {
    let mut world = worn();
    assert_eq!(world.assign("A", 1).unwrap(), vec![]);
    assert_eq!(code(world.assign("A", 2)), "wristband_worn_by_another");
}

#[test]
fn one_player_wears_one_live_band() {
    let mut world = worn();
    world.initialize("B", 600, NOW).unwrap();
    let refusal = world.assign("B", 1).unwrap_err();
    assert_eq!(refusal.code, "player_has_band");
    assert!(refusal.message.contains("wristband A"), "{refusal}");
    world.pass(60);
    world.assign("B", 1).unwrap();
    assert_eq!(world.worn_by(1).as_deref(), Some("B"));
}

#[test]
fn a_band_that_finishes_its_play_without_time_is_not_exchanged_before() {
    let mut world = worn();
    world.initialize("B", 600, NOW).unwrap();
    world.start(1, 1, &["A"]).unwrap();
    world.pass(60);
    assert_eq!(code(world.assign("B", 1)), "player_has_band");
    world.finish(1, &[("A", 5)]).unwrap();
    world.assign("B", 1).unwrap();
}

#[test]
fn a_band_worn_before_is_not_renewed_beside_the_new_one() {
    let mut world = worn();
    world.pass(60);
    world.initialize("B", 60, NOW).unwrap();
    world.assign("B", 1).unwrap();
    assert_eq!(code(world.renew("A", 60, NOW)), "wristband_no_longer_worn");
    world.pass(60);
    world.renew("B", 60, NOW).unwrap();
    assert_eq!(world.band("B").player(), world.band("A").player());
}

#[test]
fn renewing_needs_a_player_with_a_valid_waiver() {
    let mut world = World::new();
    world.initialize("B", 60, NOW).unwrap();
    world.pass(60);
    assert_eq!(code(world.renew("B", 60, NOW)), "wristband_not_assigned");
    let mut world = worn();
    world.pass(31 * 24 * 60);
    assert_eq!(code(world.renew("A", 60, NOW)), "player_without_waiver");
}

#[test]
fn a_scan_answers_what_the_band_is_after_it() {
    let mut world = World::new();
    world.initialize("A", 60, ClockStart::FirstScan).unwrap();
    let (changes, facts) = world.scan("A", 1).unwrap();
    assert_eq!((changes.len(), facts.bad, facts.ends_at), (0, Some(BadBand::Unassigned), None));
    world.assign("A", 1).unwrap();
    world.pass(500);
    let (changes, facts) = world.scan("A", 1).unwrap();
    assert_eq!((changes.len(), facts.good(), facts.minutes_left), (2, true, 60));
    assert!(facts.ends_at.is_some());
}

#[test]
fn a_scan_needs_a_room_of_this_location() {
    let mut world = worn();
    assert_eq!(world.scan("A", 9).unwrap_err().code, "room_not_found");
    world.location = elsewhere();
    assert_eq!(world.scan("A", 1).unwrap_err().code, "room_not_found");
}

#[test]
fn a_transfer_moves_time_and_player() {
    let mut world = worn();
    world.pass(20);
    world.transfer("A", "B").unwrap();
    assert_eq!((world.band("A").minutes_left(world.now), world.band("A").player()), (0, None));
    assert_eq!(world.band("B").minutes_left(world.now), 40);
    assert_eq!(world.worn_by(1).as_deref(), Some("B"));
}

#[test]
fn a_transfer_takes_the_target_off_its_old_wearer() {
    let mut world = worn();
    world.pass(60);
    world.initialize("B", 60, NOW).unwrap();
    world.assign("B", 2).unwrap();
    world.transfer("B", "A").unwrap();
    assert_eq!((world.worn_by(1), world.worn_by(2).as_deref()), (None, Some("A")));
}

#[test]
fn a_transfer_can_go_back_to_the_players_own_old_band() {
    let mut world = worn();
    world.pass(60);
    world.initialize("B", 60, NOW).unwrap();
    world.assign("B", 1).unwrap();
    world.transfer("B", "A").unwrap();
    assert_eq!(world.worn_by(1).as_deref(), Some("A"));
}

#[test]
fn a_transfer_needs_another_band_without_time() {
    let mut world = worn();
    assert_eq!(code(world.transfer("A", "A")), "wristband_same");
    world.initialize("B", 60, NOW).unwrap();
    let refusal = world.transfer("A", "B").unwrap_err();
    assert_eq!(refusal.code, "wristband_still_has_time");
    assert!(refusal.message.starts_with("wristband B: "), "{refusal}");
    world.start(1, 1, &["A"]).unwrap();
    assert_eq!(code(world.transfer("A", "C")), "wristband_in_play");
}

#[test]
fn an_unassigned_band_is_transferred_without_a_player() {
    let mut world = World::new();
    world.initialize("A", 60, NOW).unwrap();
    world.transfer("A", "B").unwrap();
    assert_eq!((world.band("B").player(), world.band("B").is_live(world.now)), (None, true));
}

#[test]
fn voiding_takes_the_band_off() {
    let mut world = worn();
    world.void("A").unwrap();
    assert_eq!((world.worn_by(1), world.band("A").player()), (None, None));
    assert_eq!(world.void("A").unwrap(), vec![]);
    assert_eq!(code(world.void("Z")), "wristband_not_found");
}

#[test]
fn a_band_in_a_play_is_not_voided() {
    let mut world = worn();
    world.start(1, 1, &["A"]).unwrap();
    assert_eq!(code(world.void("A")), "wristband_in_play");
    world.abort(1, "fire drill").unwrap();
    world.void("A").unwrap();
}
