//! What can go wrong in the read store, told apart by what the caller should do next.

/// A failed operation on the read tables. `Display` leaves the source out.
#[derive(Debug, thiserror::Error)]
pub enum SqlError {
    /// Not reachable, locked or overloaded; nothing was written. Retry later.
    #[error("the read store is not available")]
    Unavailable(#[source] anyhow::Error),
    /// No projection has built this table yet. Retry later.
    #[error("read table {0} is not built yet")]
    NotBuilt(String),
    /// A read table lacks a column. For a reader it is there once this release's tables are built, where those of
    /// another serve until then; whoever writes its own tables waits in vain, so that it does not count as transient.
    #[error("a read table lacks a column: {0}")]
    MissingColumn(String),
    /// Somebody else owns the projection now; nothing was written. Stop.
    #[error("the projection has another owner now")]
    Fenced,
    /// A statement or a value that the read store refuses: trying again cannot help.
    #[error("the read store was misused: {0}")]
    Bug(String),
}

impl SqlError {
    /// Whether trying again can help.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::NotBuilt(_))
    }
}
