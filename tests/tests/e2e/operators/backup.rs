//! A backup is taken while a day is simulated, and a venue is made of it elsewhere: nothing that was answered before is
//! missing, and nobody takes what came after it for what comes after the restore.

use std::{fs, path::Path, process::Output};

use aerosports::demo::{Day, run as simulate};
use aerosports_tests::Up;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::Command;

use super::{run, run_in};
use crate::{BINARY, support};

const PASSPHRASE: (&str, &str) = ("AEROSPORTS_BACKUP_PASSPHRASE", "correct horse battery staple");

async fn with_passphrase(arguments: &[&str], folder: &Path) -> Output {
    let mut command = Command::new(BINARY);
    command.args(arguments).arg("--data-dir").arg(folder).env(PASSPHRASE.0, PASSPHRASE.1);
    command.output().await.unwrap()
}

fn printed(output: &Output) -> Value {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[tokio::test]
async fn a_backup_under_load_is_restored_elsewhere_on_a_new_timeline() {
    let up = Up::start(BINARY).await.unwrap();
    support::location(&up, "before").await;
    let (target, day) = (up.target(), Day { guests: 40, ..Day::default() });
    let load = tokio::spawn(async move { simulate(&target, &day, |_, _| {}).await });
    let answered = support::last_position(up.data_dir()).await;
    let backups = tempfile::tempdir().unwrap();
    let kept = backups.path().join("today");
    let made = printed(&with_passphrase(&["backup", "--to", text(&kept), "--json"], up.data_dir()).await);
    assert_eq!((&made["verified"], &made["master_key"]), (&json!(true), &json!("sealed")), "{made}");
    let position = made["position"].as_u64().unwrap();
    assert!(position >= answered, "{made}");
    load.await.unwrap().unwrap();
    let opened = json!({"code": "after", "name": "After", "time_zone": "Europe/Berlin"});
    let after = support::accepted(&mut up.client(), "/v1/locations", &opened).await;
    assert!(support::last_position(up.data_dir()).await > position);

    let folder = tempfile::tempdir().unwrap();
    let restore = ["restore", "--from", text(&kept), "--json"];
    let refused = run_in(folder.path(), &restore).await;
    assert!(refused.message.contains("AEROSPORTS_BACKUP_PASSPHRASE"), "{}", refused.message);
    let restored = printed(&with_passphrase(&restore, folder.path()).await);
    assert_eq!((&restored["timeline"], &restored["position"]), (&json!(2), &made["position"]));
    let again = with_passphrase(&restore, folder.path()).await;
    assert!(String::from_utf8_lossy(&again.stderr).contains("restore into an empty folder"));

    run_in(folder.path(), &["doctor"]).await.succeeded();
    let new = Up::start_in(BINARY, folder, &[]).await.unwrap();
    let listed = support::shown(&mut new.client(), "/v1/locations", &format!("2.{position}")).await;
    let codes: Vec<_> = listed["items"].as_array().unwrap().iter().map(|item| &item["code"]).collect();
    assert!(codes.contains(&&json!("before")) && !codes.contains(&&json!("after")), "{codes:?}");
    let lost = [("aero-min-position", after["token"].as_str().unwrap())];
    let refused = new.client().get("/v1/locations", &lost).await.unwrap();
    assert_eq!(refused.status, 409, "{}", refused.text());
    run(&new, &["doctor"]).await.succeeded();
}

/// A venue's backup without its key.
async fn backup(up: &Up) -> TempDir {
    let kept = tempfile::tempdir().unwrap();
    let made = run(up, &["backup", "--to", text(kept.path())]).await.succeeded();
    assert!(made.printed.contains("master key is NOT in it"), "{}", made.printed);
    kept
}

#[tokio::test]
async fn a_backup_that_is_not_whole_is_refused_and_leaves_nothing_behind() {
    let up = Up::start(BINARY).await.unwrap();
    support::location(&up, "here").await;
    let kept = backup(&up).await;
    let again = run(&up, &["backup", "--to", text(kept.path())]).await;
    assert!(again.message.contains("is not empty"), "{}", again.message);

    let folder = tempfile::tempdir().unwrap();
    let restore = ["restore", "--from", text(kept.path())];
    let log = kept.path().join("events.db");
    let whole = fs::read(&log).unwrap();
    let name = whole.windows(10).position(|bytes| bytes == b"Venue here").unwrap();
    let mut changed = whole.clone();
    changed[name] ^= 1;
    fs::write(&log, changed).unwrap();
    let refused = run_in(folder.path(), &restore).await;
    assert!(!refused.ok && refused.message.contains("is not what was written"), "{}", refused.message);
    assert!(!folder.path().join("events.db").exists());

    fs::write(&log, whole).unwrap();
    let restored = run_in(folder.path(), &restore).await.succeeded();
    assert!(restored.printed.contains("put master.key into the folder"), "{}", restored.printed);
    fs::copy(up.data_dir().join("master.key"), folder.path().join("master.key")).unwrap();
    run_in(folder.path(), &["doctor"]).await.succeeded();

    fs::remove_file(kept.path().join("backup.json")).unwrap();
    let unfinished = run_in(tempfile::tempdir().unwrap().path(), &restore).await;
    assert!(unfinished.message.contains("is no finished backup"), "{}", unfinished.message);
}
