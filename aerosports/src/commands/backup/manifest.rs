//! What a backup says of itself. Written last: a folder without it is no backup.

use std::{fs, path::Path};

use anyhow::{Context as _, Result, ensure};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::Proof;

const FILE: &str = "backup.json";
const FORMAT: u32 = 1;

/// What became of the master key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum KeyKept {
    /// In the backup, under a passphrase.
    Sealed,
    /// Elsewhere.
    LeftOut,
}

/// `backup.json`.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Manifest {
    format: u32,
    /// When the copy was made.
    pub(super) created_at: Timestamp,
    /// What is in the log.
    pub(super) proof: Proof,
    /// See [`KeyKept`].
    #[serde(rename = "master_key")]
    pub(super) key: KeyKept,
    /// Whether the device worker's file is there.
    pub(super) devices: bool,
}

impl Manifest {
    pub(super) fn new(created_at: Timestamp, proof: Proof, key: KeyKept, devices: bool) -> Self {
        Self { format: FORMAT, created_at, proof, key, devices }
    }

    pub(super) fn write(&self, folder: &Path) -> Result<()> {
        let file = folder.join(FILE);
        let written = fs::write(&file, serde_json::to_string_pretty(self)? + "\n");
        written.with_context(|| format!("writing {}", file.display()))
    }

    pub(super) fn read(folder: &Path) -> Result<Self> {
        let file = folder.join(FILE);
        let text = fs::read_to_string(&file);
        let text = text.with_context(|| {
            format!("{} is no finished backup: {} cannot be read", folder.display(), file.display())
        })?;
        let manifest: Self = serde_json::from_str(&text).with_context(|| file.display().to_string())?;
        ensure!(manifest.format == FORMAT, "{} is of a newer release: restore with that one", file.display());
        Ok(manifest)
    }
}
