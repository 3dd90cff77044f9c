//! Builds the read tables from the log: each projection's rows and its checkpoint change in one
//! transaction, under a lease whose epoch fences former owners off.
//!
//! To add a projection: declare its tables in a file of `shared/read-model`, copy `projections/locations.rs`, list
//! it in `projections::all`, and let `testing::assert_idempotent` and `testing::assert_rebuild_equal` hold it. A
//! projection never calls out, switches or sends anything: it is run again from the first event whenever its
//! tables are rebuilt.

#![allow(
    clippy::match_wildcard_for_single_variants,
    reason = "a fact that changes no row of a projection needs no line in it"
)]

mod batch;
mod bus_log;
mod checkpoint;
mod decode;
mod engine;
mod error;
mod fold;
mod generations;
mod openers;
mod parked;
mod projection;
pub mod projections;
mod rows;
mod runner;
mod source;
mod status;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
mod worker;

pub use bus_log::BusLog;
pub use decode::{Decode, Event, Openers, StoredEvents};
pub use engine::Config;
pub use error::ApplyError;
pub use fold::{Difference, Fold, Log, Refolded, differences, fold, refold};
pub use generations::{compare, drop_retired, go_back, request_rebuild};
pub use openers::PeopleOpeners;
pub use parked::{ParkError, SkipNote, list_parked, list_skipped, request_retry, request_skip};
pub use projection::Projection;
pub use rows::{Context, Rows};
pub use source::{EventSource, Events, SourceError, StoreLog};
pub use status::{STALLED_AFTER, Status, list_projections, other_log};
pub use worker::{PrepareError, Projector};
