//! The event store in one SQLite file. Every process that appends has one task for it; the file's lock and
//! the head row order the processes among each other.

mod answers;
mod api_keys;
mod appender;
#[cfg(feature = "bench")]
pub mod bench;
mod checkpoint;
mod connect;
mod driver;
mod export;
mod fault;
mod inserts;
mod leases;
mod migrate;
mod person_keys;
mod rows;
mod snapshots;
mod tails;
#[cfg(test)]
mod tests;
mod timelines;
mod write;
mod writer;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use runtime::clock::SharedClock;
use tokio::sync::Mutex;

use self::{
    appender::SqliteCommits,
    tails::SqliteTails,
    writer::{Writer, Writers},
};
use crate::{
    EventStore, StoreError,
    group::{Recent, plan::TypeNames},
};

pub use self::{driver::SqliteDriver, migrate::migrate};

/// The file's name in the data directory.
pub const FILE_NAME: &str = "events.db";

/// Where the file is, and how much this process spends on it.
#[derive(Clone, Debug)]
pub struct SqliteOptions {
    /// The database file.
    pub file: PathBuf,
    /// Most read-only connections.
    pub readers: u32,
    /// Most events kept in memory for those who follow the log.
    pub recent_events: usize,
    /// Most bytes of such events.
    pub recent_bytes: usize,
}

impl SqliteOptions {
    /// The usual options for the event store in `data_dir`.
    #[must_use]
    pub fn in_dir(data_dir: &Path) -> Self {
        Self { file: data_dir.join(FILE_NAME), readers: 4, recent_events: 16_384, recent_bytes: 12 << 20 }
    }
}

/// The store in one file. [`EventStore::close`] empties its write-ahead log too, and so leaves one file behind
/// unless another process still has it open.
pub type SqliteStore = EventStore<SqliteDriver>;

impl SqliteStore {
    /// Opens a file whose schema is up to date, and starts the tasks that serve it.
    ///
    /// # Errors
    /// `Schema` when [`migrate`] must run first, `Unavailable` when the file cannot be opened.
    pub async fn open(options: &SqliteOptions, clock: SharedClock) -> Result<Arc<Self>, StoreError> {
        let file = &options.file;
        if !tokio::fs::try_exists(file).await.unwrap_or(false) {
            return Err(StoreError::Schema("there is no event store yet; run `aerosports migrate`".into()));
        }
        let mut durable = Writer::new(connect::durable(file));
        migrate::verify(durable.conn().await?).await?;
        let writers = Writers { durable, relaxed: Writer::new(connect::relaxed(file)) };
        let writers = Arc::new(Mutex::new(writers));
        let commits = SqliteCommits { writers: Arc::clone(&writers), types: TypeNames::new() };
        let recent = Recent::new(options.recent_events, options.recent_bytes);
        let readers = connect::reader_pool(file, options.readers);
        let driver = SqliteDriver { readers, writers: Arc::clone(&writers) };
        let store = Self::start(driver, commits, SqliteTails::new(file), recent, clock).await?;
        store.tasks.spawn(checkpoint::run(file.clone(), writers, store.closing()));
        Ok(store)
    }
}
