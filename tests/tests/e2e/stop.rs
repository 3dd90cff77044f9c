//! Starting and stopping as an operator sees it.

use std::time::Duration;

use aerosports_tests::Up;
use serde_json::Value;
use tokio::process::Command;

use crate::{BINARY, support};

#[tokio::test]
async fn sigterm_and_sigint_end_it_with_success_and_keep_everything() {
    let mut up = Up::start(BINARY).await.unwrap();
    for (signal, code) in [("TERM", "one"), ("INT", "two")] {
        support::location(&up, code).await;
        up.process.signal(signal).await.unwrap();
        assert!(up.process.wait().await.unwrap().success(), "SIG{signal}");
        up.restart().await.unwrap();
    }
    let page: Value = up.client().get("/v1/locations", &[]).await.unwrap().json().unwrap();
    assert_eq!(page["items"].as_array().unwrap().len(), 2, "{page}");
}

#[tokio::test]
async fn up_says_that_it_is_not_ready_while_it_stops() {
    let mut up = Up::start(BINARY).await.unwrap();
    let mut client = up.client();
    let healthy = client.get("/readyz", &[]).await.unwrap();
    assert_eq!(healthy.status, 200, "{}", healthy.text());
    up.process.signal("TERM").await.unwrap();
    let mut seen = None;
    for _ in 0..200 {
        match client.get("/readyz", &[]).await {
            Ok(reply) if reply.status == 503 => {
                seen = Some(reply);
                break;
            }
            Ok(_) => tokio::time::sleep(Duration::from_millis(1)).await,
            Err(_) => break,
        }
    }
    assert!(seen.is_some(), "no 503 before the port closed");
    assert!(up.process.wait().await.unwrap().success());
}

#[tokio::test]
async fn a_second_process_on_the_same_folder_or_port_is_refused_with_what_to_change() {
    let up = Up::start(BINARY).await.unwrap();
    let folder = up.data_dir().to_str().unwrap();
    let second = |listen: String, folder: String| async move {
        let output = Command::new(BINARY)
            .args(["up", "--listen", &listen, "--data-dir", &folder])
            .output()
            .await
            .unwrap();
        assert!(!output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    let message = second("127.0.0.1:0".into(), folder.to_owned()).await;
    assert!(message.contains("in use by another"), "{message}");
    let other = tempfile::tempdir().unwrap();
    let message = second(up.process.address.to_string(), other.path().to_str().unwrap().into()).await;
    assert!(message.contains("--listen"), "{message}");
}

#[tokio::test]
async fn a_lost_master_key_stops_the_start() {
    let mut up = Up::start(BINARY).await.unwrap();
    support::location(&up, "keyed").await;
    up.process.signal("TERM").await.unwrap();
    up.process.wait().await.unwrap();
    let file = up.data_dir().join("master.key");
    let key = std::fs::read_to_string(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    let message = up.restart().await.unwrap_err().to_string();
    assert!(message.contains("AEROSPORTS_MASTER_KEY_FILE"), "{message}");
    std::fs::write(&file, key).unwrap();
    up.restart().await.unwrap();
}

#[tokio::test]
async fn a_log_older_than_its_views_stops_the_start_and_says_what_to_do() {
    let mut up = Up::start(BINARY).await.unwrap();
    support::location(&up, "ahead").await;
    let projected = up.client().get("/v1/locations", &[("aero-min-position", "1.1")]).await.unwrap();
    assert_eq!(projected.status, 200, "{}", projected.text());
    up.process.signal("TERM").await.unwrap();
    assert!(up.process.wait().await.unwrap().success());
    // As after restoring a backup from before the first event.
    std::fs::remove_file(up.data_dir().join("events.db")).unwrap();
    let message = up.restart().await.unwrap_err().to_string();
    assert!(message.contains("delete read.db"), "{message}");
    std::fs::remove_file(up.data_dir().join("read.db")).unwrap();
    up.restart().await.unwrap();
}
