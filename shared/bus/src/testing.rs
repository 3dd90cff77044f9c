//! A log in memory for tests of what follows it. It is appended to directly, restored, holed and made to
//! fail at will; commands are not its business.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use async_trait::async_trait;
use domain::{
    ids::{EventId, LocationId, StreamName},
    log::{CommandId, Head, Position, Version},
};
use events::RecordedEvent;
use jiff::Timestamp;
use runtime::clock::{Clock as _, SystemClock};
use store::{Append, EventLog, StoreError, StoredAnswer, Verdict};
use tokio::sync::watch;

/// See the module.
pub struct FakeLog {
    kept: Mutex<Kept>,
    heads: watch::Sender<Head>,
    failing: AtomicBool,
    reads: AtomicUsize,
}

struct Kept {
    events: Vec<Arc<RecordedEvent>>,
    head: Head,
    /// Reads that begin up to here end here.
    at_hand: Position,
}

impl FakeLog {
    /// An empty log of timeline 1.
    #[must_use]
    pub fn new() -> Arc<Self> {
        let head = Head { timeline: 1, position: Position(0) };
        Arc::new(Self {
            kept: Mutex::new(Kept { events: Vec::new(), head, at_hand: Position(0) }),
            heads: watch::Sender::new(head),
            failing: AtomicBool::new(false),
            reads: AtomicUsize::new(0),
        })
    }

    /// The same log as it is now, going its own way from here.
    #[must_use]
    pub fn copy(&self) -> Arc<Self> {
        let copy = Self::new();
        let (events, head) = {
            let kept = self.kept();
            (kept.events.clone(), kept.head)
        };
        *copy.kept() = Kept { events, head, at_hand: Position(0) };
        copy.heads.send_replace(head);
        copy
    }

    /// Commits `count` events as this process's own and gives the last position.
    pub fn commit(&self, count: u64) -> Position {
        let position = self.commit_unseen(count);
        self.heads.send_replace(self.kept().head);
        position
    }

    /// Commits `count` events as another process would, or one that died before telling anybody.
    pub fn commit_unseen(&self, count: u64) -> Position {
        (0..count).for_each(|_| self.commit_data(r#"{"minutes":60}"#));
        self.kept().head.position
    }

    /// Commits one event with this data, untold.
    pub fn commit_data(&self, data: &str) {
        let mut kept = self.kept();
        kept.head.position = kept.head.position.next();
        let event = event(kept.head.position, data);
        kept.events.push(Arc::new(event));
    }

    /// Forgets everything after `position`, as a restored backup does.
    pub fn restore_to(&self, position: Position) {
        let mut kept = self.kept();
        kept.events.retain(|event| event.position <= position);
        kept.head.position = position;
    }

    /// What an operator does after a restore.
    pub fn start_timeline(&self) {
        let mut kept = self.kept();
        kept.head.timeline += 1;
        self.heads.send_replace(kept.head);
    }

    /// What has been committed so far is at hand: a read that begins with it gives that and no more.
    pub fn have_at_hand(&self) {
        let mut kept = self.kept();
        kept.at_hand = kept.head.position;
    }

    /// Makes a hole at `position`.
    pub fn lose(&self, position: Position) {
        self.kept().events.retain(|event| event.position != position);
    }

    /// Makes every read fail, or work again.
    pub fn fail(&self, failing: bool) {
        self.failing.store(failing, Ordering::SeqCst);
    }

    /// How often the log was read.
    #[must_use]
    pub fn reads(&self) -> usize {
        self.reads.load(Ordering::SeqCst)
    }

    /// The events from `from` on.
    #[must_use]
    pub fn events(&self, from: Position) -> Vec<Arc<RecordedEvent>> {
        self.kept().events.iter().filter(|event| event.position >= from).cloned().collect()
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn check(&self) -> Result<(), StoreError> {
        if self.failing.load(Ordering::SeqCst) {
            return Err(StoreError::Unavailable(anyhow::anyhow!("told to fail")));
        }
        Ok(())
    }
}

/// An event at `position`, like any other.
#[must_use]
pub fn event(position: Position, data: &str) -> RecordedEvent {
    let clock = SystemClock;
    let band = position.0 % 7;
    let metadata = format!(
        r#"{{"actor":"system:test","command_id":"{}","correlation_id":"{}","trace_parent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01","note":"größer \n"}}"#,
        clock.new_uuid(),
        clock.new_uuid(),
    );
    RecordedEvent {
        position,
        id: EventId(clock.new_uuid()),
        stream: StreamName::new("wristband", band),
        version: Version(position.0 / 7 + 1),
        event_type: "wristband.initialized.v1".into(),
        location: (band != 0).then(|| LocationId(clock.new_uuid())),
        data: data.into(),
        metadata: metadata.into(),
        recorded_at: Timestamp::constant(1_700_000_000, 123_456_000),
    }
}

#[async_trait]
impl EventLog for FakeLog {
    async fn append(&self, _: Append) -> Result<Verdict, StoreError> {
        Err(StoreError::Misuse("this log takes no commands".to_owned()))
    }

    async fn answer(&self, _: CommandId) -> Result<Option<StoredAnswer>, StoreError> {
        Ok(None)
    }

    async fn read_stream(
        &self,
        stream: &StreamName,
        from: Version,
        limit: usize,
    ) -> Result<Vec<RecordedEvent>, StoreError> {
        self.check()?;
        let kept = self.kept();
        let wanted = kept.events.iter().filter(|event| event.stream == *stream && event.version >= from);
        Ok(wanted.take(limit).map(|event| RecordedEvent::clone(event)).collect())
    }

    async fn read_streams(
        &self,
        wanted: Vec<(StreamName, Version)>,
    ) -> Result<Vec<Vec<RecordedEvent>>, StoreError> {
        let mut tails = Vec::with_capacity(wanted.len());
        for (stream, from) in wanted {
            tails.push(self.read_stream(&stream, from, usize::MAX).await?);
        }
        Ok(tails)
    }

    async fn read_log(&self, from: Position, limit: usize) -> Result<Vec<Arc<RecordedEvent>>, StoreError> {
        self.check()?;
        self.reads.fetch_add(1, Ordering::SeqCst);
        let kept = self.kept();
        let start = kept.events.partition_point(|event| event.position < from);
        let last = if from <= kept.at_hand { kept.at_hand } else { kept.head.position };
        let wanted = kept.events[start..].iter().take_while(|event| event.position <= last);
        Ok(wanted.take(limit).cloned().collect())
    }

    async fn read_event(&self, id: EventId) -> Result<Option<RecordedEvent>, StoreError> {
        self.check()?;
        Ok(self.kept().events.iter().find(|event| event.id == id).map(|event| RecordedEvent::clone(event)))
    }

    async fn head(&self) -> Result<Head, StoreError> {
        self.check()?;
        Ok(self.kept().head)
    }

    fn watch_head(&self) -> watch::Receiver<Head> {
        self.heads.subscribe()
    }
}
