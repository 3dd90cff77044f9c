//! The open event store on either database. Only its opener holds an [`EventStore`]; everybody else gets a
//! [`SharedStore`].

use std::{ops::Deref, sync::Arc};

use store::{Inspect, SharedStore, Store, mssql::MssqlStore, sqlite::SqliteStore};

/// An open event store. Cheap to clone; whoever opened it closes it.
#[derive(Clone)]
pub enum EventStore {
    /// In a file on this machine.
    Sqlite(Arc<SqliteStore>),
    /// In SQL Server.
    Mssql(Arc<MssqlStore>),
}

impl EventStore {
    /// A handle for users, who must not close it.
    #[must_use]
    pub fn shared(&self) -> SharedStore {
        match self {
            Self::Sqlite(store) => store.clone(),
            Self::Mssql(store) => store.clone(),
        }
    }

    /// For a check or a copy of the whole store.
    #[must_use]
    pub fn inspect(&self) -> &dyn Inspect {
        match self {
            Self::Sqlite(store) => &**store,
            Self::Mssql(store) => &**store,
        }
    }

    /// Commits what was accepted, refuses the rest, and lets files and connections go.
    pub async fn close(&self) {
        match self {
            Self::Sqlite(store) => store.close().await,
            Self::Mssql(store) => store.close().await,
        }
    }
}

impl Deref for EventStore {
    type Target = dyn Store;
    fn deref(&self) -> &Self::Target {
        match self {
            Self::Sqlite(store) => &**store,
            Self::Mssql(store) => &**store,
        }
    }
}
