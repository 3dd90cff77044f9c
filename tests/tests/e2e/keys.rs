//! API keys, issued and revoked beside the running process.

use std::{process::Output, time::Duration};

use aerosports_tests::Up;
use tokio::process::Command;

use crate::{BINARY, support};

async fn keys(up: &Up, arguments: &[&str]) -> Output {
    Command::new(BINARY)
        .arg("keys")
        .args(arguments)
        .arg("--data-dir")
        .arg(up.data_dir())
        .output()
        .await
        .unwrap()
}

#[tokio::test]
async fn sec_19_a_key_works_at_once_is_listed_without_its_secret_and_stops_within_a_second() {
    let up = Up::start(BINARY).await.unwrap();
    let location = support::location(&up, "keys").await;
    let pos = up.issue("pos", Some(&location)).await.unwrap();
    let mut client = aerosports_tests::client(up.process.address, &pos);
    let path = format!("/v1/locations/{location}/players");
    assert_eq!(client.get(&path, &[]).await.unwrap().status, 200);

    let listed = keys(&up, &["list", "--json"]).await;
    let listed = String::from_utf8(listed.stdout).unwrap();
    assert!(!listed.contains(&pos), "the secret is shown again");
    let row = listed.lines().find(|line| line.contains(r#""kind":"pos""#)).unwrap();
    let id = serde_json::from_str::<serde_json::Value>(row).unwrap()["id"].as_str().unwrap().to_owned();

    assert!(keys(&up, &["revoke", &id]).await.status.success());
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    assert_eq!(client.get(&path, &[]).await.unwrap().status, 401);
    assert!(!keys(&up, &["revoke", &id]).await.status.success(), "revoked twice");
}

#[tokio::test]
async fn keys_that_make_no_sense_are_refused() {
    let up = Up::start(BINARY).await.unwrap();
    for (arguments, hint) in [
        (vec!["issue", "--kind", "king"], "kind"),
        (vec!["issue", "--kind", "pos"], "location"),
        (vec!["issue", "--kind", "pos", "--location", "01990000-0000-7000-8000-000000000000"], "no location"),
    ] {
        let output = keys(&up, &arguments).await;
        let message = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && message.contains(hint), "{arguments:?}: {message}");
    }
}

#[tokio::test]
async fn sec_20_a_key_in_the_query_string_is_not_looked_at() {
    let up = Up::start(BINARY).await.unwrap();
    let mut nobody = aerosports_tests::client(up.process.address, "");
    let reply = nobody.get(&format!("/v1/locations?api_key={}", up.admin), &[]).await.unwrap();
    assert_eq!(reply.status, 401);
    let bearer = format!("Bearer {}", up.admin);
    let mut client = aerosports_tests::client(up.process.address, &up.admin);
    assert_eq!(client.get("/v1/locations", &[("authorization", &bearer)]).await.unwrap().status, 200);
}

#[tokio::test]
async fn a_mistyped_folder_gets_no_new_store() {
    let folder = tempfile::tempdir().unwrap();
    let mistyped = folder.path().join("dta");
    let issue = ["keys", "issue", "--kind", "admin", "--data-dir"];
    let output = Command::new(BINARY).args(issue).arg(&mistyped).output().await.unwrap();
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && message.contains("aerosports migrate"), "{message}");
    assert!(!mistyped.exists());
}
