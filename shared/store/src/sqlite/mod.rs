//! The event store in one SQLite file. Every process that appends has one task for it; the file's lock and
//! the head row order the processes among each other.

mod answers;
mod api_keys;
mod appender;
#[cfg(feature = "bench")]
pub mod bench;
mod checkpoint;
mod connect;
mod copy;
mod driver;
mod export;
mod fault;
mod inserts;
mod inspect;
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
use tokio::sync::{Mutex, Notify};

use self::{
    appender::SqliteCommits,
    tails::SqliteTails,
    writer::{Writer, Writers},
};
use crate::{
    EventStore, StoreError,
    group::{Recent, plan::TypeNames},
};

pub use self::{copy::copy, driver::SqliteDriver, migrate::migrate};

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
        exists(file).await?;
        let mut durable = Writer::new(connect::durable(file));
        migrate::verify(durable.conn().await?).await?;
        let writers = Writers { durable, relaxed: Writer::new(connect::relaxed(file)) };
        let writers = Arc::new(Mutex::new(writers));
        let erased = Arc::new(Notify::new());
        let commits = SqliteCommits {
            writers: Arc::clone(&writers),
            types: TypeNames::new(),
            erased: Arc::clone(&erased),
        };
        let recent = Recent::new(options.recent_events, options.recent_bytes);
        let readers = connect::reader_pool(file, options.readers);
        let driver = SqliteDriver { readers, writers: Arc::clone(&writers) };
        let store = Self::start(driver, commits, SqliteTails::new(file), recent, clock).await?;
        store.tasks.spawn(checkpoint::run(file.clone(), writers, erased, store.closing()));
        Ok(store)
    }
}

/// Refuses a file that is not there, or that this user may not look for.
async fn exists(file: &Path) -> Result<(), StoreError> {
    match tokio::fs::try_exists(file).await {
        Ok(true) => Ok(()),
        Ok(false) => Err(StoreError::Schema(format!(
            "there is no event store at {}; if there was one, put it back or restore a backup; for a new one run \
             `aerosports migrate`",
            file.display()
        ))),
        Err(error) => Err(StoreError::Schema(format!(
            "{} cannot be looked at ({error}): give the folder to the user that this process runs as, or run it as the \
             folder's",
            file.display()
        ))),
    }
}
