//! What a failed statement means to the store's callers.

use ::mssql::MssqlError;

use crate::{
    StoreError,
    group::{Constraint, Fault},
};

/// The error of a statement that was not a commit: it may be run again.
pub(super) fn store_error(error: MssqlError) -> StoreError {
    match error {
        MssqlError::Unwritable(why, _) => StoreError::NotWritable { why, source: error.into() },
        MssqlError::Unavailable(_) | MssqlError::Refused(..) | MssqlError::Lost(_) | MssqlError::Retry(_) => {
            StoreError::Unavailable(error.into())
        }
        MssqlError::Missing(what) | MssqlError::MissingColumn(what) => {
            StoreError::Schema(format!("{what}; run `aerosports migrate`"))
        }
        MssqlError::Constraint(_) | MssqlError::Bug(_) => StoreError::Misuse(error.to_string()),
    }
}

/// The error of a statement that must not be run twice.
pub(super) fn write_error(error: MssqlError) -> StoreError {
    match error {
        MssqlError::Lost(_) => StoreError::OutcomeUnknown(error.into()),
        error => store_error(error),
    }
}

/// The error of a statement that commits: after a lost connection nobody knows.
fn commit_fault(error: MssqlError) -> Fault {
    match error {
        MssqlError::Lost(_) => Fault::Store(StoreError::OutcomeUnknown(error.into())),
        MssqlError::Constraint(_) => Fault::Constraint(constraint(&error), error.to_string()),
        error => Fault::Store(store_error(error)),
    }
}

/// Where one try failed.
pub(super) enum Failure {
    /// Before COMMIT was sent: nothing was written.
    Before(MssqlError),
    /// With COMMIT under way, or a request that holds it.
    Commit(MssqlError),
    /// The database gave something unreadable, or the plan cannot be sent.
    Store(StoreError),
}

impl Failure {
    /// Whether the server rolled back, so that another try is safe.
    pub(super) fn was_rolled_back(&self) -> bool {
        matches!(self, Self::Before(MssqlError::Retry(_)) | Self::Commit(MssqlError::Retry(_)))
    }
}

impl From<MssqlError> for Failure {
    fn from(error: MssqlError) -> Self {
        Self::Before(error)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<Failure> for Fault {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Before(error @ MssqlError::Lost(_)) => Self::Store(store_error(error)),
            Failure::Before(error) | Failure::Commit(error) => commit_fault(error),
            Failure::Store(error) => Self::Store(error),
        }
    }
}

fn constraint(error: &MssqlError) -> Constraint {
    const NAMES: [(&str, Constraint); 5] = [
        ("UQ_events__stream_version", Constraint::StreamVersion),
        ("UQ_events__id", Constraint::EventId),
        ("UQ_commands__id", Constraint::CommandId),
        ("PK_commands", Constraint::CommandId),
        ("PK_person_keys", Constraint::Person),
    ];
    error.violated(&NAMES).unwrap_or(Constraint::Other)
}
