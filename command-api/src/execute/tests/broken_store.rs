//! A store that fails: what passes is tried again with the same ids, what does not is told.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use domain::{
    ids::{EventId, PlayerId, StreamName},
    log::{CommandId, Head, Position, Version},
};
use events::RecordedEvent;
use jiff::Timestamp;
use store::{
    ApiKeyRow, Append, Credentials, EventLog, Lease, Leases, PersonKeys, SharedStore, Snapshot, Snapshots,
    StoreError, StoredAnswer, TimelineStart, Timelines, Verdict, WrappedKey,
};
use tokio::time::Instant;
use uuid::Uuid;

use super::{CommandContext, ExecuteError, Pair, keyed, version};

/// How an append fails.
#[derive(Clone, Copy)]
enum Fault {
    /// Before anything is written.
    Unavailable,
    /// After it was, so that only the answer is lost.
    AnswerLost,
    /// As on a full disk.
    NotWritable,
    /// For good.
    Corrupt,
}

/// A store whose next appends fail.
struct Failing {
    inner: SharedStore,
    fault: Fault,
    left: AtomicUsize,
}

#[async_trait]
impl EventLog for Failing {
    async fn append(&self, append: Append) -> Result<Verdict, StoreError> {
        let fails = self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        match (fails, self.fault) {
            (Err(_), _) => self.inner.append(append).await,
            (Ok(_), Fault::Unavailable) => Err(StoreError::Unavailable(lost())),
            (Ok(_), Fault::AnswerLost) => {
                self.inner.append(append).await?;
                Err(StoreError::OutcomeUnknown(lost()))
            }
            (Ok(_), Fault::NotWritable) => {
                Err(StoreError::NotWritable { why: "the disk is full", source: lost() })
            }
            (Ok(_), Fault::Corrupt) => Err(StoreError::Corrupt("a hole".into())),
        }
    }

    async fn answer(&self, command: CommandId) -> Result<Option<StoredAnswer>, StoreError> {
        self.inner.answer(command).await
    }

    async fn read_stream(
        &self,
        stream: &StreamName,
        from: Version,
        limit: usize,
    ) -> Result<Vec<RecordedEvent>, StoreError> {
        self.inner.read_stream(stream, from, limit).await
    }

    async fn read_streams(
        &self,
        wanted: Vec<(StreamName, Version)>,
    ) -> Result<Vec<Vec<RecordedEvent>>, StoreError> {
        self.inner.read_streams(wanted).await
    }

    async fn read_log(&self, from: Position, limit: usize) -> Result<Vec<Arc<RecordedEvent>>, StoreError> {
        self.inner.read_log(from, limit).await
    }

    async fn read_event(&self, id: EventId) -> Result<Option<RecordedEvent>, StoreError> {
        self.inner.read_event(id).await
    }

    async fn head(&self) -> Result<Head, StoreError> {
        self.inner.head().await
    }

    fn watch_head(&self) -> tokio::sync::watch::Receiver<Head> {
        self.inner.watch_head()
    }
}

#[async_trait]
impl Snapshots for Failing {
    async fn load_snapshot(&self, stream: &StreamName, schema: u32) -> Result<Option<Snapshot>, StoreError> {
        self.inner.load_snapshot(stream, schema).await
    }

    async fn save_snapshot(&self, stream: &StreamName, snapshot: Snapshot) -> Result<(), StoreError> {
        self.inner.save_snapshot(stream, snapshot).await
    }
}

#[async_trait]
impl PersonKeys for Failing {
    async fn person_keys(&self, persons: &[PlayerId]) -> Result<Vec<(PlayerId, WrappedKey)>, StoreError> {
        self.inner.person_keys(persons).await
    }
}

#[async_trait]
impl Leases for Failing {
    async fn acquire_lease(
        &self,
        name: &str,
        owner: &str,
        now: Timestamp,
        ttl: Duration,
    ) -> Result<Option<Lease>, StoreError> {
        self.inner.acquire_lease(name, owner, now, ttl).await
    }

    async fn read_lease(&self, name: &str) -> Result<Option<Lease>, StoreError> {
        self.inner.read_lease(name).await
    }

    async fn take_over_lease(
        &self,
        seen: &Lease,
        owner: &str,
        now: Timestamp,
        ttl: Duration,
    ) -> Result<Option<Lease>, StoreError> {
        self.inner.take_over_lease(seen, owner, now, ttl).await
    }

    async fn release_lease(&self, lease: &Lease) -> Result<(), StoreError> {
        self.inner.release_lease(lease).await
    }
}

