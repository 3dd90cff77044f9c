//! What several end-to-end tests need.

use std::{path::Path, time::Duration};

use aerosports::{client::Client, composition, settings::database::Database};
use aerosports_tests::Up;
use serde_json::{Value, json};
use tokio::time::Instant;

/// How long something may be out of reach.
const PATIENCE: Duration = Duration::from_mins(1);

/// Posts `body` and expects a 2xx; again, with the same key, for as long as the answer is to come later.
pub async fn accepted(client: &mut Client, path: &str, body: &Value) -> Value {
    let (key, deadline) = (composition::clock().new_uuid().to_string(), Instant::now() + PATIENCE);
    loop {
        let reply = client.post(path, &[("idempotency-key", &key)], body.to_string()).await.unwrap();
        if reply.status.is_success() {
            return reply.json().unwrap();
        }
        let again = reply.status == 503 && Instant::now() < deadline;
        assert!(again, "{path}: {} {}", reply.status, reply.text());
    }
}

/// Reads `path` as of `token`, and again for as long as the views are behind it or the database is away.
pub async fn shown(client: &mut Client, path: &str, token: &str) -> Value {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let as_of = [("aero-min-position", token), ("aero-max-wait", "10")];
        let reply = client.get(path, &as_of).await.unwrap();
        if reply.status == 200 {
            return reply.json().unwrap();
        }
        assert_eq!(reply.status, 503, "{path}: {}", reply.text());
        assert!(Instant::now() < deadline, "{path}: {}", reply.text());
    }
}

/// Opens a location; its id.
pub async fn location(up: &Up, code: &str) -> String {
    let body = json!({"code": code, "name": format!("Venue {code}"), "time_zone": "Europe/Berlin"});
    id(&accepted(&mut up.client(), "/v1/locations", &body).await)
}

/// Waits until a process handles SIGINT and SIGTERM itself. Source: proc(5), `SigCgt`, a mask in hexadecimal whose
/// lowest bit is signal 1.
pub async fn until_signals_are_taken(process: u32) {
    const INT_AND_TERM: u64 = 1 << (2 - 1) | 1 << (15 - 1);
    let deadline = Instant::now() + PATIENCE;
    loop {
        let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap();
        if u64::from_str_radix(caught.trim(), 16).unwrap() & INT_AND_TERM == INT_AND_TERM {
            return;
        }
        assert!(Instant::now() < deadline, "process {process} takes no signals");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The `id` of an answer.
pub fn id(answer: &Value) -> String {
    answer["id"].as_str().unwrap_or_else(|| panic!("no id in {answer}")).to_owned()
}

/// The last position in the log of `folder`, read beside the running process.
pub async fn last_position(folder: &Path) -> u64 {
    let store = Database::Sqlite(folder.to_owned()).open(composition::clock()).await.unwrap();
    let head = store.head().await.unwrap();
    store.close().await;
    head.position.0
}
