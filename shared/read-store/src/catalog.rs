//! The executor's own tables: which generation is active, how far each projection is, what is parked.
//!
//! They live beside the read tables, so that they change in the same transaction. Writing them is the
//! projector's job; anybody may read them.

use std::sync::Arc;

use domain::{
    ids::{EventId, StreamName},
    log::{Position, Version},
};
use jiff::Timestamp;

use super::{Generation, Record, Table};

crate::record! {
    /// Which generation of a table readers see.
    pub struct ActiveTable in fixed "active_tables" {
        key {
            /// [`Table::name`].
            table_name: Arc<str>,
        }
        /// See [`super::Generation::version`].
        version: u32,
        /// See [`super::Generation::run`].
        run: u32,
    }
}

crate::record! {
    /// One generation of a projection: its checkpoint and its lease.
    pub struct ProjectionRow in fixed "projections" {
        key {
            /// The projection.
            name: Arc<str>,
            /// See [`super::Generation::version`].
            version: u32,
            /// See [`super::Generation::run`].
            run: u32,
        }
        /// `active`, `building` or `retired`.
        state: Arc<str>,
        /// The last position applied.
        position: Position,
        /// Who holds the lease.
        owner: Option<Arc<str>>,
        /// Grows whenever the lease is taken: writes of an earlier epoch are refused.
        epoch: i64,
        /// When the lease ends unless renewed.
        lease_until: Option<Timestamp>,
        /// Events set aside.
        parked: i64,
        /// Counts changes of rows that no position shows: retried and skipped events.
        revision: i64,
        /// When the checkpoint last moved or the state changed.
        updated_at: Timestamp,
    }
}

crate::record! {
    /// The last event that one generation of a projection wanted, of one location.
    pub struct LocationChange in fixed "projection_locations" {
        key {
            /// The projection.
            projection: Arc<str>,
            /// See [`super::Generation::version`].
            version: u32,
            /// See [`super::Generation::run`].
            run: u32,
            /// The location's id; empty for events of no location, which concern every one.
            location: Arc<str>,
        }
        /// The event.
        position: Position,
    }
}

crate::record! {
    /// The last event that one generation of a projection applied. A log that has another one there is not the log that
    /// the rows were built from.
    pub struct AppliedEvent in fixed "projection_events" {
        key {
            /// The projection.
            projection: Arc<str>,
            /// See [`super::Generation::version`].
            version: u32,
            /// See [`super::Generation::run`].
            run: u32,
        }
        /// Where it stands in the log.
        position: Position,
        /// Its id.
        event_id: EventId,
    }
}

crate::record! {
    /// An event set aside: one that failed, or a later one of the same stream.
    pub struct ParkedRow in fixed "parked_events" {
        key {
            /// The projection.
            projection: Arc<str>,
            /// See [`super::Generation::version`].
            version: u32,
            /// See [`super::Generation::run`].
            run: u32,
            /// The event.
            position: Position,
        }
        /// Its stream.
        stream: StreamName,
        /// Its place there.
        stream_version: Version,
        /// Its type.
        event_type: Arc<str>,
        /// Why it failed; none when it only waits behind one that did.
        error: Option<Arc<str>>,
        /// How often it was tried.
        tries: i64,
        /// `retry` or `skip`: what an operator requested and the owner has not done yet.
        requested as "wish": Option<Arc<str>>,
        /// When it was set aside.
        parked_at: Timestamp,
    }
    index "stream" (projection, version, run, stream);
}

crate::record! {
    /// An event that an operator gave up in one generation of a projection, or requested to give up: the record of who
    /// did it and why.
    pub struct SkippedEvent in fixed "skipped_events" {
        key {
            /// The projection.
            projection: Arc<str>,
            /// See [`super::Generation::version`].
            version: u32,
            /// See [`super::Generation::run`].
            run: u32,
            /// The event.
            position: Position,
        }
        /// Its stream.
        stream: StreamName,
        /// Its type.
        event_type: Arc<str>,
        /// Why it could not be applied.
        error: Option<Arc<str>>,
        /// Why it was given up, in the operator's words.
        reason: Arc<str>,
        /// Who requested it.
        requested_by: Arc<str>,
        /// When.
        requested_at: Timestamp,
        /// When the owner did it; none until then.
        skipped_at: Option<Timestamp>,
    }
}

crate::record! {
    /// Which tables a generation has: the code that made it may be gone.
    pub struct GenerationTable in fixed "generation_tables" {
        key {
            /// The projection.
            projection: Arc<str>,
            /// See [`super::Generation::version`].
            version: u32,
            /// See [`super::Generation::run`].
            run: u32,
            /// [`Table::name`].
            table_name: Arc<str>,
        }
    }
}

impl ProjectionRow {
    /// Serves readers.
    pub const ACTIVE: &'static str = "active";
    /// Being filled.
    pub const BUILDING: &'static str = "building";
    /// Kept to go back to.
    pub const RETIRED: &'static str = "retired";

    /// Which generation it is about.
    #[must_use]
    pub fn generation(&self) -> Generation {
        Generation { version: self.version, run: self.run }
    }
}

impl ParkedRow {
    /// The column of `requested`, as the tables of every installation call it.
    pub const REQUESTED: &'static str = "wish";
}

/// All of them, to be created at start.
pub(super) const TABLES: [&Table; 7] = [
    ActiveTable::TABLE,
    GenerationTable::TABLE,
    ProjectionRow::TABLE,
    LocationChange::TABLE,
    AppliedEvent::TABLE,
    ParkedRow::TABLE,
    SkippedEvent::TABLE,
];

/// Whether `table` is one of these: they have no generations.
pub(super) fn has(table: &str) -> bool {
    TABLES.iter().any(|own| own.name == table)
}
