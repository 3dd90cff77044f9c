//! Rows to values. Columns are read by place: the statements beside their readers fix both.

use domain::{
    ids::{EventId, LocationId},
    log::{CommandId, Head, Position, Token, Version},
};
use events::RecordedEvent;
use jiff::Timestamp;
use tiberius::{FromSql, Row};
use uuid::Uuid;

use crate::{
    StoreError, StoredAnswer,
    group::{Texts, stored_answer, stored_head, unreadable, verify_checksum},
};

/// Where events are.
const TABLE: &str = "store.events";

/// The columns [`EventReader::read`] expects, in its order.
macro_rules! event_columns {
    () => {
        "e.position, e.id, e.stream, e.version, e.type, e.location, e.data, e.metadata, e.recorded_at, e.checksum"
    };
}
pub(super) use event_columns;

/// Turns rows into events and shares the texts that repeat from one to the next.
#[derive(Default)]
pub(super) struct EventReader(Texts);

impl EventReader {
    /// Reads a row of [`event_columns`].
    ///
    /// # Errors
    /// `Corrupt` when it cannot be read, or is not what was written.
    pub(super) fn read(&mut self, row: &Row) -> Result<RecordedEvent, StoreError> {
        let position = Position(unsigned(row, 0)?);
        let event = self.columns(row, position).map_err(|error| unreadable(error, position, TABLE))?;
        verify_checksum(&event, optional(row, 9)?, TABLE)?;
        Ok(event)
    }

    fn columns(&mut self, row: &Row, position: Position) -> Result<RecordedEvent, StoreError> {
        Ok(RecordedEvent {
            position,
            id: EventId(value(row, 1)?),
            stream: value::<&str>(row, 2)?.parse().map_err(|_| corrupt(2, "no name of a stream"))?,
            version: Version(unsigned(row, 3)?),
            event_type: self.0.type_name(value(row, 4)?),
            location: optional::<Uuid>(row, 5)?.map(LocationId),
            data: value::<&str>(row, 6)?.into(),
            metadata: self.0.metadata(value(row, 7)?),
            recorded_at: instant(row, 8)?,
        })
    }
}

/// The only row of a result that has at most one.
pub(super) fn first(results: &[Vec<Row>]) -> Option<&Row> {
    results.first()?.first()
}

/// Reads `position, timeline`.
pub(super) fn head(row: Option<&Row>) -> Result<Head, StoreError> {
    head_at(row.ok_or_else(|| StoreError::Corrupt("log_head has no row".into()))?, 0)
}

/// Reads `position, timeline` from the column `first` on.
pub(super) fn head_at(row: &Row, first: usize) -> Result<Head, StoreError> {
    stored_head(unsigned(row, first)?, value::<i32>(row, first + 1)?.into())
}

/// Reads `id, request_hash, status, answer, position`.
pub(super) fn answer(row: &Row, timeline: u32) -> Result<(CommandId, StoredAnswer), StoreError> {
    let token = Token { timeline, position: Position(unsigned(row, 4)?) };
    let answer = stored_answer(hash(row, 1)?, value::<i16>(row, 2)?.into(), value(row, 3)?, token)?;
    Ok((CommandId(value(row, 0)?), answer))
}

/// A value that is always there.
pub(super) fn value<'a, T: FromSql<'a>>(row: &'a Row, column: usize) -> Result<T, StoreError> {
    optional(row, column)?.ok_or_else(|| corrupt(column, "a value is missing"))
}

/// A value that may be absent.
pub(super) fn optional<'a, T: FromSql<'a>>(row: &'a Row, column: usize) -> Result<Option<T>, StoreError> {
    row.try_get(column).map_err(|error| corrupt(column, &error.to_string()))
}

/// A whole number that is never negative.
pub(super) fn unsigned(row: &Row, column: usize) -> Result<u64, StoreError> {
    u64::try_from(value::<i64>(row, column)?).map_err(|_| corrupt(column, "a count is negative"))
}

/// A log's timeline.
pub(super) fn timeline(row: &Row, column: usize) -> Result<u32, StoreError> {
    u32::try_from(value::<i32>(row, column)?).map_err(|_| corrupt(column, "a timeline is out of range"))
}

/// 32 bytes.
pub(super) fn hash(row: &Row, column: usize) -> Result<[u8; 32], StoreError> {
    value::<&[u8]>(row, column)?.try_into().map_err(|_| corrupt(column, "a hash has not 32 bytes"))
}

/// An instant.
pub(super) fn instant(row: &Row, column: usize) -> Result<Timestamp, StoreError> {
    optional_instant(row, column)?.ok_or_else(|| corrupt(column, "an instant is missing"))
}

/// An instant that may be absent.
pub(super) fn optional_instant(row: &Row, column: usize) -> Result<Option<Timestamp>, StoreError> {
    let instant = |micros| {
        Timestamp::from_microsecond(micros).map_err(|_| corrupt(column, "an instant is out of range"))
    };
    optional::<i64>(row, column)?.map(instant).transpose()
}

fn corrupt(column: usize, what: &str) -> StoreError {
    StoreError::Corrupt(format!("column {column} of a row: {what}"))
}
