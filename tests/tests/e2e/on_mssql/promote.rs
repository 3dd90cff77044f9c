//! A venue moves from the embedded database into SQL Server, and nothing that was given out stops working.

use std::{path::Path, sync::Arc};

use aerosports::{
    client::{Client, Reply},
    composition,
    demo::{Day, command::differences, run},
    load::{history::History, venue::fill},
    settings::database::Database,
};
use aerosports_tests::{MssqlDatabase, Services, Up, nats};
use domain::log::Position;
use serde_json::{Value, json};
use store::{
    CommandMark, EventLog, Export as _,
    mssql::{ImportBatch, Importer},
    sqlite::{SqliteOptions, SqliteStore},
};
use tokio::process::Command;

use crate::{BINARY, support};

/// `promote --json` from `folder`; whether it succeeded, the proof, and what it said.
async fn promote(folder: &Path, database: &MssqlDatabase) -> (bool, Value, String) {
    let output = Command::new(BINARY)
        .args(["promote", "--json", "--to", &database.url(), "--from"])
        .arg(folder)
        .output()
        .await
        .unwrap();
    let proof = serde_json::from_slice(&output.stdout).unwrap_or_default();
    (output.status.success(), proof, String::from_utf8(output.stderr).unwrap())
}

const KEY: (&str, &str) = ("idempotency-key", "till-7-000123");

/// The command of [`KEY`] gets the answer that was stored.
async fn assert_replayed(client: &mut Client, path: &str, body: &Value, first: &Reply) {
    let mut replayed = client.post(path, &[KEY], body.to_string()).await.unwrap();
    while replayed.status == 503 {
        replayed = client.post(path, &[KEY], body.to_string()).await.unwrap();
    }
    assert_eq!((replayed.status, &replayed.body), (first.status, &first.body));
}

#[tokio::test]
async fn tokens_keys_answers_and_names_survive() {
    let database = MssqlDatabase::create().await;
    let mut up = Up::start(BINARY).await.unwrap();
    let day = Day { guests: 60, parallel: 8, ..Day::default() };
    let ledger = run(&up.target(), &day, |_, _| {}).await.unwrap();
    let location = support::location(&up, "moved").await;
    let path = format!("/v1/locations/{location}/players");
    let person = json!({"first_name": "Ana", "last_name": "Keller", "email": "ana@example.org", "birth_date": "1990-05-17"});
    let first = up.client().post(&path, &[KEY], person.to_string()).await.unwrap();
    assert_eq!(first.status, 201, "{}", first.text());
    let token = first.json::<Value>().unwrap()["token"].as_str().unwrap().to_owned();

    let (ok, _, message) = promote(up.data_dir(), &database).await;
    assert!(!ok && message.contains("in use"), "{message}");
    up.process.signal("TERM").await.unwrap();
    assert!(up.process.wait().await.unwrap().success());

    let (ok, proof, message) = promote(up.data_dir(), &database).await;
    assert!(ok, "{message}\n{proof}");
    assert_eq!((&proof["equal"], &proof["source"]), (&json!(true), &proof["target"]));
    assert!(proof["source"]["events"].as_u64().unwrap() > 500, "{proof}");
    let (ok, again, message) = promote(up.data_dir(), &database).await;
    assert!(ok && message.contains("promoted before"), "{message}");
    assert_eq!(again["target"], proof["target"]);

    let key_file = up.data_dir().join("master.key");
    let services = Services::start_with_key(BINARY, &nats::binaries().remove(0), &database.url(), &key_file)
        .await
        .unwrap();
    let target = aerosports::demo::Target { api_key: up.admin.clone(), ..services.target() };
    let mut commands = aerosports_tests::client(target.command, &up.admin);
    assert_replayed(&mut commands, &path, &person, &first).await;
    let mut queries = aerosports_tests::client(target.query, &up.admin);
    let listed = support::shown(&mut queries, &path, &token).await;
    assert_eq!(listed["items"][0]["first_name"], "Ana", "{listed}");
    let place = database.place().unwrap();
    assert_eq!(differences(&target, &day, &ledger, Some(&place)).await.unwrap(), Vec::<String>::new());
    support::accepted(&mut commands, &format!("/v1/locations/{location}/rename"), &json!({"name": "New"}))
        .await;
}

/// How long the log at least is that moves; `AEROSPORTS_TEST_MSSQL_EVENTS` asks for another length.
const EVENTS: u64 = 10_000;
/// Events that a play of the made-up history comes with, at least.
const EVENTS_A_PLAY: u64 = 16;

