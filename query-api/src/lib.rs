//! The read side: answers `GET` from the read tables. Writes nothing and never asks the log for history.
//!
//! To add a view: a file in `views` (the query, and the answer as it goes over the wire), a file in
//! `routes` (parameters, texts, [`View::answer`]), and a line in [`routes::all`].

mod answer;
pub mod app;
mod cache;
pub mod page;
mod reads;
pub mod routes;
mod view;
#[cfg(test)]
mod view_tests;
pub mod views;

pub use answer::Answer;
pub use app::{QueryApi, Sources};
pub use reads::Reads;
pub use view::View;
