//! How far each projection is, for whoever must wait for it or wants to know whether anything changed.
//!
//! In the projecting process the runner publishes here after each commit; elsewhere [`Progress::follow`]
//! reads the checkpoint rows. Reads no view and writes nothing.
//!
//! Positions are compared within one timeline only. A log that was restored goes back: what is known then is of a
//! state that is lost, and is given up.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use domain::{
    ids::LocationId,
    log::{Head, Position},
};
use futures::future::BoxFuture;
use tokio::{sync::watch, time::Instant};
use tokio_util::sync::CancellationToken;

use super::{Generation, ReadStore, SqlError, catalog::ProjectionRow};

/// A state of a projection's rows: equal watermarks, equal rows. Its text makes an `ETag`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Watermark {
    /// Which tables are active.
    pub generation: Generation,
    /// Counts changes that no position shows.
    pub revision: i64,
    /// The last position that changed what is asked about.
    pub position: Position,
}

impl Watermark {
    /// Whether it tells more than `before` does. A runner of this process may have published more than it has written
    /// down, and a replica may be behind.
    fn is_news_after(&self, before: Self) -> bool {
        self.generation != before.generation
            || (self.position, self.revision) != (before.position, before.revision)
                && self.position >= before.position
                && self.revision >= before.revision
    }
}

impl fmt::Display for Watermark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.generation, self.revision, self.position)
    }
}

/// Where the log ends, so that checkpoints of a log that was restored are told from those of the log as it was.
pub trait LogEnd: Send + Sync {
    /// The last timeline that this process has heard of.
    fn timeline(&self) -> u32;

    /// What the store says now.
    fn head(&self) -> BoxFuture<'_, Result<Head, SqlError>>;
}

/// A log that stands still.
#[cfg(any(test, feature = "testing"))]
impl LogEnd for Head {
    fn timeline(&self) -> u32 {
        self.timeline
    }

    fn head(&self) -> BoxFuture<'_, Result<Head, SqlError>> {
        Box::pin(async { Ok(*self) })
    }
}

/// Which history of the log positions belong to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// The log's timeline; 0 while it is not known.
    pub timeline: u32,
    /// How often the log was seen to go back although nobody had started a new timeline.
    pub lost: u32,
}

/// Its text is part of an `ETag`.
impl fmt::Display for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.lost {
            0 => write!(f, "{}", self.timeline),
            lost => write!(f, "{}l{lost}", self.timeline),
        }
    }
}

/// How a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waited {
    /// The projection has it; this is how far it is.
    Reached(Position),
    /// The time was up; this is how far it is.
    TimedOut(Position),
}

/// Shared by the runner, who publishes, and readers. Clones share it.
#[derive(Clone, Default)]
pub struct Progress(Arc<Inner>);

#[derive(Default)]
struct Inner {
    entries: RwLock<HashMap<Arc<str>, Entry>>,
    /// Changes whenever there is a new entry.
    added: watch::Sender<()>,
    /// What the entries' positions belong to. Changed after them: who reads it before them never takes positions of an
    /// old history for those of a new one.
    history: watch::Sender<History>,
}

struct Entry {
    watermark: watch::Sender<Watermark>,
    /// Last change that may concern every location: also the start, before which we know nothing.
    everywhere: Position,
    /// Last change of anything.
    anywhere: Position,
    locations: HashMap<LocationId, Position>,
}

impl Progress {
    /// Says that `projection` is at `watermark`. `touched` are the locations of the events since the last
    /// call that it handles, with their last position; none stands for "any".
    pub fn publish(
        &self,
        projection: &str,
        watermark: Watermark,
        touched: &[(Option<LocationId>, Position)],
    ) {
        let mut entries = self.0.entries.write().unwrap_or_else(PoisonError::into_inner);
        let Some(entry) = entries.get_mut(projection) else {
            entries.insert(projection.into(), Entry::starting_at(watermark));
            self.0.added.send_replace(());
            return;
        };
        let before = *entry.watermark.borrow();
        if before.generation != watermark.generation || before.position > watermark.position {
            *entry = Entry { watermark: entry.watermark.clone(), ..Entry::starting_at(watermark) };
        }
        for (location, position) in touched {
            entry.anywhere = entry.anywhere.max(*position);
            match location {
                Some(location) => _ = entry.locations.insert(*location, *position),
                None => entry.everywhere = *position,
            }
        }
        entry.watermark.send_replace(watermark);
    }

    /// What the positions belong to. To be asked before them.
    #[must_use]
    pub fn history(&self) -> History {
        *self.0.history.borrow()
    }

