//! The log as it is read: in order and without a hole, or corrupt.

use std::sync::Arc;

use domain::log::{Head, Position};
use events::RecordedEvent;

use crate::StoreError;

/// Collects a stretch of the log that begins at a position.
pub(crate) struct Dense {
    due: Position,
    events: Vec<Arc<RecordedEvent>>,
}

impl Dense {
    pub(crate) fn from(from: Position) -> Self {
        Self { due: from, events: Vec::new() }
    }

    /// Adds the next event.
    pub(crate) fn push(&mut self, event: RecordedEvent) -> Result<(), StoreError> {
        if event.position != self.due {
            return Err(self.hole());
        }
        self.due = self.due.next();
        self.events.push(Arc::new(event));
        Ok(())
    }

    /// The events. `head` was read before them, so it can only be older: unless `limit` ended the stretch,
    /// events up to it must be there.
    pub(crate) fn finish(self, limit: usize, head: Head) -> Result<Vec<Arc<RecordedEvent>>, StoreError> {
        if self.events.len() < limit && self.due <= head.position {
            return Err(self.hole());
        }
        Ok(self.events)
    }

    fn hole(&self) -> StoreError {
        StoreError::Corrupt(format!("position {} is missing from the log", self.due))
    }
}
