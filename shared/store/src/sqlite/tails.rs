//! Stream tails from a read-only connection of their own.

use std::{collections::HashMap, path::Path};

use events::RecordedEvent;
use sqlx::SqliteConnection;

use super::{
    connect,
    fault::store_error,
    rows::{EventReader, event_columns},
    writer::Writer,
};
use crate::{StoreError, group::ReadTails};

/// Names map to the first version wanted; CROSS JOIN keeps the list as the outer loop.
const READ_TAILS: &str = concat!(
    "SELECT ",
    event_columns!(),
    " FROM json_each(?) AS wanted CROSS JOIN streams AS s ON s.name = wanted.key",
    " CROSS JOIN events AS e ON e.stream_number = s.number AND e.version >= wanted.value"
);

pub(super) struct SqliteTails(Writer);

impl SqliteTails {
    pub(super) fn new(file: &Path) -> Self {
        Self(Writer::new(connect::reading(file)))
    }
}

impl ReadTails for SqliteTails {
    async fn read_tails(&mut self, first: &HashMap<&str, u64>) -> Result<Vec<RecordedEvent>, StoreError> {
        let wanted = serde_json::to_string(first).map_err(|error| StoreError::Misuse(error.to_string()))?;
        let found = fetch(self.0.conn().await?, wanted).await;
        if found.is_err() {
            self.0.close().await;
        }
        found
    }

    async fn close(&mut self) {
        self.0.close().await;
    }
}

async fn fetch(conn: &mut SqliteConnection, wanted: String) -> Result<Vec<RecordedEvent>, StoreError> {
    let rows = sqlx::query(READ_TAILS).bind(wanted).fetch_all(conn).await.map_err(store_error)?;
    let mut reader = EventReader::default();
    rows.iter().map(|row| reader.read(row)).collect()
}
