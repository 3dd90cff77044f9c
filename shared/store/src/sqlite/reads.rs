//! Reading the log and its streams, from the pool of read-only connections.

use std::sync::Arc;

use futures::TryStreamExt as _;
use sqlx::{Either, Executor as _};

use super::{
    SqliteStore,
    fault::store_error,
    rows::{self, EventReader, event_columns},
    write,
};
use crate::{
    StoreError, StoredAnswer,
    group::{Dense, advance},
};
use domain::ids::{EventId, StreamName};
use domain::log::{CommandId, Head, Position, Version};
use events::RecordedEvent;

/// The head is read before the events, so that it can only be older: events up to it must be there.
const READ_LOG: &str = concat!(
    "SELECT position, timeline FROM log_head WHERE shard = 0; SELECT ",
    event_columns!(),
    " FROM events AS e WHERE e.position >= ? ORDER BY e.position LIMIT ?"
);
const READ_STREAM: &str = concat!(
    "SELECT ",
    event_columns!(),
    " FROM streams AS s CROSS JOIN events AS e ON e.stream_number = s.number",
    " WHERE s.name = ? AND e.version >= ? ORDER BY e.version LIMIT ?"
);
const READ_EVENT: &str = concat!("SELECT ", event_columns!(), " FROM events AS e WHERE e.id = ?");

impl SqliteStore {
    pub(super) async fn log_from_file(
        &self,
        from: Position,
        limit: usize,
    ) -> Result<Vec<Arc<RecordedEvent>>, StoreError> {
        let mut conn = self.readers.acquire().await.map_err(store_error)?;
        let query = sqlx::query(READ_LOG).bind(from.0.cast_signed()).bind(sql_limit(limit));
        let mut results = (&mut *conn).fetch_many(query);
        let mut reader = EventReader::default();
        let mut head = None;
        let mut log = Dense::from(from);
        while let Some(result) = results.try_next().await.map_err(store_error)? {
            match result {
                Either::Left(_) => {}
                Either::Right(row) if head.is_none() => head = Some(write::head(&row)?),
                Either::Right(row) => log.push(reader.read(&row)?)?,
            }
        }
        let head = head.ok_or_else(|| StoreError::Corrupt("log_head has no row".into()))?;
        log.finish(limit, head)
    }

    pub(super) async fn stream_from_file(
        &self,
        stream: &StreamName,
        from: Version,
        limit: usize,
    ) -> Result<Vec<RecordedEvent>, StoreError> {
        let found = sqlx::query(READ_STREAM)
            .bind(stream.as_str())
            .bind(from.0.cast_signed())
            .bind(sql_limit(limit))
            .fetch_all(&self.readers)
            .await
            .map_err(store_error)?;
        let mut reader = EventReader::default();
        found.iter().map(|row| reader.read(row)).collect()
    }

    pub(super) async fn event_from_file(&self, id: EventId) -> Result<Option<RecordedEvent>, StoreError> {
        let found = sqlx::query(READ_EVENT)
            .bind(id.0.as_bytes().to_vec())
            .fetch_optional(&self.readers)
            .await
            .map_err(store_error)?;
        found.map(|row| EventReader::default().read(&row)).transpose()
    }

    pub(super) async fn head_from_file(&self) -> Result<Head, StoreError> {
        let row = sqlx::query("SELECT position, timeline FROM log_head WHERE shard = 0")
            .fetch_optional(&self.readers)
            .await
            .map_err(store_error)?
            .ok_or_else(|| StoreError::Corrupt("log_head has no row".into()))?;
        let head = write::head(&row)?;
        advance(&self.head, head);
        Ok(head)
    }

    pub(super) async fn answer_from_file(
        &self,
        command: CommandId,
    ) -> Result<Option<StoredAnswer>, StoreError> {
        let found = sqlx::query(
            "SELECT c.id, c.request_hash, c.status, c.answer, c.position, h.timeline
             FROM commands AS c, log_head AS h WHERE c.id = ? AND h.shard = 0",
        )
        .bind(command.0.as_bytes().to_vec())
        .fetch_optional(&self.readers)
        .await
        .map_err(store_error)?;
        let Some(row) = found else { return Ok(None) };
        let timeline = u32::try_from(rows::integer(&row, 5)?)
            .map_err(|_| StoreError::Corrupt("log_head's timeline is out of range".into()))?;
        write::answer(&row, timeline).map(|(_, answer)| Some(answer))
    }
}

fn sql_limit(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}
