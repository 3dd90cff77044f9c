//! A start that the server or the database makes impossible ends soon, with one message that says what to change
//! and shows no secret.

use std::{path::Path, time::Duration};

use aerosports_tests::{MssqlDatabase, Process};
use tokio::{process::Command, time::sleep};

use crate::{
    BINARY,
    mssql_refused::{SECRET, all_say, key, refused},
};

const PAUSE: Duration = Duration::from_millis(50);

#[tokio::test]
async fn a_wrong_password() {
    let database = MssqlDatabase::create().await;
    all_say(&database.url_as(&format!("{}:{SECRET}", database.config().user)), "check user and password")
        .await;
}

#[tokio::test]
async fn a_wrong_database() {
    let database = MssqlDatabase::create().await;
    let wrong = database.url().replace(&database.config().database, "no_such_database");
    all_say(&wrong, "refuses the database").await;
}

#[tokio::test]
async fn a_server_that_does_not_encrypt_or_whose_certificate_nobody_vouches_for() {
    let database = MssqlDatabase::create().await;
    let url = database.url();
    let encrypted = url.split('?').next().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let message = refused(&["migrate"], encrypted, &key(folder.path())).await;
    assert!(message.contains("does not encrypt") || message.contains("trust_cert_ca"), "{message}");
}

#[tokio::test]
async fn tables_that_are_not_there() {
    let database = MssqlDatabase::create().await;
    let folder = tempfile::tempdir().unwrap();
    let key = key(folder.path());
    for arguments in [&["keys", "list"][..], &["serve", "command-api", "--listen", "127.0.0.1:0"]] {
        let message = refused(arguments, &database.url(), &key).await;
        assert!(message.contains("aerosports migrate"), "{message}");
    }
}

#[tokio::test]
async fn a_login_without_rights() {
    let database = MssqlDatabase::create().await;
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
    let database = MssqlDatabase::create().await;
    let output = Command::new(BINARY)
        .args(["serve", "command-api", "--listen", "127.0.0.1:0", "--database", &database.url()])
        .env("AEROSPORTS_LOG", "error")
        .output()
        .await
        .unwrap();
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && message.contains("AEROSPORTS_MASTER_KEY_FILE"), "{message}");
}

/// Starts a service on `url`.
async fn serve(service: &'static str, url: &str, folder: &Path) -> Process {
    let (key, devices) = (folder.join("master.key"), folder.join(format!("{service}.db")));
    let arguments = ["serve", service, "--listen", "127.0.0.1:0", "--database", url];
    let environment = [
        ("AEROSPORTS_MASTER_KEY_FILE", &*key.to_string_lossy()),
        ("AEROSPORTS_DEVICES_FILE", &*devices.to_string_lossy()),
    ];
    Process::start_with(Path::new(BINARY), service, &arguments, &environment, folder).await.unwrap()
}

/// What a server says of a database that it is still recovering, it says of one that is not there: so one is made late.
#[tokio::test]
async fn a_database_that_is_not_open_yet_is_waited_for_and_the_device_worker_starts_without() {
    let beside = MssqlDatabase::create().await;
    let late = format!("{}_late", beside.config().database);
    let url = beside.url().replace(&beside.config().database, &late);
    let folder = tempfile::tempdir().unwrap();
    key(folder.path());
    // It says that it is ready while there is no database at all.
    let worker = serve("device-worker", &url, folder.path()).await;
    let waiting = {
        let (url, folder) = (url.clone(), folder.path().to_owned());
        tokio::spawn(async move { serve("command-api", &url, &folder).await })
    };
    let log = folder.path().join("command-api.log");
    while !std::fs::read_to_string(&log).is_ok_and(|log| log.contains("waiting for the database")) {
        assert!(!waiting.is_finished(), "it did not wait");
        sleep(PAUSE).await;
    }
    // It is there with its tables at once, as one whose recovery has ended is.
    let made = format!("{late}_made");
    beside.run(&format!("CREATE DATABASE {made}")).await.unwrap();
    let migrating = url.replace(&late, &made);
    let migrated = Command::new(BINARY).args(["migrate", "--database", &migrating]).output().await.unwrap();
    assert!(migrated.status.success(), "{migrated:?}");
    while beside.run(&format!("ALTER DATABASE {made} MODIFY NAME = {late}")).await.is_err() {
        sleep(PAUSE).await;
    }
    for mut process in [worker, waiting.await.unwrap()] {
        process.kill().await.unwrap();
    }
    while beside.run(&format!("DROP DATABASE {late}")).await.is_err() {
        sleep(PAUSE).await;
    }
}
