//! A start on SQL Server that cannot work ends soon, with one message that says what to change and shows no secret.
//! Here is what needs no server; the rest is in `on_mssql/start.rs`.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use tokio::{process::Command, time::timeout};

use crate::BINARY;

/// A password that no message may show.
pub const SECRET: &str = "Hunter2-hunter2";
/// A start that hangs would take longer.
const PATIENCE: Duration = Duration::from_secs(40);

/// Runs `arguments` on `url`; the message of its failure.
pub async fn refused(arguments: &[&str], url: &str, key: &Path) -> String {
    let output = Command::new(BINARY)
        .args(arguments)
        .env("AEROSPORTS_DATABASE", url)
        .env("AEROSPORTS_MASTER_KEY_FILE", key)
        .env("AEROSPORTS_LOG", "error")
        .kill_on_drop(true)
        .output();
    let output = timeout(PATIENCE, output).await.unwrap_or_else(|_| panic!("{arguments:?} hangs")).unwrap();
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success(), "{arguments:?} succeeded");
    assert_eq!(message.lines().count(), 1, "{message}");
    assert!(!message.contains(SECRET), "{message}");
    message
}

/// A file with a new master key.
pub fn key(folder: &Path) -> PathBuf {
    let key = sealing::MasterKey::generate().unwrap();
    let file = folder.join("master.key");
    std::fs::write(&file, key.expose_base64()).unwrap();
    file
}

/// Each way to start against `url` says `hint`.
pub async fn all_say(url: &str, hint: &str) {
    let folder = tempfile::tempdir().unwrap();
    let key = key(folder.path());
    for arguments in [
        &["migrate"][..],
        &["keys", "list"],
        &["events", "tail"],
        &["serve", "command-api", "--listen", "127.0.0.1:0", "--database-wait", "1"],
        &["serve", "projector", "--listen", "127.0.0.1:0", "--database-wait", "1"],
    ] {
        let message = refused(arguments, url, &key).await;
        assert!(message.contains(hint), "{arguments:?}: {message}");
    }
}

#[tokio::test]
async fn nobody_listens() {
    let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    all_say(&format!("mssql://aero:{SECRET}@{address}/aero"), "cannot be reached").await;
}

#[tokio::test]
async fn somebody_listens_and_says_nothing() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("mssql://aero:{SECRET}@{}/aero", silent.local_addr().unwrap());
    all_say(&url, "did not answer").await;
}

#[tokio::test]
async fn up_stays_on_the_embedded_database() {
    let output = Command::new(BINARY)
        .args(["up", "--listen", "127.0.0.1:0"])
        .env("AEROSPORTS_DATABASE", format!("mssql://aero:{SECRET}@127.0.0.1/aero"))
        .output()
        .await
        .unwrap();
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && message.contains("aerosports serve"), "{message}");
    assert!(!message.contains(SECRET), "{message}");
}
