//! Puts the services together: opens the database, joins the bus, and starts what a process is to run.

pub mod clock_watch;
pub mod core;
pub mod database;
pub mod database_wait;
pub mod deferred_parts;
pub mod device_worker;
pub mod event_store;
pub mod front;
pub mod master_key;
mod metrics;
pub mod one_process;
pub mod operator;
pub mod overdue_plays;
pub mod report_sinks;
pub mod temporary_key;

use std::sync::Arc;

use runtime::clock::{SharedClock, SystemClock};

/// The machine's own clock, shared.
#[must_use]
pub fn clock() -> SharedClock {
    Arc::new(SystemClock)
}
