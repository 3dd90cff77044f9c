//! The write side. `commands` is the application layer and knows no transport; `execute` runs a command; `routes`,
//! `scheduler` and `devices` are adapters to it. Reads no read table.

pub mod app;
pub mod commands;
pub mod devices;
pub mod execute;
pub mod routes;
pub mod scheduler;
#[cfg(test)]
mod testing;

pub use app::CommandApi;