    /// Says that positions are of `timeline` from now on: in the process that projects, whose positions are always
    /// those of the log as it is.
    pub fn enter(&self, timeline: u32) {
        self.0.history.send_if_modified(|history| {
            let is_new = history.timeline != timeline;
            history.timeline = timeline;
            is_new
        });
    }

    /// Waits until positions are of `timeline`, at most until `deadline`; whether they are.
    pub async fn wait_for_timeline(&self, timeline: u32, deadline: Instant) -> bool {
        let mut history = self.0.history.subscribe();
        let entered = history.wait_for(|history| history.timeline == timeline);
        tokio::time::timeout_at(deadline, entered).await.is_ok()
    }

    /// How far `projection` is; none while nobody runs it.
    #[must_use]
    pub fn watermark(&self, projection: &str) -> Option<Watermark> {
        let entries = self.0.entries.read().unwrap_or_else(PoisonError::into_inner);
        entries.get(projection).map(|entry| *entry.watermark.borrow())
    }

    /// As [`Progress::watermark`], with the position of the last change that concerns `location`.
    #[must_use]
    pub fn location_watermark(&self, projection: &str, location: LocationId) -> Option<Watermark> {
        let entries = self.0.entries.read().unwrap_or_else(PoisonError::into_inner);
        entries.get(projection).map(|entry| {
            let own = entry.locations.get(&location).copied().unwrap_or_default();
            Watermark { position: own.max(entry.everywhere), ..*entry.watermark.borrow() }
        })
    }

    /// As [`Progress::watermark`], with the position of the last change that concerns any location or none: events
    /// that the projection passes over do not move it.
    #[must_use]
    pub fn change_watermark(&self, projection: &str) -> Option<Watermark> {
        let entries = self.0.entries.read().unwrap_or_else(PoisonError::into_inner);
        entries
            .get(projection)
            .map(|entry| Watermark { position: entry.anywhere, ..*entry.watermark.borrow() })
    }

    /// Waits until `projection` has applied `position`, at most until `deadline`; also for one that
    /// nobody runs yet.
    pub async fn wait_for(&self, projection: &str, position: Position, deadline: Instant) -> Waited {
        match tokio::time::timeout_at(deadline, self.reached(projection, position)).await {
            Ok(at) => Waited::Reached(at),
            Err(_) => Waited::TimedOut(
                self.watermark(projection).map(|watermark| watermark.position).unwrap_or_default(),
            ),
        }
    }

    async fn reached(&self, projection: &str, position: Position) -> Position {
        let mut added = self.0.added.subscribe();
        loop {
            if let Some(mut watermarks) = self.subscribe(projection)
                && let Ok(watermark) = watermarks.wait_for(|watermark| watermark.position >= position).await
            {
                return watermark.position;
            }
            // This holds the sender, so there is always a next change to wait for.
            let _ = added.changed().await;
        }
    }

    /// Every further watermark of `projection`.
    #[must_use]
    pub fn subscribe(&self, projection: &str) -> Option<watch::Receiver<Watermark>> {
        let entries = self.0.entries.read().unwrap_or_else(PoisonError::into_inner);
        entries.get(projection).map(|entry| entry.watermark.subscribe())
    }

    /// Publishes what another process writes into the checkpoint rows, looking `every` so often, until
    /// `stop`.
    pub async fn follow(&self, db: &ReadStore, log: &dyn LogEnd, every: Duration, stop: CancellationToken) {
        while stop.run_until_cancelled(tokio::time::sleep(every)).await.is_some() {
            if let Err(error) = self.refresh(db, log).await {
                tracing::debug!(error = &error as &dyn std::error::Error, "checkpoints cannot be read");
            }
        }
    }

