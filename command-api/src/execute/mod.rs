//! From a command to a durable append: load streams, decide, append with a guard on every stream the
//! decision saw, and start over when one of them moved meanwhile.
//!
//! Cached state is only ever a hint. An acceptance is verified by the append itself; a refusal is
//! verified by reading the tails of the streams it was decided on. So any number of processes may run.

mod answer;
mod assumed_new;
mod cache;
mod command;
mod context;
mod error;
mod executor;
mod in_flight;
#[cfg(test)]
mod tests;
mod unit_of_work;

pub use answer::{Accepted, Answer, Changed, Created, Decided};
pub use command::Command;
pub use context::CommandContext;
pub use error::ExecuteError;
pub use executor::Executor;
pub use unit_of_work::UnitOfWork;
