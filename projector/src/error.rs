//! Why a batch could not be applied.

use domain::log::Position;
use events::RecordedEvent;
use read_store::SqlError;

/// Why a batch could not be applied.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// One event is at fault.
    #[error("the event at {position} cannot be applied")]
    Event {
        /// Which.
        position: Position,
        /// Why.
        #[source]
        source: anyhow::Error,
    },
    /// The read store refused. When that is not transient, the runner finds the event at fault.
    #[error("the read tables could not be changed")]
    Sql(#[from] SqlError),
}

impl ApplyError {
    /// `event` is at fault.
    pub fn event(event: &RecordedEvent, source: impl Into<anyhow::Error>) -> Self {
        Self::Event { position: event.position, source: source.into() }
    }
}
