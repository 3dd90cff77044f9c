//! Rules of the rows.

use domain::{
    ids::PlayId,
    wristband::{ClockStart, WristbandEvent as Fact},
};
use jiff::Timestamp;
use read_model::rewards::TierCell;

use super::*;
use crate::{
    projections::fixture::{Venue, minutes, play, player, reason, room, time, uid},
    testing::{Stepper, assert_idempotent, assert_rebuild_equal},
};

fn at(minute: u32) -> Timestamp {
    time("2026-05-01T10:00:00Z") + jiff::SignedDuration::from_mins(i64::from(minute))
}

fn initialized(venue: &Venue, number: u128, starts: ClockStart, minute: u32) {
    let uid = uid(player(number));
    let fact = Fact::Initialized {
        location: venue.id,
        uid: uid.clone(),
        minutes: minutes(60),
        starts,
        at: at(minute),
    };
    venue.band(&uid, fact);
}

fn assigned(venue: &Venue, number: u128) {
    venue.band(&uid(player(number)), Fact::Assigned { player: player(number), at: at(1) });
}

fn joined(venue: &Venue, number: u128, id: PlayId, minute: u32) {
    let fact = Fact::PlayJoined { play: id, room: room(1), at: at(minute) };
    venue.band(&uid(player(number)), fact);
}

fn left(venue: &Venue, number: u128, id: PlayId, minute: u32) {
    venue.band(&uid(player(number)), Fact::PlayLeft { play: id, at: at(minute) });
}

/// Play `number`, from its start to its result, of band and player 1.
fn played(venue: &Venue, number: u128, points: i64, minute: u32) {
    venue.start(number, 1, &[1], &at(minute).to_string());
    joined(venue, 1, play(number), minute);
    venue.finish(number, &[(1, points)], &at(minute + 2).to_string());
    left(venue, 1, play(number), minute + 2);
}

async fn bands(venue: &Venue) -> Vec<BandRow> {
    let mut view = Stepper::new(Wristbands).await;
    view.apply(&venue.log.all()).await;
    view.rows().await
}

/// Points of the period that band `number` is in.
async fn points(venue: &Venue, number: u128) -> u32 {
    let mut view = Stepper::new(Wristbands).await;
    view.apply(&venue.log.all()).await;
    let bands: Vec<BandRow> = view.rows().await;
    let band = bands.iter().find(|band| band.uid == uid(player(number))).unwrap();
    let plays: Vec<BandPlay> = view.rows().await;
    let counted = plays.iter().filter(|play| play.period == band.period && !play.voided);
    counted.filter_map(|play| play.points).sum()
}

#[tokio::test]
async fn the_clock_waits_for_the_first_scan() {
    let venue = Venue::open(1, "Europe/Berlin");
    initialized(&venue, 1, ClockStart::FirstScan, 0);
    assigned(&venue, 1);
    let row = bands(&venue).await.remove(0);
    assert_eq!((&*row.phase, row.waiting_minutes, row.ends_at), ("loaded", Some(60), None));
    assert_eq!((row.starts.as_deref(), row.player_id), (Some("first_scan"), Some(player(1))));

    let band = uid(player(1));
    venue.band(&band, Fact::ClockStarted { at: at(5), ends_at: at(65) });
    venue.band(&band, Fact::Scanned { room: room(2), at: at(5) });
    venue.band(&band, Fact::TimeAdded { minutes: minutes(30), reason: None, at: at(6) });
    let row = bands(&venue).await.remove(0);
    assert_eq!((row.started_at, row.ends_at, row.waiting_minutes), (Some(at(5)), Some(at(95)), None));
    assert_eq!((row.room_id, row.last_scanned_at), (Some(room(2)), Some(at(5))));
    assert_eq!((row.minutes_loaded, row.live_until), (90, Some(at(95))));
}

#[tokio::test]
async fn scores_count_for_the_period_they_were_played_in() {
    let venue = Venue::open(1, "Europe/Berlin");
    initialized(&venue, 1, ClockStart::Now, 0);
    assigned(&venue, 1);
    played(&venue, 1, 300, 5);
    played(&venue, 2, 200, 10);
    assert_eq!(points(&venue, 1).await, 500);
    venue.correct(1, 1, 400);
    venue.void(2, 1);
    assert_eq!(points(&venue, 1).await, 400);
    venue.band(&uid(player(1)), Fact::Renewed { minutes: minutes(30), starts: ClockStart::Now, at: at(70) });
    assert_eq!(points(&venue, 1).await, 0);
    played(&venue, 3, 50, 75);
    assert_eq!(points(&venue, 1).await, 50);
}

#[tokio::test]
async fn a_recorded_play_counts_for_the_period_that_notes_it() {
    let venue = Venue::open(1, "Europe/Berlin");
    initialized(&venue, 1, ClockStart::Now, 0);
    assigned(&venue, 1);
    played(&venue, 1, 300, 5);
    let times = (&*at(7).to_string(), &*at(9).to_string());
    venue.recorded(2, 1, &[(1, 40)], times);
    assert_eq!(points(&venue, 1).await, 300, "of another period, as long as none notes it");
    venue.band(&uid(player(1)), Fact::PlayRecorded { play: play(2), room: room(1), at: at(50) });
    assert_eq!(points(&venue, 1).await, 340);
    let row = bands(&venue).await.remove(0);
    assert_eq!(row.play_id, None);
    assert_idempotent(Wristbands, &venue.log.all()).await;
}

