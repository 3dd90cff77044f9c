//! A venue made of a backup: the same log on a new timeline, so that nobody takes what came after the backup for what
//! comes after the restore.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail, ensure};
use jiff::Timestamp;
use runtime::{
    clock::SharedClock,
    config::{Declared as _, Settings},
};
use sealing::{Keyring, MasterKey, compare_master_key};
use serde_json::json;
use store::{TimelineStart, prove};

use super::{
    DEVICES, EVENTS, SEALED_KEY,
    manifest::{KeyKept, Manifest},
    occupied, owner_only, passphrase,
};
use crate::{
    cli::Restore,
    commands::caller::caller,
    composition::{event_store::EventStore, master_key, one_process},
    settings::{database::Database, declared::MASTER_KEY},
};

/// Carries out `options`.
///
/// # Errors
/// When the backup is not whole, the folder holds a venue already, or something cannot be written.
pub async fn run(options: &Restore, settings: &Settings, clock: SharedClock) -> Result<()> {
    let database = Database::of(settings)?;
    let Some(folder) = database.folder() else {
        bail!("a backup is restored into a folder: name it with --data-dir")
    };
    let manifest = Manifest::read(&options.from)?;
    if let Some(file) = occupied(folder) {
        bail!("{} is there already: restore into an empty folder", file.display());
    }
    // Read before anything is written.
    let key = key(options, &manifest, settings)?;
    let _lock = one_process::lock(folder)?;
    owner_only(folder)?;
    let mut made = Made::default();
    made.copy(&options.from.join(EVENTS), &folder.join(EVENTS))?;
    let store = database.open(clock.clone()).await.context("opening the restored event store")?;
    let started = begin(&store, &manifest, key.as_ref(), &clock).await;
    store.close().await;
    let timeline = started?;
    if manifest.devices {
        made.copy(&options.from.join(DEVICES), &folder.join(DEVICES))?;
    }
    if let Some(key) = key.filter(|_| !settings.is_given(MASTER_KEY.declaration())) {
        write_key(&folder.join("master.key"), &key)?;
    }
    made.keep();
    report(folder, &manifest, timeline, options.json);
    Ok(())
}

/// The master key, from the settings or from the backup; none where it was left out and is to be put back by hand.
fn key(options: &Restore, manifest: &Manifest, settings: &Settings) -> Result<Option<MasterKey>> {
    if let Some(key) = settings.find(&MASTER_KEY)? {
        return Ok(Some(key));
    }
    if manifest.key == KeyKept::LeftOut {
        return Ok(None);
    }
    let file = options.from.join(SEALED_KEY);
    let sealed = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
    MasterKey::open_with(passphrase(settings)?.expose(), &sealed)
        .with_context(|| file.display().to_string())
        .map(Some)
}

/// Proves that the copy is the one that was made, and starts its timeline; which one.
async fn begin(
    store: &EventStore,
    manifest: &Manifest,
    key: Option<&MasterKey>,
    clock: &SharedClock,
) -> Result<u32> {
    let found = prove(store.inspect(), Timestamp::UNIX_EPOCH, |_| {}).await.context("reading the backup")?;
    ensure!(found == manifest.proof, "the backup is not what it was when it was made: take another one");
    if let Some(key) = key {
        let keyring = Keyring::new(key).context("the master key")?;
        compare_master_key(&**store, &keyring).await.context("comparing the master key")?;
    }
    let head = store.head().await?;
    let start = TimelineStart {
        timeline: head.timeline + 1,
        after: head.position,
        at: clock.now(),
        by: caller(),
        reason: format!("restored from the backup of {}", manifest.created_at),
    };
    ensure!(
        store.start_timeline(head, &start).await?,
        "the restored log has moved: something else uses the folder"
    );
    Ok(start.timeline)
}

/// Files that were made so far; removed again unless they are to be kept.
#[derive(Default)]
struct Made(Vec<PathBuf>);

impl Made {
    fn copy(&mut self, from: &Path, to: &Path) -> Result<()> {
        self.0.push(to.to_owned());
        fs::copy(from, to).with_context(|| format!("copying {} to {}", from.display(), to.display()))?;
        let synced = fs::File::open(to).and_then(|file| file.sync_all());
        synced.with_context(|| format!("writing {}", to.display()))
    }

    fn keep(mut self) {
        self.0.clear();
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        for file in &self.0 {
            for suffix in ["", "-wal", "-shm"] {
                let mut name = file.clone().into_os_string();
                name.push(suffix);
                // Most are not there.
                let _ = fs::remove_file(name);
            }
        }
    }
}

fn write_key(file: &Path, key: &MasterKey) -> Result<()> {
    let mut out = master_key::create(file)?;
    let written = writeln!(out, "{}", key.expose_base64()).and_then(|()| out.sync_all());
    written.with_context(|| file.display().to_string())
}

fn report(folder: &Path, manifest: &Manifest, timeline: u32, json: bool) {
    let position = manifest.proof.events;
    let has_key = folder.join("master.key").exists();
    if json {
        let line =
            json!({"data_dir": folder, "timeline": timeline, "position": position, "master_key": has_key});
        println!("{line}");
        return;
    }
    println!(
        "{} holds the log up to position {position}, on timeline {timeline}. Tokens of timeline {} are refused from \
         now on. The views are built at the first start.",
        folder.display(),
        manifest.proof.timeline
    );
    if !has_key {
        println!(
            "The master key was not in the backup: put master.key into the folder, or set AEROSPORTS_MASTER_KEY_FILE, \
             before the first start."
        );
    }
}
