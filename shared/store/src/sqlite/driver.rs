//! Reading the log and its streams, from the pool of read-only connections.

use std::sync::Arc;

use domain::{
    ids::{EventId, StreamName},
    log::{CommandId, Head, Position, Version},
};
use events::RecordedEvent;
use futures::TryStreamExt as _;
use sqlx::{Either, Executor as _, sqlite::SqlitePool};
use tokio::sync::Mutex;

use super::{
    answers::Answers,
    checkpoint,
    fault::store_error,
    rows::{self, EventReader, event_columns},
    write,
    writer::{Writer, Writers},
};
use crate::{
    StoreError, StoredAnswer,
    event_store::Driver,
    group::{Dense, Forget, sql_limit, stored_head},
};

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

const READ_HEAD: &str = "SELECT position, timeline FROM log_head WHERE shard = 0";
const READ_ANSWER: &str = "SELECT c.id, c.request_hash, c.status, c.answer, c.position, h.timeline \
     FROM commands AS c, log_head AS h WHERE c.id = ? AND h.shard = 0";

/// The connections to one file.
pub struct SqliteDriver {
    pub(super) readers: SqlitePool,
    pub(super) writers: Arc<Mutex<Writers>>,
}

impl Driver for SqliteDriver {
    async fn read_log(&self, from: Position, limit: usize) -> Result<Vec<Arc<RecordedEvent>>, StoreError> {
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

    async fn read_stream(
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

    async fn read_event(&self, id: EventId) -> Result<Option<RecordedEvent>, StoreError> {
        let found = sqlx::query(READ_EVENT)
            .bind(id.0.as_bytes().to_vec())
            .fetch_optional(&self.readers)
            .await
            .map_err(store_error)?;
        found.map(|row| EventReader::default().read(&row)).transpose()
    }

    async fn read_head(&self) -> Result<Head, StoreError> {
        let row = sqlx::query(READ_HEAD)
            .fetch_optional(&self.readers)
            .await
            .map_err(store_error)?
            .ok_or_else(|| StoreError::Corrupt("log_head has no row".into()))?;
        write::head(&row)
    }

    async fn read_answer(&self, command: CommandId) -> Result<Option<StoredAnswer>, StoreError> {
        let found = sqlx::query(READ_ANSWER)
            .bind(command.0.as_bytes().to_vec())
            .fetch_optional(&self.readers)
            .await
            .map_err(store_error)?;
        let Some(row) = found else { return Ok(None) };
        let head = stored_head(rows::unsigned(&row, 4)?, rows::integer(&row, 5)?)?;
        write::answer(&row, head.timeline).map(|(_, answer)| Some(answer))
    }

    fn answers(&self) -> impl Forget + 'static {
        Answers(Arc::clone(&self.writers))
    }

    async fn close(&self) {
        self.readers.close().await;
        let mut writers = self.writers.lock().await;
        writers.relaxed.close().await;
        if let Err(error) = empty_log(&mut writers.durable).await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "the event store's write-ahead log was not emptied"
            );
        }
        writers.durable.close().await;
    }
}

async fn empty_log(writer: &mut Writer) -> Result<(), StoreError> {
    let emptied = checkpoint::truncate(writer.conn().await?).await?;
    if !emptied {
        tracing::info!("another process reads the event store: its write-ahead log stays");
    }
    Ok(())
}
