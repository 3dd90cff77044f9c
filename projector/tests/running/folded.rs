//! What the log makes of the tables, beside what stands.

use std::sync::Arc;

use domain::ids::LocationId;
use jiff::Timestamp;
use projector::{
    Log, Projection, Refolded, SkipNote, StoredEvents, differences, list_parked, refold, request_skip,
    testing::Unsealed,
};
use read_store::{Generation, ReadStore, Record as _, Value};
use runtime::clock::SystemClock;
use uuid::Uuid;

use crate::bench::{Bench, CountRow, until};

const FIRST: Generation = Generation { version: 1, run: 1 };

async fn refolded(bench: &Bench, scratch: &ReadStore) -> Refolded {
    let log = Log {
        events: Arc::new(bench.log.clone()),
        decode: Arc::new(StoredEvents::new(Arc::new(Unsealed))),
        clock: Arc::new(SystemClock),
    };
    let counts: Arc<dyn Projection> = Arc::new(bench.counts.clone());
    let mut found = refold(&log, &bench.db, scratch, vec![counts]).await.unwrap();
    assert_eq!(found.len(), 1);
    found.remove(0)
}

async fn scratch(bench: &Bench, name: &str) -> ReadStore {
    ReadStore::open(&bench.dir.path().join(name), 1).await.unwrap()
}

#[tokio::test]
async fn tables_that_follow_from_the_log_are_those_that_it_makes() {
    let bench = Bench::new().await;
    let stream = LocationId(Uuid::from_u128(1)).stream();
    bench.rename(1, "a");
    bench.rename(1, "poison");
    bench.rename(1, "b");
    let running = bench.start("w");
    running.reach(bench.rename(2, "a")).await;
    let parked = refolded(&bench, &scratch(&bench, "parked.db").await).await;
    assert_eq!((parked.differing.len(), parked.parked, parked.position.0), (0, 2, 4));

    let note = SkipNote { by: "anna".into(), reason: "a test".into(), at: Timestamp::UNIX_EPOCH };
    request_skip(&bench.db, "counts", &stream, &note).await.unwrap();
    until("the skip", async || list_parked(&bench.db).await.unwrap().is_empty()).await;
    running.stop().await;
    let skipped = refolded(&bench, &scratch(&bench, "skipped.db").await).await;
    assert_eq!((skipped.differing.len(), skipped.parked), (0, 0));
    assert_eq!(bench.counted().await, [(1, 2), (2, 1)]);
}

#[tokio::test]
async fn a_row_that_was_changed_removed_or_added_by_hand_is_found() {
    let bench = Bench::new().await;
    for id in 1..=3 {
        bench.rename(id, "a");
    }
    let running = bench.start("w");
    running.reach(bench.rename(4, "a")).await;
    running.stop().await;
    let mut tx = bench.db.begin(FIRST).await.unwrap();
    let stream = |id| Value::from(LocationId(Uuid::from_u128(id)).stream());
    tx.execute("UPDATE {counts} SET events = 7 WHERE stream = ?1", &[stream(1)]).await.unwrap();
    tx.execute("UPDATE {counts} SET stream = ?1 WHERE stream = ?2", &[stream(9), stream(2)]).await.unwrap();
    tx.commit().await.unwrap();

    let scratch = scratch(&bench, "scratch.db").await;
    let found = refolded(&bench, &scratch).await;
    let [(table, stands, made)] = &found.differing[..] else { panic!("{:?}", found.differing) };
    assert_eq!((table.name, stands.rows, made.rows), (CountRow::TABLE.name, 4, 4));
    let rows = differences(table, (&bench.db, FIRST), (&scratch, FIRST)).await.unwrap();
    let seen: Vec<_> = rows
        .iter()
        .map(|row| (row.key["stream"].clone(), row.columns.clone(), row.stands, row.folded))
        .collect();
    let expected = [
        (stream(1), vec!["events"], true, true),
        (stream(2), vec![], false, true),
        (stream(9), vec![], true, false),
    ];
    assert_eq!(seen, expected);
}
