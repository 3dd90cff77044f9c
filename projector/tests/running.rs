//! The runner on real files: exactly once, fenced, taken over, parked, rebuilt.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic as tests may")]

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use projector::{
    ApplyError, BusLog, Config, Context, Event, Projection, Projector, SourceError, StoredEvents, compare,
    drop_retired, go_back, list_parked, projections, request_rebuild,
    testing::{MemoryLog, projector, read_db, rows},
    wish_retry, wish_skip,
};
use shared::{
    bus::{Bus as _, EmbeddedBus},
    clock::{Clock as _, SharedClock, SystemClock},
    domain::{
        DomainEvent,
        ids::{EventId, LocationId, StreamName},
        location::LocationEvent,
        values::{Code, Name, Reason, TimeZoneName},
    },
    events::{self, NewEvent, sealing::NoKeys},
    sql::{
        Generation, ReadDb, Record as _, SqlError, Table, Tx,
        board::{Board, Mark, Waited},
        catalog::{ParkedRow, ProjectionRow},
    },
    store::{
        Append, CommandId, EventLog as _, NewAnswer, Position, StreamAppend, Verdict, Version,
        sqlite::{SqliteOptions, SqliteStore, migrate},
    },
};
use tokio::{task::JoinHandle, time::Instant};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

shared::record! {
    /// Events counted without any guard: one applied twice shows.
    struct CountRow in "counts" {
        key {
            /// What was counted.
            stream: StreamName,
        }
        /// How often.
        events: i64,
        /// The last name given; indexed, so that a long one is refused by the table.
        label: String,
    }
    index "label" (label);
}

#[derive(Clone, Default)]
struct Counts {
    version: u32,
    /// Whether what used to fail is mended.
    mended: Arc<AtomicBool>,
}

#[derive(Debug, thiserror::Error)]
#[error("this name is poison")]
struct Poison;

#[async_trait]
impl Projection for Counts {
    fn name(&self) -> &'static str {
        "counts"
    }

    fn version(&self) -> u32 {
        self.version + 1
    }

    fn tables(&self) -> &'static [&'static Table] {
        const { &[CountRow::TABLE] }
    }

    fn handles(&self, event_type: &str) -> bool {
        event_type.starts_with("location.")
    }

    fn cannot_wait(&self, event_type: &str) -> bool {
        event_type.starts_with("location.disabled.")
    }

    async fn apply(&self, tx: &mut Tx, events: &[Event], context: &mut Context) -> Result<(), ApplyError> {
        let mut rows = context.rows::<CountRow>();
        let keys: HashSet<_> = events.iter().map(|event| (event.stream.clone(),)).collect();
        rows.load(tx, keys).await?;
        for event in events {
            if let DomainEvent::Location(LocationEvent::Disabled { .. }) = event.fact()? {
                rows.put(CountRow { stream: event.stream.clone(), events: 0, label: "gone".to_owned() });
            }
            let DomainEvent::Location(LocationEvent::Renamed { name }) = event.fact()? else { continue };
            match name.as_str() {
                "poison" if !self.mended.load(Ordering::Relaxed) => {
                    return Err(ApplyError::event(event, Poison));
                }
                "panic" if !self.mended.load(Ordering::Relaxed) => panic!("as asked"),
                "too long" if !self.mended.load(Ordering::Relaxed) => {
                    let label = "x".repeat(Table::INDEXED_CHARS + 1);
                    // A row of its own: later events must not mend it before it is written.
                    rows.put(CountRow {
                        stream: StreamName::new("bad", event.stream.id()),
                        events: 0,
                        label,
                    });
                    continue;
                }
                _ => {}
            }
            let key = (event.stream.clone(),);
            let events = rows.get(&key)?.map_or(0, |row| row.events);
            let label = name.to_string();
            rows.put(CountRow { stream: event.stream.clone(), events: events + 1, label });
        }
        Ok(rows.flush(tx, context).await?)
    }
}

/// How long what must come may take.
const PATIENCE: Duration = Duration::from_mins(1);

struct Bench {
    dir: tempfile::TempDir,
    log: MemoryLog,
    db: ReadDb,
    counts: Counts,
}

