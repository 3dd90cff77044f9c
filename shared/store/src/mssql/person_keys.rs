//! Reading person keys; they are made and destroyed inside an append only.

use async_trait::async_trait;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use domain::ids::PlayerId;
use serde::Serialize;
use uuid::Uuid;

use super::{MssqlStore, fault::store_error, parameters::json, rows};
use crate::{PersonKeys, StoreError, WrappedKey};

#[derive(Serialize)]
struct Person {
    p: Uuid,
}

#[async_trait]
impl PersonKeys for MssqlStore {
    async fn person_keys(&self, persons: &[PlayerId]) -> Result<Vec<(PlayerId, WrappedKey)>, StoreError> {
        if persons.is_empty() {
            return Ok(Vec::new());
        }
        let wanted = json(persons.iter().map(|person| Person { p: person.0 }))?;
        let results = self
            .driver
            .pool
            .read(
                "SELECT k.person, k.wrapped FROM store.person_keys k WHERE k.wrapped IS NOT NULL AND k.person IN \
                 (SELECT wanted.p FROM OPENJSON(@P1) WITH (p UNIQUEIDENTIFIER '$.p') wanted)",
                &[&wanted],
            )
            .await
            .map_err(store_error)?;
        let key = |row| {
            let wrapped = BASE64_STANDARD
                .decode(rows::value::<&str>(row, 1)?)
                .map_err(|_| StoreError::Corrupt("a person's key is not base64".into()))?;
            Ok((PlayerId(rows::value(row, 0)?), WrappedKey(wrapped)))
        };
        results.iter().flatten().map(key).collect()
    }
}
