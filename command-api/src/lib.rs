//! The write side: validates, authenticates, decides, appends. Reads no read table.

pub mod app;
pub mod devices;
pub mod execute;
mod problem;
pub mod routes;
pub mod scheduler;
#[cfg(test)]
mod testing;

pub use app::CommandApi;
