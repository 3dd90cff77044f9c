//! Reading the log and its streams, from the pool.

use std::sync::Arc;

use ::mssql::Pool;
use domain::{
    ids::{EventId, StreamName},
    log::{CommandId, Head, Position, Version},
};
use events::RecordedEvent;

use super::{
    answers::Answers,
    fault::store_error,
    rows::{self, EventReader, event_columns},
    snapshots::Snapshotted,
};
use crate::{
    StoreError, StoredAnswer,
    event_store::Driver,
    group::{Dense, Forget, sql_limit},
};

const READ_HEAD: &str = "SELECT position, timeline FROM store.log_head WHERE shard = 0";
/// The head is read before the events, so that it can only be older: events up to it must be there.
const READ_LOG: &str = concat!(
    "SELECT position, timeline FROM store.log_head WHERE shard = 0; SELECT TOP (@P2) ",
    event_columns!(),
    " FROM store.events e WHERE e.position >= @P1 ORDER BY e.position"
);
/// The places come from the narrow index alone, and each event from its place: whatever the tables held when a plan was
/// made, none of them reads the log from end to end.
const READ_STREAM: &str = concat!(
    "SELECT ",
    event_columns!(),
    " FROM (SELECT TOP (@P3) position, version FROM store.events WHERE stream = CAST(@P1 AS NVARCHAR(200)) ",
    "COLLATE Latin1_General_100_BIN2 AND version >= @P2 ORDER BY version) place ",
    "CROSS APPLY (SELECT TOP (1) * FROM store.events WHERE position = place.position) e ORDER BY place.version"
);
const READ_EVENT: &str = concat!("SELECT ", event_columns!(), " FROM store.events e WHERE e.id = @P1");
const READ_ANSWER: &str = "SELECT c.id, c.request_hash, c.status, c.answer, c.position, h.timeline \
     FROM store.commands c CROSS JOIN store.log_head h WHERE c.id = @P1 AND h.shard = 0";

/// The connections to one database, and what is known of its snapshots.
pub struct MssqlDriver {
    pub(super) pool: Pool,
    pub(super) snapshotted: Snapshotted,
}

impl MssqlDriver {
    pub(super) fn new(pool: Pool) -> Self {
        Self { pool, snapshotted: Snapshotted::default() }
    }
}

impl Driver for MssqlDriver {
    async fn read_log(&self, from: Position, limit: usize) -> Result<Vec<Arc<RecordedEvent>>, StoreError> {
        let params: [i64; 2] = [from.0.cast_signed(), sql_limit(limit)];
        let results = self.pool.read(READ_LOG, &[&params[0], &params[1]]).await.map_err(store_error)?;
        let head = rows::head(rows::first(&results))?;
        let mut reader = EventReader::default();
        let mut log = Dense::from(from);
        for row in results.get(1).into_iter().flatten() {
            log.push(reader.read(row)?)?;
        }
        log.finish(limit, head)
    }

    async fn read_stream(
        &self,
        stream: &StreamName,
        from: Version,
        limit: usize,
    ) -> Result<Vec<RecordedEvent>, StoreError> {
        let (from, limit) = (from.0.cast_signed(), sql_limit(limit));
        let results =
            self.pool.read(READ_STREAM, &[&stream.as_str(), &from, &limit]).await.map_err(store_error)?;
        let mut reader = EventReader::default();
        results.iter().flatten().map(|row| reader.read(row)).collect()
    }

    async fn read_event(&self, id: EventId) -> Result<Option<RecordedEvent>, StoreError> {
        let results = self.pool.read(READ_EVENT, &[&id.0]).await.map_err(store_error)?;
        rows::first(&results).map(|row| EventReader::default().read(row)).transpose()
    }

    async fn read_head(&self) -> Result<Head, StoreError> {
        let results = self.pool.read(READ_HEAD, &[]).await.map_err(store_error)?;
        rows::head(rows::first(&results))
    }

    async fn read_answer(&self, command: CommandId) -> Result<Option<StoredAnswer>, StoreError> {
        let results = self.pool.read(READ_ANSWER, &[&command.0]).await.map_err(store_error)?;
        let Some(row) = rows::first(&results) else { return Ok(None) };
        let timeline = rows::head_at(row, 4)?.timeline;
        rows::answer(row, timeline).map(|(_, answer)| Some(answer))
    }

    fn answers(&self) -> impl Forget + 'static {
        Answers(self.pool.clone())
    }

    async fn close(&self) {
        self.pool.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_found_by_its_index_alone() {
        let (_, rest) = READ_STREAM.split_once(" FROM (SELECT TOP (@P3) ").unwrap();
        let (columns, rest) = rest.split_once(" FROM store.events WHERE ").unwrap();
        // All that the unique key on stream and version holds, the clustered key included.
        assert_eq!(columns, "position, version");
        let (found, rest) = rest.split_once(") place ").unwrap();
        assert!(found.starts_with("stream = CAST(@P1 AS NVARCHAR(200))"), "of the column's type: {found}");
        assert!(rest.starts_with("CROSS APPLY (SELECT TOP (1) "), "{rest}");
    }
}
