//! The files of the data folder: whether SQLite finds them sound, who may read them, and how much room is left.

use std::{fs, path::Path};

use store::sqlite::{FILE_NAME, files};

use super::{Finding, Findings};

/// Under this, commands will soon be refused.
const LITTLE: u64 = 1 << 30;
/// Under this, they may be at any moment.
const NOTHING: u64 = 100 << 20;

pub(super) async fn look(folder: &Path, findings: &mut Findings) {
    for (name, advice) in [
        (FILE_NAME, "stop every process, keep the file, and restore a backup with `aerosports restore`"),
        (
            "read.db",
            "stop every process, and take read.db and its -wal and -shm away: the views are built anew",
        ),
        (
            "devices.db",
            "stop every process, and take devices.db and its -wal and -shm away: what plugs are wanted for is learnt anew",
        ),
    ] {
        let file = folder.join(name);
        if file.exists() {
            sound(&file, name, advice, findings).await;
        }
    }
    room(folder, findings);
    rights(folder, findings);
}

async fn sound(file: &Path, name: &str, advice: &str, findings: &mut Findings) {
    match files::check(file).await {
        Ok(found) => {
            if let Some(first) = found.first() {
                findings.add(Finding::error("file", format!("{name} is damaged: {first}"), advice));
            }
        }
        Err(error) => {
            let error = anyhow::Error::from(error);
            findings.add(Finding::error("file", format!("{name} cannot be read: {error:#}"), advice));
        }
    }
}

fn room(folder: &Path, findings: &mut Findings) {
    let Ok(stat) = rustix::fs::statvfs(folder) else { return };
    let left = stat.f_bavail.saturating_mul(stat.f_frsize);
    let message = format!("{} MiB are left where {} lies", left >> 20, folder.display());
    let advice = "make room there: without it, commands are refused";
    if left < NOTHING {
        findings.add(Finding::error("disk_space", message, advice));
    } else if left < LITTLE {
        findings.add(Finding::warning("disk_space", message, advice));
    }
}

#[cfg(unix)]
fn rights(folder: &Path, findings: &mut Findings) {
    use std::os::unix::fs::PermissionsExt as _;
    let open_to_others =
        |path: &Path| fs::metadata(path).is_ok_and(|meta| meta.permissions().mode() & 0o077 != 0);
    for path in [folder.to_owned(), folder.join("master.key")] {
        if open_to_others(&path) {
            findings.add(Finding::warning(
                "file_rights",
                format!("others than its owner may read {}", path.display()),
                format!("chmod go= {}", path.display()),
            ));
        }
    }
}

#[cfg(not(unix))]
fn rights(_: &Path, _: &mut Findings) {}
