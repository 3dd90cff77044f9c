//! Whether the read tables can be written, as the last write of this process has shown.

use std::sync::{Arc, Mutex, PoisonError};

use super::{SqlError, backend};

/// Shared by the transactions of one read store.
#[derive(Clone, Default)]
pub(super) struct Writes(Arc<Mutex<Option<&'static str>>>);

impl Writes {
    /// Remembers the error of a write that no write can be without.
    pub(super) fn note<T>(&self, written: Result<T, SqlError>) -> Result<T, SqlError> {
        if let Some(why) = written.as_ref().err().and_then(backend::unwritable) {
            self.set(Some(why));
        }
        written
    }

    /// Something was written.
    pub(super) fn succeeded(&self) {
        self.set(None);
    }

    /// Why nothing can be written; none while it can.
    pub(super) fn fault(&self) -> Option<&'static str> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, fault: Option<&'static str>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = fault;
    }
}
