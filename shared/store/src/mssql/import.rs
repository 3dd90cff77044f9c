//! Taking over the content of another store, batch by batch. Each batch is a transaction that begins where the
//! log ends, so that an import that was interrupted goes on there; until it is finished, no service opens the
//! log.

use std::{borrow::Cow, sync::Arc};

use ::mssql::{Client, MssqlConfig, MssqlError, Pool, PoolOptions, rows_of};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use domain::log::{Head, Position};
use events::RecordedEvent;
use jiff::Timestamp;
use tiberius::{ColumnData, TokenRow};
use uuid::Uuid;

use super::{
    bulk::{self, Answer, number, text, token_row},
    fault::store_error,
    rows,
};
use crate::{ApiKeyRow, CommandRecord, Export, PersonKeyRecord, StoreError};

/// Why a database cannot take over a store.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// It is in use.
    #[error("the database holds a venue of its own; promote into an empty database")]
    Foreign,
    /// It took the store over before.
    #[error(
        "the database was promoted into before and has gone on by itself; promote into an empty database"
    )]
    GoneOn,
    /// One of the two cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<MssqlError> for ImportError {
    fn from(error: MssqlError) -> Self {
        Self::Store(store_error(error))
    }
}

/// Part of a log, with the answers of the commands that end in it.
#[derive(Clone, Debug, Default)]
pub struct ImportBatch {
    /// One or more, without a hole, from the position after the last batch's.
    pub events: Vec<Arc<RecordedEvent>>,
    /// Answers whose positions are not after the last event's.
    pub commands: Vec<CommandRecord>,
}

/// What is written at the end, all at once.
#[derive(Clone, Debug, Default)]
pub struct ImportEnd {
    /// Answers that no batch had: those of a store without events.
    pub commands: Vec<CommandRecord>,
    /// All person keys.
    pub person_keys: Vec<PersonKeyRecord>,
    /// All API keys.
    pub api_keys: Vec<ApiKeyRow>,
}

/// A database that takes over a store.
pub struct Importer {
    pool: Pool,
    position: Position,
    finished: bool,
}

const LOOK: &str = "SELECT position, timeline, promotion FROM store.log_head WHERE shard = 0; \
    SELECT (SELECT COUNT_BIG(*) FROM store.commands) + (SELECT COUNT_BIG(*) FROM store.person_keys) \
        + (SELECT COUNT_BIG(*) FROM store.api_keys)";
const BEGIN: &str = "UPDATE store.log_head SET timeline = @P1, promotion = 0 WHERE shard = 0";
const LAST: &str = "SELECT id FROM store.events WHERE position = @P1";
/// Takes the lock that every append takes.
const LOCK: &str = "UPDATE store.log_head SET batches = batches + 1 WHERE shard = 0; \
    SELECT position, timeline, promotion FROM store.log_head WHERE shard = 0";
const ADVANCE: &str = "UPDATE store.log_head SET position = @P1 WHERE shard = 0";
const FINISH: &str = "UPDATE store.log_head SET promotion = 1 WHERE shard = 0";
const UNFINISHED: &str = "SELECT position FROM store.log_head WHERE shard = 0 AND promotion = 0";

const PERSON_KEYS: &str = "store.person_keys";
const PERSON_KEY_COLUMNS: [&str; 4] = ["person", "wrapped", "created_at", "destroyed_at"];
const API_KEYS: &str = "store.api_keys";
const API_KEY_COLUMNS: [&str; 9] = [
    "id",
    "secret_hash",
    "name",
    "kind",
    "location",
    "created_at",
    "expires_at",
    "revoked_at",
    "last_used_at",
];

/// The largest number of rows sent at once.
const ROWS: usize = 5_000;

/// Nobody opens a log that is not there as a whole.
///
/// # Errors
/// `Schema`, saying what to run.
pub(super) async fn refuse_unfinished(pool: &Pool) -> Result<(), StoreError> {
    let found = pool.read(UNFINISHED, &[]).await.map_err(store_error)?;
    match rows::first(&found) {
        None => Ok(()),
        Some(_) => Err(StoreError::Schema(
            "a promotion into this database has not ended: let `aerosports promote` end, or run it again"
                .into(),
        )),
    }
}

impl Importer {
    /// Begins to take over `source`, or goes on where an earlier import ended.
    ///
    /// # Errors
    /// `Foreign` and `GoneOn` when the database holds something else.
    pub async fn begin(config: &MssqlConfig, source: &dyn Export) -> Result<Self, ImportError> {
        let pool = Pool::new(config.clone(), PoolOptions { connections: 2, ..PoolOptions::default() });
        let found = pool.read(LOOK, &[]).await?;
        let (head, promotion) = state(rows::first(&found))?;
        let others = found.get(1).and_then(|rows| rows.first());
        let others = others.map_or(Ok(0), |row| rows::value::<i64>(row, 0))?;
        let source_head = source.head().await?;
        let importer = Self { pool, position: head.position, finished: promotion == Some(1) };
        match promotion {
            None if head.position > Position(0) || others > 0 => Err(ImportError::Foreign),
            None => {
                importer.pool.write(BEGIN, &[&source_head.timeline.cast_signed()]).await?;
                Ok(importer)
            }
            Some(1) if head != source_head => Err(ImportError::GoneOn),
            Some(_) => importer.same_log(source, head).await,
        }
    }

