//! Reading what only a check of the whole store needs. SQL Server checks its own pages: `DBCC CHECKDB`. There is no
//! table of streams; a stream's end is its last event.

use async_trait::async_trait;
use domain::{ids::StreamName, log::Version};
use tiberius::Row;

use super::{MssqlStore, fault::store_error, rows};
use crate::{Inspect, StoreError, group::sql_limit};

const ENDS: &str = "SELECT TOP (@P2) stream, MAX(version) FROM store.events WHERE stream > @P1 \
     GROUP BY stream ORDER BY stream";

#[async_trait]
impl Inspect for MssqlStore {
    async fn integrity(&self) -> Result<Vec<String>, StoreError> {
        Ok(Vec::new())
    }

    async fn stream_ends(
        &self,
        after: Option<&StreamName>,
        limit: usize,
    ) -> Result<Vec<(StreamName, Version)>, StoreError> {
        let (after, limit) = (after.map_or("", StreamName::as_str), sql_limit(limit));
        let results = self.driver.pool.read(ENDS, &[&after, &limit]).await.map_err(store_error)?;
        results.iter().flatten().map(end).collect()
    }
}

fn end(row: &Row) -> Result<(StreamName, Version), StoreError> {
    let name: &str = rows::value(row, 0)?;
    let stream = name.parse().map_err(|_| StoreError::Corrupt(format!("{name:?} is no stream")))?;
    Ok((stream, Version(rows::unsigned(row, 1)?)))
}