impl Bench {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let db = read_db(dir.path()).await;
        Self { dir, log: MemoryLog::default(), db, counts: Counts::default() }
    }

    fn rename(&self, id: u128, name: &str) -> Position {
        let id = LocationId(Uuid::from_u128(id));
        self.log.append(&id.stream(), Some(id), LocationEvent::Renamed { name: Name::stored(name) })
    }

    fn start(&self, worker: &str) -> Running {
        self.start_on(&self.db, worker, self.counts.clone())
    }

    fn start_on(&self, db: &ReadDb, worker: &str, counts: Counts) -> Running {
        let (board, stop) = (Board::default(), CancellationToken::new());
        let projector = projector(db, &self.log, &board, worker, vec![Arc::new(counts)]);
        let task = tokio::spawn(projector.run(stop.clone()));
        Running { board, stop, task }
    }

    async fn counted(&self) -> Vec<(u128, i64)> {
        let rows: Vec<CountRow> = rows(&self.db).await;
        rows.iter().map(|row| (row.stream.id().parse::<Uuid>().unwrap().as_u128(), row.events)).collect()
    }

    async fn row(&self, state: &str) -> ProjectionRow {
        let rows: Vec<ProjectionRow> = catalog(&self.db).await;
        rows.into_iter().find(|row| &*row.state == state).unwrap()
    }
}

async fn catalog(db: &ReadDb) -> Vec<ProjectionRow> {
    let sql = "SELECT name, version, run, state, position, owner, epoch, lease_until, parked, revision, \
               updated_at FROM {projections}";
    db.query(sql, &[]).await.unwrap().iter().map(|row| ProjectionRow::from_row(row).unwrap()).collect()
}

