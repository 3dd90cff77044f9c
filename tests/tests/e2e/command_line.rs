//! The operator's commands on a running venue.

use aerosports_tests::Up;
use serde_json::{Value, json};
use tokio::process::Command;

use crate::{BINARY, support};

async fn run(up: &Up, arguments: &[&str]) -> (bool, String, String) {
    let output =
        Command::new(BINARY).args(arguments).arg("--data-dir").arg(up.data_dir()).output().await.unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.success(), text(output.stdout), text(output.stderr))
}

#[tokio::test]
async fn events_are_tailed_shown_and_searched() {
    let up = Up::start(BINARY).await.unwrap();
    let location = support::location(&up, "events").await;
    let rename = json!({"name": "Hauptstraße"});
    support::accepted(&mut up.client(), &format!("/v1/locations/{location}/rename"), &rename).await;

    let (ok, shown, _) = run(&up, &["events", "show", &format!("location-{location}"), "--json"]).await;
    let events: Vec<Value> = shown.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(ok);
    assert_eq!(
        events.iter().map(|event| &event["type"]).collect::<Vec<_>>(),
        ["location.opened.v1", "location.renamed.v1"]
    );
    assert_eq!(events[1]["data"]["name"], "Hauptstraße");
    assert!(events[1]["metadata"]["actor"].as_str().unwrap().starts_with("key:"));

    let (ok, tailed, _) = run(&up, &["events", "tail", "-n", "1"]).await;
    assert!(ok && tailed.contains("location.renamed.v1") && tailed.lines().count() == 1, "{tailed}");
    let (ok, found, _) = run(&up, &["events", "search", "Hauptstraße", "--type", "location."]).await;
    assert!(ok && found.lines().count() == 1, "{found}");
    let (ok, _, message) = run(&up, &["events", "show", "location-nowhere"]).await;
    assert!(!ok && message.contains("there is no stream"), "{message}");
}

#[tokio::test]
async fn a_reader_that_has_seen_enough_is_no_failure() {
    let up = Up::start(BINARY).await.unwrap();
    support::location(&up, "piped").await;
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut tail = Command::new(BINARY);
    tail.args(["events", "tail", "--data-dir"]).arg(up.data_dir()).stdout(writer);
    let output = tail.stderr(std::process::Stdio::piped()).spawn().unwrap().wait_with_output().await.unwrap();
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success() && message.is_empty(), "{message}");
}

#[tokio::test]
async fn ping_tells_ready_from_not() {
    let up = Up::start(BINARY).await.unwrap();
    let ping = |address: String| async move {
        Command::new(BINARY).args(["ping", &address]).output().await.unwrap()
    };
    assert!(ping(up.process.address.to_string()).await.status.success());
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    assert!(!ping(closed.to_string()).await.status.success());
}

#[tokio::test]
async fn a_folder_without_a_store_says_what_to_run() {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(BINARY)
        .args(["events", "tail", "--data-dir"])
        .arg(folder.path())
        .output()
        .await
        .unwrap();
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && message.contains("aerosports migrate"), "{message}");
}
