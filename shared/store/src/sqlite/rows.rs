//! Rows to values. Columns are read by place and unchecked: the statements beside their readers fix both,
//! and a catch-up reads hundreds of thousands of rows a second.

use domain::{
    ids::{EventId, LocationId},
    log::{Position, Version},
};
use events::RecordedEvent;
use jiff::Timestamp;
use sqlx::{Row as _, sqlite::SqliteRow};
use uuid::Uuid;

use super::FILE_NAME;
use crate::{
    StoreError,
    group::{Texts, unreadable, verify_checksum},
};

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
    pub(super) fn read(&mut self, row: &SqliteRow) -> Result<RecordedEvent, StoreError> {
        let position = Position(unsigned(row, 0)?);
        let event = self.columns(row, position).map_err(|error| unreadable(error, position, FILE_NAME))?;
        verify_checksum(&event, optional_blob(row, 9)?, FILE_NAME)?;
        Ok(event)
    }

    fn columns(&mut self, row: &SqliteRow, position: Position) -> Result<RecordedEvent, StoreError> {
        Ok(RecordedEvent {
            position,
            id: EventId(uuid(row, 1)?),
            stream: text(row, 2)?.parse().map_err(|_| corrupt(2, "no name of a stream"))?,
            version: Version(unsigned(row, 3)?),
            event_type: self.0.type_name(text(row, 4)?),
            location: optional_uuid(row, 5)?.map(LocationId),
            data: text(row, 6)?.into(),
            metadata: self.0.metadata(text(row, 7)?),
            recorded_at: instant(row, 8)?,
        })
    }
}

/// A whole number that is never negative.
pub(super) fn unsigned(row: &SqliteRow, column: usize) -> Result<u64, StoreError> {
    u64::try_from(integer(row, column)?).map_err(|_| corrupt(column, "a count is negative"))
}

/// A whole number.
pub(super) fn integer(row: &SqliteRow, column: usize) -> Result<i64, StoreError> {
    row.try_get_unchecked(column).map_err(|error| corrupt(column, &error.to_string()))
}

/// A text, borrowed from the row.
pub(super) fn text(row: &SqliteRow, column: usize) -> Result<&str, StoreError> {
    row.try_get_unchecked(column).map_err(|error| corrupt(column, &error.to_string()))
}

/// A blob, borrowed from the row.
pub(super) fn blob(row: &SqliteRow, column: usize) -> Result<&[u8], StoreError> {
    row.try_get_unchecked(column).map_err(|error| corrupt(column, &error.to_string()))
}

/// A blob that may be absent.
fn optional_blob(row: &SqliteRow, column: usize) -> Result<Option<&[u8]>, StoreError> {
    row.try_get_unchecked(column).map_err(|error| corrupt(column, &error.to_string()))
}

/// A blob of 32 bytes.
pub(super) fn hash(row: &SqliteRow, column: usize) -> Result<[u8; 32], StoreError> {
    blob(row, column)?.try_into().map_err(|_| corrupt(column, "a hash has not 32 bytes"))
}

/// A uuid.
pub(super) fn uuid(row: &SqliteRow, column: usize) -> Result<Uuid, StoreError> {
    Uuid::from_slice(blob(row, column)?).map_err(|_| corrupt(column, "a uuid has not 16 bytes"))
}

/// A uuid that may be absent.
pub(super) fn optional_uuid(row: &SqliteRow, column: usize) -> Result<Option<Uuid>, StoreError> {
    optional_blob(row, column)?
        .map(|bytes| Uuid::from_slice(bytes).map_err(|_| corrupt(column, "a uuid has not 16 bytes")))
        .transpose()
}

/// An instant.
pub(super) fn instant(row: &SqliteRow, column: usize) -> Result<Timestamp, StoreError> {
    Timestamp::from_microsecond(integer(row, column)?)
        .map_err(|_| corrupt(column, "an instant is out of range"))
}

/// An instant that may be absent.
pub(super) fn optional_instant(row: &SqliteRow, column: usize) -> Result<Option<Timestamp>, StoreError> {
    let micros: Option<i64> =
        row.try_get_unchecked(column).map_err(|error| corrupt(column, &error.to_string()))?;
    micros
        .map(|micros| {
            Timestamp::from_microsecond(micros).map_err(|_| corrupt(column, "an instant is out of range"))
        })
        .transpose()
}

fn corrupt(column: usize, what: &str) -> StoreError {
    StoreError::Corrupt(format!("column {column} of a row: {what}"))
}
