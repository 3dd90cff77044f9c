//! A projection that cannot apply events, from the first sight to views that are right again: a column of its table is
//! away, as after a careless hand.

use std::time::Duration;

use aerosports_tests::Up;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::{run, sqlite, table};
use crate::{BINARY, support};

const PATIENCE: Duration = Duration::from_mins(1);

async fn rename(up: &Up, location: &str, name: &str) -> String {
    let path = format!("/v1/locations/{location}/rename");
    let renamed = support::accepted(&mut up.client(), &path, &json!({ "name": name })).await;
    renamed["token"].as_str().unwrap().to_owned()
}

/// The name that the view shows.
async fn shown(up: &Up, location: &str, token: &str) -> String {
    let listed = support::shown(&mut up.client(), "/v1/locations", token).await;
    let found = listed["items"].as_array().unwrap().iter().find(|item| item["id"] == location).unwrap();
    found["name"].as_str().unwrap().to_owned()
}

async fn until_parked(up: &Up, count: usize) -> Vec<Value> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let parked = run(up, &["parked", "list", "--json"]).await.succeeded().lines();
        if parked.len() >= count {
            return parked;
        }
        assert!(Instant::now() < deadline, "{parked:?}");
        sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_poison_event_is_parked_seen_retried_after_a_fix_and_skipped() {
    let up = Up::start(BINARY).await.unwrap();
    let (one, other) = (support::location(&up, "one").await, support::location(&up, "other").await);
    let token = rename(&up, &other, "Other").await;
    assert_eq!(shown(&up, &other, &token).await, "Other");
    let file = up.data_dir().join("read.db");
    let table = table(&file, "locations").await;
    sqlite(&file, &format!("ALTER TABLE \"{table}\" RENAME COLUMN name TO lost")).await;

    rename(&up, &one, "First").await;
    rename(&up, &other, "Unseen").await;
    let last = rename(&up, &one, "Second").await;
    let parked = until_parked(&up, 3).await;
    assert!(parked.iter().all(|row| row["projection"] == "locations"), "{parked:?}");
    let position = |row: &Value| row["position"].to_string();
    assert_eq!(parked[2]["waits_behind"], parked[0]["position"], "{parked:?}");
    let listed = run(&up, &["projections", "show", "locations", "--json"]).await.succeeded().lines();
    assert_eq!((&listed[0]["parked"], &listed[0]["lag_events"]), (&json!(3), &json!(0)), "{listed:?}");

    let seen = run(&up, &["parked", "show", "locations", &position(&parked[0]), "--json"]).await.lines();
    assert_eq!(seen[0]["event"]["data"]["name"], "First", "{seen:?}");
    assert!(seen[0]["error"].as_str().unwrap().contains("name"), "{seen:?}");
    assert_eq!(seen[0]["waiting"][0]["position"], parked[2]["position"], "{seen:?}");

    let stream = format!("location-{one}");
    let again = run(&up, &["parked", "retry", "locations", &stream, "--wait", "--json"]).await;
    assert!(!again.ok && again.lines()[0]["parked"] == 2, "{}", again.printed);
    let tried = run(&up, &["parked", "show", "locations", &stream, "--json"]).await.lines();
    assert_eq!(tried[0]["tries"], 2);

    sqlite(&file, &format!("ALTER TABLE \"{table}\" RENAME COLUMN lost TO name")).await;
    run(&up, &["parked", "retry", "locations", &stream, "--wait"]).await.succeeded();
    assert_eq!(shown(&up, &one, &last).await, "Second");

    let unseen = position(&parked[1]);
    let skip =
        ["parked", "skip", "locations", &unseen, "--reason", "a typing error", "--by", "anna", "--wait"];
    run(&up, &skip).await.succeeded();
    assert_eq!(shown(&up, &other, &last).await, "Other");
    assert!(run(&up, &["parked", "list"]).await.succeeded().printed.is_empty());
    let kept = run(&up, &["parked", "list", "--skipped", "--json"]).await.succeeded().lines();
    let kept: Vec<_> = kept.iter().map(|row| (position(row), &row["reason"], &row["by"])).collect();
    assert_eq!(kept, [(unseen, &json!("a typing error"), &json!("anna"))]);

    run(&up, &["projections", "diff", "locations"]).await.succeeded();
    run(&up, &["projections", "rebuild", "locations", "--wait"]).await.succeeded();
    assert_eq!(shown(&up, &other, &last).await, "Unseen");
    run(&up, &["projections", "diff", "locations"]).await.succeeded();
    run(&up, &["projections", "back", "locations"]).await.succeeded();
    let nothing = run(&up, &["parked", "skip", "locations", "1", "--reason", "x"]).await;
    assert!(nothing.message.contains("nothing at 1 is parked in locations"), "{}", nothing.message);
}

#[tokio::test]
async fn every_projection_says_how_far_it_is_and_a_row_changed_by_hand_is_shown() {
    let up = Up::start(BINARY).await.unwrap();
    let location = support::location(&up, "here").await;
    let token = rename(&up, &location, "Here").await;
    assert_eq!(shown(&up, &location, &token).await, "Here");
    let listed = run(&up, &["projections", "list", "--json"]).await.succeeded().lines();
    assert!(listed.len() >= 11, "{listed:?}");
    for row in &listed {
        assert_eq!((&row["state"], &row["parked"]), (&json!("active"), &json!(0)), "{row}");
        for field in ["name", "version", "position", "lag_events", "lag_seconds"] {
            assert!(!row[field].is_null(), "{field} is missing: {row}");
        }
    }
    let file = up.data_dir().join("read.db");
    let table = table(&file, "locations").await;
    sqlite(&file, &format!("UPDATE \"{table}\" SET name = 'There'")).await;
    let found = run(&up, &["projections", "diff", "locations", "--json"]).await;
    assert!(!found.ok, "{}", found.printed);
    assert_eq!(found.lines()[0]["columns"], json!(["name"]));
    let missing = run(&up, &["projections", "show", "towns"]).await;
    assert!(
        missing.message.contains("there is no projection towns; there are locations"),
        "{}",
        missing.message
    );
}
