//! Tables built anew beside those that serve.

use domain::log::Position;
use projector::{compare, drop_retired, go_back, request_rebuild};
use read_store::{Generation, SqlError};
use runtime::clock::{Clock as _, SystemClock};

use crate::bench::{Bench, Counts, until};

#[tokio::test]
async fn a_rebuild_takes_over_while_events_go_on_coming() {
    let bench = Bench::new().await;
    for event in 0..3_000 {
        bench.rename(event % 7, "x");
    }
    let running = bench.start("w");
    running.reach(Position(3_000)).await;
    let first = Generation { version: 1, run: 1 };
    let second = request_rebuild(&bench.db, &bench.counts, SystemClock.now()).await.unwrap();
    assert_eq!(second, Generation { version: 1, run: 2 });
    let refused = request_rebuild(&bench.db, &bench.counts, SystemClock.now()).await.unwrap_err();
    assert!(matches!(refused, SqlError::Bug(_)));
    until("the new generation", async || {
        running.reach(bench.rename(1, "y")).await;
        bench.db.active_generation("counts") == Some(second)
    })
    .await;
    let last = bench.rename(2, "z");
    running.reach(last).await;
    let sum: i64 = bench.counted().await.iter().map(|(_, events)| events).sum();
    assert_eq!(u64::try_from(sum).unwrap(), last.0);
    assert_eq!(bench.row("retired").await.run, 1);
    assert_eq!(running.progress.watermark("counts").unwrap().generation, second);

    assert_eq!(go_back(&bench.db, "counts", SystemClock.now()).await.unwrap(), Some(first));
    until("the old generation to catch up", async || bench.row("active").await.position == last).await;
    let sums = compare(&bench.db, &bench.counts, (first, second)).await.unwrap();
    assert_eq!(sums["counts"].0, sums["counts"].1);
    assert_eq!(drop_retired(&bench.db, SystemClock.now()).await.unwrap(), 1);
    assert!(compare(&bench.db, &bench.counts, (first, second)).await.is_err());
    running.stop().await;
}

#[tokio::test]
async fn a_rebuild_takes_over_when_nothing_happens() {
    let bench = Bench::new().await;
    let running = bench.start("w");
    until("the projection", async || running.progress.watermark("counts").is_some()).await;
    let generation = request_rebuild(&bench.db, &bench.counts, SystemClock.now()).await.unwrap();
    until("the take-over", async || bench.db.active_generation("counts") == Some(generation)).await;
    running.stop().await;
}

#[tokio::test]
async fn a_new_version_is_built_beside_the_one_that_serves() {
    let bench = Bench::new().await;
    bench.rename(1, "a");
    let running = bench.start("old build");
    running.reach(bench.rename(1, "b")).await;
    let newer = Counts { version: 1, ..bench.counts.clone() };
    let upgraded = bench.start_on(&bench.db, "new build", newer);
    until("version 2", async || {
        bench.db.active_generation("counts") == Some(Generation { version: 2, run: 1 })
    })
    .await;
    upgraded.reach(bench.rename(1, "c")).await;
    assert_eq!(bench.counted().await, [(1, 3)]);
    running.stop().await;
    upgraded.stop().await;
}
