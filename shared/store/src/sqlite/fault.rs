//! What a driver error means: told apart by SQLite's result code and the constraint it names.

use crate::{
    StoreError,
    group::{Constraint, Fault},
};

// https://www.sqlite.org/rescode.html: the low byte is the primary code.
const BUSY: u32 = 5;
const LOCKED: u32 = 6;
const READONLY: u32 = 8;
const IOERR: u32 = 10;
const CORRUPT: u32 = 11;
const FULL: u32 = 13;
const CANTOPEN: u32 = 14;
const CONSTRAINT: u32 = 19;
const NOTADB: u32 = 26;

impl From<sqlx::Error> for Fault {
    fn from(error: sqlx::Error) -> Self {
        match constraint_of(&error) {
            Some(constraint) => Self::Constraint(constraint, error.to_string()),
            None => Self::Store(store_error(error)),
        }
    }
}

/// The error a caller sees when a statement outside a commit fails.
pub(super) fn store_error(error: sqlx::Error) -> StoreError {
    match &error {
        sqlx::Error::Database(database) => match primary_code(&**database) {
            code @ (FULL | READONLY) => not_writable(code, error),
            BUSY | LOCKED | IOERR | CANTOPEN => StoreError::Unavailable(error.into()),
            CORRUPT | NOTADB => StoreError::Corrupt(error.to_string()),
            _ => StoreError::Misuse(error.to_string()),
        },
        sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => StoreError::Corrupt(error.to_string()),
        sqlx::Error::Encode(_) | sqlx::Error::InvalidArgument(_) => StoreError::Misuse(error.to_string()),
        _ => StoreError::Unavailable(error.into()),
    }
}

/// The error when a write fails that was only to show whether the store can be written.
pub(super) fn probe_error(error: sqlx::Error) -> StoreError {
    match error.as_database_error().map(primary_code) {
        Some(code @ (FULL | READONLY | IOERR | CANTOPEN)) => not_writable(code, error),
        _ => store_error(error),
    }
}

fn not_writable(code: u32, error: sqlx::Error) -> StoreError {
    let why = match code {
        FULL => "the disk is full",
        READONLY => "the file is read-only",
        CANTOPEN => "the file cannot be opened",
        _ => "the disk refuses to write",
    };
    StoreError::NotWritable { why, source: error.into() }
}

/// The error when COMMIT itself fails: a database that is busy, full or read-only has certainly written nothing.
pub(super) fn commit_error(error: sqlx::Error) -> StoreError {
    match error.as_database_error().map(primary_code) {
        Some(BUSY | LOCKED | FULL | READONLY) => store_error(error),
        _ => StoreError::OutcomeUnknown(error.into()),
    }
}

fn constraint_of(error: &sqlx::Error) -> Option<Constraint> {
    let database = error.as_database_error()?;
    (primary_code(database) == CONSTRAINT).then(|| named_constraint(database.message()))
}

/// SQLite names the columns, as in `UNIQUE constraint failed: events.stream, events.version`.
fn named_constraint(message: &str) -> Constraint {
    const NAMES: [(&str, Constraint); 4] = [
        ("failed: events.stream_number, events.version", Constraint::StreamVersion),
        ("failed: events.id", Constraint::EventId),
        ("failed: commands.id", Constraint::CommandId),
        ("failed: person_keys.person", Constraint::Person),
    ];
    NAMES.iter().find(|(name, _)| message.ends_with(name)).map_or(Constraint::Other, |(_, found)| *found)
}

fn primary_code(error: &dyn sqlx::error::DatabaseError) -> u32 {
    error.code().and_then(|code| code.parse::<u32>().ok()).unwrap_or(0) & 0xff
}
