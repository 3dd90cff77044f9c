//! The event store in a SQL Server database, in the schema `store`. Any number of processes append at once;
//! the head row orders them. Kept to what other servers with T-SQL understand too: no lock hints, no MERGE.

mod answers;
mod api_keys;
#[cfg(feature = "bench")]
pub mod bench;
mod bulk;
mod commit;
mod driver;
mod export;
mod fault;
mod import;
mod inspect;
mod known;
mod leases;
mod migrate;
#[cfg(test)]
mod on_mssql;
mod one_request;
mod parameters;
mod person_keys;
mod row_versions;
mod rows;
mod snapshots;
mod suitable;
mod tails;
mod timelines;
mod upsert;

use std::sync::Arc;

use ::mssql::{MssqlConfig, Pool, PoolOptions};
use runtime::clock::SharedClock;

use self::{commit::MssqlCommits, fault::store_error, tails::MssqlTails};
use crate::{EventStore, StoreError, group::Recent};

pub use self::{
    driver::MssqlDriver,
    import::{ImportBatch, ImportEnd, ImportError, Importer},
    migrate::migrate,
};

/// Where the database is, and how much this process spends on it.
#[derive(Clone, Debug)]
pub struct MssqlOptions {
    /// The database.
    pub config: MssqlConfig,
    /// For everything but appends and tails, which have a connection each.
    pub pool: PoolOptions,
    /// Most events kept in memory for those who follow the log.
    pub recent_events: usize,
    /// Most bytes of such events.
    pub recent_bytes: usize,
}

impl MssqlOptions {
    /// The usual options for the database of `config`.
    #[must_use]
    pub fn new(config: MssqlConfig) -> Self {
        Self { config, pool: PoolOptions::default(), recent_events: 16_384, recent_bytes: 12 << 20 }
    }

    fn one_connection(&self) -> Pool {
        Pool::new(self.config.clone(), PoolOptions { connections: 1, ..self.pool })
    }
}

/// The store in one database.
pub type MssqlStore = EventStore<MssqlDriver>;

impl MssqlStore {
    /// Opens a database whose schema is up to date, and starts the tasks that serve it.
    ///
    /// # Errors
    /// `Schema` when [`migrate`] must run first or a promotion into it has not ended, `Unavailable` when the
    /// database cannot be opened.
    pub async fn open(options: &MssqlOptions, clock: SharedClock) -> Result<Arc<Self>, StoreError> {
        let pool = Pool::new(options.config.clone(), options.pool);
        migrate::verify(&pool).await?;
        import::refuse_unfinished(&pool).await?;
        row_versions::warn_if_off(&pool).await.map_err(store_error)?;
        let commits = MssqlCommits::new(options.one_connection());
        let tails = MssqlTails::new(options.one_connection());
        let recent = Recent::new(options.recent_events, options.recent_bytes);
        Self::start(MssqlDriver::new(pool), commits, tails, recent, clock).await
    }
}
