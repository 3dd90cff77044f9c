//! A start that the server or the database makes impossible ends soon, with one message that says what to change
//! and shows no secret.

use aerosports_tests::MssqlDatabase;
use tokio::process::Command;

use crate::{
    BINARY,
    mssql_refused::{SECRET, all_say, key, refused},
};

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
