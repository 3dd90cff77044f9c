//! From a command to a durable append: load streams, decide, append with a guard on every stream the
//! decision saw, and start over when one of them moved meanwhile.
//!
//! Cached state is only ever a hint. An acceptance is verified by the append itself; a refusal is
//! verified by reading the tails of the streams it was decided on. So any number of processes may run.

mod answer;
mod beginnings;
mod cache;
mod error;
mod executor;
mod in_flight;
mod session;
#[cfg(test)]
mod tests;

pub use answer::{Accepted, Answer};
pub use error::ExecuteError;
pub use executor::{CommandContext, Executor};
pub use session::Session;
