//! `aerosports restore`: puts a backup into an empty data folder. The log goes on on a new timeline, so that tokens of what
//! happened after the backup are refused instead of believed.

use std::fs;

use anyhow::{Context as _, Result, bail};
use runtime::{clock::SharedClock, config::Settings};
use store::{TimelineStart, sqlite::FILE_NAME};

use super::{
    backup::{MANIFEST, Manifest, restrict, verify},
    caller::caller,
};
use crate::{cli::Restore, settings::database::Database};

/// Carries out the command.
///
/// # Errors
/// When the folder has an event store, or the backup is damaged or not whole. Then nothing is left in the folder.
pub async fn run(options: Restore, settings: &Settings, clock: SharedClock) -> Result<()> {
    let database = Database::of(settings)?;
    let Some(folder) = database.folder() else {
        bail!("a database in SQL Server is restored by the server itself; see docs/sql-server.md")
    };
    if folder.join(FILE_NAME).exists() || folder.join("read.db").exists() {
        bail!("{} has an event store or views already; name an empty folder", folder.display());
    }
    let manifest = fs::read_to_string(options.from.join(MANIFEST)).with_context(|| {
        format!("{} has no {MANIFEST}: it is no backup, or one that was not finished", options.from.display())
    })?;
    let manifest: Manifest = serde_json::from_str(&manifest).context("reading what is in the backup")?;
    let head = verify(&options.from, clock.clone()).await.context("reading the backup")?;
    if (head.timeline, head.position.0) != (manifest.timeline, manifest.position) {
        bail!(
            "the backup says that it ends at {}.{} and ends at {}: its files are of different backups",
            manifest.timeline,
            manifest.position,
            head.token()
        );
    }
    fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
    restrict(folder)?;
    for name in &manifest.files {
        fs::copy(options.from.join(name), folder.join(name)).with_context(|| format!("copying {name}"))?;
    }
    let store = database.open(clock.clone()).await?;
    let start = TimelineStart {
        timeline: head.timeline + 1,
        after: head.position,
        at: clock.now(),
        by: options.by.unwrap_or_else(caller),
        reason: format!("restored from a backup made at {}", manifest.made_at),
    };
    let started = store.start_timeline(head, &start).await;
    store.close().await;
    if !started? {
        bail!("the log moved while it was restored: nothing else may use the folder");
    }
    println!(
        "{} holds the log up to position {}, on timeline {}",
        folder.display(),
        head.position,
        start.timeline
    );
    println!("Put the venue's master.key into it, then start it. The views are built anew at the start.");
    Ok(())
}
