//! API keys: few rows, found by the hash of the secret.

use async_trait::async_trait;
use domain::ids::LocationId;
use jiff::Timestamp;
use serde::Serialize;
use tiberius::Row;
use uuid::Uuid;

use super::{
    MssqlStore,
    fault::{store_error, write_error},
    parameters::json,
    rows,
};
use crate::{ApiKeyRow, Credentials, StoreError};

macro_rules! select {
    ($end:literal) => {
        concat!(
            "SELECT id, secret_hash, name, kind, location, created_at, expires_at, revoked_at, last_used_at ",
            "FROM store.api_keys ",
            $end
        )
    };
}

/// What may be absent comes in JSON: a parameter without a value has no type. Texts do not, see
/// [`super::parameters`].
const INSERT: &str = "INSERT INTO store.api_keys \
     (id, secret_hash, name, kind, created_at, location, expires_at, revoked_at, last_used_at) \
     SELECT @P1, @P2, @P3, @P4, @P5, l, e, r, u FROM OPENJSON(@P6) WITH \
     (l UNIQUEIDENTIFIER '$.l', e BIGINT '$.e', r BIGINT '$.r', u BIGINT '$.u')";

const TOUCH: &str = "UPDATE k SET last_used_at = used.at FROM store.api_keys k INNER JOIN \
     (SELECT i, MAX(a) AS at FROM OPENJSON(@P1) WITH (i UNIQUEIDENTIFIER '$.i', a BIGINT '$.a') GROUP BY i) used \
     ON k.id = used.i WHERE k.last_used_at IS NULL OR k.last_used_at < used.at";

/// What a key may lack.
#[derive(Serialize)]
struct Optional {
    l: Option<Uuid>,
    e: Option<i64>,
    r: Option<i64>,
    u: Option<i64>,
}

#[derive(Serialize)]
struct Used {
    i: Uuid,
    a: i64,
}

#[async_trait]
impl Credentials for MssqlStore {
    async fn insert_api_key(&self, key: &ApiKeyRow) -> Result<(), StoreError> {
        let micros = |instant: Option<Timestamp>| instant.map(Timestamp::as_microsecond);
        let optional = json([Optional {
            l: key.location.map(|location| location.0),
            e: micros(key.expires_at),
            r: micros(key.revoked_at),
            u: micros(key.last_used_at),
        }])?;
        let created = key.created_at.as_microsecond();
        self.driver
            .pool
            .write(INSERT, &[&key.id, &&key.secret_hash[..], &key.name, &key.kind, &created, &optional])
            .await
            .map_err(write_error)?;
        Ok(())
    }

    async fn find_api_key(&self, secret_hash: &[u8; 32]) -> Result<Option<ApiKeyRow>, StoreError> {
        let results = self
            .driver
            .pool
            .read(select!("WHERE secret_hash = @P1"), &[&&secret_hash[..]])
            .await
            .map_err(store_error)?;
        rows::first(&results).map(read).transpose()
    }

    async fn list_api_keys(&self) -> Result<Vec<ApiKeyRow>, StoreError> {
        let results =
            self.driver.pool.read(select!("ORDER BY created_at"), &[]).await.map_err(store_error)?;
        let mut keys = results.iter().flatten().map(read).collect::<Result<Vec<_>, _>>()?;
        // Here and not there: the server sorts ids by their last bytes first.
        keys.sort_by_key(|key| (key.created_at, key.id));
        Ok(keys)
    }

    async fn revoke_api_key(&self, id: Uuid, now: Timestamp) -> Result<bool, StoreError> {
        let results = self
            .driver
            .pool
            .write(
                "UPDATE store.api_keys SET revoked_at = @P1 \
                 WHERE id = @P2 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > @P1); \
                 SELECT CAST(@@ROWCOUNT AS BIGINT)",
                &[&now.as_microsecond(), &id],
            )
            .await
            .map_err(store_error)?;
        Ok(rows::first(&results).map_or(Ok(0), |row| rows::unsigned(row, 0))? == 1)
    }

    async fn touch_api_keys(&self, used: &[(Uuid, Timestamp)]) -> Result<(), StoreError> {
        if used.is_empty() {
            return Ok(());
        }
        let used = json(used.iter().map(|(id, at)| Used { i: *id, a: at.as_microsecond() }))?;
        self.driver.pool.write(TOUCH, &[&used]).await.map_err(store_error)?;
        Ok(())
    }
}

fn read(row: &Row) -> Result<ApiKeyRow, StoreError> {
    Ok(ApiKeyRow {
        id: rows::value(row, 0)?,
        secret_hash: rows::hash(row, 1)?,
        name: rows::value::<&str>(row, 2)?.to_owned(),
        kind: rows::value::<&str>(row, 3)?.to_owned(),
        location: rows::optional::<Uuid>(row, 4)?.map(LocationId),
        created_at: rows::instant(row, 5)?,
        expires_at: rows::optional_instant(row, 6)?,
        revoked_at: rows::optional_instant(row, 7)?,
        last_used_at: rows::optional_instant(row, 8)?,
    })
}
