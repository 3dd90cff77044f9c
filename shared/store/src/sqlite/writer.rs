//! The process's connections that write, handed out one task at a time; a broken one is replaced.

use sqlx::{Connection as _, SqliteConnection, sqlite::SqliteConnectOptions};

use super::connect;
use crate::StoreError;

/// A connection that is opened again when it was found unusable.
pub(super) struct Writer {
    options: SqliteConnectOptions,
    open: Option<SqliteConnection>,
}

impl Writer {
    pub(super) fn new(options: SqliteConnectOptions) -> Self {
        Self { options, open: None }
    }

    /// The connection, opened now if need be.
    pub(super) async fn conn(&mut self) -> Result<&mut SqliteConnection, StoreError> {
        let conn = match self.open.take() {
            Some(conn) => conn,
            None => connect::open(&self.options).await?,
        };
        Ok(self.open.insert(conn))
    }

    /// Ends a transaction that failed. A connection that cannot roll back is given up: either it is broken, or SQLite
    /// has rolled back by itself, as it does when the disk is full.
    pub(super) async fn roll_back(&mut self) {
        let Some(mut conn) = self.open.take() else { return };
        match sqlx::query("ROLLBACK").execute(&mut conn).await {
            Ok(_) => self.open = Some(conn),
            Err(error) => {
                tracing::debug!(error = &error as &dyn std::error::Error, "a writing connection is replaced");
            }
        }
    }

    /// Closes the connection; it would be opened again by the next [`Writer::conn`].
    pub(super) async fn close(&mut self) {
        if let Some(conn) = self.open.take()
            && let Err(error) = conn.close().await
        {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "closing a connection to the event store failed"
            );
        }
    }
}

/// Both writing connections. Whoever holds them is the only writer in this process, so that its own tasks
/// never meet SQLite's busy handler, which sleeps.
pub(super) struct Writers {
    /// What commits here is on the disk.
    pub(super) durable: Writer,
    /// What commits here survives the process; the last of it may be lost with the power.
    pub(super) relaxed: Writer,
}
