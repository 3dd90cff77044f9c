//! Connections to SQL Server: settings, TLS, a pool, and what its errors mean. Used by `store/mssql` and
//! `sql/mssql`, which hold the statements; besides those two, the only place that names the driver.
//!
//! A connection goes back to the [`Pool`] only when its user says that it is clean ([`Guard::release`]):
//! a future that was dropped leaves its statement running and its transaction open on the server.

mod connection;
mod error;
mod health;
#[cfg(test)]
mod on_mssql;
mod pool;
mod stand_ins;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
#[cfg(test)]
mod tests;
mod tls;
mod url;

pub use self::{
    connection::{Client, Timeouts, connect},
    error::{MssqlError, Refusal},
    pool::{Guard, Pool, PoolOptions, rows_of},
    stand_ins::{STAND_INS, with_stand_ins},
    tls::{Encryption, Trust},
    url::{MssqlConfig, UrlError},
};