struct Running {
    board: Board,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Running {
    async fn reach(&self, position: Position) {
        let deadline = Instant::now() + PATIENCE;
        while self.board.mark("counts").is_none() && Instant::now() < deadline {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let waited = self.board.wait_for("counts", position, deadline).await;
        assert!(matches!(waited, Waited::Reached(_)), "{waited:?} instead of {position}");
    }

    async fn stop(self) {
        self.stop.cancel();
        self.task.await.unwrap();
    }

    /// As `kill -9` would: whatever is under way is dropped, nothing is given up.
    async fn kill(self) {
        self.task.abort();
        self.task.await.unwrap_err();
    }
}

async fn until(what: &str, mut done: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !done().await {
        assert!(Instant::now() < deadline, "{what} did not come");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

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
    let mark = |id| running.board.location_mark("counts", LocationId(Uuid::from_u128(id))).unwrap().position;
    assert_eq!((mark(1), mark(2)), (Position(3), Position(2)));
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
    until("the checkpoint", async || bench.row("active").await.position == last).await;
    one.stop().await;
    other.stop().await;
    let sum: i64 = bench.counted().await.iter().map(|(_, events)| events).sum();
    assert_eq!(sum, 40);
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

    wish_retry(&bench.db, "counts", &stream).await.unwrap();
    until("the second try", async || list_parked(&bench.db).await.unwrap()[0].tries == 2).await;
    let parked: Vec<ParkedRow> = list_parked(&bench.db).await.unwrap();
    assert_eq!(parked.len(), 2);
    assert!(parked.iter().all(|row| row.wish.is_none()));

    let before = running.board.mark("counts").unwrap();
    bench.counts.mended.store(true, Ordering::Relaxed);
    wish_retry(&bench.db, "counts", &stream).await.unwrap();
    until("the third try", async || list_parked(&bench.db).await.unwrap().is_empty()).await;
    running.reach(bench.rename(1, "c")).await;
    assert_eq!(bench.counted().await, [(1, 3), (2, 1)]);
    assert_eq!(bench.row("active").await.parked, 0);
    assert!(running.board.mark("counts").unwrap().revision > before.revision);
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
    wish_skip(&bench.db, "counts", &stream).await.unwrap();
    until("the skip", async || list_parked(&bench.db).await.unwrap().is_empty()).await;
    running.reach(bench.rename(1, "c")).await;
    assert_eq!(bench.counted().await, [(1, 2), (2, 1)]);
    running.stop().await;
    let nothing = wish_skip(&bench.db, "counts", &stream).await.unwrap_err();
    assert_eq!(nothing.to_string(), format!("nothing of {stream} is parked in counts"));
}

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
    assert_eq!(running.board.mark("counts").unwrap().generation, second);

    assert_eq!(go_back(&bench.db, "counts", SystemClock.now()).await.unwrap(), Some(first));
    until("the old generation to catch up", async || bench.row("active").await.position == last).await;
    let sums = compare(&bench.db, &bench.counts, (first, second)).await.unwrap();
    assert_eq!(sums["counts"].0, sums["counts"].1);
    assert_eq!(drop_retired(&bench.db, SystemClock.now()).await.unwrap(), 1);
    assert!(compare(&bench.db, &bench.counts, (first, second)).await.is_err());
    running.stop().await;
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
    let on = |log| projector(&bench.db, log, &Board::default(), "w", vec![Arc::new(bench.counts.clone())]);
    let refused = on(&restored).prepare().await.unwrap_err();
    let ahead = SourceError::Ahead { checkpoint: last, head: Position(1) };
    assert_eq!(refused.to_string(), ahead.to_string());
    on(&bench.log).prepare().await.unwrap();
}

#[tokio::test]
async fn a_rebuild_takes_over_when_nothing_happens() {
    let bench = Bench::new().await;
    let running = bench.start("w");
    until("the projection", async || running.board.mark("counts").is_some()).await;
    let generation = request_rebuild(&bench.db, &bench.counts, SystemClock.now()).await.unwrap();
    until("the take-over", async || bench.db.active_generation("counts") == Some(generation)).await;
    running.stop().await;
}

#[tokio::test]
async fn a_runner_that_starts_again_trusts_no_earlier_word_on_who_changed() {
    let bench = Bench::new().await;
    let at = bench.rename(1, "a");
    let first = bench.start("w");
    first.reach(at).await;
    first.stop().await;

    let (board, stop) = (Board::default(), CancellationToken::new());
    let generation = Generation { version: 1, run: 1 };
    // What a runner said that broke off after a commit and before it said so.
    board.publish("counts", Mark { generation, revision: 0, position: Position(0) }, &[]);
    let projector = projector(&bench.db, &bench.log, &board, "w", vec![Arc::new(bench.counts.clone())]);
    let again = Running { board, stop: stop.clone(), task: tokio::spawn(projector.run(stop)) };
    again.reach(at).await;
    let mark = again.board.location_mark("counts", LocationId(Uuid::from_u128(1))).unwrap();
    assert_eq!(mark.position, at, "answers kept for the state before would go on being given");
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

#[tokio::test]
async fn another_process_learns_from_the_checkpoint_rows() {
    let bench = Bench::new().await;
    let other = read_db(bench.dir.path()).await;
    let running = bench.start("w");
    let (board, stop) = (Board::default(), CancellationToken::new());
    let following = tokio::spawn({
        let (board, other, stop) = (board.clone(), other.clone(), stop.clone());
        async move { board.follow(&other, Duration::from_millis(5), stop).await }
    });
    until("the first look", async || board.mark("counts").is_some()).await;
    let last = bench.rename(1, "a");
    let deadline = Instant::now() + PATIENCE;
    assert_eq!(board.wait_for("counts", last, deadline).await, Waited::Reached(last));
    let late = board.wait_for("counts", last.next(), Instant::now()).await;
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
    let (board, stop) = (Board::default(), CancellationToken::new());
    let projector = Projector::new(
        bench.db.clone(),
        Arc::new(BusLog::new(store.clone(), bus.clone())),
        Arc::new(StoredEvents::new(Arc::new(NoKeys))),
        board.clone(),
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

    until("the first look", async || board.mark("locations").is_some()).await;
    let deadline = Instant::now() + PATIENCE;
    assert_eq!(board.wait_for("locations", token.position, deadline).await, Waited::Reached(token.position));
    let found = bench.db.query("SELECT code FROM {locations}", &[]).await.unwrap();
    assert_eq!(found[0].text(0).unwrap(), "b1");
    stop.cancel();
    running.await.unwrap();
    bus.close().await;
    store.close().await;
}

#[tokio::test]
async fn mssql_all_of_this() {
    shared::sql::testing::run_on_server(&[], 20).await;
}
