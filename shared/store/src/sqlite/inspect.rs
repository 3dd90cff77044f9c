//! Reading what only a check of the whole store needs.

use async_trait::async_trait;
use domain::{ids::StreamName, log::Version};

use super::{SqliteStore, fault::store_error, rows};
use crate::{Inspect, StoreError, group::sql_limit};

#[async_trait]
impl Inspect for SqliteStore {
    async fn integrity(&self) -> Result<Vec<String>, StoreError> {
        let found = sqlx::query("PRAGMA integrity_check(20)").fetch_all(&self.driver.readers).await;
        let lines = found.map_err(store_error)?;
        let lines: Vec<_> = lines.iter().map(|row| rows::text(row, 0)).collect::<Result<_, _>>()?;
        Ok(lines.into_iter().filter(|line| *line != "ok").map(str::to_owned).collect())
    }

    async fn stream_ends(
        &self,
        after: Option<&StreamName>,
        limit: usize,
    ) -> Result<Vec<(StreamName, Version)>, StoreError> {
        let found = sqlx::query("SELECT name, version FROM streams WHERE name > ? ORDER BY name LIMIT ?")
            .bind(after.map_or("", StreamName::as_str))
            .bind(sql_limit(limit))
            .fetch_all(&self.driver.readers)
            .await
            .map_err(store_error)?;
        let end = |row| {
            let name = rows::text(row, 0)?;
            let stream = name.parse().map_err(|_| StoreError::Corrupt(format!("{name:?} is no stream")))?;
            Ok((stream, Version(rows::unsigned(row, 1)?)))
        };
        found.iter().map(end).collect()
    }
}
