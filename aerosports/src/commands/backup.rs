//! `aerosports backup`: copies the embedded database to a folder while the venue runs, and proves the copy by reading it.
//! The views are not in it: they are built anew from the log. The master key is not in it either: whoever finds a backup
//! must not read people's data.

use std::{fs, path::Path};

use anyhow::{Context as _, Result, bail};
use domain::log::{Head, Position};
use jiff::Timestamp;
use runtime::{clock::SharedClock, config::Settings};
use serde::{Deserialize, Serialize};
use store::{
    EventLog,
    sqlite::{FILE_NAME, SqliteOptions, SqliteStore, files},
};

use crate::{cli::Backup, settings::database::Database};

/// What a backup says of itself.
pub(super) const MANIFEST: &str = "backup.json";
/// What the device worker keeps.
pub(super) const DEVICES: &str = "devices.db";

/// Events read at once.
const PAGE: usize = 2_000;

/// What is in a backup.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Manifest {
    /// Of this file.
    pub(super) format: u32,
    /// When the copy was made.
    pub(super) made_at: Timestamp,
    /// The log's timeline.
    pub(super) timeline: u32,
    /// The log's last position.
    pub(super) position: u64,
    /// The files beside this one.
    pub(super) files: Vec<String>,
}

/// Carries out the command.
///
/// # Errors
/// When the database is none of SQLite's, when the folder is not empty or cannot be written, or when the copy is damaged.
pub async fn run(options: &Backup, settings: &Settings, clock: SharedClock) -> Result<()> {
    let database = Database::of(settings)?;
    let Some(folder) = database.folder() else {
        bail!(
            "a database in SQL Server is backed up by the server itself: `BACKUP DATABASE`, with the recovery model FULL \
             and backups of its log; see docs/sql-server.md"
        )
    };
    prepare(&options.to)?;
    let made_at = clock.now();
    let mut copied = Vec::new();
    for name in [FILE_NAME, DEVICES] {
        let file = folder.join(name);
        if name == DEVICES && !file.exists() {
            continue;
        }
        let to = options.to.join(name);
        files::copy(&file, &to).await.with_context(|| format!("copying {}", file.display()))?;
        copied.push(name.to_owned());
    }
    let head = verify(&options.to, clock).await.context("reading the copy")?;
    let Head { timeline, position, .. } = head;
    let manifest = Manifest { format: 1, made_at, timeline, position: position.0, files: copied };
    let text = serde_json::to_string_pretty(&manifest)?;
    fs::write(options.to.join(MANIFEST), format!("{text}\n")).context("writing what is in the backup")?;
    if options.json {
        println!("{text}");
    } else {
        println!("{} holds the log up to position {position}, read and found sound", options.to.display());
        println!(
            "The master key is not in it. Keep {} elsewhere: without it nobody can read names again.",
            folder.join("master.key").display()
        );
        println!(
            "To put it back: aerosports restore --from {} --data-dir <an empty folder>",
            options.to.display()
        );
    }
    Ok(())
}

fn prepare(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
    let mut entries = fs::read_dir(folder).with_context(|| format!("looking into {}", folder.display()))?;
    if entries.next().is_some() {
        bail!("{} is not empty; name a folder that is not there yet", folder.display());
    }
    restrict(folder)
}

/// Only its owner may look into it: it holds personal data.
#[cfg(unix)]
pub(super) fn restrict(folder: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700))
        .with_context(|| format!("restricting {} to its owner", folder.display()))
}

#[cfg(not(unix))]
pub(super) fn restrict(_: &Path) -> Result<()> {
    Ok(())
}

/// Reads every file of the backup in `folder`, and every event: positions and versions without holes, checksums.
///
/// # Errors
/// What is wrong with it.
pub(super) async fn verify(folder: &Path, clock: SharedClock) -> Result<Head> {
    for name in [FILE_NAME, DEVICES] {
        let file = folder.join(name);
        if name == DEVICES && !file.exists() {
            continue;
        }
        let found = files::check(&file).await.with_context(|| format!("looking into {}", file.display()))?;
        if let Some(first) = found.first() {
            bail!("{} is damaged: {first}", file.display());
        }
    }
    let store = SqliteStore::open(&SqliteOptions::in_dir(folder), clock).await?;
    let head = read_all(&*store).await;
    store.close().await;
    head
}

async fn read_all(log: &dyn EventLog) -> Result<Head> {
    let head = log.head().await?;
    let mut next = Position(1);
    while let Some(last) = log.read_log(next, PAGE).await?.last() {
        next = last.position.next();
    }
    if next != head.position.next() {
        bail!(
            "the log ends at position {} and says that it ends at {}",
            next.0.saturating_sub(1),
            head.position
        );
    }
    Ok(head)
}
