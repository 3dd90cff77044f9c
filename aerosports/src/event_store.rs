//! The open event store, of whichever kind the database is. Everybody but its opener sees a [`SharedStore`].

use std::{ops::Deref, sync::Arc};

use shared::store::{SharedStore, Store, sqlite::SqliteStore};

/// An open event store. Cheap to clone; whoever opened it closes it.
#[derive(Clone)]
pub enum EventStore {
    /// In a file on this machine.
    Sqlite(Arc<SqliteStore>),
}

impl EventStore {
    /// For those who use it and do not close it.
    #[must_use]
    pub fn shared(&self) -> SharedStore {
        match self {
            Self::Sqlite(store) => store.clone(),
        }
    }

    /// Commits what was accepted, refuses the rest, and lets files and connections go.
    pub async fn close(&self) {
        match self {
            Self::Sqlite(store) => store.close().await,
        }
    }
}

impl Deref for EventStore {
    type Target = dyn Store;
    fn deref(&self) -> &Self::Target {
        match self {
            Self::Sqlite(store) => &**store,
        }
    }
}
