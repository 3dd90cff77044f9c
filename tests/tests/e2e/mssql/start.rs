//! A start that cannot work ends soon, with one message that says what to change and shows no secret.

use std::{path::Path, time::Duration};

use aerosports_tests::MssqlDatabase;
use tokio::{process::Command, time::timeout};

use crate::BINARY;

const SECRET: &str = "Hunter2-hunter2";
/// A start that hangs would take longer.
const PATIENCE: Duration = Duration::from_secs(40);

/// Runs `arguments` on `url`; the message of its failure.
async fn refused(arguments: &[&str], url: &str, key: &Path) -> String {
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

fn key(folder: &Path) -> std::path::PathBuf {
    let key = shared::sealing::MasterKey::generate().unwrap();
    let file = folder.join("master.key");
    std::fs::write(&file, key.expose_base64()).unwrap();
    file
}

/// Each way to start against `url` says `hint`.
async fn all_say(url: &str, hint: &str) {
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
async fn a_wrong_password() {
    let Some(database) = MssqlDatabase::create().await else { return };
    all_say(&database.url_as(&format!("{}:{SECRET}", database.config().user)), "check user and password")
        .await;
}

#[tokio::test]
async fn a_wrong_database() {
    let Some(database) = MssqlDatabase::create().await else { return };
    let wrong = database.url().replace(&database.config().database, "no_such_database");
    all_say(&wrong, "refuses the database").await;
}

#[tokio::test]
async fn a_server_that_does_not_encrypt_or_whose_certificate_nobody_vouches_for() {
    let Some(database) = MssqlDatabase::create().await else { return };
    let url = database.url();
    let encrypted = url.split('?').next().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let message = refused(&["migrate"], encrypted, &key(folder.path())).await;
    assert!(message.contains("does not encrypt") || message.contains("trust_cert_ca"), "{message}");
}

#[tokio::test]
async fn tables_that_are_not_there() {
    let Some(database) = MssqlDatabase::create().await else { return };
    let folder = tempfile::tempdir().unwrap();
    let key = key(folder.path());
    for arguments in [&["keys", "list"][..], &["serve", "command-api", "--listen", "127.0.0.1:0"]] {
        let message = refused(arguments, &database.url(), &key).await;
        assert!(message.contains("aerosports migrate"), "{message}");
    }
}

#[tokio::test]
async fn a_login_without_rights() {
    let Some(database) = MssqlDatabase::create().await else { return };
    let migrated =
        Command::new(BINARY).args(["migrate", "--database", &database.url()]).output().await.unwrap();
    assert!(migrated.status.success(), "{migrated:?}");
    let login = format!("{}_nobody", database.config().database);
    database.add_login(&login, SECRET).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let key = key(folder.path());
    let url = database.url_as(&format!("{login}:{SECRET}"));
    for arguments in [&["keys", "list"][..], &["serve", "command-api", "--listen", "127.0.0.1:0"]] {
        let message = refused(arguments, &url, &key).await;
        assert!(message.contains("roles.sql"), "{message}");
    }
    database.drop_login(&login).await.unwrap();
}

#[tokio::test]
async fn no_master_key() {
    let Some(database) = MssqlDatabase::create().await else { return };
    let output = Command::new(BINARY)
        .args(["serve", "command-api", "--listen", "127.0.0.1:0", "--database", &database.url()])
        .env("AEROSPORTS_LOG", "error")
        .output()
        .await
        .unwrap();
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && message.contains("AEROSPORTS_MASTER_KEY_FILE"), "{message}");
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
