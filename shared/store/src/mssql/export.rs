//! Reading what moves to another store, or is compared with what came from one.

use async_trait::async_trait;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use domain::{
    ids::PlayerId,
    log::{CommandId, Position},
};
use tiberius::Row;
use uuid::Uuid;

use super::{MssqlStore, fault::store_error, rows};
use crate::{
    CommandMark, CommandRecord, Export, PersonKeyRecord, StoreError, WrappedKey,
    group::{sql_limit, stored_status},
};

/// A mark holds the last answer's position and id.
const COMMANDS: &str = "SELECT TOP (@P3) position, id, request_hash, status, answer, at FROM store.commands \
     WHERE position >= @P1 AND (position > @P1 OR id > @P2) ORDER BY position, id";
/// The master key's check stands under the nil id.
const FIRST_PERSON_KEYS: &str = "SELECT TOP (@P2) person, wrapped, created_at, destroyed_at \
     FROM store.person_keys WHERE person >= @P1 ORDER BY person";
const NEXT_PERSON_KEYS: &str = "SELECT TOP (@P2) person, wrapped, created_at, destroyed_at \
     FROM store.person_keys WHERE person > @P1 ORDER BY person";

#[async_trait]
impl Export for MssqlStore {
    async fn export_commands(
        &self,
        after: CommandMark,
        limit: usize,
    ) -> Result<(Vec<CommandRecord>, CommandMark), StoreError> {
        // No id sorts before the nil one.
        let (position, limit) = (after.number.cast_signed(), sql_limit(limit));
        let results =
            self.driver.pool.read(COMMANDS, &[&position, &after.id, &limit]).await.map_err(store_error)?;
        let records = results.iter().flatten().map(command).collect::<Result<Vec<_>, _>>()?;
        let mark = |last: &CommandRecord| CommandMark { number: last.position.0, id: last.id.0 };
        let end = records.last().map_or(after, mark);
        Ok((records, end))
    }

    async fn export_person_keys(
        &self,
        after: Option<PlayerId>,
        limit: usize,
    ) -> Result<Vec<PersonKeyRecord>, StoreError> {
        let (sql, from) = match after {
            None => (FIRST_PERSON_KEYS, Uuid::nil()),
            Some(person) => (NEXT_PERSON_KEYS, person.0),
        };
        let limit = sql_limit(limit);
        let results = self.driver.pool.read(sql, &[&from, &limit]).await.map_err(store_error)?;
        results.iter().flatten().map(person_key).collect()
    }
}

fn command(row: &Row) -> Result<CommandRecord, StoreError> {
    Ok(CommandRecord {
        id: CommandId(rows::value(row, 1)?),
        request_hash: rows::hash(row, 2)?,
        status: stored_status(rows::value::<i16>(row, 3)?.into())?,
        body: rows::value::<&str>(row, 4)?.to_owned(),
        position: Position(rows::unsigned(row, 0)?),
        at: rows::instant(row, 5)?,
    })
}

fn person_key(row: &Row) -> Result<PersonKeyRecord, StoreError> {
    let wrapped = rows::optional::<&str>(row, 1)?.map(|text| BASE64_STANDARD.decode(text)).transpose();
    let wrapped = wrapped.map_err(|_| StoreError::Corrupt("a person's key is not base64".into()))?;
    Ok(PersonKeyRecord {
        person: PlayerId(rows::value(row, 0)?),
        wrapped: wrapped.map(WrappedKey),
        created_at: rows::instant(row, 2)?,
        destroyed_at: rows::optional_instant(row, 3)?,
    })
}
