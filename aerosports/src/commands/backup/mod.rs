//! `aerosports backup` and `aerosports restore`: a copy of an embedded database while the venue runs, proven by reading
//! all of it and folding it, and a venue made of such a copy on a new timeline.

mod manifest;
mod restore;

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail, ensure};
use jiff::Timestamp;
use projector::{Fold, fold, projections::all};
use read_store::ReadStore;
use runtime::{
    clock::SharedClock,
    config::{Secret, Settings},
};
use serde_json::json;
use store::{Proof, prove, sqlite::copy};

pub use self::restore::run as restore;

use self::manifest::{KeyKept, Manifest};
use super::opened::log;
use crate::{
    cli::Backup,
    composition::master_key,
    settings::{
        database::Database,
        declared::{BACKUP_PASSPHRASE, DEVICES_FILE},
    },
};

const EVENTS: &str = "events.db";
const DEVICES: &str = "devices.db";
const SEALED_KEY: &str = "master.key.sealed";

/// Carries out `options`.
///
/// # Errors
/// When something cannot be read or written, or the copy is not what was copied.
pub async fn run(options: &Backup, settings: &Settings, clock: SharedClock) -> Result<()> {
    let database = Database::of(settings)?;
    let Some(folder) = database.folder() else {
        bail!(
            "SQL Server is backed up by its own means: docs/sql-server.md says what such a backup holds, and \
             that the master key is kept apart from it"
        )
    };
    empty_folder(&options.to)?;
    // First, so that what the worker has read of the log is in the copy of the log.
    let devices = settings.find(&DEVICES_FILE)?.unwrap_or_else(|| folder.join(DEVICES));
    let has_devices = devices.exists();
    if has_devices {
        copy(&devices, &options.to.join(DEVICES)).await.context("copying the device worker's file")?;
    }
    copy(&folder.join(EVENTS), &options.to.join(EVENTS)).await.context("copying the event store")?;
    let proof = verify(&options.to, settings, &database, &clock).await?;
    let key = keep_key(&options.to, &database, settings)?;
    let manifest = Manifest::new(clock.now(), proof, key, has_devices);
    manifest.write(&options.to)?;
    report(&options.to, &manifest, options.json);
    Ok(())
}

/// A folder that only its owner may use, and that holds nothing yet.
fn empty_folder(folder: &Path) -> Result<()> {
    let made = || format!("making the folder {}", folder.display());
    fs::create_dir_all(folder).with_context(made)?;
    let mut found =
        fs::read_dir(folder).with_context(|| format!("reading the folder {}", folder.display()))?;
    ensure!(
        found.next().is_none(),
        "{} is not empty: give every backup a folder of its own",
        folder.display()
    );
    owner_only(folder)
}

#[cfg(unix)]
fn owner_only(folder: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let restricted = fs::set_permissions(folder, fs::Permissions::from_mode(0o700));
    restricted.with_context(|| format!("restricting {} to its owner", folder.display()))
}

#[cfg(not(unix))]
fn owner_only(_: &Path) -> Result<()> {
    Ok(())
}

/// Opens the copy, reads all of it, and folds it into every view.
async fn verify(copy: &Path, settings: &Settings, database: &Database, clock: &SharedClock) -> Result<Proof> {
    let store = Database::Sqlite(copy.to_owned()).open(clock.clone()).await.context("opening the copy")?;
    let proven = async {
        let proof =
            prove(store.inspect(), Timestamp::UNIX_EPOCH, |_| {}).await.context("reading the copy")?;
        let until = store.head().await?.position;
        let folds = all().into_iter().map(|projection| Fold { projection, until, skipped: [].into() });
        let scratch = tempfile::tempdir().context("a folder for the views")?;
        let db = ReadStore::open(&scratch.path().join("read.db"), 1).await?;
        fold(&log(&store, database, settings, clock)?, &db, folds.collect())
            .await
            .context("folding the copy")?;
        db.close().await;
        Ok(proof)
    };
    let proven = proven.await;
    store.close().await;
    proven
}

/// Seals the master key into the backup, or leaves it out.
fn keep_key(to: &Path, database: &Database, settings: &Settings) -> Result<KeyKept> {
    let Some(passphrase) = settings.find(&BACKUP_PASSPHRASE)? else { return Ok(KeyKept::LeftOut) };
    let master = master_key::load(database, settings)?;
    let sealed = master.seal_with(passphrase.expose()).context("sealing the master key")?;
    let file = to.join(SEALED_KEY);
    fs::write(&file, sealed + "\n").with_context(|| format!("writing {}", file.display()))?;
    Ok(KeyKept::Sealed)
}

fn report(to: &Path, manifest: &Manifest, json: bool) {
    if json {
        let Manifest { created_at, proof, key, .. } = manifest;
        let line = json!({"to": to, "created_at": created_at, "timeline": proof.timeline,
            "position": proof.events, "streams": proof.streams, "master_key": key, "verified": true});
        println!("{line}");
        return;
    }
    println!(
        "{} holds the log up to {}.{}: all of it was read, its checksums agree, and every view was folded from it.",
        to.display(),
        manifest.proof.timeline,
        manifest.proof.events
    );
    match manifest.key {
        KeyKept::Sealed => println!("The master key is in it, under the passphrase."),
        KeyKept::LeftOut => println!(
            "The master key is NOT in it: keep master.key elsewhere, or set AEROSPORTS_BACKUP_PASSPHRASE_FILE. Without \
             the key no name, e-mail or birth date of this backup can ever be read."
        ),
    }
}

/// The passphrase, where there must be one.
fn passphrase(settings: &Settings) -> Result<Secret<String>> {
    Ok(settings.get(&BACKUP_PASSPHRASE)?)
}

/// Files of `folder` that belong to a venue.
fn occupied(folder: &Path) -> Option<PathBuf> {
    [EVENTS, "read.db", DEVICES, "master.key"]
        .map(|name| folder.join(name))
        .into_iter()
        .find(|file| file.exists())
}
