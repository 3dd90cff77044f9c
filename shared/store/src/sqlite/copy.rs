//! A copy of a file while others write to it: SQLite writes what one read transaction sees into a new file, without what
//! was deleted.

use std::path::Path;

use sqlx::{Connection as _, Executor as _};

use super::{connect, fault::store_error};
use crate::StoreError;

/// Copies the `SQLite` file `from` to `to`, which must not exist. The copy is on the disk when this returns.
///
/// # Errors
/// `Corrupt` for a damaged file, `NotWritable` or `Unavailable` for the copy's disk.
pub async fn copy(from: &Path, to: &Path) -> Result<(), StoreError> {
    let mut source = connect::open(&connect::reading(from)).await?;
    let to_text = to.to_string_lossy().into_owned();
    let copied = source.execute(sqlx::query("VACUUM INTO ?").bind(to_text)).await.map_err(store_error);
    // Nothing was written there.
    let _ = source.close().await;
    copied?;
    // SQLite leaves that to the system.
    let file = tokio::fs::OpenOptions::new().write(true).open(to).await;
    let synced = match file {
        Ok(file) => file.sync_all().await,
        Err(error) => Err(error),
    };
    synced.map_err(|error| StoreError::Unavailable(error.into()))
}
