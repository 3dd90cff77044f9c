//! Switches a venue's plugs as its events, automations and people want it.
//!
//! ```text
//!  log ─▶ worker ─▶ engine (pure: what every plug is to be) ─▶ its own file ─▶ an actor a device ─▶ plugs
//!           ▲                                                                      │
//!           └────────────────────── observations ◀───────────────────────────────┘
//!                      reports ─▶ outbox (in the file) ─▶ command-api
//! ```
//!
//! Nothing is switched ON before it is written down, with its end; OFF waits for nothing. The leader, which holds
//! the location's lease, switches. The other workers are standbys: they follow the log.

pub mod actor;
pub mod clock;
pub mod config;
pub mod desired;
pub mod discovery;
pub mod engine;
mod facts;
pub mod lease;
pub mod observation;
pub mod outbox;
pub mod sink;
mod site;
pub mod store;
mod worker;

pub use config::{Config, Pauses};
pub use sink::{Answer, FoundPlug, ReportSink};
pub use worker::{Parts, run};
