//! What happened, long after: a file of it, a view as it was, and what is behind a row.

use std::process::Stdio;

use aerosports::{
    composition,
    demo::{Day, run as simulate},
    settings::database::Database,
};
use aerosports_tests::Up;
use domain::log::{CommandId, Version};
use events::NewEvent;
use serde_json::{Value, json};
use store::{Append, NewAnswer, StreamAppend, Verdict};
use tokio::process::Command;
use uuid::Uuid;

use super::run;
use crate::{BINARY, support};

#[tokio::test]
async fn a_request_id_of_the_callers_leads_to_its_events() {
    let up = Up::start(BINARY).await.unwrap();
    let body = json!({"code": "here", "name": "Here", "time_zone": "Europe/Berlin"}).to_string();
    let reply = up.client().post("/v1/locations", &[("x-request-id", "till-7.42")], body).await.unwrap();
    let opened: Value = reply.json().unwrap();
    support::location(&up, "there").await;
    let found = run(&up, &["events", "search", "till-7.42", "--json"]).await.succeeded().lines();
    let types: Vec<_> = found.iter().map(|event| &event["type"]).collect();
    assert_eq!(types, ["claim.claimed.v1", "location.opened.v1"]);
    assert_eq!(found[0]["metadata"]["request_id"], "till-7.42");

    let id = support::id(&opened);
    let command = found[0]["metadata"]["command_id"].as_str().unwrap();
    let by_command = run(&up, &["events", "search", command, "--json"]).await.succeeded().lines();
    assert_eq!(by_command, found);
    let why = run(&up, &["events", "why", "locations", &id, "--json"]).await.succeeded().lines().remove(0);
    let event = &why["events"][0];
    assert_eq!(
        (&event["request_id"], &event["answer"]["status"]),
        (&json!("till-7.42"), &json!(201)),
        "{why}"
    );
    assert!(event["caller"]["key_name"].is_string(), "{why}");
}

#[tokio::test]
async fn a_stretch_of_the_log_is_written_into_a_file_once() {
    let up = Up::start(BINARY).await.unwrap();
    for code in ["a", "b", "c", "d"] {
        support::location(&up, code).await;
    }
    let folder = tempfile::tempdir().unwrap();
    for name in ["log.jsonl", "log.jsonl.gz"] {
        let file = folder.path().join(name);
        let replay = ["replay", "--from", "2", "--to", "3", "--out", file.to_str().unwrap()];
        run(&up, &replay).await.succeeded();
        let again = run(&up, &replay).await;
        assert!(again.message.contains("is there already"), "{}", again.message);
        let program = if name.rsplit_once('.').is_some_and(|(_, end)| end == "gz") { "zcat" } else { "cat" };
        let output = Command::new(program).arg(&file).stderr(Stdio::inherit()).output().await.unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let positions: Vec<_> = lines.iter().map(|line| line["position"].as_u64().unwrap()).collect();
        assert_eq!(positions, [2, 3], "{name}");
        assert_eq!(lines[0]["data"]["code"], "a");
    }
    let log = std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(log, 2, "nothing unfinished stays");
}

/// A plug says that it was switched because of the event at `position`.
async fn acknowledge(up: &Up, position: u64) {
    let store = Database::Sqlite(up.data_dir().to_owned()).open(composition::clock()).await.unwrap();
    let id = composition::clock().new_uuid();
    let cause = json!({"kind": "automation", "automation_id": Uuid::nil(), "event_position": position, "reason": "fog"});
    let data = json!({"at": "2026-12-01T12:00:00Z", "cause": cause, "state": "on"}).to_string();
    let event = NewEvent { id: domain::ids::EventId(id), event_type: "plug.switched.v1", data };
    let stream = StreamAppend {
        stream: format!("plug-{id}").parse().unwrap(),
        expected: Version(0),
        events: vec![event],
    };
    let append = Append {
        command: CommandId(id),
        request_hash: [0; 32],
        location: None,
        metadata: json!({"actor": "system:test", "command_id": id, "correlation_id": id}).to_string(),
        at: composition::clock().now(),
        streams: vec![stream],
        answer: NewAnswer { status: 200, body: "{}".to_owned() },
        person_keys: vec![],
    };
    assert!(matches!(store.append(append).await.unwrap(), Verdict::Committed(_)));
    store.close().await;
}

#[tokio::test]
async fn a_leaderboard_is_shown_as_it_was_and_explained_down_to_the_plug() {
    let up = Up::start(BINARY).await.unwrap();
    simulate(&up.target(), &Day { guests: 40, ..Day::default() }, |_, _| {}).await.unwrap();
    let end = support::last_position(up.data_dir()).await;
    let token = format!("1.{end}");
    let locations = support::shown(&mut up.client(), "/v1/locations", &token).await;
    let location = support::id(&locations["items"][0]);
    let path = format!("/v1/locations/{location}/leaderboards");
    let board = support::shown(&mut up.client(), &path, &token).await;
    let best = &board["items"][0];
    assert!(best["points"].as_u64().unwrap() > 0, "{board}");

    let at = async |when: &str| {
        run(&up, &["at", when, "leaderboards", "--location", &location, "--json"])
            .await
            .succeeded()
            .lines()
            .remove(0)
    };
    assert_eq!(at(&token).await["items"], board["items"]);
    let player = best["player_id"].as_str().unwrap();
    let ask = ["events", "why", "leaderboards", player, "--location", &location, "--json"];
    let why = run(&up, &ask).await.succeeded().lines().remove(0);
    let finished = why["events"].as_array().unwrap().iter().find(|event| event["type"] == "play.finished.v1");
    let finished = finished.unwrap_or_else(|| panic!("{why}")).clone();
    assert!(why["row"][0]["points"].as_u64().unwrap() > 0, "{why}");
    assert!(finished["caller"]["actor"].as_str().unwrap().starts_with("key:"), "{finished}");
    assert_eq!(finished["answer"]["status"], 200, "{finished}");

    let position = finished["position"].as_u64().unwrap();
    let before = at(&(position - 1).to_string()).await;
    assert_ne!(before["items"], board["items"]);
    let then = at(finished["recorded_at"].as_str().unwrap()).await;
    assert!(then["position"].as_u64().unwrap() >= position, "{then}");
    acknowledge(&up, position).await;
    let why = run(&up, &ask).await.succeeded().lines().remove(0);
    let events = why["events"].as_array().unwrap();
    let explained = events.iter().find(|event| event["position"] == position).unwrap();
    assert_eq!(explained["plugs"][0]["data"]["state"], "on", "{explained}");

    let unknown = run(&up, &["events", "why", "towns", player]).await;
    assert!(unknown.message.contains("nothing is known of towns"), "{}", unknown.message);
    let ahead = run(&up, &["at", "999999999", "leaderboards", "--location", &location]).await;
    assert!(ahead.message.contains("the log ends at position"), "{}", ahead.message);
}
