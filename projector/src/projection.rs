//! What a projection is: a name, tables, and how events change their rows.

use async_trait::async_trait;
use read_store::{ReadModel, Table, Tx};

use crate::{decode::Event, error::ApplyError, rows::Context};

/// Read tables built from the log by one function.
///
/// Rows must follow from the events alone: no clock, no randomness, nothing from outside. Applying an
/// event again must change nothing; keep the version of the stream a row follows and pass over events
/// that are not newer (see `projections::locations`). Do not guard by position in rows that several
/// streams feed: a parked event that is retried comes after later ones of other streams.
#[async_trait]
pub trait Projection: Send + Sync + 'static {
    /// Its name and its tables, as the readers of these know them.
    fn model(&self) -> &'static ReadModel;

    /// Raised whenever its tables or its function change: the tables are then built anew.
    fn version(&self) -> u32;

    /// See [`ReadModel::name`].
    fn name(&self) -> &'static str {
        self.model().name
    }

    /// See [`ReadModel::tables`].
    fn tables(&self) -> &'static [&'static Table] {
        self.model().tables
    }

    /// Whether it wants events of this type; others are passed over without being decoded.
    fn handles(&self, event_type: &str) -> bool;

    /// Whether an event of this type is applied although something of its stream is parked: what must not
    /// wait for an operator, such as erasing a person. What is parked is then applied after it, if ever. What such an
    /// event removes leaves the files too.
    fn cannot_wait(&self, _event_type: &str) -> bool {
        false
    }

    /// Changes the rows for `events`, which are in order: load what their keys need, fold in memory,
    /// flush once a table.
    ///
    /// # Errors
    /// [`ApplyError::Event`] for an event that cannot be applied: everything is rolled back, what came
    /// before it is applied alone, and it is parked with everything later of its stream.
    async fn apply(&self, tx: &mut Tx, events: &[Event], context: &mut Context) -> Result<(), ApplyError>;
}
