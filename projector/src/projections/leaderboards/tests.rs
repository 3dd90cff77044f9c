//! Rules of the rows, and an oracle that knows no batches.

use std::{collections::BTreeMap, sync::Arc};

use domain::{DomainEvent, ids::PlayId, play::PlayEvent};
use events::{self, RecordedEvent, sealing::NoKeys};
use jiff::civil::{Date, date};
use read_model::leaderboards::{DayBest, PlayerBest, PlayerDay, PlayerTotal};

use super::*;
use crate::{
    projections::fixture::{Venue, play, player, time},
    testing::{Stepper, assert_idempotent, assert_rebuild_equal},
};

async fn view(venue: &Venue) -> Stepper {
    let mut view = Stepper::new(Leaderboards).await;
    view.apply(&venue.log.all()).await;
    view
}

async fn total(view: &Stepper, number: u128) -> Option<(u64, u32)> {
    let rows: Vec<PlayerTotal> = view.rows().await;
    let row = rows.iter().find(|row| row.player_id == player(number))?;
    Some((row.points, row.variants))
}

async fn days(view: &Stepper) -> Vec<(Date, u32)> {
    let rows: Vec<DayBest> = view.rows().await;
    rows.iter().map(|row| (row.local_day, row.points)).collect()
}

#[tokio::test]
async fn a_total_is_the_sum_of_the_best_of_each_variant() {
    let venue = Venue::open(1, "Europe/Berlin");
    venue.played(1, 1, &[(1, 300), (2, 500)], "2026-05-01T10:00:00Z");
    venue.played(2, 1, &[(1, 400)], "2026-05-02T10:00:00Z");
    venue.played(3, 1, &[(1, 100)], "2026-05-03T10:00:00Z");
    venue.played(4, 2, &[(1, 50)], "2026-05-03T11:00:00Z");
    let view = view(&venue).await;
    assert_eq!(total(&view, 1).await, Some((450, 2)));
    assert_eq!(total(&view, 2).await, Some((500, 1)));
    let rows: Vec<PlayerTotal> = view.rows().await;
    assert_eq!(rows[0].reached_at, time("2026-05-03T11:00:00Z"));
}

#[tokio::test]
async fn the_first_of_equal_scores_counts() {
    let venue = Venue::open(1, "Europe/Berlin");
    venue.played(2, 1, &[(1, 300)], "2026-05-02T10:00:00Z");
    venue.played(1, 1, &[(1, 300)], "2026-05-01T10:00:00Z");
    venue.played(3, 1, &[(1, 300)], "2026-05-03T10:00:00Z");
    let view = view(&venue).await;
    let best: Vec<PlayerBest> = view.rows().await;
    assert_eq!((best[0].play_id, best[0].reached_at), (play(1), time("2026-05-01T10:00:00Z")));
    let totals: Vec<PlayerTotal> = view.rows().await;
    assert_eq!(totals[0].reached_at, time("2026-05-01T10:00:00Z"));
}

#[tokio::test]
async fn a_correction_changes_the_best_up_and_down() {
    let venue = Venue::open(1, "Europe/Berlin");
    venue.played(1, 1, &[(1, 300)], "2026-05-01T10:00:00Z");
    venue.played(2, 1, &[(1, 200)], "2026-05-01T11:00:00Z");
    venue.played(3, 1, &[(1, 250)], "2026-05-02T11:00:00Z");
    let mut view = view(&venue).await;
    venue.correct(1, 1, 100);
    view.apply(&venue.log.all()).await;
    assert_eq!(total(&view, 1).await, Some((250, 1)));
    assert_eq!(days(&view).await, [(date(2026, 5, 1), 200), (date(2026, 5, 2), 250)]);
    venue.correct(1, 1, 900);
    view.apply(&venue.log.all()).await;
    assert_eq!(total(&view, 1).await, Some((900, 1)));
    assert_eq!(days(&view).await[0], (date(2026, 5, 1), 900));
}

#[tokio::test]
async fn a_voided_score_counts_nowhere() {
    let venue = Venue::open(1, "Europe/Berlin");
    venue.played(1, 1, &[(1, 300), (2, 10)], "2026-05-01T10:00:00Z");
    venue.played(2, 2, &[(1, 70)], "2026-05-01T11:00:00Z");
    venue.void(1, 1);
    let mut view = view(&venue).await;
    assert_eq!(total(&view, 1).await, Some((70, 1)));
    assert_eq!(total(&view, 2).await, Some((10, 1)));
    venue.void(2, 1);
    venue.correct(2, 1, 1_000);
    view.apply(&venue.log.all()).await;
    assert_eq!(total(&view, 1).await, None);
    assert_eq!(days(&view).await, [(date(2026, 5, 1), 10)]);
}

