//! The operator's commands on a database in SQL Server.

use serde_json::{Value, json};
use tokio::process::Command;

use super::Chain;
use crate::{BINARY, support};

async fn run(chain: &Chain, arguments: &[&str]) -> (bool, String) {
    let output = Command::new(BINARY)
        .args(arguments)
        .args(["--database", &chain.database.url()])
        .output()
        .await
        .unwrap();
    (output.status.success(), String::from_utf8(output.stdout).unwrap())
}

#[tokio::test]
async fn keys_and_events_beside_the_running_services() {
    let chain = Chain::start().await;
    let target = chain.services.target();
    let mut admin = aerosports_tests::client(target.command, &target.api_key);
    let venue = json!({"code": "mssql", "name": "Straße 1 – 日本", "time_zone": "Europe/Berlin"});
    let answer = support::accepted(&mut admin, "/v1/locations", &venue).await;
    let (location, token) = (support::id(&answer), answer["token"].as_str().unwrap());

    let mut reader = aerosports_tests::client(target.query, &target.api_key);
    let listed = support::shown(&mut reader, "/v1/locations", token).await;
    assert_eq!(listed["items"][0]["name"], venue["name"]);

    let (ok, shown) = run(&chain, &["events", "show", &format!("location-{location}"), "--json"]).await;
    assert!(ok);
    let event: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!((&event["type"], &event["data"]["name"]), (&json!("location.opened.v1"), &venue["name"]));
    let (ok, tailed) = run(&chain, &["events", "tail", "-n", "1"]).await;
    assert!(ok && tailed.lines().count() == 1, "{tailed}");
    let (ok, found) = run(&chain, &["events", "search", "Straße"]).await;
    assert!(ok && found.contains(&location), "{found}");

    let (ok, pos) = run(&chain, &["keys", "issue", "--kind", "pos", "--location", &location]).await;
    assert!(ok);
    let mut pos_client = aerosports_tests::client(target.query, pos.trim());
    let path = format!("/v1/locations/{location}/players");
    assert_eq!(pos_client.get(&path, &[]).await.unwrap().status, 200);
    let (ok, listed) = run(&chain, &["keys", "list", "--json"]).await;
    assert!(ok);
    let rows = listed.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let id = rows.into_iter().find(|row| row["kind"] == "pos").unwrap()["id"].as_str().unwrap().to_owned();
    assert!(run(&chain, &["keys", "revoke", &id]).await.0);
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    assert_eq!(pos_client.get(&path, &[]).await.unwrap().status, 401);
}
