//! The key above all person keys: from the environment, from a file, or made at the first start of `up`.

use std::{
    fs::{self, OpenOptions},
    io::{ErrorKind, Write as _},
    path::Path,
};

use anyhow::{Context as _, Result, bail};
use shared::domain::log::Position;
use shared::sealing::MasterKey;

use crate::{place::Database, system};

/// The file's name in the data folder.
const FILE_NAME: &str = "master.key";

/// The master key in `AEROSPORTS_MASTER_KEY`, in the file named by `AEROSPORTS_MASTER_KEY_FILE`, or in the
/// data folder, if `database` has one.
///
/// # Errors
/// When there is none, or it is not one; the message names the setting and never the key.
pub fn load(database: &Database) -> Result<MasterKey> {
    find(database.folder())?.with_context(|| match database.folder() {
        Some(folder) => format!(
            "there is no master key: set AEROSPORTS_MASTER_KEY_FILE to a file with the base64 of 32 random \
             bytes, or restore {}",
            folder.join(FILE_NAME).display()
        ),
        None => "there is no master key: with SQL Server, set AEROSPORTS_MASTER_KEY_FILE to a file with the \
                 base64 of 32 random bytes, the same one for every service (`openssl rand -base64 32` makes one)"
            .to_owned(),
    })
}

/// Sees to it that a database that no process has opened yet has a master key: one is made in the data folder
/// when the store there is still empty. Whoever uses SQL Server keeps the key himself.
///
/// # Errors
/// When a store has events but its key is gone, or what is there is no key.
pub async fn prepare(database: &Database) -> Result<()> {
    let Some(folder) = database.folder() else { return Ok(()) };
    if find(Some(folder))?.is_some() {
        return Ok(());
    }
    let store = database.open(system::clock()).await?;
    let head = store.head().await.context("reading the event store");
    store.close().await;
    if head?.position == Position(0) { make(&folder.join(FILE_NAME)) } else { load(database).map(drop) }
}

fn find(folder: Option<&Path>) -> Result<Option<MasterKey>> {
    if let Ok(text) = std::env::var("AEROSPORTS_MASTER_KEY") {
        return MasterKey::parse(&text).context("AEROSPORTS_MASTER_KEY").map(Some);
    }
    if let Some(file) = std::env::var_os("AEROSPORTS_MASTER_KEY_FILE") {
        let text = fs::read_to_string(&file)
            .with_context(|| format!("AEROSPORTS_MASTER_KEY_FILE: {}", file.to_string_lossy()))?;
        return MasterKey::parse(&text).context("AEROSPORTS_MASTER_KEY_FILE").map(Some);
    }
    let Some(folder) = folder else { return Ok(None) };
    let file = folder.join(FILE_NAME);
    match fs::read_to_string(&file) {
        Ok(text) => MasterKey::parse(&text).with_context(|| file.display().to_string()).map(Some),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| file.display().to_string()),
    }
}

fn make(file: &Path) -> Result<()> {
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
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn migrated(folder: &Path) -> Database {
        let database = Database::Sqlite(folder.to_owned());
        database.migrate(&system::clock()).await.unwrap();
        database
    }

    #[tokio::test]
    async fn made_once_found_again_and_never_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let database = migrated(folder.path()).await;
        assert!(load(&database).unwrap_err().to_string().contains("AEROSPORTS_MASTER_KEY_FILE"));
        prepare(&database).await.unwrap();
        let made = load(&database).unwrap();
        prepare(&database).await.unwrap();
        assert_eq!(made.expose_base64(), load(&database).unwrap().expose_base64());
        assert!(make(&folder.path().join(FILE_NAME)).is_err());
    }

    #[test]
    fn sql_server_has_no_folder_to_look_in() {
        let database = crate::place::parse("mssql://aero:hunter2@db/aero").unwrap();
        let message = load(&database).unwrap_err().to_string();
        assert!(message.contains("AEROSPORTS_MASTER_KEY_FILE") && !message.contains("hunter2"), "{message}");
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn only_its_owner_reads_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        prepare(&migrated(folder.path()).await).await.unwrap();
        let mode = fs::metadata(folder.path().join(FILE_NAME)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