#[tokio::test]
async fn a_transfer_takes_time_player_and_scores_along() {
    let venue = Venue::open(1, "Europe/Berlin");
    initialized(&venue, 1, ClockStart::Now, 0);
    assigned(&venue, 1);
    played(&venue, 1, 300, 5);
    let (from, to) = (uid(player(1)), uid(player(2)));
    venue.band(&from, Fact::TransferredOut { to: to.clone(), at: at(20) });
    let received = Fact::TransferredIn {
        location: venue.id,
        uid: to.clone(),
        from,
        player: Some(player(1)),
        waiting: None,
        ends_at: Some(at(60)),
        minutes_loaded: 60,
        at: at(20),
    };
    venue.band(&to, received);
    let rows = bands(&venue).await;
    assert_eq!((&*rows[0].phase, rows[0].player_id, rows[0].live_until), ("blank", None, None));
    assert_eq!((&*rows[1].phase, rows[1].player_id), ("loaded", Some(player(1))));
    assert_eq!((rows[1].minutes_loaded, rows[1].started_at), (60, Some(at(0))));
    assert_eq!(points(&venue, 2).await, 300);

    initialized(&venue, 1, ClockStart::Now, 30);
    assert_eq!(points(&venue, 1).await, 0);
    assert_eq!(points(&venue, 2).await, 300);
}

#[tokio::test]
async fn a_voided_band_shows_nobody() {
    let venue = Venue::open(1, "Europe/Berlin");
    initialized(&venue, 1, ClockStart::Now, 0);
    assigned(&venue, 1);
    venue.band(&uid(player(1)), Fact::Voided { reason: reason(), at: at(9) });
    let row = bands(&venue).await.remove(0);
    assert_eq!((&*row.phase, row.player_id, row.ends_at, row.minutes_loaded), ("voided", None, None, 0));
}

#[tokio::test]
async fn a_band_is_in_its_play_until_it_leaves() {
    let venue = Venue::open(1, "Europe/Berlin");
    initialized(&venue, 1, ClockStart::Now, 0);
    assigned(&venue, 1);
    joined(&venue, 1, play(1), 5);
    assert_eq!(bands(&venue).await[0].play_id, Some(play(1)));
    left(&venue, 1, play(1), 6);
    assert_eq!(bands(&venue).await[0].play_id, None);
}

#[tokio::test]
async fn the_same_code_at_two_venues_is_two_bands() {
    let venue = Venue::open(1, "Europe/Berlin");
    let other = Venue::open_in(venue.log.clone(), 2, "Asia/Tokyo");
    initialized(&venue, 1, ClockStart::Now, 0);
    initialized(&other, 1, ClockStart::FirstScan, 0);
    let rows = bands(&venue).await;
    assert_eq!(rows.iter().map(|row| row.location_id).collect::<Vec<_>>(), [venue.id, other.id]);
    assert_ne!(rows[0].ends_at, rows[1].ends_at);
}

#[tokio::test]
async fn rewards_are_the_defaults_until_the_venue_chooses() {
    let venue = Venue::open(1, "Europe/Berlin");
    let mut view = Stepper::new(Wristbands).await;
    view.apply(&venue.log.all()).await;
    let rows: Vec<BandRewards> = view.rows().await;
    assert_eq!(rows[0].reward_tiers.0.len(), 6);
    venue.settle("Europe/Berlin", &[("Or", 9)]);
    view.apply(&venue.log.all()).await;
    let rows: Vec<BandRewards> = view.rows().await;
    assert_eq!(rows[0].reward_tiers.0, [TierCell { name: "Or".to_owned(), over_points: 9 }]);
}

fn history() -> Venue {
    let venue = Venue::open(1, "Europe/Berlin");
    initialized(&venue, 1, ClockStart::FirstScan, 0);
    assigned(&venue, 1);
    venue.band(&uid(player(1)), Fact::ClockStarted { at: at(5), ends_at: at(65) });
    venue.band(&uid(player(1)), Fact::Scanned { room: room(2), at: at(5) });
    played(&venue, 1, 300, 5);
    venue.settle("Europe/Berlin", &[("Or", 9)]);
    venue.correct(1, 1, 400);
    venue.band(&uid(player(1)), Fact::TransferredOut { to: uid(player(2)), at: at(20) });
    let received = Fact::TransferredIn {
        location: venue.id,
        uid: uid(player(2)),
        from: uid(player(1)),
        player: Some(player(1)),
        waiting: None,
        ends_at: Some(at(60)),
        minutes_loaded: 60,
        at: at(20),
    };
    venue.band(&uid(player(2)), received);
    venue.void(1, 1);
    initialized(&venue, 1, ClockStart::Now, 30);
    assigned(&venue, 1);
    played(&venue, 2, 20, 40);
    venue
}

#[tokio::test]
async fn wristbands_applied_twice_change_nothing() {
    assert_idempotent(Wristbands, &history().log.all()).await;
}

#[tokio::test]
async fn wristbands_rebuilt_are_byte_equal() {
    assert_rebuild_equal(Wristbands, &history().log.all()).await;
}
