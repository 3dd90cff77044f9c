//! What a projection is: a name, tables, and how events change their rows.

use std::{
    any::{Any, TypeId},
    collections::HashMap,
};

use async_trait::async_trait;
use shared::domain::log::Position;
use shared::sql::{ReadModel, Record, SqlError, Table, Tx};

use crate::{decode::Event, rows::Rows};

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
    /// wait for an operator, such as erasing a person. What is parked is then applied after it, if ever.
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
    pub fn event(event: &Event, source: impl Into<anyhow::Error>) -> Self {
        Self::Event { position: event.position, source: source.into() }
    }
}

/// What outlives a batch: rows already read. They stay right because no other worker writes them while the lease
/// is ours. The runner drops all of it whenever a transaction is not committed.
#[derive(Default)]
pub struct Context {
    rows: HashMap<TypeId, Box<dyn Any + Send + Sync>>,
}

impl Context {
    /// The rows of `R` known so far. [`Rows::flush`] writes what changed and hands them back here.
    #[must_use]
    pub fn rows<R: Record>(&mut self) -> Rows<R> {
        let known = self.rows.remove(&TypeId::of::<R>());
        known.and_then(|rows| rows.downcast().ok()).map_or_else(Rows::default, |rows| *rows)
    }

    pub(crate) fn keep<R: Record>(&mut self, rows: Rows<R>) {
        self.rows.insert(TypeId::of::<R>(), Box::new(rows));
    }

    pub(crate) fn forget(&mut self) {
        self.rows.clear();
    }
}