    /// Reads the checkpoint rows once, and publishes what moved. The log is asked for its end only when something did,
    /// or when there is word of another timeline.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn refresh(&self, db: &ReadStore, log: &dyn LogEnd) -> Result<(), SqlError> {
        let sql = "SELECT name, version, run, revision, position FROM {projections} WHERE state = ?1";
        let rows = db.query(sql, &[ProjectionRow::ACTIVE.into()]).await?.decode::<Checkpoint>()?;
        let moved = rows.iter().any(|row| self.watermark(&row.name) != Some(row.watermark()));
        if !moved && log.timeline() == self.history().timeline {
            return Ok(());
        }
        // Asked after the rows: while the log is the same one, no checkpoint is past it.
        let head = log.head().await?;
        let history = self.history();
        if history.timeline == 0 {
            // The first look: what this process has published itself stays.
            self.enter(head.timeline);
        } else if head.timeline != history.timeline {
            return self.start_over(db, rows, head, History { timeline: head.timeline, lost: 0 }).await;
        }
        if self.went_back(&rows, head) {
            return self.start_over(db, rows, head, History { lost: history.lost + 1, ..history }).await;
        }
        for row in rows {
            self.follow_row(db, &row).await?;
        }
        Ok(())
    }

    async fn follow_row(&self, db: &ReadStore, row: &Checkpoint) -> Result<(), SqlError> {
        let (watermark, before) = (row.watermark(), self.watermark(&row.name));
        if before.is_some_and(|before| before.generation != watermark.generation) {
            db.refresh_active().await?;
        }
        if before.is_none_or(|before| watermark.is_news_after(before)) {
            let touched = touched(db, &row.name, before, watermark).await?;
            self.publish(&row.name, watermark, &touched);
        }
        Ok(())
    }

    /// Whether the log or a checkpoint is no longer where it was: somebody restored it.
    fn went_back(&self, rows: &[Checkpoint], head: Head) -> bool {
        rows.iter().any(|row| {
            self.watermark(&row.name).is_some_and(|before| {
                let now = row.watermark();
                // Of one history, a row that is further in one is not behind in the other.
                let crossed = now.generation == before.generation
                    && (now.position > before.position && now.revision < before.revision
                        || now.position < before.position && now.revision > before.revision);
                before.position > head.position || crossed
            })
        })
    }

    /// Gives up what is known, for `rows` of another history. Those that the log does not reach are of the lost one
    /// still: nothing is known of them.
    async fn start_over(
        &self,
        db: &ReadStore,
        rows: Vec<Checkpoint>,
        head: Head,
        history: History,
    ) -> Result<(), SqlError> {
        db.refresh_active().await?;
        tracing::warn!(head = %head.token(), "the log was restored: what was known of the views is given up");
        let good = rows.into_iter().filter(|row| row.position <= head.position);
        let mut entries = self.0.entries.write().unwrap_or_else(PoisonError::into_inner);
        let mut known = std::mem::take(&mut *entries);
        for row in good {
            let watermark = row.watermark();
            let entry = match known.remove(&row.name) {
                Some(entry) => entry.restarted_at(watermark),
                None => Entry::starting_at(watermark),
            };
            entries.insert(row.name, entry);
        }
        drop(entries);
        self.0.history.send_replace(history);
        self.0.added.send_replace(());
        Ok(())
    }
}

crate::record! {
    /// Where a serving generation is; looked at many times a second, so without the rest of its row.
    struct Checkpoint {
        name: Arc<str>,
        version: u32,
        run: u32,
        revision: i64,
        position: Position,
    }
}

impl Checkpoint {
    fn watermark(&self) -> Watermark {
        let generation = Generation { version: self.version, run: self.run };
        Watermark { generation, revision: self.revision, position: self.position }
    }
}

crate::record! {
    /// The last change of a location's rows.
    struct Change {
        location: Arc<str>,
        position: Position,
    }
}

/// Whose rows changed after `before`. What was committed since `watermark` was read may be among it: a reader
/// then knows of a change a little before it counts as reached, never after.
async fn touched(
    db: &ReadStore,
    projection: &str,
    before: Option<Watermark>,
    watermark: Watermark,
) -> Result<Vec<(Option<LocationId>, Position)>, SqlError> {
    let Some(before) = before.filter(|before| before.generation == watermark.generation) else {
        return Ok(Vec::new());
    };
    let Generation { version, run } = watermark.generation;
    let sql = "SELECT location, position FROM {projection_locations} \
               WHERE projection = ?1 AND version = ?2 AND run = ?3 AND position > ?4";
    let params = [projection.into(), version.into(), run.into(), before.position.into()];
    let changes = db.query(sql, &params).await?.decode::<Change>()?;
    Ok(changes.into_iter().map(|change| (change.location.parse().ok(), change.position)).collect())
}

impl Entry {
    fn starting_at(watermark: Watermark) -> Self {
        Self {
            watermark: watch::Sender::new(watermark),
            everywhere: watermark.position,
            anywhere: watermark.position,
            locations: HashMap::new(),
        }
    }

    /// The same for those who wait for it, and nothing known but `watermark`.
    fn restarted_at(self, watermark: Watermark) -> Self {
        self.watermark.send_replace(watermark);
        Self { watermark: self.watermark, ..Self::starting_at(watermark) }
    }
}
