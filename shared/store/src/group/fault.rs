//! Why a batch did not commit.

use crate::StoreError;

/// Why a transaction did not commit.
#[derive(Debug)]
pub(crate) enum Fault {
    /// A constraint refused a row: one command of the batch is to blame. With the driver's words.
    Constraint(Constraint, String),
    /// The store itself failed.
    Store(StoreError),
}

/// The constraint that refused a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Constraint {
    /// A version of a stream is in the log already.
    StreamVersion,
    /// An event id is.
    EventId,
    /// A command id has an answer already.
    CommandId,
    /// A person has or had a key.
    Person,
    /// One that nothing here expects.
    Other,
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<Fault> for StoreError {
    /// For statements that no constraint should refuse.
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Store(error) => error,
            Fault::Constraint(_, words) => Self::Misuse(words),
        }
    }
}

/// The same error once more: everyone who waits for a failed batch gets one.
pub(super) fn replicate(error: &StoreError) -> StoreError {
    match error {
        StoreError::Unavailable(cause) => StoreError::Unavailable(anyhow::anyhow!("{cause:#}")),
        StoreError::NotWritable { why, source } => {
            StoreError::NotWritable { why, source: anyhow::anyhow!("{source:#}") }
        }
        StoreError::OutcomeUnknown(cause) => StoreError::OutcomeUnknown(anyhow::anyhow!("{cause:#}")),
        StoreError::Corrupt(what) => StoreError::Corrupt(what.clone()),
        StoreError::Misuse(what) => StoreError::Misuse(what.clone()),
        StoreError::Schema(what) => StoreError::Schema(what.clone()),
    }
}
