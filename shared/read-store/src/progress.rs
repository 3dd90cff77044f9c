//! How far each projection is, for whoever must wait for it or wants to know whether anything changed.
//!
//! In the projecting process the runner publishes here after each commit; elsewhere [`Progress::follow`]
//! reads the checkpoint rows. Reads no view and writes nothing.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use domain::{ids::LocationId, log::Position};
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
    pub async fn follow(&self, db: &ReadStore, every: Duration, stop: CancellationToken) {
        while stop.run_until_cancelled(tokio::time::sleep(every)).await.is_some() {
            if let Err(error) = self.refresh(db).await {
                tracing::debug!(error = &error as &dyn std::error::Error, "checkpoints cannot be read");
            }
        }
    }

    /// Reads the checkpoint rows once, and publishes what moved.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn refresh(&self, db: &ReadStore) -> Result<(), SqlError> {
        let sql = "SELECT name, version, run, revision, position FROM {projections} WHERE state = ?1";
        for row in db.query(sql, &[ProjectionRow::ACTIVE.into()]).await?.decode::<Checkpoint>()? {
            let generation = Generation { version: row.version, run: row.run };
            let watermark = Watermark { generation, revision: row.revision, position: row.position };
            let before = self.watermark(&row.name);
            if before.is_some_and(|before| before.generation != generation) {
                db.refresh_active().await?;
            }
            // A runner of this process may have published more than it has written down.
            if before.is_none_or(|before| watermark.is_news_after(before)) {
                let touched = touched(db, &row.name, before, watermark).await?;
                self.publish(&row.name, watermark, &touched);
            }
        }
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
}
