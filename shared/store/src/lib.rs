//! The event store: traits, their types and errors. A backend lives in a module of its own and is the
//! only place that names its driver; [`contract`] is the one suite every backend must pass.

#[cfg(feature = "bench")]
pub mod bench;
mod candidate;
#[cfg(feature = "testing")]
pub mod contract;
mod error;
#[cfg(any(feature = "mssql", feature = "sqlite"))]
mod event_store;
#[cfg(any(feature = "mssql", feature = "sqlite"))]
mod group;
mod inspect;
#[cfg(any(feature = "mssql", feature = "sqlite"))]
mod leases;
#[cfg(feature = "mssql")]
pub mod mssql;
#[cfg(feature = "sqlite")]
pub mod sqlite;
mod timelines;
mod transfer;
mod types;

pub use candidate::Candidate;
pub use error::StoreError;
#[cfg(any(feature = "mssql", feature = "sqlite"))]
pub use event_store::EventStore;
#[cfg(any(feature = "mssql", feature = "sqlite"))]
pub use group::ANSWERS_KEPT;
pub use inspect::Inspect;
pub use timelines::{TimelineStart, Timelines};
pub use transfer::{CommandMark, CommandRecord, Export, PersonKeyRecord, Proof, prove};
pub use types::*;

use std::sync::Arc;

use async_trait::async_trait;
use domain::{
    ids::{EventId, PlayerId, StreamName},
    log::{CommandId, Head, Position, Version},
};
use events::RecordedEvent;
use jiff::Timestamp;
use std::time::Duration;

/// A shared store.
pub type SharedStore = Arc<dyn Store>;

/// Everything a process asks of the store.
pub trait Store: EventLog + Snapshots + PersonKeys + Leases + Credentials + Timelines {}
impl<T: EventLog + Snapshots + PersonKeys + Leases + Credentials + Timelines> Store for T {}

/// The log itself: append in order, read in order.
#[async_trait]
pub trait EventLog: Send + Sync {
    /// Appends one command's events and answer, waits until they are durable, and gives its verdict.
    /// The backend groups whatever waits into one transaction (at most 256 commands or 1 MiB); a
    /// command's verdict depends on others of the batch only through the streams they share.
    ///
    /// # Errors
    /// Only when the store itself failed: `Unavailable` when nothing was written, `OutcomeUnknown` when
    /// the commit was under way (retry with the same ids: the answer is found if it took effect).
    async fn append(&self, append: Append) -> Result<Verdict, StoreError>;

    /// The stored answer of a command, if it took effect in the last 7 days.
    async fn answer(&self, command: CommandId) -> Result<Option<StoredAnswer>, StoreError>;

    /// Events of `stream` with version ≥ `from`, at most `limit`.
    async fn read_stream(
        &self,
        stream: &StreamName,
        from: Version,
        limit: usize,
    ) -> Result<Vec<RecordedEvent>, StoreError>;

    /// Whole tails of several streams at once: for each `(stream, from)` its events with version ≥ `from`.
    /// The backend joins requests that wait at the same time into one query.
    async fn read_streams(
        &self,
        wanted: Vec<(StreamName, Version)>,
    ) -> Result<Vec<Vec<RecordedEvent>>, StoreError>;

    /// The log with position ≥ `from`, in order, at most `limit`. Only an empty answer means the end: a
    /// short one may be what this process had in memory. A hole is `Corrupt`, never skipped.
    async fn read_log(&self, from: Position, limit: usize) -> Result<Vec<Arc<RecordedEvent>>, StoreError>;

    /// One event by its id.
    async fn read_event(&self, id: EventId) -> Result<Option<RecordedEvent>, StoreError>;

    /// The last position, and the timeline it belongs to.
    async fn head(&self) -> Result<Head, StoreError>;

    /// Follows this process's own appends: the last position known to be committed. It may lag behind
    /// appends of other processes; [`EventLog::head`] tells the truth.
    fn watch_head(&self) -> tokio::sync::watch::Receiver<Head>;

    /// Why this process's appends are refused without a try, in fixed words; none while they are taken.
    fn unwritable(&self) -> Option<&'static str> {
        None
    }
}

/// Cached folds of long streams. Losing them costs time, never truth.
#[async_trait]
pub trait Snapshots: Send + Sync {
    /// The latest snapshot of `stream` written with `schema`.
    async fn load_snapshot(&self, stream: &StreamName, schema: u32) -> Result<Option<Snapshot>, StoreError>;
    /// Keeps `snapshot` unless a later one is there.
    async fn save_snapshot(&self, stream: &StreamName, snapshot: Snapshot) -> Result<(), StoreError>;
}

/// Wrapped keys that personal data is sealed with. Created and destroyed inside [`Append`] only.
#[async_trait]
pub trait PersonKeys: Send + Sync {
    /// The wrapped keys of these persons; one that is erased or unknown is absent.
    async fn person_keys(&self, persons: &[PlayerId]) -> Result<Vec<(PlayerId, WrappedKey)>, StoreError>;
}

/// Named leases with an epoch that only grows, so that a former owner can be fenced off.
#[async_trait]
pub trait Leases: Send + Sync {
    /// Takes or renews `name` for `owner`; none when somebody else holds it at `now`. A change of owner
    /// raises the epoch.
    async fn acquire_lease(
        &self,
        name: &str,
        owner: &str,
        now: Timestamp,
        ttl: Duration,
    ) -> Result<Option<Lease>, StoreError>;
    /// `name` as it stands, lapsed or not; none when nobody has it.
    async fn read_lease(&self, name: &str) -> Result<Option<Lease>, StoreError>;
    /// Takes a lease from another owner whatever the time, if it still stands as `seen`; for [`Candidate`].
    async fn take_over_lease(
        &self,
        seen: &Lease,
        owner: &str,
        now: Timestamp,
        ttl: Duration,
    ) -> Result<Option<Lease>, StoreError>;
    /// Gives `lease` up, if it is still ours.
    async fn release_lease(&self, lease: &Lease) -> Result<(), StoreError>;
}

/// API keys. Only a hash of the secret is ever here.
#[async_trait]
pub trait Credentials: Send + Sync {
    /// Stores a new key.
    async fn insert_api_key(&self, key: &ApiKeyRow) -> Result<(), StoreError>;
    /// Finds a key, revoked and expired ones included, by the SHA-256 of its secret.
    async fn find_api_key(&self, secret_hash: &[u8; 32]) -> Result<Option<ApiKeyRow>, StoreError>;
    /// All keys, oldest first.
    async fn list_api_keys(&self) -> Result<Vec<ApiKeyRow>, StoreError>;
    /// Revokes a key; false when there is no live key of that id.
    async fn revoke_api_key(&self, id: uuid::Uuid, now: Timestamp) -> Result<bool, StoreError>;
    /// Notes that the keys were used (batched; losing one is harmless).
    async fn touch_api_keys(&self, used: &[(uuid::Uuid, Timestamp)]) -> Result<(), StoreError>;
}
