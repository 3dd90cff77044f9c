//! The key above all person keys: from the settings, from the data folder, or made there at the first start.

use std::{
    fs::{self, File, OpenOptions},
    io::{ErrorKind, Write as _},
    path::Path,
};

use anyhow::{Context as _, Result};
use domain::log::Position;
use runtime::config::Settings;
use sealing::MasterKey;

use super::clock;
use crate::settings::{database::Database, declared::MASTER_KEY};

/// The file's name in the data folder.
const FILE_NAME: &str = "master.key";

/// The master key that `settings` give, or the one in the data folder, if `database` has one.
///
/// # Errors
/// When there is none, or it cannot be read. The message names the setting and never the key.
pub fn load(database: &Database, settings: &Settings) -> Result<MasterKey> {
    find(database.folder(), settings)?.with_context(|| match database.folder() {
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

/// Makes a master key in the data folder when there is none and the store there is still empty. For SQL Server
/// the operator makes and keeps the key.
///
/// # Errors
/// When the store has events and no key, or the key cannot be read.
pub async fn prepare(database: &Database, settings: &Settings) -> Result<()> {
    let Some(folder) = database.folder() else { return Ok(()) };
    if find(Some(folder), settings)?.is_some() {
        return Ok(());
    }
    let store = database.open(clock()).await?;
    let head = store.head().await.context("reading the event store");
    store.close().await;
    if head?.position == Position(0) {
        make(&folder.join(FILE_NAME))
    } else {
        load(database, settings).map(drop)
    }
}

fn find(folder: Option<&Path>, settings: &Settings) -> Result<Option<MasterKey>> {
    if let Some(key) = settings.find(&MASTER_KEY)? {
        return Ok(Some(key));
    }
    let Some(folder) = folder else { return Ok(None) };
    let file = folder.join(FILE_NAME);
    match fs::read_to_string(&file) {
        Ok(text) => {
            warn_of_readers(&file);
            MasterKey::parse(&text).with_context(|| file.display().to_string()).map(Some)
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| file.display().to_string()),
    }
}

/// Says when others than the owner may read the key, or write it.
fn warn_of_readers(file: &Path) {
    #[cfg(unix)]
    if let Ok(found) = fs::metadata(file) {
        let mode = std::os::unix::fs::PermissionsExt::mode(&found.permissions()) & 0o777;
        if mode & 0o077 != 0 {
            tracing::warn!(
                file = %file.display(),
                mode = format!("{mode:03o}"),
                "others on this machine can use the master key, which opens every name and birth date: chmod 600 it"
            );
        }
    }
}

fn make(file: &Path) -> Result<()> {
    let key = MasterKey::generate().context("making a master key")?;
    let mut out = create(file)?;
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

/// A new file that its owner alone may read.
///
/// # Errors
/// When it is there already, or cannot be made.
pub(crate) fn create(file: &Path) -> Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file).with_context(|| format!("making {}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn migrated(folder: &Path) -> Database {
        let database = Database::Sqlite(folder.to_owned());
        database.migrate(&clock()).await.unwrap();
        database
    }

    #[tokio::test]
    async fn a_master_key_is_made_once_found_again_and_never_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let database = migrated(folder.path()).await;
        assert!(
            load(&database, &Settings::default())
                .unwrap_err()
                .to_string()
                .contains("AEROSPORTS_MASTER_KEY_FILE")
        );
        prepare(&database, &Settings::default()).await.unwrap();
        let made = load(&database, &Settings::default()).unwrap();
        prepare(&database, &Settings::default()).await.unwrap();
        assert_eq!(made.expose_base64(), load(&database, &Settings::default()).unwrap().expose_base64());
        assert!(make(&folder.path().join(FILE_NAME)).is_err());
    }

    #[tokio::test]
    async fn a_master_key_of_the_settings_wins_over_the_one_in_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let database = migrated(folder.path()).await;
        prepare(&database, &Settings::default()).await.unwrap();
        let given = MasterKey::generate().unwrap().expose_base64();
        let settings = Settings::from_pairs([("AEROSPORTS_MASTER_KEY", &given)]);
        assert_eq!(load(&database, &settings).unwrap().expose_base64(), given);
    }

    #[test]
    fn sql_server_has_no_folder_to_look_in() {
        let database = Database::parse("mssql://aero:hunter2@db/aero").unwrap();
        let message = load(&database, &Settings::default()).unwrap_err().to_string();
        assert!(message.contains("AEROSPORTS_MASTER_KEY_FILE") && !message.contains("hunter2"), "{message}");
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_master_key_is_readable_by_its_owner_only() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        prepare(&migrated(folder.path()).await, &Settings::default()).await.unwrap();
        let mode = fs::metadata(folder.path().join(FILE_NAME)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