    /// The log so far must be the beginning of the source's.
    async fn same_log(self, source: &dyn Export, head: Head) -> Result<Self, ImportError> {
        if head.timeline != source.head().await?.timeline {
            return Err(ImportError::Foreign);
        }
        let found = self.pool.read(LAST, &[&head.position.0.cast_signed()]).await?;
        let Some(last) = rows::first(&found) else { return Ok(self) };
        let last: Uuid = rows::value(last, 0)?;
        match source.read_log(head.position, 1).await?.first() {
            Some(event) if event.id.0 == last => Ok(self),
            _ => Err(ImportError::Foreign),
        }
    }

    /// The last position that is here.
    #[must_use]
    pub fn position(&self) -> Position {
        self.position
    }

    /// An earlier import was finished: there is nothing to write.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.finished
    }

    /// Writes one more batch, all of it or nothing.
    ///
    /// # Errors
    /// `Misuse` when somebody else writes to the database; `Unavailable`. After either, begin again.
    pub async fn write(&mut self, batch: &ImportBatch) -> Result<(), StoreError> {
        let end = batch.events.last().map_or(self.position, |event| event.position);
        let mut connection = self.pool.acquire().await.map_err(store_error)?;
        self.lock(&mut connection).await?;
        bulk::insert_recorded(&mut connection, batch.events.iter().map(|event| &**event))
            .await
            .map_err(store_error)?;
        bulk::insert_answers(&mut connection, batch.commands.iter().map(answer))
            .await
            .map_err(store_error)?;
        rows_of(&mut connection, ADVANCE, &[&end.0.cast_signed()]).await.map_err(store_error)?;
        commit(&mut connection).await?;
        connection.release();
        self.position = end;
        Ok(())
    }

    /// Writes what is left, and lets services in.
    ///
    /// # Errors
    /// As [`Importer::write`].
    pub async fn finish(self, end: &ImportEnd) -> Result<(), StoreError> {
        let mut connection = self.pool.acquire().await.map_err(store_error)?;
        self.lock(&mut connection).await?;
        bulk::insert_answers(&mut connection, end.commands.iter().map(answer)).await.map_err(store_error)?;
        for keys in end.person_keys.chunks(ROWS) {
            bulk::load(&mut connection, PERSON_KEYS, &PERSON_KEY_COLUMNS, keys.iter().map(person_key))
                .await
                .map_err(store_error)?;
        }
        bulk::load(&mut connection, API_KEYS, &API_KEY_COLUMNS, end.api_keys.iter().map(api_key))
            .await
            .map_err(store_error)?;
        rows_of(&mut connection, FINISH, &[]).await.map_err(store_error)?;
        commit(&mut connection).await?;
        connection.release();
        self.pool.close();
        Ok(())
    }

    /// Begins a transaction on the log as this import left it.
    async fn lock(&self, client: &mut Client) -> Result<(), StoreError> {
        Box::pin(client.begin_transaction()).await.map_err(|error| store_error(error.into()))?;
        let found = rows_of(client, LOCK, &[]).await.map_err(store_error)?;
        let (head, promotion) = state(rows::first(&found))?;
        if head.position == self.position && promotion == Some(0) {
            return Ok(());
        }
        Err(StoreError::Misuse("somebody else writes to the database that is promoted into".into()))
    }
}

/// Reads `position, timeline, promotion`.
fn state(row: Option<&tiberius::Row>) -> Result<(Head, Option<i32>), StoreError> {
    let head = rows::head(row)?;
    Ok((head, row.map_or(Ok(None), |row| rows::optional(row, 2))?))
}

async fn commit(client: &mut Client) -> Result<(), StoreError> {
    Box::pin(client.commit_transaction()).await.map_err(|error| store_error(error.into()))
}

fn answer(record: &CommandRecord) -> Answer<'_> {
    Answer {
        position: record.position,
        id: record.id,
        request_hash: &record.request_hash,
        status: record.status,
        body: &record.body,
        at: record.at,
    }
}

fn person_key(key: &PersonKeyRecord) -> TokenRow<'_> {
    let wrapped = key.wrapped.as_ref().map(|wrapped| Cow::Owned(BASE64_STANDARD.encode(&wrapped.0)));
    token_row([
        ColumnData::Guid(Some(key.person.0)),
        ColumnData::String(wrapped),
        number(key.created_at.as_microsecond()),
        optional(key.destroyed_at),
    ])
}

fn api_key(key: &ApiKeyRow) -> TokenRow<'_> {
    token_row([
        ColumnData::Guid(Some(key.id)),
        ColumnData::Binary(Some(Cow::Borrowed(&key.secret_hash[..]))),
        text(&key.name),
        text(&key.kind),
        ColumnData::Guid(key.location.map(|location| location.0)),
        number(key.created_at.as_microsecond()),
        optional(key.expires_at),
        optional(key.revoked_at),
        optional(key.last_used_at),
    ])
}

fn optional(at: Option<Timestamp>) -> ColumnData<'static> {
    ColumnData::I64(at.map(Timestamp::as_microsecond))
}
