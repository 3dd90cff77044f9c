//! Rules of the rows.

use jiff::civil::date;

use super::*;
use crate::{
    projections::fixture::{Venue, play, player, reason, time, uid},
    testing::{Stepper, assert_idempotent, assert_rebuild_equal},
};

fn history() -> Venue {
    let venue = Venue::open(1, "Europe/Berlin");
    venue.start(1, 1, &[1, 2], "2026-05-01T21:58:00Z");
    venue.finish(1, &[(1, 300), (2, 200)], "2026-05-01T22:05:00Z");
    venue.start(2, 1, &[1], "2026-05-01T22:10:00Z");
    venue.play(play(2), PlayEvent::Aborted { reason: reason(), at: time("2026-05-01T22:11:00Z") });
    venue.correct(1, 1, 350);
    venue.void(1, 2);
    venue.settle("Asia/Tokyo", &[]);
    venue.start(3, 2, &[3], "2026-05-01T22:20:00Z");
    venue
}

async fn rows() -> (Vec<PlayRow>, Vec<PlayPlayer>) {
    let mut view = Stepper::new(Plays).await;
    view.apply(&history().log.all()).await;
    (view.rows().await, view.rows().await)
}

#[tokio::test]
async fn a_finished_play_shows_scores_as_they_count_now() {
    let (rows, _) = rows().await;
    let row = &rows[0];
    assert_eq!((&*row.status, row.ended_at), ("finished", Some(time("2026-05-01T22:05:00Z"))));
    let [first, second] = &row.results.0[..] else { panic!("{row:?}") };
    assert_eq!((first.points, first.level, first.lives), (350, 3, Some(1)));
    assert_eq!((first.corrected, first.voided), (true, false));
    assert_eq!((second.points, second.corrected, second.voided), (200, false, true));
    assert_eq!(second.uid, uid(player(2)));
}

#[tokio::test]
async fn aborted_and_running_plays_have_no_results() {
    let (rows, _) = rows().await;
    assert_eq!((&*rows[1].status, rows[1].reason.clone()), ("aborted", Some(reason())));
    assert_eq!((&*rows[2].status, rows[2].ended_at), ("running", None));
    assert!(rows[1].results.0.is_empty() && rows[2].results.0.is_empty());
    assert_eq!(&*rows[2].mode, "pvp");
}

#[tokio::test]
async fn a_recorded_play_is_finished_and_marked() {
    let venue = history();
    venue.recorded(4, 1, &[(2, 60)], ("2026-05-01T10:00:00Z", "2026-05-01T10:10:00Z"));
    let mut view = Stepper::new(Plays).await;
    view.apply(&venue.log.all()).await;
    let rows: Vec<PlayRow> = view.rows().await;
    let row = rows.iter().find(|row| row.play_id == play(4)).unwrap();
    assert_eq!((&*row.status, row.local_day), ("finished", date(2026, 5, 1)));
    assert_eq!(
        (row.started_at, row.ended_at),
        (time("2026-05-01T10:00:00Z"), Some(time("2026-05-01T10:10:00Z")))
    );
    assert!(row.recorded_at.is_some() && rows.iter().filter(|row| row.recorded_at.is_some()).count() == 1);
    assert_eq!(row.results.0[0].points, 60);
    assert!(view.rows::<PlayPlayer>().await.iter().any(|row| row.play_id == play(4)));
    assert_rebuild_equal(Plays, &venue.log.all()).await;
}

#[tokio::test]
async fn a_play_that_was_given_up_shows_its_late_results() {
    let venue = Venue::open(1, "Europe/Berlin");
    venue.start(1, 1, &[1], "2026-05-01T10:00:00Z");
    venue.play(play(1), PlayEvent::Aborted { reason: reason(), at: time("2026-05-01T10:11:00Z") });
    venue.finish(1, &[(1, 300)], "2026-05-01T10:10:00Z");
    let mut view = Stepper::new(Plays).await;
    view.apply(&venue.log.all()).await;
    let row: PlayRow = view.rows().await.remove(0);
    assert_eq!((&*row.status, row.reason, row.results.0.len()), ("finished", None, 1));
}

#[tokio::test]
async fn a_play_is_of_the_local_day_it_began_on_in_the_zone_of_that_time() {
    let (rows, _) = rows().await;
    let days: Vec<_> = rows.iter().map(|row| row.local_day).collect();
    assert_eq!(days, [date(2026, 5, 1), date(2026, 5, 2), date(2026, 5, 2)]);
}

#[tokio::test]
async fn every_participant_finds_the_play() {
    let (_, players) = rows().await;
    let found: Vec<_> = players.iter().map(|row| (row.player_id, row.play_id)).collect();
    let expected = [(1, 1), (1, 2), (2, 1), (3, 3)].map(|(who, what)| (player(who), play(what)));
    assert_eq!(found, expected);
}

#[tokio::test]
async fn plays_applied_twice_change_nothing() {
    assert_idempotent(Plays, &history().log.all()).await;
}

#[tokio::test]
async fn plays_rebuilt_are_byte_equal() {
    assert_rebuild_equal(Plays, &history().log.all()).await;
}
