//! A facade over the crates of this folder while the services move to naming them.

pub use auth;
pub use bus;
pub use domain;
pub use events;
pub use events::reports;
pub use http_api as http;
pub use mssql;
pub use read_store as sql;
pub use read_store::{record, search};
pub use runtime::{clock, config, lifecycle, retry, telemetry};
pub use sealing;
pub use store;
#[cfg(feature = "testing")]
pub use store::store_contract;
