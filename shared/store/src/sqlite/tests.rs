//! The contract on SQLite, and what only this backend does.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use domain::{
    ids::{EventId, PlayerId, StreamName},
    log::{CommandId, Position, Version},
};
use events::NewEvent;
use jiff::{SignedDuration, Timestamp};
use runtime::clock::{Clock as _, SystemClock};
use sqlx::{ConnectOptions as _, SqliteConnection};
use tempfile::TempDir;

use super::{SqliteOptions, SqliteStore, connect, migrate, writer::Writer};
use crate::{
    ANSWERS_KEPT, Append, EventLog as _, NewAnswer, PersonKeyChange, SharedStore, StoreError, StreamAppend,
    TimelineStart, Timelines as _, Verdict, WrappedKey, contract::Backend,
};

struct SqliteFile {
    options: SqliteOptions,
    _dir: TempDir,
}

impl SqliteFile {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let options = SqliteOptions::in_dir(dir.path());
        migrate(&options.file, &SystemClock).await.unwrap();
        Self { options, _dir: dir }
    }

    async fn store(&self) -> Arc<SqliteStore> {
        SqliteStore::open(&self.options, Arc::new(SystemClock)).await.unwrap()
    }

    /// Whether `bytes` stand in the file or in its write-ahead log.
    fn holds(&self, bytes: &[u8]) -> bool {
        let file = &self.options.file;
        [file.clone(), file.with_extension("db-wal")]
            .iter()
            .any(|file| std::fs::read(file).unwrap().windows(bytes.len()).any(|window| window == bytes))
    }

    async fn raw(&self) -> SqliteConnection {
        connect::relaxed(&self.options.file).connect().await.unwrap()
    }
}

#[async_trait]
impl Backend for SqliteFile {
    async fn open(&self) -> SharedStore {
        self.store().await
    }

    async fn remove_event(&self, position: Position) {
        sqlx::query("DELETE FROM events WHERE position = ?")
            .bind(position.0.cast_signed())
            .execute(&mut self.raw().await)
            .await
            .unwrap();
    }

    async fn edit_event(&self, position: Position, data: &str) {
        sqlx::query("UPDATE events SET data = ? WHERE position = ?")
            .bind(data)
            .bind(position.0.cast_signed())
            .execute(&mut self.raw().await)
            .await
            .unwrap();
    }

    async fn forget_checksum(&self, position: Position) {
        sqlx::query("UPDATE events SET checksum = NULL WHERE position = ?")
            .bind(position.0.cast_signed())
            .execute(&mut self.raw().await)
            .await
            .unwrap();
    }
}

crate::store_contract!(SqliteFile::new());

#[tokio::test]
async fn opening_without_migrating_says_what_to_run() {
    let dir = tempfile::tempdir().unwrap();
    let options = SqliteOptions::in_dir(dir.path());
    for _ in 0..2 {
        let Err(StoreError::Schema(what)) = SqliteStore::open(&options, Arc::new(SystemClock)).await else {
            panic!("a file without a schema was opened");
        };
        assert!(what.contains("aerosports migrate"), "{what}");
        connect::open(&connect::creating(&options.file)).await.unwrap();
    }
}

fn append(stream: &StreamName, expected: u64, at: Timestamp) -> Append {
    let id = || SystemClock.new_uuid();
    let event = NewEvent { id: EventId(id()), event_type: "room.installed.v1", data: "{}".into() };
    Append {
        command: CommandId(id()),
        request_hash: [1; 32],
        location: None,
        metadata: "{}".into(),
        at,
        streams: vec![StreamAppend {
            stream: stream.clone(),
            expected: Version(expected),
            events: vec![event],
        }],
        answer: NewAnswer { status: 200, body: "{}".into() },
        person_keys: Vec::new(),
    }
}

fn room(n: u32) -> StreamName {
    StreamName::new("room", n)
}

