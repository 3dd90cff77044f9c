//! Numbered migrations and their ledger. A migration that was applied is never edited: its checksum is kept
//! and compared.

use std::fmt::Write as _;

use aws_lc_rs::digest;

use crate::StoreError;

/// One file of `schema/<backend>`.
pub(crate) struct Migration {
    pub(crate) version: i64,
    pub(crate) name: &'static str,
    pub(crate) sql: &'static str,
}

impl Migration {
    /// SHA-256 of the text in hexadecimal; line ends do not count, since checkouts may change them.
    pub(crate) fn checksum(&self) -> String {
        let text = self.sql.replace('\r', "");
        hex(digest::digest(&digest::SHA256, text.as_bytes()).as_ref())
    }
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut hex, byte| {
        let _infallible = write!(hex, "{byte:02x}");
        hex
    })
}

/// What is yet to be applied, given the ledger's versions and checksums.
///
/// # Errors
/// `Schema` when the database was made by a newer version, or an applied migration was edited since.
pub(crate) fn missing(
    migrations: &[Migration],
    ledger: impl IntoIterator<Item = (i64, String)>,
) -> Result<Vec<&Migration>, StoreError> {
    let mut missing: Vec<&Migration> = migrations.iter().collect();
    for (version, recorded) in ledger {
        let known = migrations.iter().find(|known| known.version == version).ok_or_else(|| {
            StoreError::Schema(format!("migration {version} is unknown: a newer version made this store"))
        })?;
        if known.checksum() != recorded {
            return Err(StoreError::Schema(format!("migration {version} was edited after it was applied")));
        }
        missing.retain(|migration| migration.version != version);
    }
    Ok(missing)
}

/// Refuses to work on a schema that is not this version's.
///
/// # Errors
/// `Schema`, saying what to run.
pub(crate) fn refuse_missing(missing: usize) -> Result<(), StoreError> {
    if missing == 0 {
        return Ok(());
    }
    Err(StoreError::Schema(format!("{missing} migrations are missing; run `aerosports migrate`")))
}

#[cfg(feature = "mssql")]
/// Stands on a line of its own between statements that must be sent apart.
const SEPARATOR: &str = "GO";

#[cfg(feature = "mssql")]
/// The parts of a script that must be sent apart.
pub(crate) fn batches(sql: &str) -> Vec<String> {
    let mut batches = vec![String::new()];
    for line in sql.lines() {
        match batches.last_mut() {
            Some(batch) if line.trim() != SEPARATOR => {
                batch.push_str(line);
                batch.push('\n');
            }
            _ => batches.push(String::new()),
        }
    }
    batches.retain(|batch| !batch.trim().is_empty());
    batches
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_is_cut_at_lines_that_say_go() {
        let script = "SELECT 1;\n-- GO on\nGO\r\nSELECT 'GO';\ngo\n GO \n";
        assert_eq!(batches(script), ["SELECT 1;\n-- GO on\n", "SELECT 'GO';\ngo\n"]);
    }
}
