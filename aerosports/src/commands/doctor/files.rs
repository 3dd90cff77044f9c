//! The data folder: who may use it, and how much room there is.

use std::{fs, path::Path};

use super::report::Report;

/// Files of the embedded database, and those that may be away.
const FILES: [&str; 3] = ["events.db", "read.db", "devices.db"];

pub(super) fn check(folder: &Path, report: &mut Report) {
    for name in FILES {
        let file = folder.join(name);
        if file.exists() {
            usable(&file, report);
        }
    }
    #[cfg(unix)]
    {
        closed_to_others(folder, report);
        closed_to_others(&folder.join("master.key"), report);
        room(folder, report);
    }
}

fn usable(file: &Path, report: &mut Report) {
    if let Err(error) = fs::OpenOptions::new().read(true).write(true).open(file) {
        let advice = "give the file to the user that the services run as, and make its disk writable";
        report.error("files", format!("{} cannot be written: {error}", file.display()), advice);
    }
}

/// Whether others than the owner may use what holds keys and personal data.
#[cfg(unix)]
fn closed_to_others(path: &Path, report: &mut Report) {
    use std::os::unix::fs::PermissionsExt as _;
    let Ok(found) = fs::metadata(path) else { return };
    let mode = found.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        let advice = format!("chmod go= {}", path.display());
        let message = format!("others on this machine may use {} (mode {mode:03o})", path.display());
        report.warning("files", message, advice);
    }
}

/// Less room than this is noted, and less than this is as good as none.
#[cfg(unix)]
const LITTLE: u64 = 1 << 30;
#[cfg(unix)]
const NONE: u64 = 64 << 20;

#[cfg(unix)]
fn mib(bytes: u64) -> u64 {
    bytes >> 20
}

#[cfg(unix)]
fn room(folder: &Path, report: &mut Report) {
    let Ok(found) = rustix::fs::statvfs(folder) else { return };
    let (free, whole) = (mib(found.f_bavail * found.f_frsize), mib(found.f_blocks * found.f_frsize));
    let message = format!("{free} MiB of {whole} MiB are free where {} is", folder.display());
    let advice = "make room: a full disk refuses every command";
    if free < mib(NONE) {
        report.error("disk_space", message, advice);
    } else if free < mib(LITTLE) {
        report.warning("disk_space", message, advice);
    }
}
