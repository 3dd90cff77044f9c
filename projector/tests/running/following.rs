//! The log is followed to its end, from wherever.

use std::{sync::Arc, time::Duration};

use bus::{Bus as _, EmbeddedBus};
use domain::{
    ids::{EventId, LocationId, StreamName},
    location::LocationEvent,
    log::{CommandId, Head, Position, Version},
    values::{Code, Name, TimeZoneName},
};
use events::{self, NewEvent, sealing::NoKeys};
use projector::{BusLog, Config, Projector, StoredEvents, list_parked, projections, testing::read_db};
use read_store::progress::{Progress, Waited};
use runtime::clock::{SharedClock, SystemClock};
use store::{
    Append, EventLog as _, NewAnswer, StreamAppend, Verdict,
    sqlite::{SqliteOptions, SqliteStore, migrate},
};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::bench::{Bench, PATIENCE, until};

#[tokio::test]
async fn follows_and_says_how_far_it_is() {
    let bench = Bench::new().await;
    bench.rename(1, "a");
    let running = bench.start("w");
    running.reach(Position(1)).await;
    bench.rename(2, "b");
    let last = bench.rename(1, "c");
    running.reach(last).await;
    assert_eq!(bench.counted().await, [(1, 2), (2, 1)]);
    let watermark =
        |id| running.progress.location_watermark("counts", LocationId(Uuid::from_u128(id))).unwrap().position;
    assert_eq!((watermark(1), watermark(2)), (Position(3), Position(2)));
    running.stop().await;
}

#[tokio::test]
async fn catches_up_to_the_very_end_of_a_long_log() {
    let bench = Bench::new().await;
    let stream = StreamName::new("lamp", "1");
    for event in 0..8_000 {
        match event % 4 {
            0 => _ = bench.rename(event % 5, "x"),
            _ => _ = bench.log.append_raw(&stream, None, "lamp.lit.v9", "{}"),
        }
    }
    let running = bench.start("w");
    running.reach(Position(8_000)).await;
    running.stop().await;
    let sum: i64 = bench.counted().await.iter().map(|(_, events)| events).sum();
    assert_eq!(sum, 2_000);
}

#[tokio::test]
async fn events_nobody_wants_are_passed_over() {
    let bench = Bench::new().await;
    let stream = StreamName::new("lamp", "1");
    bench.log.append_raw(&stream, None, "lamp.lit.v9", "{}");
    bench.rename(1, "a");
    let last = bench.log.append_raw(&stream, None, "lamp.lit.v9", "no json");
    let running = bench.start("w");
    running.reach(last).await;
    running.stop().await;
    assert_eq!(bench.counted().await, [(1, 1)]);
    assert_eq!(bench.row("active").await.position, last);
    assert_eq!(list_parked(&bench.db).await.unwrap(), []);
}

#[tokio::test]
async fn another_process_learns_from_the_checkpoint_rows() {
    let bench = Bench::new().await;
    let other = read_db(bench.dir.path()).await;
    let running = bench.start("w");
    let (progress, stop) = (Progress::default(), CancellationToken::new());
    let following = tokio::spawn({
        let (progress, other, stop) = (progress.clone(), other.clone(), stop.clone());
        let end = Head { timeline: 1, position: Position(u64::MAX) };
        async move { progress.follow(&other, &end, Duration::from_millis(5), stop).await }
    });
    until("the first look", async || progress.watermark("counts").is_some()).await;
    let last = bench.rename(1, "a");
    let deadline = Instant::now() + PATIENCE;
    assert_eq!(progress.wait_for("counts", last, deadline).await, Waited::Reached(last));
    let late = progress.wait_for("counts", last.next(), Instant::now()).await;
    assert_eq!(late, Waited::TimedOut(last));
    stop.cancel();
    following.await.unwrap();
    running.stop().await;
}

#[tokio::test]
async fn follows_a_real_store_over_the_bus() {
    let bench = Bench::new().await;
    let clock: SharedClock = Arc::new(SystemClock);
    let options = SqliteOptions::in_dir(bench.dir.path());
    migrate(&options.file, &*clock).await.unwrap();
    let store = SqliteStore::open(&options, clock.clone()).await.unwrap();
    let bus = EmbeddedBus::start(store.clone(), Duration::from_secs(1));
    let (progress, stop) = (Progress::default(), CancellationToken::new());
    let projector = Projector::new(
        bench.db.clone(),
        Arc::new(BusLog::new(store.clone(), bus.clone())),
        Arc::new(StoredEvents::new(Arc::new(NoKeys))),
        progress.clone(),
        clock.clone(),
        Config::new("w"),
        projections::all(),
    );
    projector.prepare().await.unwrap();
    let running = tokio::spawn(projector.run(stop.clone()));

    let id = LocationId(Uuid::from_u128(1));
    let opened = LocationEvent::Opened {
        id,
        code: Code::stored("b1"),
        name: Name::stored("Berlin"),
        time_zone: TimeZoneName::stored("Europe/Berlin"),
    };
    let (event_type, data) = events::encode(&opened.into(), &NoKeys, "").unwrap();
    let verdict = store
        .append(Append {
            command: CommandId(clock.new_uuid()),
            request_hash: [0; 32],
            location: Some(id),
            metadata: "{}".to_owned(),
            at: clock.now(),
            streams: vec![StreamAppend {
                stream: id.stream(),
                expected: Version(0),
                events: vec![NewEvent { id: EventId(clock.new_uuid()), event_type, data }],
            }],
            answer: NewAnswer { status: 201, body: "{}".to_owned() },
            person_keys: Vec::new(),
        })
        .await
        .unwrap();
    let Verdict::Committed(token) = verdict else { panic!("{verdict:?}") };

    until("the first look", async || progress.watermark("locations").is_some()).await;
    let deadline = Instant::now() + PATIENCE;
    assert_eq!(
        progress.wait_for("locations", token.position, deadline).await,
        Waited::Reached(token.position)
    );
    let found = bench.db.query("SELECT code FROM {locations}", &[]).await.unwrap();
    assert_eq!(found.column::<String>("code").unwrap(), ["b1"]);
    stop.cancel();
    running.await.unwrap();
    bus.close().await;
    store.close().await;
}
