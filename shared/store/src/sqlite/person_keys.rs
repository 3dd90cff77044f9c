//! Reading person keys; they are made and destroyed inside an append only.

use async_trait::async_trait;
use domain::ids::PlayerId;

use super::{SqliteStore, fault::store_error, rows};
use crate::{PersonKeys, StoreError, WrappedKey};

#[async_trait]
impl PersonKeys for SqliteStore {
    async fn person_keys(&self, persons: &[PlayerId]) -> Result<Vec<(PlayerId, WrappedKey)>, StoreError> {
        if persons.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<_> = persons.iter().map(|person| person.0.simple().to_string()).collect();
        let ids = serde_json::to_string(&ids).map_err(|error| StoreError::Misuse(error.to_string()))?;
        let found = sqlx::query(
            "SELECT person, wrapped FROM person_keys
             WHERE person IN (SELECT unhex(value) FROM json_each(?)) AND wrapped IS NOT NULL",
        )
        .bind(ids)
        .fetch_all(&self.driver.readers)
        .await
        .map_err(store_error)?;
        found
            .iter()
            .map(|row| Ok((PlayerId(rows::uuid(row, 0)?), WrappedKey(rows::blob(row, 1)?.to_vec()))))
            .collect()
    }
}
