//! What the operator's commands open beside running services: the event store and the read tables.

use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use projector::{Log, PeopleOpeners, StoreLog, StoredEvents};
use read_store::ReadStore;
use runtime::{clock::SharedClock, config::Settings};
use sealing::{Keyring, PersonKeyCache};

use crate::{
    composition::{event_store::EventStore, master_key},
    settings::database::Database,
};

/// How often a projector is looked at that is to do something.
pub(super) const LOOK_EVERY: std::time::Duration = std::time::Duration::from_millis(100);

/// Both halves of one database.
pub(super) struct Opened {
    pub(super) store: EventStore,
    pub(super) db: ReadStore,
    pub(super) clock: SharedClock,
    database: Database,
}

impl Opened {
    /// Opens what `settings` name.
    ///
    /// # Errors
    /// When there is none, or it cannot be reached.
    pub(super) async fn open(settings: &Settings, clock: SharedClock) -> Result<Self> {
        let database = Database::of(settings)?;
        let store = database.open(clock.clone()).await?;
        if let Some(folder) = database.folder()
            && !folder.join("read.db").exists()
        {
            store.close().await;
            bail!(
                "{} holds no read.db: the read tables are made at the first start of `up`",
                folder.display()
            );
        }
        let db = database.open_read_tables(None).await?.on_primary();
        Ok(Self { store, db, clock, database })
    }

    /// The log, read from the store alone.
    pub(super) fn events(&self) -> StoreLog {
        StoreLog::new(self.store.shared(), LOOK_EVERY)
    }

    /// The log with what opens the personal data in it.
    ///
    /// # Errors
    /// When there is no master key.
    pub(super) fn log(&self, settings: &Settings) -> Result<Log> {
        log(&self.store, &self.database, settings, &self.clock)
    }

    pub(super) async fn close(self) {
        self.db.close().await;
        self.store.close().await;
    }
}

/// The log of `store` with what opens the personal data in it.
///
/// # Errors
/// When there is no master key.
pub(super) fn log(
    store: &EventStore,
    database: &Database,
    settings: &Settings,
    clock: &SharedClock,
) -> Result<Log> {
    let master = master_key::load(database, settings)?;
    let keyring = Arc::new(Keyring::new(&master).context("the master key")?);
    let keys = Arc::new(PersonKeyCache::new(keyring, clock.clone()));
    let openers = PeopleOpeners::new(keys, store.shared());
    Ok(Log {
        events: Arc::new(StoreLog::new(store.shared(), LOOK_EVERY)),
        decode: Arc::new(StoredEvents::new(Arc::new(openers))),
        clock: clock.clone(),
    })
}
