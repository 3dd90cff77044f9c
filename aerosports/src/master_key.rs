//! The key above all person keys: from the environment, from a file, or made at the first start of `up`.

use std::{
    fs::{self, OpenOptions},
    io::{ErrorKind, Write as _},
    path::Path,
};

use anyhow::{Context as _, Result, bail};
use shared::{sealing::MasterKey, store::Position};

use crate::{place::Database, system};

/// The file's name in the data folder.
const FILE_NAME: &str = "master.key";

/// The master key in `AEROSPORTS_MASTER_KEY`, in the file named by `AEROSPORTS_MASTER_KEY_FILE`, or in the
/// data folder.
///
/// # Errors
/// When there is none, or it is not one; the message names the setting and never the key.
pub fn load(folder: &Path) -> Result<MasterKey> {
    find(folder)?.with_context(|| {
        format!(
            "there is no master key: set AEROSPORTS_MASTER_KEY_FILE to a file with the base64 of 32 random \
             bytes, or restore {}",
            folder.join(FILE_NAME).display()
        )
    })
}

/// As [`load`], making one in the data folder when the store there is still empty.
///
/// # Errors
/// As [`load`]; also when a store has events but its key is gone.
pub fn load_or_make(folder: &Path, store_is_empty: bool) -> Result<MasterKey> {
    match find(folder)? {
        Some(key) => Ok(key),
        None if store_is_empty => make(&folder.join(FILE_NAME)),
        None => load(folder),
    }
}

/// As [`load_or_make`], for a database that no process has opened yet.
///
/// # Errors
/// As [`load_or_make`].
pub async fn load_or_make_in(database: &Database) -> Result<MasterKey> {
    let store = database.open(system::clock()).await?;
    let head = store.head().await.context("reading the event store");
    store.close().await;
    load_or_make(database.folder(), head?.position == Position(0))
}

fn find(folder: &Path) -> Result<Option<MasterKey>> {
    if let Ok(text) = std::env::var("AEROSPORTS_MASTER_KEY") {
        return MasterKey::parse(&text).context("AEROSPORTS_MASTER_KEY").map(Some);
    }
    if let Some(file) = std::env::var_os("AEROSPORTS_MASTER_KEY_FILE") {
        let text = fs::read_to_string(&file)
            .with_context(|| format!("AEROSPORTS_MASTER_KEY_FILE: {}", file.to_string_lossy()))?;
        return MasterKey::parse(&text).context("AEROSPORTS_MASTER_KEY_FILE").map(Some);
    }
    let file = folder.join(FILE_NAME);
    match fs::read_to_string(&file) {
        Ok(text) => MasterKey::parse(&text).with_context(|| file.display().to_string()).map(Some),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| file.display().to_string()),
    }
}

fn make(file: &Path) -> Result<MasterKey> {
    let key = MasterKey::generate().context("making a master key")?;
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut out = match options.open(file) {
        Ok(out) => out,
        Err(error) => bail!("making {}: {error}", file.display()),
    };
    writeln!(out, "{}", key.expose_base64())
        .and_then(|()| out.sync_all())
        .with_context(|| file.display().to_string())?;
    tracing::warn!(
        file = %file.display(),
        "made a master key: back this file up, away from the database. Without it no name, e-mail or birth \
         date can ever be read again"
    );
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn made_once_found_again_and_never_replaced() {
        let folder = tempfile::tempdir().unwrap();
        assert!(load(folder.path()).unwrap_err().to_string().contains("AEROSPORTS_MASTER_KEY_FILE"));
        let made = load_or_make(folder.path(), true).unwrap();
        let found = load_or_make(folder.path(), false).unwrap();
        assert_eq!(made.expose_base64(), found.expose_base64());
        assert!(make(&folder.path().join(FILE_NAME)).is_err());
    }

    #[test]
    fn a_store_with_events_and_no_key_does_not_start() {
        let folder = tempfile::tempdir().unwrap();
        assert!(load_or_make(folder.path(), false).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn only_its_owner_reads_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        load_or_make(folder.path(), true).unwrap();
        let mode = fs::metadata(folder.path().join(FILE_NAME)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