#[async_trait]
impl Credentials for Failing {
    async fn insert_api_key(&self, key: &ApiKeyRow) -> Result<(), StoreError> {
        self.inner.insert_api_key(key).await
    }

    async fn find_api_key(&self, secret_hash: &[u8; 32]) -> Result<Option<ApiKeyRow>, StoreError> {
        self.inner.find_api_key(secret_hash).await
    }

    async fn list_api_keys(&self) -> Result<Vec<ApiKeyRow>, StoreError> {
        self.inner.list_api_keys().await
    }

    async fn revoke_api_key(&self, id: Uuid, now: Timestamp) -> Result<bool, StoreError> {
        self.inner.revoke_api_key(id, now).await
    }

    async fn touch_api_keys(&self, used: &[(Uuid, Timestamp)]) -> Result<(), StoreError> {
        self.inner.touch_api_keys(used).await
    }
}

#[async_trait]
impl Timelines for Failing {
    async fn start_timeline(&self, seen: Head, start: &TimelineStart) -> Result<bool, StoreError> {
        self.inner.start_timeline(seen, start).await
    }

    async fn timelines(&self) -> Result<Vec<TimelineStart>, StoreError> {
        self.inner.timelines().await
    }
}

fn lost() -> anyhow::Error {
    anyhow::anyhow!("the connection was lost")
}

async fn rename_on(here: &Pair, fault: Fault, times: usize, context: &CommandContext) -> super::Outcome {
    let inner = here.store().clone();
    let failing = Failing { inner, fault, left: AtomicUsize::new(times) };
    let process = here.installation.executor(Arc::new(failing));
    here.rename(&process, context, "A").await
}

#[tokio::test]
async fn a_passing_failure_is_not_noticed() {
    let here = Pair::new().await;
    let accepted = rename_on(&here, Fault::Unavailable, 2, &keyed()).await.unwrap();
    assert_eq!((version(&accepted), accepted.replayed), (2, false));
    assert_eq!(here.length(&here.location.stream()).await, 2);
}

#[tokio::test]
async fn a_lost_answer_is_found_and_nothing_done_twice() {
    for repeatable in [true, false] {
        let here = Pair::new().await;
        let context = CommandContext { repeatable, ..keyed() };
        let accepted = rename_on(&here, Fault::AnswerLost, 1, &context).await.unwrap();
        assert_eq!(version(&accepted), 2);
        assert_eq!(here.length(&here.location.stream()).await, 2);
    }
}

#[tokio::test]
async fn a_failure_that_lasts_is_told_before_the_deadline() {
    let here = Pair::new().await;
    let deadline = Instant::now() + Duration::from_millis(100);
    let context = CommandContext { deadline, ..keyed() };
    let outcome = rename_on(&here, Fault::Unavailable, usize::MAX, &context).await;
    assert!(matches!(outcome, Err(ExecuteError::Store(StoreError::Unavailable(_)))), "{outcome:?}");
    assert_eq!(here.length(&here.location.stream()).await, 1);
    here.rename(&here.one, &context, "A").await.expect("the key is free for another try");
}

#[tokio::test]
async fn a_failure_that_no_retry_mends_is_told_at_once() {
    let here = Pair::new().await;
    let outcome = rename_on(&here, Fault::Corrupt, 1, &keyed()).await;
    assert!(matches!(outcome, Err(ExecuteError::Store(StoreError::Corrupt(_)))), "{outcome:?}");
    assert_eq!(here.length(&here.location.stream()).await, 1);
}

#[tokio::test]
async fn a_store_that_cannot_be_written_is_not_tried_again() {
    let here = Pair::new().await;
    // Another try would succeed.
    let outcome = rename_on(&here, Fault::NotWritable, 1, &keyed()).await;
    assert!(matches!(outcome, Err(ExecuteError::Store(StoreError::NotWritable { .. }))), "{outcome:?}");
    assert_eq!(here.length(&here.location.stream()).await, 1);
}

#[tokio::test]
async fn a_closed_store_takes_no_command() {
    let here = Pair::new().await;
    let store = here.installation.open().await;
    let process = here.installation.executor(store.clone());
    here.rename(&process, &keyed(), "A").await.unwrap();
    store.close().await;
    let deadline = Instant::now() + Duration::from_millis(50);
    let outcome = here.rename(&process, &CommandContext { deadline, ..keyed() }, "B").await;
    assert!(matches!(outcome, Err(ExecuteError::Store(StoreError::Unavailable(_)))), "{outcome:?}");
    assert_eq!(here.length(&here.location.stream()).await, 2);
}