#[tokio::test]
async fn a_long_log_moves_and_what_was_given_out_before_works_at_once() {
    let database = MssqlDatabase::create().await;
    let wanted = std::env::var("AEROSPORTS_TEST_MSSQL_EVENTS").map_or(EVENTS, |text| text.parse().unwrap());
    let mut up = Up::start(BINARY).await.unwrap();
    let venue = json!({"code": "moved", "name": "Moved", "time_zone": "Europe/Berlin"});
    let first = up.client().post("/v1/locations", &[KEY], venue.to_string()).await.unwrap();
    assert_eq!(first.status, 201, "{}", first.text());
    let answer = first.json::<Value>().unwrap();
    let (location, token) = (support::id(&answer), answer["token"].as_str().unwrap());
    let till = up.issue("pos", Some(&location)).await.unwrap();
    up.process.signal("TERM").await.unwrap();
    assert!(up.process.wait().await.unwrap().success());
    {
        let store = Database::Sqlite(up.data_dir().to_owned()).open(composition::clock()).await.unwrap();
        let plays = usize::try_from(wanted.div_ceil(EVENTS_A_PLAY)).unwrap();
        let log: Arc<dyn EventLog> = store.shared();
        fill(&log, &mut History::new(11), plays).await.unwrap();
        store.close().await;
    }

    let begun = std::time::Instant::now();
    let (ok, proof, message) = promote(up.data_dir(), &database).await;
    assert!(ok, "{message}\n{proof}");
    assert_eq!((&proof["equal"], &proof["source"]), (&json!(true), &proof["target"]));
    let events = proof["source"]["events"].as_u64().unwrap();
    assert!(events > wanted, "{events}");
    eprintln!("{events} events moved and proved in {:?}", begun.elapsed());

    let key_file = up.data_dir().join("master.key");
    let services = Services::start_with_key(BINARY, &nats::binaries().remove(0), &database.url(), &key_file)
        .await
        .unwrap();
    let mut commands = aerosports_tests::client(services.command_api.address, &up.admin);
    assert_replayed(&mut commands, "/v1/locations", &venue, &first).await;
    let mut queries = aerosports_tests::client(services.query_api.address, &up.admin);
    let listed = support::shown(&mut queries, "/v1/locations", token).await;
    assert!(listed["items"].as_array().unwrap().iter().any(|row| row["id"] == *location), "{listed}");
    let mut till = aerosports_tests::client(services.command_api.address, &till);
    let path = format!("/v1/locations/{location}/wristbands/N1/initialize");
    support::accepted(&mut till, &path, &json!({"minutes": 60, "starts": "now"})).await;
}

#[tokio::test]
async fn a_database_with_a_log_of_its_own_is_refused() {
    let database = MssqlDatabase::create().await;
    let mut up = Up::start(BINARY).await.unwrap();
    support::location(&up, "mine").await;
    up.process.signal("TERM").await.unwrap();
    up.process.wait().await.unwrap();
    {
        let services =
            Services::start_on(BINARY, &nats::binaries().remove(0), &database.url()).await.unwrap();
        let mut client = aerosports_tests::client(services.command_api.address, &services.admin);
        let body = json!({"code": "theirs", "name": "Theirs", "time_zone": "Europe/Berlin"});
        support::accepted(&mut client, "/v1/locations", &body).await;
    }
    let (ok, _, message) = promote(up.data_dir(), &database).await;
    assert!(!ok && message.contains("empty database"), "{message}");
}

#[tokio::test]
async fn a_folder_without_a_store_and_a_target_that_is_none_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let refused = async |to: &str| {
        let output = Command::new(BINARY)
            .args(["promote", "--to", to, "--from"])
            .arg(folder.path())
            .output()
            .await
            .unwrap();
        assert!(!output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    let message = refused("sqlite:data").await;
    assert!(message.contains("--to names the embedded database; it must be mssql://"), "{message}");
    let message = refused("mssql://aero:Hunter2@127.0.0.1:1/aero").await;
    assert!(message.contains("no event store") && !message.contains("Hunter2"), "{message}");
}

#[tokio::test]
async fn an_interrupted_promotion_goes_on_and_keeps_services_out_until_then() {
    let database = MssqlDatabase::create().await;
    let mut up = Up::start(BINARY).await.unwrap();
    run(&up.target(), &Day { guests: 20, parallel: 4, ..Day::default() }, |_, _| {}).await.unwrap();
    up.process.signal("TERM").await.unwrap();
    up.process.wait().await.unwrap();

    database.place().unwrap().migrate(&composition::clock()).await.unwrap();
    let source =
        SqliteStore::open(&SqliteOptions::in_dir(up.data_dir()), composition::clock()).await.unwrap();
    let mut importer = Importer::begin(database.config(), &*source).await.unwrap();
    let mut events = source.read_log(Position(1), 100).await.unwrap();
    events.truncate(100);
    let (mut commands, _) = source.export_commands(CommandMark::default(), 1_000).await.unwrap();
    commands.retain(|command| command.position <= Position(100));
    importer.write(&ImportBatch { events, commands }).await.unwrap();
    drop(importer);
    source.close().await;

    let listed =
        Command::new(BINARY).args(["keys", "list", "--database", &database.url()]).output().await.unwrap();
    let message = String::from_utf8(listed.stderr).unwrap();
    assert!(!listed.status.success() && message.contains("aerosports promote"), "{message}");

    let (ok, proof, message) = promote(up.data_dir(), &database).await;
    assert!(ok, "{message}\n{proof}");
    assert_eq!(proof["source"], proof["target"]);
    assert!(proof["target"]["events"].as_u64().unwrap() > 100, "{proof}");
}
