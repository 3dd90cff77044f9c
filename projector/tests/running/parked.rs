//! Events that cannot be applied: their stream waits, the rest goes on.

use std::sync::atomic::Ordering;

use domain::{ids::LocationId, location::LocationEvent, values::Reason};
use jiff::Timestamp;
use projector::{SkipNote, list_parked, list_skipped, request_retry, request_skip, testing::rows};
use read_store::catalog::ParkedRow;
use uuid::Uuid;

use crate::bench::{Bench, CountRow, until};

fn note() -> SkipNote {
    SkipNote { by: "anna".into(), reason: "a test play".into(), at: Timestamp::UNIX_EPOCH }
}

#[tokio::test]
async fn a_poison_event_stops_its_stream_only() {
    for poison in ["poison", "panic", "too long"] {
        let bench = Bench::new().await;
        bench.rename(1, "a");
        bench.rename(2, "a");
        let failed = bench.rename(1, poison);
        bench.rename(2, "b");
        let later = bench.rename(1, "b");
        let last = bench.rename(3, "a");
        let running = bench.start("w");
        running.reach(last).await;
        let after = bench.rename(1, "c");
        running.reach(bench.rename(2, "c")).await;

        assert_eq!(bench.counted().await, [(1, 1), (2, 3), (3, 1)], "{poison}");
        let parked = list_parked(&bench.db).await.unwrap();
        let seen: Vec<_> = parked.iter().map(|row| (row.position, row.error.is_some())).collect();
        assert_eq!(seen, [(failed, true), (later, false), (after, false)], "{poison}");
        assert_eq!(bench.row("active").await.parked, 3);
        running.stop().await;
    }
}

#[tokio::test]
async fn an_event_that_cannot_be_read_is_parked() {
    let bench = Bench::new().await;
    let stream = LocationId(Uuid::from_u128(1)).stream();
    bench.log.append_raw(&stream, None, "location.renamed.v1", "{\"name\":7}");
    let running = bench.start("w");
    running.reach(bench.rename(2, "a")).await;
    let parked = list_parked(&bench.db).await.unwrap();
    assert!(parked[0].error.as_deref().unwrap().contains("location.renamed.v1"), "{parked:?}");
    assert_eq!(bench.counted().await, [(2, 1)]);
    running.stop().await;
}

#[tokio::test]
async fn what_cannot_wait_is_applied_although_its_stream_is_parked() {
    let bench = Bench::new().await;
    bench.rename(1, "a");
    bench.rename(1, "poison");
    bench.rename(1, "b");
    let id = LocationId(Uuid::from_u128(1));
    let gone = LocationEvent::Disabled { reason: Reason::stored("erased") };
    let last = bench.log.append(&id.stream(), Some(id), gone);
    let running = bench.start("w");
    running.reach(last).await;
    let labels: Vec<CountRow> = rows(&bench.db).await;
    assert_eq!(labels.iter().map(|row| row.label.as_str()).collect::<Vec<_>>(), ["gone"]);
    let parked: Vec<_> = list_parked(&bench.db).await.unwrap().iter().map(|row| row.position.0).collect();
    assert_eq!(parked, [2, 3]);
    assert_eq!(bench.row("active").await.parked, 2);
    running.stop().await;
}

#[tokio::test]
async fn parked_events_stay_parked_for_the_next_owner() {
    let bench = Bench::new().await;
    let failed = bench.rename(1, "poison");
    let running = bench.start("one");
    running.reach(failed).await;
    running.stop().await;
    let behind = bench.rename(1, "b");
    let running = bench.start("two");
    running.reach(behind).await;
    running.stop().await;
    assert_eq!(list_parked(&bench.db).await.unwrap().len(), 2);
    assert_eq!(bench.counted().await, []);
}

#[tokio::test]
async fn a_retry_applies_the_whole_stream_in_order() {
    let bench = Bench::new().await;
    let stream = LocationId(Uuid::from_u128(1)).stream();
    bench.rename(1, "poison");
    bench.rename(1, "b");
    let running = bench.start("w");
    running.reach(bench.rename(2, "a")).await;

    request_retry(&bench.db, "counts", &stream).await.unwrap();
    until("the second try", async || list_parked(&bench.db).await.unwrap()[0].tries == 2).await;
    let parked: Vec<ParkedRow> = list_parked(&bench.db).await.unwrap();
    assert_eq!(parked.len(), 2);
    assert!(parked.iter().all(|row| row.requested.is_none()));

    let before = running.progress.watermark("counts").unwrap();
    bench.counts.mended.store(true, Ordering::Relaxed);
    request_retry(&bench.db, "counts", &stream).await.unwrap();
    until("the third try", async || list_parked(&bench.db).await.unwrap().is_empty()).await;
    running.reach(bench.rename(1, "c")).await;
    assert_eq!(bench.counted().await, [(1, 3), (2, 1)]);
    assert_eq!(bench.row("active").await.parked, 0);
    assert!(running.progress.watermark("counts").unwrap().revision > before.revision);
    running.stop().await;
}

#[tokio::test]
async fn a_skip_gives_one_event_up_and_applies_the_rest() {
    let bench = Bench::new().await;
    let stream = LocationId(Uuid::from_u128(1)).stream();
    bench.rename(1, "poison");
    bench.rename(1, "b");
    let running = bench.start("w");
    running.reach(bench.rename(2, "a")).await;
    let given_up = request_skip(&bench.db, "counts", &stream, &note()).await.unwrap();
    until("the skip", async || list_parked(&bench.db).await.unwrap().is_empty()).await;
    running.reach(bench.rename(1, "c")).await;
    assert_eq!(bench.counted().await, [(1, 2), (2, 1)]);
    running.stop().await;
    let kept = list_skipped(&bench.db).await.unwrap();
    let [row] = &kept[..] else { panic!("{kept:?}") };
    assert_eq!((row.position, &*row.reason, &*row.requested_by), (given_up, "a test play", "anna"));
    assert!(row.skipped_at.is_some() && row.error.is_some(), "{row:?}");
    let nothing = request_skip(&bench.db, "counts", &stream, &note()).await.unwrap_err();
    assert_eq!(nothing.to_string(), format!("nothing of {stream} is parked in counts"));
}

#[tokio::test]
async fn a_skip_that_was_not_done_yet_ends_with_a_retry() {
    let bench = Bench::new().await;
    let stream = LocationId(Uuid::from_u128(1)).stream();
    bench.rename(1, "poison");
    let behind = bench.rename(1, "b");
    let running = bench.start("w");
    running.reach(behind).await;
    running.stop().await;
    request_skip(&bench.db, "counts", &stream, &note()).await.unwrap();
    request_retry(&bench.db, "counts", &stream).await.unwrap();
    assert!(list_skipped(&bench.db).await.unwrap().is_empty());
    bench.counts.mended.store(true, Ordering::Relaxed);
    let running = bench.start("w");
    until("the retry", async || list_parked(&bench.db).await.unwrap().is_empty()).await;
    assert_eq!(bench.counted().await, [(1, 2)]);
    running.stop().await;
}
