//! Who projects: checkpoints, leases, workers that die and come back.

use std::{sync::Arc, time::Duration};

use domain::{ids::LocationId, log::Position};
use projector::{
    SourceError,
    testing::{MemoryLog, projector, read_db},
};
use read_store::{
    Generation,
    progress::{Progress, Watermark},
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::bench::{Bench, Running, catalog, until};

#[tokio::test]
async fn goes_on_from_its_checkpoint_and_gives_its_lease_up() {
    let bench = Bench::new().await;
    let first = bench.rename(1, "a");
    let running = bench.start("one");
    running.reach(first).await;
    running.stop().await;
    assert_eq!(bench.row("active").await.owner, None);
    let second = bench.rename(1, "b");
    let running = bench.start("two");
    running.reach(second).await;
    running.stop().await;
    assert_eq!(bench.counted().await, [(1, 2)]);
}

#[tokio::test]
async fn killed_at_any_moment_every_event_counts_once() {
    let bench = Bench::new().await;
    let mut last = Position::default();
    for round in 0..30 {
        for event in 0..200 {
            last = bench.rename(event % 9, "x");
        }
        let running = bench.start("same");
        tokio::time::sleep(Duration::from_micros(700 * round)).await;
        running.kill().await;
    }
    let running = bench.start("same");
    running.reach(last).await;
    running.stop().await;
    let sum: i64 = bench.counted().await.iter().map(|(_, events)| events).sum();
    assert_eq!(sum, 30 * 200);
}

#[tokio::test]
async fn a_dead_workers_projection_is_taken_over() {
    let bench = Bench::new().await;
    let first = bench.rename(1, "a");
    let dying = bench.start("dying");
    dying.reach(first).await;
    let epoch = bench.row("active").await.epoch;
    dying.kill().await;
    let heir = bench.start("heir");
    let second = bench.rename(1, "b");
    heir.reach(second).await;
    let row = bench.row("active").await;
    assert!(row.owner.unwrap().starts_with("heir/"));
    assert!(row.epoch > epoch);
    heir.stop().await;
    assert_eq!(bench.counted().await, [(1, 2)]);
}

#[tokio::test]
async fn two_workers_share_without_applying_anything_twice() {
    let bench = Bench::new().await;
    let other_db = read_db(bench.dir.path()).await;
    let one = bench.start("one");
    let other = bench.start_on(&other_db, "other", bench.counts.clone());
    let mut last = Position::default();
    for round in 0..40 {
        last = bench.rename(round % 3, "x");
        if round % 10 == 9 {
            // Whoever holds the lease loses it in the middle of its work.
            let mut tx = bench.db.begin_catalog().await.unwrap();
            tx.execute("UPDATE {projections} SET owner = NULL, epoch = epoch + 1", &[]).await.unwrap();
            tx.commit().await.unwrap();
        }
        tokio::time::sleep(Duration::from_millis(3)).await;
    }
    let reached = async || {
        let rows = catalog(&bench.db).await;
        rows.iter().any(|row| &*row.state == "active" && row.position == last)
    };
    until("the checkpoint", reached).await;
    one.stop().await;
    other.stop().await;
    let sum: i64 = bench.counted().await.iter().map(|(_, events)| events).sum();
    assert_eq!(sum, 40);
}

#[tokio::test]
async fn a_log_older_than_its_views_is_refused_at_the_start() {
    let bench = Bench::new().await;
    bench.rename(1, "a");
    let last = bench.rename(1, "b");
    let running = bench.start("w");
    running.reach(last).await;
    running.stop().await;
    let restored = MemoryLog::of(bench.log.all().into_iter().take(1).collect());
    let on = |log| projector(&bench.db, log, &Progress::default(), "w", vec![Arc::new(bench.counts.clone())]);
    let refused = on(&restored).prepare().await.unwrap_err();
    let ahead = SourceError::Ahead { checkpoint: last, head: Position(1) };
    assert_eq!(refused.to_string(), ahead.to_string());
    on(&bench.log).prepare().await.unwrap();
}

/// A log that was restored to an earlier state is one event short; what is appended then takes the lost one's place.
#[tokio::test]
async fn a_restored_log_that_has_grown_past_its_views_is_refused() {
    let bench = Bench::new().await;
    bench.rename(1, "a");
    let newest = bench.rename(1, "b");
    let worker = bench.start("w");
    worker.reach(newest).await;
    worker.stop().await;
    let mut events = bench.log.all();
    let lost = events.pop().unwrap();
    let id = domain::ids::EventId(uuid::Uuid::from_u128(99));
    events.push(Arc::new(events::RecordedEvent { id, ..(*lost).clone() }));
    let longer = MemoryLog::of(events);
    longer.append_raw(&lost.stream, lost.location, &lost.event_type, &lost.data);
    let on = |log| projector(&bench.db, log, &Progress::default(), "w", vec![Arc::new(bench.counts.clone())]);
    let refusal = on(&longer).prepare().await.unwrap_err();
    assert_eq!(refusal.to_string(), SourceError::OtherLog { position: newest }.to_string());
    on(&bench.log).prepare().await.unwrap();
}

#[tokio::test]
async fn a_runner_that_starts_again_trusts_no_earlier_word_on_who_changed() {
    let bench = Bench::new().await;
    let at = bench.rename(1, "a");
    let first = bench.start("w");
    first.reach(at).await;
    first.stop().await;

    let (progress, stop) = (Progress::default(), CancellationToken::new());
    let generation = Generation { version: 1, run: 1 };
    // What a runner said that broke off after a commit and before it said so.
    progress.publish("counts", Watermark { generation, revision: 0, position: Position(0) }, &[]);
    let projector = projector(&bench.db, &bench.log, &progress, "w", vec![Arc::new(bench.counts.clone())]);
    let again = Running { progress, stop: stop.clone(), task: tokio::spawn(projector.run(stop)) };
    again.reach(at).await;
    let watermark = again.progress.location_watermark("counts", LocationId(Uuid::from_u128(1))).unwrap();
    assert_eq!(watermark.position, at, "answers kept for the state before would go on being given");
    again.stop().await;
}

#[tokio::test]
async fn an_idle_projection_keeps_its_lease_and_says_when_it_last_moved() {
    let bench = Bench::new().await;
    let running = bench.start("w");
    running.reach(bench.rename(1, "a")).await;
    let moved = bench.row("active").await;
    until("a renewal", async || bench.row("active").await.lease_until > moved.lease_until).await;
    assert_eq!(bench.row("active").await.updated_at, moved.updated_at);
    running.stop().await;
}
