//! Everything behind the `aerosports` binary, as a library so that the tests can drive it.

pub mod cli;
pub mod client;
pub mod demo;
pub mod events;
pub mod keys;
pub mod load;
pub mod master_key;
pub mod ping;
pub mod place;
