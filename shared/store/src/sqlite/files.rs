//! Whole database files: copies made while others write, and whether a file is sound. For any file of SQLite's, the event
//! store's or another.

use std::path::Path;

use sqlx::{AssertSqlSafe, Connection as _, Row as _};

use super::{connect, fault::store_error};
use crate::StoreError;

/// Copies `file` as of one moment to `to`, which must not be there. Writers go on meanwhile.
///
/// # Errors
/// `Unavailable`, `NotWritable` when there is no room; `Corrupt` when the file is damaged.
pub async fn copy(file: &Path, to: &Path) -> Result<(), StoreError> {
    let mut conn = connect::open(&connect::reading(file)).await?;
    let copied = sqlx::query("VACUUM INTO ?1").bind(to.to_string_lossy()).execute(&mut conn).await;
    let _closed = conn.close().await;
    copied.map(drop).map_err(store_error)
}

/// What SQLite finds wrong with `file`; nothing when it is sound.
///
/// # Errors
/// `Unavailable`; `Corrupt` when it cannot even be looked at.
pub async fn check(file: &Path) -> Result<Vec<String>, StoreError> {
    let mut conn = connect::open(&connect::reading(file)).await?;
    let rows = sqlx::query(AssertSqlSafe("PRAGMA integrity_check(20)")).fetch_all(&mut conn).await;
    let _closed = conn.close().await;
    let said = rows.map_err(store_error)?;
    let said = said.iter().map(|row| row.try_get::<String, _>(0)).collect::<Result<Vec<_>, _>>();
    Ok(said.map_err(store_error)?.into_iter().filter(|line| line != "ok").collect())
}

#[cfg(test)]
mod tests {
    use std::{fs, io::Write as _};

    use runtime::clock::SystemClock;

    use super::*;
    use crate::sqlite::migrate;

    #[tokio::test]
    async fn a_copy_is_sound_and_a_damaged_file_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let (file, to) = (folder.path().join("events.db"), folder.path().join("copy.db"));
        migrate(&file, &SystemClock).await.unwrap();
        copy(&file, &to).await.unwrap();
        assert_eq!(check(&to).await.unwrap(), Vec::<String>::new());
        assert!(copy(&file, &to).await.is_err(), "what is there is not overwritten");
        let mut bytes = fs::read(&to).unwrap();
        bytes[4_096..8_192].fill(0x5A);
        fs::File::create(&to).unwrap().write_all(&bytes).unwrap();
        let found = check(&to).await;
        assert!(found.is_err() || !found.unwrap().is_empty());
    }
}
