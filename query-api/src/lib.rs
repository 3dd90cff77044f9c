//! The read side: answers `GET` from the read tables. Writes nothing and never asks the log for history.
//!
//! `views` knows no transport: a view takes the tables that it may read ([`Tables`]) and gives an answer or a
//! [`QueryError`]. `routes` are its adapters to HTTP: parameters, texts, and the answer's [`ReadSet`].
//!
//! To add a view of rows that are projected already: a file in `views` (the query, and the answer as it goes over
//! the wire), a file in `routes`, and a line in the `mod.rs` of each. Rows are declared in `shared/read-model`.

mod answer;
pub mod app;
mod cache;
mod error;
pub mod page;
mod problem;
mod query_context;
#[cfg(test)]
mod query_context_tests;
mod read_set;
pub mod routes;
mod tables;
pub mod views;

pub use answer::Answer;
pub use app::{QueryApi, Sources};
pub use error::QueryError;
pub use query_context::QueryContext;
pub use read_set::ReadSet;
pub use tables::Tables;
