//! The whole worker against simulated plugs, a real event store and a command API that takes notes.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test ends where something is missing")]

mod asks;

mod cut_off;
mod faults;
mod firmware;
mod outbox;
mod unconfirmed;

mod reboots;
mod repeats;
mod restarts;
mod store;
mod strangers;
mod strips;
mod triggers;
mod venue;
mod workers;
