//! Whether two tables hold the same rows, byte for byte.

use std::fmt;

use aws_lc_rs::digest;

use super::{Generation, SqlError, Table, Value, backend::Session, dialect::Dialect};

/// Equal for tables with byte-equal rows, whatever their generation, the order of writing and the server.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Checksum {
    /// How many rows.
    pub rows: u64,
    /// The sum of each row's SHA-256.
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
    session: &mut Session,
    dialect: Dialect,
    table: &Table,
    generation: Generation,
) -> Result<Checksum, SqlError> {
    let mut sum = Checksum { rows: 0, sha256: [0; 32] };
    session
        .for_each(dialect.scan(table, generation), |row| {
            let mut hash = digest::Context::new(&digest::SHA256);
            row.iter().for_each(|value| feed(&mut hash, value));
            sum.rows += 1;
            add(&mut sum.sha256, hash.finish().as_ref());
        })
        .await?;
    Ok(sum)
}

/// Adds, wrapping around: the order of the rows does not matter, which servers sort differently.
fn add(sum: &mut [u8; 32], more: &[u8]) {
    let mut carry = 0;
    for (byte, more) in sum.iter_mut().zip(more) {
        let wide = u16::from(*byte) + u16::from(*more) + carry;
        *byte = wide.to_le_bytes()[0];
        carry = wide >> 8;
    }
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
