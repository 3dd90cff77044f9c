//! What a check of the whole store asks beside the log itself.

use async_trait::async_trait;
use domain::{ids::StreamName, log::Version};

use crate::{Export, StoreError};

/// Reads what only a check of the whole store needs.
#[async_trait]
pub trait Inspect: Export {
    /// What the database's own check of its file finds broken, at most twenty sentences. A server's operator has other
    /// means; nothing is checked there.
    ///
    /// # Errors
    /// `Unavailable`, or `Corrupt` when not even the check can be done.
    async fn integrity(&self) -> Result<Vec<String>, StoreError>;

    /// At most `limit` streams after `after` in the order of their names, each with its last version as appends see it.
    ///
    /// # Errors
    /// As reads.
    async fn stream_ends(
        &self,
        after: Option<&StreamName>,
        limit: usize,
    ) -> Result<Vec<(StreamName, Version)>, StoreError>;
}