#[tokio::test]
async fn a_recorded_play_counts_on_the_day_it_was_played() {
    let venue = Venue::open(1, "Europe/Berlin");
    venue.played(1, 1, &[(1, 300)], "2026-05-02T10:00:00Z");
    venue.recorded(2, 1, &[(1, 400), (2, 50)], ("2026-05-01T09:50:00Z", "2026-05-01T10:00:00Z"));
    let mut view = view(&venue).await;
    assert_eq!(days(&view).await, [(date(2026, 5, 1), 400), (date(2026, 5, 1), 50), (date(2026, 5, 2), 300)]);
    assert_eq!(total(&view, 1).await, Some((400, 1)));
    venue.correct(2, 1, 100);
    view.apply(&venue.log.all()).await;
    assert_eq!(total(&view, 1).await, Some((300, 1)));
    assert_idempotent(Leaderboards, &venue.log.all()).await;
}

#[tokio::test]
async fn an_aborted_play_gives_no_score() {
    let venue = Venue::open(1, "Europe/Berlin");
    venue.start(1, 1, &[1], "2026-05-01T10:00:00Z");
    let at = time("2026-05-01T10:01:00Z");
    venue.play(play(1), PlayEvent::Aborted { reason: crate::projections::fixture::reason(), at });
    assert_eq!(total(&view(&venue).await, 1).await, None);
}

#[tokio::test]
async fn days_begin_at_local_midnight_on_both_sides_of_the_clock_changes() {
    let venue = Venue::open(1, "Europe/Berlin");
    let instants = [
        // The clock goes from 02:00 (+1) to 03:00 (+2) on 29 March.
        ("2026-03-28T22:59:59Z", date(2026, 3, 28)),
        ("2026-03-28T23:00:00Z", date(2026, 3, 29)),
        ("2026-03-29T21:59:59Z", date(2026, 3, 29)),
        ("2026-03-29T22:00:00Z", date(2026, 3, 30)),
        // And back from 03:00 (+2) to 02:00 (+1) on 25 October.
        ("2026-10-24T21:59:59Z", date(2026, 10, 24)),
        ("2026-10-24T22:00:00Z", date(2026, 10, 25)),
        ("2026-10-25T22:59:59Z", date(2026, 10, 25)),
        ("2026-10-25T23:00:00Z", date(2026, 10, 26)),
    ];
    for (number, (at, _)) in (1..).zip(instants) {
        venue.played(number, number, &[(1, 5)], at);
    }
    let found: Vec<_> = days(&view(&venue).await).await.into_iter().map(|(day, _)| day).collect();
    assert_eq!(found, instants.map(|(_, day)| day));
}

#[tokio::test]
async fn a_play_belongs_to_the_day_it_ends_on() {
    let venue = Venue::open(1, "America/New_York");
    venue.start(1, 1, &[1], "2026-07-05T03:55:00Z");
    venue.finish(1, &[(1, 5)], "2026-07-05T04:05:00Z");
    assert_eq!(days(&view(&venue).await).await, [(date(2026, 7, 5), 5)]);
}

#[tokio::test]
async fn a_new_zone_moves_no_day_counted_before() {
    let venue = Venue::open(1, "Europe/Berlin");
    venue.played(1, 1, &[(1, 5)], "2026-07-04T23:30:00Z");
    venue.settle("America/New_York", &[]);
    venue.played(2, 2, &[(1, 6)], "2026-07-04T23:30:00Z");
    venue.correct(1, 1, 7);
    assert_eq!(days(&view(&venue).await).await, [(date(2026, 7, 5), 7), (date(2026, 7, 4), 6)]);
}

#[tokio::test]
async fn a_venue_that_was_never_opened_parks_its_plays() {
    let venue = Venue::open(1, "Europe/Berlin");
    venue.played(1, 1, &[(1, 5)], "2026-07-04T23:30:00Z");
    let view = Stepper::new(Leaderboards).await;
    let mut tx = view.db.begin(read_store::Generation { version: 1, run: 1 }).await.unwrap();
    let decode = |event: &Arc<RecordedEvent>| Event::new(event.clone(), events::decode(event, &NoKeys));
    let events: Vec<_> = venue.log.all().iter().skip(1).map(decode).collect();
    let refused = Leaderboards.apply(&mut tx, &events, &mut Context::default()).await.unwrap_err();
    assert!(matches!(refused, ApplyError::Event { position, .. } if position.0 == 3), "{refused:?}");
}

/// Pseudo-random numbers that are the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

