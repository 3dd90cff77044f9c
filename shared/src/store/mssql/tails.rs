//! Stream tails, from a connection of their own.

use std::collections::HashMap;

use super::{
    fault::store_error,
    parameters::lines,
    rows::{EventReader, event_columns},
};
use crate::{
    events::RecordedEvent,
    mssql::Pool,
    store::{StoreError, group::ReadTails},
};

const READ_TAILS: &str = concat!(
    "SELECT ",
    event_columns!(),
    " FROM (SELECT CAST(LEFT(value, CHARINDEX(N':', value) - 1) AS BIGINT) AS version, ",
    "CAST(SUBSTRING(value, CHARINDEX(N':', value) + 1, 200) AS NVARCHAR(200)) AS stream FROM STRING_SPLIT(@P1, NCHAR(10))) wanted",
    " INNER JOIN store.events e",
    " ON e.stream = wanted.stream COLLATE Latin1_General_100_BIN2 AND e.version >= wanted.version"
);

pub(super) struct MssqlTails(Pool);

impl MssqlTails {
    pub(super) fn new(pool: Pool) -> Self {
        Self(pool)
    }
}

impl ReadTails for MssqlTails {
    async fn read_tails(&mut self, first: &HashMap<&str, u64>) -> Result<Vec<RecordedEvent>, StoreError> {
        let wanted = lines(first.iter().map(|(stream, version)| format!("{version}:{stream}")));
        let results = self.0.read(READ_TAILS, &[&wanted]).await.map_err(store_error)?;
        let mut reader = EventReader::default();
        results.iter().flatten().map(|row| reader.read(row)).collect()
    }

    async fn close(&mut self) {
        self.0.close();
    }
}
