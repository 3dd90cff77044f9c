//! What can go wrong in a store, told apart by what the caller should do next.

/// A failed store operation. `Display` leaves the source out: it is logged once, with its chain.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Not reachable, overloaded or shutting down; nothing was written. Retry later.
    #[error("the event store is not available")]
    Unavailable(#[source] anyhow::Error),
    /// It can be read and not written, as when its disk is full; nothing was written. Others are refused at once until
    /// it takes writes again.
    #[error("the event store cannot be written: {why}")]
    NotWritable {
        /// In fixed words.
        why: &'static str,
        /// What the driver said.
        #[source]
        source: anyhow::Error,
    },
    /// The connection was lost while a commit was under way. Retry with the same ids.
    #[error("the outcome of the commit is unknown")]
    OutcomeUnknown(#[source] anyhow::Error),
    /// The log breaks its own invariants (a hole, an unreadable row). An operator must look.
    #[error("the event store is corrupt: {0}")]
    Corrupt(String),
    /// The schema is not the one this version works with. The message says what to run.
    #[error("the event store's schema does not fit: {0}")]
    Schema(String),
    /// A request no caller of ours should make.
    #[error("the store was misused: {0}")]
    Misuse(String),
}

impl StoreError {
    /// Whether trying again can help.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::NotWritable { .. } | Self::OutcomeUnknown(_))
    }
}
