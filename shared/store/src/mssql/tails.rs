//! Stream tails, from a connection of their own.

use std::collections::HashMap;

use ::mssql::{Pool, with_stand_ins};
use events::RecordedEvent;

use super::{fault::store_error, parameters::json, rows::EventReader};
use crate::{StoreError, group::ReadTails};

/// Its rows are those of [`EventReader`].
const READ_TAILS: &str = "EXEC store.read_tails_with_checksums @P1";

pub(super) struct MssqlTails(Pool);

impl MssqlTails {
    pub(super) fn new(pool: Pool) -> Self {
        Self(pool)
    }
}

impl ReadTails for MssqlTails {
    async fn read_tails(&mut self, first: &HashMap<&str, u64>) -> Result<Vec<RecordedEvent>, StoreError> {
        let wanted = json(first.iter().map(|(stream, version)| (with_stand_ins(stream), version)))?;
        let results = self.0.read(READ_TAILS, &[&wanted]).await.map_err(store_error)?;
        let mut reader = EventReader::default();
        results.iter().flatten().map(|row| reader.read(row)).collect()
    }

    async fn close(&mut self) {
        self.0.close();
    }
}
