//! Everything behind the `aerosports` binary, as a library so that the tests can drive it.

pub mod cli;
pub mod client;
pub mod demo;