/// Few players and variants, many plays on few days, every third followed by a correction or a void.
fn eventful(seed: u64, plays: u128) -> Venue {
    let venue = Venue::open(1, "Europe/Berlin");
    let other = Venue::open_in(venue.log.clone(), 2, "Asia/Tokyo");
    let mut dice = Dice(seed);
    for number in 1..=plays {
        let venue = if dice.below(4) == 0 { &other } else { &venue };
        let of = u128::from(dice.below(3));
        let at = format!("2026-05-0{}T1{}:00:00Z", 1 + dice.below(3), dice.below(10));
        let first = u128::from(dice.below(3));
        let results = [(first, dice.below(9).cast_signed()), (first + 1, dice.below(9).cast_signed())];
        venue.played(number, of, &results, &at);
        let (earlier, whose) =
            (1 + u128::from(dice.below(u64::try_from(number).unwrap())), u128::from(dice.below(4)));
        match dice.below(6) {
            0 => venue.void(earlier, whose),
            1 => venue.correct(earlier, whose, dice.below(9).cast_signed()),
            _ => {}
        }
    }
    venue
}

type Standings = BTreeMap<(LocationOf, u128), (u64, u32)>;
type LocationOf = domain::ids::LocationId;

/// Totals straight from the facts: play by play, nothing incremental.
fn oracle(log: &[Arc<RecordedEvent>]) -> Standings {
    let mut begun = BTreeMap::new();
    let mut scores: BTreeMap<(PlayId, u128), Option<u32>> = BTreeMap::new();
    for event in log {
        let DomainEvent::Play(fact) = events::decode(event, &NoKeys).unwrap() else { continue };
        let id: PlayId = event.stream.id().parse().unwrap();
        if let PlayEvent::Recorded { location, variant, .. } = fact {
            begun.insert(id, (location, variant));
        }
        match fact {
            PlayEvent::Started { location, variant, .. } => _ = begun.insert(id, (location, variant)),
            PlayEvent::Finished { results, .. } | PlayEvent::Recorded { results, .. } => {
                let score =
                    |r: &domain::play::PlayerResult| ((id, r.player.0.as_u128()), Some(r.points.get()));
                scores.extend(results.iter().map(score));
            }
            PlayEvent::ScoreCorrected { player, points, .. } => {
                let score = scores.get_mut(&(id, player.0.as_u128()));
                if let Some(score) = score.and_then(Option::as_mut) {
                    *score = points.get();
                }
            }
            PlayEvent::ScoreVoided { player, .. } => {
                if let Some(score) = scores.get_mut(&(id, player.0.as_u128())) {
                    *score = None;
                }
            }
            PlayEvent::Aborted { .. } => {}
        }
    }
    let mut best = BTreeMap::new();
    for ((play, player), points) in scores {
        let (location, variant) = begun[&play];
        if let Some(points) = points {
            let known = best.entry((location, player, variant)).or_insert(points);
            *known = points.max(*known);
        }
    }
    let mut totals = Standings::new();
    for ((location, player, _), points) in best {
        let (sum, variants) = totals.entry((location, player)).or_default();
        (*sum, *variants) = (*sum + u64::from(points), *variants + 1);
    }
    totals
}

#[tokio::test]
async fn any_history_in_any_batches_gives_what_counting_by_hand_gives() {
    for (seed, size) in [(1, 1), (2, 3), (3, 10), (4, 50), (5, 500), (6, 7)] {
        let log = eventful(seed, 60).log.all();
        let mut view = Stepper::new(Leaderboards).await;
        for batch in log.chunks(size) {
            view.apply(batch).await;
        }
        let rows: Vec<PlayerTotal> = view.rows().await;
        let found: Standings = rows
            .iter()
            .map(|row| ((row.location_id, row.player_id.0.as_u128()), (row.points, row.variants)))
            .collect();
        assert_eq!(found, oracle(&log), "seed {seed} in batches of {size}");
    }
}

#[tokio::test]
async fn leaderboards_applied_twice_change_nothing() {
    assert_idempotent(Leaderboards, &eventful(11, 30).log.all()).await;
}

#[tokio::test]
async fn leaderboards_rebuilt_are_byte_equal() {
    assert_rebuild_equal(Leaderboards, &eventful(12, 40).log.all()).await;
}

#[tokio::test]
async fn a_players_day_is_the_sum_of_its_bests() {
    let venue = Venue::open(1, "Europe/Berlin");
    venue.played(1, 1, &[(1, 300)], "2026-05-01T10:00:00Z");
    venue.played(2, 1, &[(1, 200)], "2026-05-01T11:00:00Z");
    venue.played(3, 2, &[(1, 50)], "2026-05-01T12:00:00Z");
    venue.played(4, 2, &[(1, 70)], "2026-05-02T12:00:00Z");
    let mut view = view(&venue).await;
    let days = async |view: &Stepper| {
        let rows: Vec<PlayerDay> = view.rows().await;
        rows.iter().map(|row| (row.local_day.day(), row.points, row.variants)).collect::<Vec<_>>()
    };
    assert_eq!(days(&view).await, [(1, 350, 2), (2, 70, 1)]);
    venue.void(1, 1);
    venue.void(4, 1);
    view.apply(&venue.log.all()).await;
    assert_eq!(days(&view).await, [(1, 250, 2)]);
}
