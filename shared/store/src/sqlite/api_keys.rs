//! API keys: few rows, found by the hash of the secret.

use async_trait::async_trait;
use domain::ids::LocationId;
use jiff::Timestamp;
use sqlx::sqlite::SqliteRow;
use uuid::Uuid;

use super::{SqliteStore, fault::store_error, rows};
use crate::{ApiKeyRow, Credentials, StoreError};

macro_rules! select {
    ($end:literal) => {
        concat!(
            "SELECT id, secret_hash, name, kind, location, created_at, expires_at, revoked_at, last_used_at ",
            "FROM api_keys ",
            $end
        )
    };
}

#[async_trait]
impl Credentials for SqliteStore {
    async fn insert_api_key(&self, key: &ApiKeyRow) -> Result<(), StoreError> {
        let micros = |instant: Option<Timestamp>| instant.map(Timestamp::as_microsecond);
        let mut writers = self.driver.writers.lock().await;
        sqlx::query("INSERT INTO api_keys VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")
            .bind(key.id.as_bytes().to_vec())
            .bind(key.secret_hash.to_vec())
            .bind(&key.name)
            .bind(&key.kind)
            .bind(key.location.map(|location| location.0.as_bytes().to_vec()))
            .bind(key.created_at.as_microsecond())
            .bind(micros(key.expires_at))
            .bind(micros(key.revoked_at))
            .bind(micros(key.last_used_at))
            .execute(writers.durable.conn().await?)
            .await
            .map_err(store_error)?;
        Ok(())
    }

    async fn find_api_key(&self, secret_hash: &[u8; 32]) -> Result<Option<ApiKeyRow>, StoreError> {
        let found = sqlx::query(select!("WHERE secret_hash = ?"))
            .bind(secret_hash.to_vec())
            .fetch_optional(&self.driver.readers)
            .await
            .map_err(store_error)?;
        found.as_ref().map(read).transpose()
    }

    async fn list_api_keys(&self) -> Result<Vec<ApiKeyRow>, StoreError> {
        let found = sqlx::query(select!("ORDER BY created_at, id"))
            .fetch_all(&self.driver.readers)
            .await
            .map_err(store_error)?;
        found.iter().map(read).collect()
    }

    async fn revoke_api_key(&self, id: Uuid, now: Timestamp) -> Result<bool, StoreError> {
        let mut writers = self.driver.writers.lock().await;
        let done = sqlx::query(
            "UPDATE api_keys SET revoked_at = ?1
             WHERE id = ?2 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?1)",
        )
        .bind(now.as_microsecond())
        .bind(id.as_bytes().to_vec())
        .execute(writers.durable.conn().await?)
        .await
        .map_err(store_error)?;
        Ok(done.rows_affected() == 1)
    }

    async fn touch_api_keys(&self, used: &[(Uuid, Timestamp)]) -> Result<(), StoreError> {
        if used.is_empty() {
            return Ok(());
        }
        let used: Vec<_> =
            used.iter().map(|(id, at)| (id.simple().to_string(), at.as_microsecond())).collect();
        let used = serde_json::to_string(&used).map_err(|error| StoreError::Misuse(error.to_string()))?;
        let mut writers = self.driver.writers.lock().await;
        sqlx::query(
            "UPDATE api_keys SET last_used_at = used.at
             FROM (SELECT unhex(value ->> 0) AS id, max(value ->> 1) AS at FROM json_each(?) GROUP BY 1) AS used
             WHERE api_keys.id = used.id AND coalesce(api_keys.last_used_at, 0) < used.at",
        )
        .bind(used)
        .execute(writers.relaxed.conn().await?)
        .await
        .map_err(store_error)?;
        Ok(())
    }
}

fn read(row: &SqliteRow) -> Result<ApiKeyRow, StoreError> {
    Ok(ApiKeyRow {
        id: rows::uuid(row, 0)?,
        secret_hash: rows::hash(row, 1)?,
        name: rows::text(row, 2)?.to_owned(),
        kind: rows::text(row, 3)?.to_owned(),
        location: rows::optional_uuid(row, 4)?.map(LocationId),
        created_at: rows::instant(row, 5)?,
        expires_at: rows::optional_instant(row, 6)?,
        revoked_at: rows::optional_instant(row, 7)?,
        last_used_at: rows::optional_instant(row, 8)?,
    })
}
