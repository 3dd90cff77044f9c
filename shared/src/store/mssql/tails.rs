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

/// TOP says how many there are at most: some servers take a thousand for granted, and then rather read the whole
/// log than look each stream up.
fn read_tails(at_most: usize) -> String {
    format!(
        "SELECT {} FROM (SELECT TOP ({at_most}) \
         CAST(LEFT(value, CHARINDEX(N':', value) - 1) AS BIGINT) AS version, \
         CAST(SUBSTRING(value, CHARINDEX(N':', value) + 1, 200) AS NVARCHAR(200)) AS stream \
         FROM STRING_SPLIT(@P1, NCHAR(10))) wanted \
         INNER JOIN store.events e \
         ON e.stream = wanted.stream COLLATE Latin1_General_100_BIN2 AND e.version >= wanted.version",
        event_columns!()
    )
}

/// A round number of streams that `count` fits into, so that there are few statements to remember.
fn at_most(count: usize) -> usize {
    let mut rounded = 1;
    while rounded < count {
        rounded *= 8;
    }
    rounded
}

pub(super) struct MssqlTails(Pool);

impl MssqlTails {
    pub(super) fn new(pool: Pool) -> Self {
        Self(pool)
    }
}

impl ReadTails for MssqlTails {
    async fn read_tails(&mut self, first: &HashMap<&str, u64>) -> Result<Vec<RecordedEvent>, StoreError> {
        let wanted = lines(first.iter().map(|(stream, version)| format!("{version}:{stream}")));
        let sql = read_tails(at_most(first.len()));
        let results = self.0.read(&sql, &[&wanted]).await.map_err(store_error)?;
        let mut reader = EventReader::default();
        results.iter().flatten().map(|row| reader.read(row)).collect()
    }

    async fn close(&mut self) {
        self.0.close();
    }
}

#[cfg(test)]
mod unit_tests {
    use super::at_most;

    #[test]
    fn few_statements_hold_any_number_of_streams() {
        assert_eq!([1, 2, 8, 9, 64, 512, 513].map(at_most), [1, 8, 8, 64, 64, 512, 4_096]);
    }
}
