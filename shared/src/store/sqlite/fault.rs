//! What a driver error means: told apart by SQLite's result code and the constraint it names.

use crate::store::StoreError;

/// Why a transaction did not commit.
#[derive(Debug)]
pub(super) enum Fault {
    /// A constraint refused a row: one command of the batch is to blame.
    Constraint(Constraint, sqlx::Error),
    /// The store itself failed.
    Store(StoreError),
}

/// The constraint that refused a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Constraint {
    /// `events (stream_number, version)`: the streams table disagrees with the log.
    StreamVersion,
    /// `events (id)`.
    EventId,
    /// `commands (id)`.
    CommandId,
    /// `person_keys (person)`.
    Person,
    /// One that nothing here expects.
    Other,
}

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
            Some(constraint) => Self::Constraint(constraint, error),
            None => Self::Store(store_error(error)),
        }
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// The error a caller sees when a statement outside a commit fails.
pub(super) fn store_error(error: sqlx::Error) -> StoreError {
    match &error {
        sqlx::Error::Database(database) => match primary_code(&**database) {
            BUSY | LOCKED | READONLY | IOERR | FULL | CANTOPEN => StoreError::Unavailable(error.into()),
            CORRUPT | NOTADB => StoreError::Corrupt(error.to_string()),
            _ => StoreError::Misuse(error.to_string()),
        },
        sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => StoreError::Corrupt(error.to_string()),
        sqlx::Error::Encode(_) | sqlx::Error::InvalidArgument(_) => StoreError::Misuse(error.to_string()),
        _ => StoreError::Unavailable(error.into()),
    }
}

/// The error when COMMIT itself fails: only a busy database has certainly written nothing.
pub(super) fn commit_error(error: sqlx::Error) -> StoreError {
    match &error {
        sqlx::Error::Database(database) if matches!(primary_code(&**database), BUSY | LOCKED) => {
            StoreError::Unavailable(error.into())
        }
        _ => StoreError::OutcomeUnknown(error.into()),
    }
}

/// The same error once more: every command of a failed batch gets one.
pub(super) fn replicate(error: &StoreError) -> StoreError {
    match error {
        StoreError::Unavailable(cause) => StoreError::Unavailable(anyhow::anyhow!("{cause:#}")),
        StoreError::OutcomeUnknown(cause) => StoreError::OutcomeUnknown(anyhow::anyhow!("{cause:#}")),
        StoreError::Corrupt(what) => StoreError::Corrupt(what.clone()),
        StoreError::Misuse(what) => StoreError::Misuse(what.clone()),
        StoreError::Schema(what) => StoreError::Schema(what.clone()),
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