async fn commit(store: &SqliteStore, append: Append) {
    let verdict = store.append(append).await.unwrap();
    assert!(matches!(verdict, Verdict::Committed(_)), "{verdict:?}");
}

#[tokio::test]
async fn answers_are_forgotten_after_a_week_and_not_before() {
    let file = SqliteFile::new().await;
    let store = file.store().await;
    let now = SystemClock.now();
    let old = now - ANSWERS_KEPT - SignedDuration::from_secs(1);
    let mut young = Vec::new();
    for n in 0..1_200 {
        let append = append(&room(n), 0, if n < 1_100 { old } else { now });
        if n >= 1_100 {
            young.push(append.command);
        }
        commit(&store, append).await;
    }
    assert_eq!(store.purge_answers(now).await.unwrap(), 1_100);
    assert_eq!(store.purge_answers(now).await.unwrap(), 0);
    for command in young {
        assert!(store.answer(command).await.unwrap().is_some());
    }
    assert_eq!(store.read_log(Position(1), 2_000).await.unwrap().len(), 1_200, "events are kept");
}

#[tokio::test]
async fn what_another_process_has_committed_is_noticed_with_its_answer() {
    let file = SqliteFile::new().await;
    let (one, two) = (file.store().await, file.store().await);
    let append = append(&StreamName::new("room", 1), 0, SystemClock.now());
    let first = one.append(append.clone()).await.unwrap();
    assert!(matches!(first, Verdict::Committed(_)), "{first:?}");
    let again = two.append(append).await.unwrap();
    assert!(matches!(again, Verdict::AlreadyDone(_)), "{again:?}");
    assert_eq!(two.watch_head().borrow().position, Position(1));
}

#[tokio::test]
async fn the_log_has_the_last_word_over_the_streams_table() {
    let file = SqliteFile::new().await;
    let store = file.store().await;
    for version in 0..3 {
        commit(&store, append(&room(1), version, SystemClock.now())).await;
    }
    sqlx::query("UPDATE streams SET version = 2").execute(&mut file.raw().await).await.unwrap();
    let (refused, other) = tokio::join!(
        store.append(append(&room(1), 2, SystemClock.now())),
        store.append(append(&room(2), 0, SystemClock.now())),
    );
    let expected = Verdict::Conflict { stream: room(1), expected: Version(2), actual: Version(3) };
    assert_eq!(refused.unwrap(), expected);
    assert!(matches!(other.unwrap(), Verdict::Committed(_)));
}

/// Lets the file grow no further, or as far as it likes.
async fn fill(file: &SqliteFile, store: &SqliteStore, is_full: bool) {
    let options = connect::durable(&file.options.file);
    let options = if is_full { options.pragma("max_page_count", "1") } else { options };
    let mut writers = store.driver.writers.lock().await;
    writers.durable.close().await;
    writers.durable = Writer::new(options);
}

