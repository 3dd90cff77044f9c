//! Connections to SQL Server: settings, TLS, a pool, and what its errors mean. Used by `store/mssql` and
//! `sql/mssql`, which hold the statements; besides those two, the only place that names the driver.
//!
//! A connection goes back to the [`Pool`] only when its user says that it is clean ([`Guard::release`]):
//! a future that was dropped leaves its statement running and its transaction open on the server.
//!
//! Without the feature `driver` there is only what a statement's text needs.

#[cfg(feature = "driver")]
mod connection;
#[cfg(feature = "driver")]
mod encryption;
#[cfg(feature = "driver")]
mod error;
#[cfg(feature = "driver")]
mod health;
#[cfg(feature = "driver")]
mod meaning;
#[cfg(test)]
mod on_mssql;
#[cfg(feature = "driver")]
mod pool;
mod stand_ins;
#[cfg(feature = "testing")]
pub mod testing;
#[cfg(test)]
mod tests;
#[cfg(feature = "driver")]
mod tls;
#[cfg(feature = "driver")]
mod url;

#[cfg(feature = "driver")]
pub use self::{
    connection::{Client, Timeouts, connect},
    encryption::{Encryption, Trust},
    error::{MssqlError, Refusal},
    pool::{Guard, Pool, PoolOptions, rows_of},
    url::{MssqlConfig, UrlError},
};
pub use stand_ins::{STAND_INS, with_stand_ins};
