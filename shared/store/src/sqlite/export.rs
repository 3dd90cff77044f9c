//! Reading what moves to another store.

use async_trait::async_trait;
use domain::{
    ids::PlayerId,
    log::{CommandId, Position},
};
use sqlx::{Row as _, sqlite::SqliteRow};

use super::{SqliteStore, fault::store_error, rows};
use crate::{
    CommandMark, CommandRecord, Export, PersonKeyRecord, StoreError, WrappedKey,
    group::{sql_limit, stored_status},
};

#[async_trait]
impl Export for SqliteStore {
    async fn export_commands(
        &self,
        after: CommandMark,
        limit: usize,
    ) -> Result<(Vec<CommandRecord>, CommandMark), StoreError> {
        let found = sqlx::query(
            "SELECT seq, id, request_hash, status, answer, position, at FROM commands
             WHERE seq > ? ORDER BY seq LIMIT ?",
        )
        .bind(after.number.cast_signed())
        .bind(sql_limit(limit))
        .fetch_all(&self.driver.readers)
        .await
        .map_err(store_error)?;
        let number = found.last().map_or(Ok(after.number), |row| rows::unsigned(row, 0))?;
        let records = found.iter().map(command).collect::<Result<_, _>>()?;
        Ok((records, CommandMark { number, ..after }))
    }

    async fn export_person_keys(
        &self,
        after: Option<PlayerId>,
        limit: usize,
    ) -> Result<Vec<PersonKeyRecord>, StoreError> {
        // No id is less than an empty one.
        let after = after.map_or_else(Vec::new, |person| person.0.as_bytes().to_vec());
        let found = sqlx::query(
            "SELECT person, wrapped, created_at, destroyed_at FROM person_keys
             WHERE person > ? ORDER BY person LIMIT ?",
        )
        .bind(after)
        .bind(sql_limit(limit))
        .fetch_all(&self.driver.readers)
        .await
        .map_err(store_error)?;
        found.iter().map(person_key).collect()
    }
}

fn command(row: &SqliteRow) -> Result<CommandRecord, StoreError> {
    Ok(CommandRecord {
        id: CommandId(rows::uuid(row, 1)?),
        request_hash: rows::hash(row, 2)?,
        status: stored_status(rows::integer(row, 3)?)?,
        body: rows::text(row, 4)?.to_owned(),
        position: Position(rows::unsigned(row, 5)?),
        at: rows::instant(row, 6)?,
    })
}

fn person_key(row: &SqliteRow) -> Result<PersonKeyRecord, StoreError> {
    Ok(PersonKeyRecord {
        person: PlayerId(rows::uuid(row, 0)?),
        wrapped: wrapped(row)?,
        created_at: rows::instant(row, 2)?,
        destroyed_at: rows::optional_instant(row, 3)?,
    })
}

fn wrapped(row: &SqliteRow) -> Result<Option<WrappedKey>, StoreError> {
    let bytes: Option<Vec<u8>> = row.try_get(1).map_err(store_error)?;
    Ok(bytes.map(WrappedKey))
}
