//! What an operator does beside a running venue: sees how far the views are, builds them anew, mends what is set aside,
//! copies events, backs up, restores, and has everything looked at.

use std::{fs, io::Write as _, path::Path};

use aerosports_tests::Up;
use serde_json::{Value, json};
use tokio::process::Command;

use crate::{BINARY, support};

/// Runs the binary on `folder`; whether it succeeded, and what it printed.
async fn operate(folder: &Path, arguments: &[&str]) -> (bool, String) {
    let output = Command::new(BINARY)
        .args(arguments)
        .arg("--data-dir")
        .arg(folder)
        .stdin(std::process::Stdio::null())
        .output()
        .await
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.success(), format!("{}{}", text(&output.stdout), text(&output.stderr)))
}

/// What a command that succeeds prints.
async fn done(folder: &Path, arguments: &[&str]) -> String {
    let (good, text) = operate(folder, arguments).await;
    assert!(good, "{arguments:?}: {text}");
    text
}

/// The JSON objects that it prints.
async fn rows(folder: &Path, arguments: &[&str]) -> Vec<Value> {
    let text = done(folder, arguments).await;
    text.lines()
        .filter(|line| line.starts_with('{'))
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

async fn doctor(folder: &Path) -> (bool, Value) {
    let (good, text) = operate(folder, &["doctor", "--json"]).await;
    let line =
        text.lines().find(|line| line.starts_with("{\"findings\"")).unwrap_or_else(|| panic!("{text}"));
    (good, serde_json::from_str(line).unwrap())
}

fn checks(report: &Value) -> Vec<&str> {
    report["findings"].as_array().unwrap().iter().map(|finding| finding["check"].as_str().unwrap()).collect()
}

fn sqlite(folder: &Path, file: &str, script: &str) -> String {
    let output = std::process::Command::new("sqlite3")
        .arg(folder.join(file))
        .arg(script)
        .output()
        .expect("no sqlite3: run `apt-get install sqlite3`, or ./tests/run, which does it");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

async fn stop(up: &mut Up) {
    up.process.signal("TERM").await.unwrap();
    assert!(up.process.wait().await.unwrap().success());
}

/// A venue with a guest who has time; the venue's id, and the answer of the last command.
async fn venue(up: &Up, code: &str) -> (String, Value) {
    let location = support::location(up, code).await;
    let guest = json!({
        "first_name": "Ana", "last_name": "Ruiz", "email": "ana@example.org", "adult_declared": true,
    });
    let mut client = up.client();
    support::accepted(&mut client, &format!("/v1/locations/{location}/players"), &guest).await;
    let hour = json!({"minutes": 60, "starts": "now"});
    let path = format!("/v1/locations/{location}/wristbands/B-1/initialize");
    let answer = support::accepted(&mut client, &path, &hour).await;
    (location, answer)
}

#[tokio::test]
async fn views_are_listed_built_anew_compared_and_gone_back_to() {
    let up = Up::start(BINARY).await.unwrap();
    let (_, last) = venue(&up, "home").await;
    support::shown(&mut up.client(), "/v1/locations", last["token"].as_str().unwrap()).await;
    let folder = up.data_dir();
    let all = rows(folder, &["projections", "list", "--json"]).await;
    let names: Vec<_> = all.iter().map(|view| view["name"].as_str().unwrap()).collect();
    assert!(["leaderboards", "players", "wristbands"].iter().all(|name| names.contains(name)), "{names:?}");
    for view in &all {
        assert_eq!(
            (&view["lag_events"], &view["parked"], &view["state"]),
            (&json!(0), &json!(0), &json!("active"))
        );
    }
    let rebuilt = done(folder, &["projections", "rebuild", "players", "--wait"]).await;
    assert!(rebuilt.contains("serves; `aerosports projections back players`"), "{rebuilt}");
    let diff = rows(folder, &["projections", "diff", "players", "--json"]).await;
    assert!(diff.len() == 2 && diff.iter().all(|table| table["equal"] == true), "{diff:?}");
    done(folder, &["projections", "back", "players"]).await;
    let shown = rows(folder, &["projections", "show", "players", "--json"]).await;
    let active: Vec<_> =
        shown.iter().filter(|view| view["state"] == "active").map(|view| &view["run"]).collect();
    assert_eq!(active, [&json!(1)]);
    let (good, unknown) = operate(folder, &["projections", "rebuild", "nothing"]).await;
    assert!(!good && unknown.contains("`aerosports projections list` names them"), "{unknown}");
}

#[tokio::test]
async fn events_are_copied_in_their_order_and_found_by_the_request_that_caused_them() {
    let up = Up::start(BINARY).await.unwrap();
    let (location, last) = venue(&up, "home").await;
    let folder = up.data_dir();
    let head: usize = last["token"].as_str().unwrap().split_once('.').unwrap().1.parse().unwrap();
    let out = folder.join("events.jsonl");
    let to = out.to_str().unwrap();
    let dry = done(folder, &["replay"]).await;
    assert!(dry.contains("nothing was written"), "{dry}");
    done(folder, &["replay", "--to", "2", "--out", to]).await;
    // The last line was cut off in its middle.
    let text = fs::read_to_string(&out).unwrap();
    fs::write(&out, &text[..text.len() - 20]).unwrap();
    let again = operate(folder, &["replay", "--out", to]).await;
    assert!(!again.0 && again.1.contains("--resume goes on with it"), "{}", again.1);
    done(folder, &["replay", "--out", to, "--resume"]).await;
    let lines: Vec<Value> =
        fs::read_to_string(&out).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let positions: Vec<_> = lines.iter().map(|line| line["position"].as_u64().unwrap()).collect();
    assert_eq!(positions, (1..=head as u64).collect::<Vec<_>>());
    assert!(!fs::read_to_string(&out).unwrap().contains("Ruiz"), "what is sealed stays sealed");

    let packed = folder.join("bands.jsonl.gz");
    done(
        folder,
        &["replay", "--type", "wristband.", "--location", &location, "--out", packed.to_str().unwrap()],
    )
    .await;
    let unpacked = std::process::Command::new("gzip").arg("-dc").arg(&packed).output().unwrap();
    let unpacked = String::from_utf8(unpacked.stdout).unwrap();
    assert_eq!(unpacked.lines().count(), 1, "{unpacked}");

    let correlation = lines.last().unwrap()["metadata"]["correlation_id"].as_str().unwrap();
    let found = rows(folder, &["events", "search", correlation, "--json"]).await;
    assert!(found.iter().any(|event| event["type"] == "wristband.initialized.v1"), "{found:?}");
}

/// Adds an event to the venue's stream whose data are `data`. Nothing else may use the file.
fn append_by_hand(folder: &Path, location: &str, data: &str) {
    let script = format!(
        "INSERT INTO events (position, id, stream_number, version, stream, type, location, data, metadata, recorded_at) \
         SELECT h.position + 1, randomblob(16), s.number, s.version + 1, s.name, 'location.renamed.v1', s.location, \
         '{data}', '{{}}', (SELECT MAX(recorded_at) FROM events) FROM log_head h, streams s \
         WHERE s.name = 'location-{location}'; \
         UPDATE streams SET version = version + 1 WHERE name = 'location-{location}'; \
         UPDATE log_head SET position = position + 1;"
    );
    sqlite(folder, "events.db", &script);
}

#[tokio::test]
async fn an_event_that_cannot_be_applied_is_seen_retried_and_skipped() {
    let mut up = Up::start(BINARY).await.unwrap();
    let (location, _) = venue(&up, "home").await;
    let folder = up.data_dir().to_owned();
    stop(&mut up).await;
    append_by_hand(&folder, &location, "{}");
    append_by_hand(&folder, &location, r#"{"name":"Later"}"#);
    up.restart().await.unwrap();

    let stream = format!("location-{location}");
    let parked = until_parked(&folder).await;
    let in_view: Vec<_> = parked.iter().filter(|row| row["projection"] == "locations").collect();
    assert_eq!((&in_view[0]["waits"], &in_view[1]["waits"]), (&json!(false), &json!(true)), "{parked:?}");
    assert_eq!(in_view[0]["type"], "location.renamed.v1");
    let shown = done(&folder, &["parked", "show", "locations", &stream]).await;
    assert!(shown.contains("could not apply position") && shown.contains("Later"), "{shown}");
    let (_, report) = doctor(&folder).await;
    assert!(checks(&report).contains(&"parked"), "{report}");

    let (good, failed) = operate(&folder, &["parked", "retry", "locations", &stream]).await;
    assert!(!good && failed.contains("failed again"), "{failed}");
    let (good, unasked) =
        operate(&folder, &["parked", "skip", "locations", &stream, "--reason", "a bug"]).await;
    assert!(!good && unasked.contains("--yes"), "{unasked}");
    let skip = ["parked", "skip", "locations", &stream, "--reason", "a bug", "--by", "anna", "--yes"];
    done(&folder, &skip).await;
    let skipped = rows(&folder, &["parked", "skipped", "--json"]).await;
    assert_eq!((&skipped[0]["by"], &skipped[0]["reason"]), (&json!("anna"), &json!("a bug")));
    let (status, name) = location_name(&up, &location).await;
    assert_eq!((status, name), (200, json!("Later")), "what waited is applied");

    // The stored event is mended, and every other view takes it.
    stop(&mut up).await;
    sqlite(
        &folder,
        "events.db",
        r#"UPDATE events SET data = '{"name":"Mended"}' WHERE data = '{}' AND type = 'location.renamed.v1'"#,
    );
    up.restart().await.unwrap();
    done(&folder, &["parked", "retry", "--all"]).await;
    let left = done(&folder, &["parked", "list"]).await;
    assert!(left.contains("nothing is set aside"), "{left}");
    let nothing = operate(&folder, &["parked", "retry", "locations", &stream]).await;
    assert!(!nothing.0 && nothing.1.contains("nothing of"), "{}", nothing.1);
}

async fn until_parked(folder: &Path) -> Vec<Value> {
    for _ in 0..300 {
        let parked = rows(folder, &["parked", "list", "--json"]).await;
        if parked.iter().filter(|row| row["projection"] == "locations").count() == 2 {
            return parked;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("nothing is set aside");
}

async fn location_name(up: &Up, location: &str) -> (u16, Value) {
    let reply = up.client().get(&format!("/v1/locations/{location}"), &[]).await.unwrap();
    (reply.status.as_u16(), reply.json::<Value>().unwrap()["name"].clone())
}

#[tokio::test]
async fn a_backup_made_at_work_is_restored_elsewhere_on_a_new_timeline() {
    let up = Up::start(BINARY).await.unwrap();
    let (location, before) = venue(&up, "home").await;
    let backup = up.data_dir().join("backup");
    let to = backup.to_str().unwrap();
    let working = up.client();
    let busy = tokio::spawn(scan_on(working, location.clone()));
    let made = done(up.data_dir(), &["backup", "--to", to]).await;
    assert!(made.contains("read and found sound") && made.contains("The master key is not in it"), "{made}");
    assert!(!busy.await.unwrap().is_empty());
    let refused = operate(up.data_dir(), &["backup", "--to", to]).await;
    assert!(!refused.0 && refused.1.contains("is not empty"), "{}", refused.1);
    let lost = support::location(&up, "after-the-backup").await;

    let elsewhere = tempfile::tempdir().unwrap();
    let restored = done(elsewhere.path(), &["restore", "--from", to, "--by", "anna"]).await;
    assert!(restored.contains("on timeline 2"), "{restored}");
    let twice = operate(elsewhere.path(), &["restore", "--from", to]).await;
    assert!(!twice.0 && twice.1.contains("name an empty folder"), "{}", twice.1);
    fs::copy(up.data_dir().join("master.key"), elsewhere.path().join("master.key")).unwrap();
    let second = Up::start_in(BINARY, elsewhere, &[]).await.unwrap();
    let band = format!("/v1/locations/{location}/wristbands/B-1");
    let as_of = before["token"].as_str().unwrap().replacen("1.", "2.", 1);
    let shown = support::shown(&mut second.client(), &band, &as_of).await;
    assert_eq!(shown["state"], "running", "nothing acknowledged before the backup is missing");
    let gone = second.client().get(&format!("/v1/locations/{lost}"), &[]).await.unwrap();
    assert_eq!(gone.status, 404);
    let far = [("aero-min-position", "1.9999")];
    let refused = second.client().get(&band, &far).await.unwrap();
    assert_eq!(refused.status, 409, "a token of what was lost: {}", refused.text());
    let (good, report) = doctor(second.data_dir()).await;
    assert!(good, "{report}");

    let events = backup.join("events.db");
    let mut bytes = fs::read(&events).unwrap();
    // One letter of what an event says.
    let name = bytes.windows(10).position(|window| window == b"Venue home").unwrap();
    bytes[name] = b'v';
    fs::File::create(&events).unwrap().write_all(&bytes).unwrap();
    let third = tempfile::tempdir().unwrap();
    let damaged = operate(third.path(), &["restore", "--from", to]).await;
    assert!(!damaged.0 && !third.path().join("events.db").exists(), "{}", damaged.1);
}

/// Commands that go on during a backup; their tokens.
async fn scan_on(mut client: aerosports::client::Client, location: String) -> Vec<String> {
    let mut tokens = Vec::new();
    for number in 0..100 {
        let path = format!("/v1/locations/{location}/wristbands/C-{number}/initialize");
        let answer = support::accepted(&mut client, &path, &json!({"minutes": 60, "starts": "now"})).await;
        tokens.push(answer["token"].as_str().unwrap().to_owned());
    }
    tokens
}

#[tokio::test]
async fn the_doctor_finds_what_was_broken_and_nothing_where_all_is_well() {
    let mut up = Up::start(BINARY).await.unwrap();
    let (_, last) = venue(&up, "home").await;
    support::shown(&mut up.client(), "/v1/locations", last["token"].as_str().unwrap()).await;
    let folder = up.data_dir().to_owned();
    let (good, report) = doctor(&folder).await;
    assert!(good && report == json!({"ok": true, "findings": [], "notes": []}), "{report}");
    stop(&mut up).await;

    let table = sqlite(
        &folder,
        "read.db",
        "SELECT name FROM sqlite_master WHERE name LIKE 'locations\\_\\_v%' ESCAPE '\\' AND type = 'table'",
    );
    sqlite(&folder, "read.db", &format!("UPDATE \"{}\" SET name = 'Forged'", table.trim()));
    assert_finding(&folder, "view", "locations").await;
    sqlite(&folder, "read.db", &format!("UPDATE \"{}\" SET name = 'Venue home'", table.trim()));
    assert_eq!(doctor(&folder).await.1["findings"], json!([]));

    sqlite(&folder, "read.db", "UPDATE projections SET position = position + 5 WHERE name = 'players'");
    assert_finding(&folder, "checkpoint", "players").await;
    sqlite(&folder, "read.db", "UPDATE projections SET position = position - 5 WHERE name = 'players'");

    sqlite(
        &folder,
        "events.db",
        "UPDATE events SET data = replace(data, 'home', 'hoMe') WHERE type = 'location.opened.v1'",
    );
    assert_finding(&folder, "event_log", "location-").await;
    sqlite(
        &folder,
        "events.db",
        "UPDATE events SET data = replace(data, 'hoMe', 'home') WHERE type = 'location.opened.v1'",
    );

    let key = folder.join("master.key");
    let hidden = folder.join("master.key.away");
    fs::rename(&key, &hidden).unwrap();
    assert_finding(&folder, "master_key", "there is no master key").await;
    fs::rename(&hidden, &key).unwrap();
    assert_eq!(doctor(&folder).await.1["findings"], json!([]));

    let events = folder.join("events.db");
    let whole = fs::read(&events).unwrap();
    fs::write(&events, &whole[..whole.len() / 2]).unwrap();
    assert_finding(&folder, "file", "events.db").await;
    fs::write(&events, b"not a database").unwrap();
    assert_finding(&folder, "event_store", "").await;
}

async fn assert_finding(folder: &Path, check: &str, named: &str) {
    let (good, report) = doctor(folder).await;
    let findings = report["findings"].as_array().unwrap();
    let found = findings
        .iter()
        .find(|finding| finding["check"] == check)
        .unwrap_or_else(|| panic!("{check}: {report}"));
    assert!(!good && report["ok"] == false, "{report}");
    assert!(found["message"].as_str().unwrap().contains(named), "{named}: {found}");
    assert!(!found["advice"].as_str().unwrap().is_empty());
}
