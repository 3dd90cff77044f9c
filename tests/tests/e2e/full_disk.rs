//! A disk that fills up and is freed again, under a running `up`.

use std::{fs::File, io::Write as _, path::Path, process::Command, time::Duration};

use aerosports_tests::Up;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{BINARY, support};

/// Room for the log and the read tables of a small venue.
const SIZE: &str = "size=24m";
/// Commands until a full disk shows; what was once written is written over for a while.
const MANY: u32 = 5_000;

/// A file system of its own in memory.
struct SmallDisk(TempDir);

impl SmallDisk {
    fn mount() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mounted =
            as_root(&["mount", "-t", "tmpfs", "-o", &format!("{SIZE},mode=0777"), "tmpfs"], folder.path());
        assert!(mounted, "NOT RUN: this test mounts a tmpfs, as root or by `sudo -n`, and neither may here");
        Self(folder)
    }

    /// Takes every byte that is left.
    fn fill(&self) {
        let mut ballast = File::create(self.ballast()).unwrap();
        let mut block = vec![1; 1 << 16];
        while !block.is_empty() {
            if ballast.write_all(&block).is_err() {
                block.truncate(block.len() / 2);
            }
        }
    }

    fn free(&self) {
        std::fs::remove_file(self.ballast()).unwrap();
    }

    fn ballast(&self) -> std::path::PathBuf {
        self.0.path().join("ballast")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        as_root(&["umount", "-l"], self.0.path());
    }
}

fn as_root(command: &[&str], path: &Path) -> bool {
    [&[][..], &["sudo", "-n"]].iter().any(|before| {
        let words = [before, command].concat();
        let status = Command::new(words[0]).args(&words[1..]).arg(path).status();
        status.is_ok_and(|status| status.success())
    })
}

fn venue(number: u32) -> Value {
    json!({"code": format!("v{number}"), "name": "V".repeat(100), "time_zone": "Europe/Berlin"})
}

#[tokio::test]
async fn a_full_disk_is_said_refuses_commands_at_once_and_leaves_nothing_behind_when_freed() {
    let disk = SmallDisk::mount();
    let folder = tempfile::tempdir_in(disk.0.path()).unwrap();
    let up = Up::start_in(BINARY, folder, &[]).await.unwrap();
    let mut client = up.client();
    for round in 0..2 {
        disk.fill();
        let mut number = round * MANY;
        let refused = loop {
            number += 1;
            assert!(number < (round + 1) * MANY, "the disk is full, and commands are still taken");
            let reply = client.post("/v1/locations", &[], venue(number).to_string()).await.unwrap();
            if reply.status == 503 {
                break reply;
            }
            assert_eq!(reply.status, 201, "{}", reply.text());
        };
        assert!(refused.headers.contains_key("retry-after"), "{}", refused.text());
        let ready = loop {
            let ready = client.get("/readyz", &[]).await.unwrap();
            if ready.status == 503 {
                break ready.json::<Value>().unwrap();
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        };
        let failed =
            ready["checks"].as_array().unwrap().iter().find(|check| check["name"] == "event_store").unwrap();
        assert_eq!(failed["ready"], false, "{ready}");
        assert!(failed["reason"].as_str().unwrap().contains("disk"), "{ready}");

        disk.free();
        let accepted = support::accepted(&mut client, "/v1/locations", &venue(number)).await;
        let path = format!("/v1/locations/{}/rooms", support::id(&accepted));
        let shown = support::shown(&mut client, &path, accepted["token"].as_str().unwrap()).await;
        assert_eq!(shown["items"], json!([]), "a view that follows knows the venue");
    }
    // It looks once a second.
    while client.get("/readyz", &[]).await.unwrap().status == 503 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    drop(up);
}
