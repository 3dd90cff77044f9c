//! Applies a stretch of the log that somebody else reads, as far as a position.

use std::sync::Arc;

use events::RecordedEvent;

use super::{RunError, Runner};
use crate::{
    batch::{Batch, wanted},
    fold::Fold,
    worker::PrepareError,
};

impl From<RunError> for PrepareError {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Sql(error) => Self::Sql(error),
            RunError::Source(error) => Self::Source(error),
            RunError::ReaderEnded => Self::Sql(read_store::SqlError::Fenced),
        }
    }
}

impl Runner {
    /// Applies what of `page` counts for `fold`; an event that cannot be applied is parked.
    pub(crate) async fn fold_page(
        &mut self,
        page: &[Arc<RecordedEvent>],
        fold: &Fold,
    ) -> Result<(), PrepareError> {
        let page = page.get(..page.partition_point(|event| event.position <= fold.until)).unwrap_or_default();
        let Some(last) = page.last() else { return Ok(()) };
        let events = page.iter().filter(|event| !fold.skipped.contains(&event.position)).cloned().collect();
        let events = self.engine.decode.decode(wanted(&*self.projection, events)).await;
        let events = events.map_err(|error| RunError::Source(error.into()))?;
        let batch = Batch::folded(last.position, events);
        Ok(self.take(&batch).await?)
    }

    /// Writes down how far it is.
    pub(crate) async fn end_fold(&mut self) -> Result<(), PrepareError> {
        Ok(self.save().await?)
    }
}