fn long(n: u32) -> Append {
    let mut append = append(&room(n), 0, SystemClock.now());
    append.streams[0].events[0].data = format!(r#"{{"text":"{}"}}"#, "x".repeat(300_000));
    append
}

#[tokio::test]
async fn a_full_disk_is_named_refuses_at_once_and_is_written_again_by_itself() {
    let file = SqliteFile::new().await;
    let store = file.store().await;
    for round in [0, 10] {
        fill(&file, &store, true).await;
        let tried = store.append(long(round)).await.unwrap_err();
        assert!(matches!(tried, StoreError::NotWritable { why: "the disk is full", .. }), "{tried:?}");
        assert_eq!(store.unwritable(), Some("the disk is full"));
        // It would fit, and is not even tried.
        let refused = store.append(append(&room(round + 1), 0, SystemClock.now())).await.unwrap_err();
        let StoreError::NotWritable { source, .. } = &refused else { panic!("{refused:?}") };
        assert!(source.to_string().contains("tried again in a moment"), "{source}");
        fill(&file, &store, false).await;
        while store.unwritable().is_some() {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        commit(&store, long(round + 2)).await;
    }
    assert_eq!(store.head().await.unwrap().position, Position(2));
}

#[tokio::test]
async fn a_transaction_that_ended_by_itself_stops_no_timeline() {
    let file = SqliteFile::new().await;
    let store = file.store().await;
    commit(&store, append(&room(1), 0, SystemClock.now())).await;
    let head = store.head().await.unwrap();
    let start = |reason: String| TimelineStart {
        timeline: 2,
        after: head.position,
        at: SystemClock.now(),
        by: "anna".into(),
        reason,
    };
    fill(&file, &store, true).await;
    assert!(store.start_timeline(head, &start("x".repeat(300_000))).await.is_err());
    fill(&file, &store, false).await;
    assert!(store.start_timeline(head, &start("restored".into())).await.unwrap());
}

#[tokio::test]
async fn closing_commits_what_was_accepted_and_leaves_one_file() {
    let file = SqliteFile::new().await;
    let store = file.store().await;
    let appends: Vec<_> = (0..100).map(|n| store.append(append(&room(n), 0, SystemClock.now()))).collect();
    let accepted = tokio::spawn({
        let store = Arc::clone(&store);
        async move { store.append(append(&room(1_000), 0, SystemClock.now())).await }
    });
    for verdict in futures::future::join_all(appends).await {
        assert!(matches!(verdict.unwrap(), Verdict::Committed(_)));
    }
    accepted.await.unwrap().unwrap();
    store.close().await;
    let refused = store.append(append(&room(2_000), 0, SystemClock.now())).await;
    assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
    let wal = file.options.file.with_extension("db-wal");
    assert!(!wal.exists(), "the write-ahead log is emptied and removed");
    let reopened = file.store().await;
    assert_eq!(reopened.read_log(Position(1), 1_000).await.unwrap().len(), 101);
}

#[tokio::test]
async fn an_append_waits_for_another_process_that_writes() {
    let file = SqliteFile::new().await;
    let store = file.store().await;
    let mut other = file.raw().await;
    sqlx::query("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
    let waiting = tokio::spawn({
        let store = Arc::clone(&store);
        async move { store.append(append(&room(1), 0, SystemClock.now())).await }
    });
    assert!(store.read_log(Position(1), 10).await.unwrap().is_empty(), "readers wait for nobody");
    sqlx::query("COMMIT").execute(&mut other).await.unwrap();
    assert!(matches!(waiting.await.unwrap().unwrap(), Verdict::Committed(_)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_write_ahead_log_is_bounded_under_constant_load() {
    let file = SqliteFile::new().await;
    let store = file.store().await;
    let log = file.options.file.with_extension("db-wal");
    let (mut written, mut length) = (0, u64::MAX);
    // A log that never starts over is as long as all that was written.
    while written / 3 < length {
        assert!(written < 2 << 30, "the log has {length} bytes");
        let mut big = append(&room(u32::try_from(written >> 19).unwrap()), 0, SystemClock.now());
        big.streams[0].events[0].data = format!(r#"{{"long":"{}"}}"#, "x".repeat(512 << 10));
        commit(&store, big).await;
        written += 512 << 10;
        length = std::fs::metadata(&log).unwrap().len();
    }
}

/// Who erases a person trusts that no copy of the key is left: not in the file, not in its write-ahead log.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_erased_key_stands_in_no_file() {
    let file = SqliteFile::new().await;
    let store = file.store().await;
    let key = b"a wrapped key that no file holds once it is destroyed".to_vec();
    let person = PlayerId(SystemClock.new_uuid());
    let create = PersonKeyChange::Create(person, WrappedKey(key.clone()));
    for (number, change) in [(1, create), (2, PersonKeyChange::Destroy(person))] {
        let mut append = append(&room(number), 0, SystemClock.now());
        append.person_keys = vec![change];
        commit(&store, append).await;
        assert!(number == 2 || file.holds(&key), "the test looks where it is");
    }
    while file.holds(&key) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
