//! Whether two tables hold the same rows, byte for byte.

use std::fmt;

use aws_lc_rs::digest;
use sqlx::SqliteConnection;

use super::{Generation, SqlError, Table, Value, dialect::Dialect, sqlite};

/// Equal for tables with byte-equal rows, whatever their generation and the order of writing.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Checksum {
    /// How many rows.
    pub rows: u64,
    /// SHA-256 over the rows in the order of their key.
    pub sha256: [u8; 32],
}

impl fmt::Display for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.rows)?;
        self.sha256.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

pub(super) async fn of(
    connection: &mut SqliteConnection,
    table: &Table,
    generation: Generation,
) -> Result<Checksum, SqlError> {
    let mut rows = 0;
    let mut hash = digest::Context::new(&digest::SHA256);
    sqlite::for_each(connection, Dialect::scan(table, generation), |row| {
        rows += 1;
        row.values().iter().for_each(|value| feed(&mut hash, value));
    })
    .await?;
    let mut sha256 = [0; 32];
    sha256.copy_from_slice(hash.finish().as_ref());
    Ok(Checksum { rows, sha256 })
}

/// A tag and a length before each text, so that no two rows look alike.
fn feed(hash: &mut digest::Context, value: &Value) {
    match value {
        Value::Null => hash.update(&[0]),
        Value::Integer(number) => {
            hash.update(&[1]);
            hash.update(&number.to_be_bytes());
        }
        Value::Real(number) => {
            hash.update(&[2]);
            hash.update(&number.to_bits().to_be_bytes());
        }
        Value::Text(text) => {
            hash.update(&[3]);
            hash.update(&(text.len() as u64).to_be_bytes());
            hash.update(text.as_bytes());
        }
    }
}
