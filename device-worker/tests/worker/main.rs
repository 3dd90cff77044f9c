//! The whole worker against simulated plugs, a real event store and a command API that takes notes.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test ends where something is missing")]

mod babble;
mod cut_off;
mod doubts;
mod faults;
mod firmware;
mod outbox;
mod people;
mod reboots;
mod restarts;
mod store;
mod strips;
mod triggers;
mod venue;
mod workers;
