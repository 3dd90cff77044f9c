//! Every corruption that a hand or a disk can make is named, and nothing is found where nothing is wrong.

use std::{
    fs,
    path::{Path, PathBuf},
};

use aerosports_tests::Up;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{run, run_in, sqlite, table};
use crate::{BINARY, support};

const NAME: &str = "Venue at the old pier";

/// A venue with two locations, running.
async fn venue() -> Up {
    let up = Up::start(BINARY).await.unwrap();
    let location = support::location(&up, "one").await;
    support::location(&up, "two").await;
    let path = format!("/v1/locations/{location}/rename");
    let renamed = support::accepted(&mut up.client(), &path, &json!({ "name": NAME })).await;
    let token = renamed["token"].as_str().unwrap();
    for view in ["/v1/locations", "/v1/projections"] {
        support::shown(&mut up.client(), view, token).await;
    }
    up
}

/// What the doctor says of `folder`, which is not well.
async fn findings(folder: &Path) -> Vec<Value> {
    let found = run_in(folder, &["doctor", "--json"]).await;
    let report = found.lines().remove(0);
    assert!(!found.ok && report["ok"] == false, "{report}");
    report["findings"].as_array().unwrap().clone()
}

/// A copy of a venue that is not running.
fn copied(from: &Path) -> TempDir {
    let copy = tempfile::tempdir().unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(copy.path(), fs::Permissions::from_mode(0o700)).unwrap();
    }
    for file in ["events.db", "read.db", "master.key"] {
        fs::copy(from.join(file), copy.path().join(file)).unwrap();
    }
    copy
}

/// Changes one byte within the last place where `text` stands in `file`.
fn flip(file: &Path, text: &str) {
    let mut bytes = fs::read(file).unwrap();
    let places = bytes.windows(text.len()).enumerate().filter(|(_, window)| *window == text.as_bytes());
    let places: Vec<_> = places.map(|(place, _)| place).collect();
    assert!(!places.is_empty(), "{} holds no {text}", file.display());
    for place in places {
        bytes[place] ^= 1;
    }
    fs::write(file, bytes).unwrap();
}

fn halve(file: &Path) {
    let length = fs::metadata(file).unwrap().len();
    fs::OpenOptions::new().write(true).open(file).unwrap().set_len(length / 2).unwrap();
}

/// That `folder` has an error of `check` that says `words`.
async fn names(folder: &Path, check: &str, words: &str) {
    let found = findings(folder).await;
    let named = found.iter().any(|finding| {
        finding["check"] == check
            && finding["message"].as_str().unwrap().contains(words)
            && !finding["advice"].as_str().unwrap().is_empty()
    });
    assert!(named, "{check}: {words}: {found:#?}");
}

#[tokio::test]
async fn a_running_venue_is_well() {
    let up = venue().await;
    let found = run(&up, &["doctor", "--json"]).await.succeeded();
    assert_eq!(found.lines(), [json!({"ok": true, "findings": []})]);
    let told = run(&up, &["doctor"]).await.succeeded();
    assert_eq!(told.printed, "all is well\n");
}

#[tokio::test]
async fn every_corruption_is_named() {
    let mut up = venue().await;
    up.process.signal("TERM").await.unwrap();
    assert!(up.process.wait().await.unwrap().success());
    let copy = || copied(up.data_dir());
    let file = |folder: &TempDir, name: &str| -> PathBuf { folder.path().join(name) };

    let one = copy();
    run_in(one.path(), &["doctor"]).await.succeeded();
    flip(&file(&one, "events.db"), NAME);
    names(one.path(), "log", "is not what was written").await;

    let one = copy();
    flip(&file(&one, "read.db"), NAME);
    names(one.path(), "views", "locations is not what the log makes it").await;

    let one = copy();
    halve(&file(&one, "events.db"));
    names(one.path(), "event_store", "").await;

    let one = copy();
    halve(&file(&one, "read.db"));
    names(one.path(), "views", "").await;

    let one = copy();
    sqlite(&file(&one, "read.db"), "UPDATE projections SET position = position + 100 WHERE name = 'plays'")
        .await;
    names(one.path(), "checkpoints", "plays is at position").await;

    let one = copy();
    sqlite(&file(&one, "read.db"), "UPDATE projection_events SET event_id = upper(event_id)").await;
    let another = "UPDATE projection_events SET event_id = '01900000-0000-7000-8000-000000000000' \
                   WHERE projection = 'locations'";
    sqlite(&file(&one, "read.db"), another).await;
    names(one.path(), "checkpoints", "locations applied another event").await;

    let one = copy();
    let table = table(&file(&one, "read.db"), "locations").await;
    sqlite(&file(&one, "read.db"), &format!("DELETE FROM \"{table}\" WHERE code = 'two'")).await;
    names(one.path(), "views", "1 rows stand, 2 follow").await;

    let one = copy();
    sqlite(&file(&one, "events.db"), "UPDATE streams SET version = version + 1 WHERE number = 1").await;
    names(one.path(), "streams", "ends at version").await;

    let one = copy();
    sqlite(&file(&one, "events.db"), "DELETE FROM events WHERE position = 2").await;
    names(one.path(), "log", "position 2 is missing").await;

    let one = copy();
    sqlite(&file(&one, "events.db"), "UPDATE commands SET position = 1000").await;
    names(one.path(), "answers", "position 1000").await;

    let one = copy();
    fs::write(file(&one, "master.key"), sealing::MasterKey::generate().unwrap().expose_base64()).unwrap();
    names(one.path(), "master_key", "not the master key").await;
    fs::remove_file(file(&one, "master.key")).unwrap();
    names(one.path(), "master_key", "there is no master key").await;
}

#[cfg(unix)]
#[tokio::test]
async fn files_that_others_may_use_are_named() {
    use std::os::unix::fs::PermissionsExt as _;
    let up = venue().await;
    fs::set_permissions(up.data_dir().join("master.key"), fs::Permissions::from_mode(0o644)).unwrap();
    names(up.data_dir(), "files", "others on this machine may use").await;
}
