//! The read side's portable executor: SQL is written once, a dialect makes it the server's own.
//!
//! Nothing outside this module (and `store/<backend>`) names a driver. Tables are described in code
//! ([`Table`], best through [`record!`](crate::record)); a projection's tables carry its generation in
//! their name, so that a rebuild fills new ones while the old ones serve. Texts name a table in braces
//! and get the generation that is active (reading) or being written (in a [`Tx`]).
//!
//! The portable subset, which both `SQLite` and SQL Server understand:
//! parameters `?1`, `?2`, …; `{table}`; `{limit ?3}` after an `ORDER BY`; `x IN {list ?2}` for a JSON
//! array of ids; `CASE`, `COALESCE`, `CONCAT`, `SUM`, `COUNT`, `MIN`, `MAX`, `UPPER`, `LOWER`, window functions,
//! `LIKE … ESCAPE`, `EXISTS`, CTEs. Not portable, so not used: `LIMIT`, `||`, `RETURNING`, row values
//! `(a, b) IN`, booleans as conditions (write `= 1`), date functions, `MERGE`. Time and folding of case
//! are computed in Rust and stored.
//!
//! Texts are compared by their code: byte by byte in `SQLite`, by UTF-16 unit in SQL Server. The two orders
//! differ only where a character past U+FFFF meets one from U+E000 to U+FFFF; a list that is sorted by a name
//! shows such names in its server's order, and nothing that must be right rests on it.

mod active;
mod backend;
pub mod catalog;
mod cell;
mod checksum;
mod db;
mod dialect;
mod error;
#[cfg(feature = "mssql")]
mod mssql;
pub mod progress;
mod record;
mod result_set;
pub mod search;
mod sqlite;
mod table;
#[cfg(feature = "testing")]
pub mod testing;
mod tx;
mod value;
mod writes;

pub use cell::{Cell, Json};
pub use checksum::Checksum;
pub use db::{ReadStore, Snapshot};
pub use dialect::{Dialect, tables};
pub use error::SqlError;
pub use record::Record;
pub use result_set::{Cells, FromRow, ResultSet};
pub use table::{Column, ColumnType, Generation, Index, ReadModel, Table};
pub use tx::Tx;
pub use value::{Value, list};

#[cfg(test)]
mod executor_tests;
