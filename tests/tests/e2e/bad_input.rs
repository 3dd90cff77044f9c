//! Bad input over HTTP: the right 4xx with a message that says what to change, nothing stored, nothing
//! leaked. That every route refuses every wrong shape is the command API's own test (`routes/tests/contract.rs`);
//! here stands one of each kind, and what the messages say.

use aerosports::client::{Client, Reply};
use aerosports_tests::Up;
use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};

use crate::{BINARY, support};

/// Words that would reveal the implementation.
const LEAKS: [&str; 10] =
    ["sqlite", "sqlx", "SELECT", "INSERT", "panicked", "src/", ".rs:", "tokio", "serde", "events.db"];

struct Venue {
    up: Up,
    location: String,
    room: String,
    variant: String,
}

impl Venue {
    async fn open() -> Self {
        let up = Up::start(BINARY).await.unwrap();
        let mut client = up.client();
        let location = support::location(&up, "bad").await;
        let game = json!({"code": "maze", "name": "Maze", "max_players": 4});
        let game = support::id(&support::accepted(&mut client, "/v1/games", &game).await);
        let variant = json!({"name": "One", "mode": "pvp", "max_players": 4});
        let variant = support::accepted(&mut client, &format!("/v1/games/{game}/variants"), &variant).await;
        let variant = support::id(&variant);
        let room = json!({"game_id": game, "name": "Room"});
        let room = support::accepted(&mut client, &format!("/v1/locations/{location}/rooms"), &room).await;
        let room = support::id(&room);
        let path = format!("/v1/locations/{location}/rooms/{room}/variants/{variant}/activate");
        support::accepted(&mut client, &path, &json!({})).await;
        Self { up, location, room, variant }
    }

    fn path(&self, rest: &str) -> String {
        format!("/v1/locations/{}/{rest}", self.location)
    }

    /// A player with a good band.
    async fn guest(&self, uid: &str) -> String {
        let mut client = self.up.client();
        let person = json!({
            "first_name": "Ana", "last_name": "Keller",
            "email": format!("{uid}@example.org"), "birth_date": "1990-01-01",
        });
        let player = support::id(&support::accepted(&mut client, &self.path("players"), &person).await);
        let waiver = json!({"version": "1", "signed_by": "Ana Keller"});
        support::accepted(&mut client, &self.path(&format!("players/{player}/waivers")), &waiver).await;
        let time = json!({"minutes": 60, "starts": "now"});
        support::accepted(&mut client, &self.path(&format!("wristbands/{uid}/initialize")), &time).await;
        let wearer = json!({"player_id": player});
        support::accepted(&mut client, &self.path(&format!("wristbands/{uid}/assign")), &wearer).await;
        player
    }
}

fn assert_problem(what: &str, reply: &Reply, status: u16, hint: &str) {
    let text = reply.text();
    assert_eq!(reply.status.as_u16(), status, "{what}: {text}");
    assert_eq!(reply.headers["content-type"], "application/problem+json", "{what}");
    let problem: Value = reply.json().unwrap();
    assert!(problem["type"].as_str().unwrap().starts_with("/problems/"), "{what}: {text}");
    assert!(text.to_lowercase().contains(&hint.to_lowercase()), "{what}: no {hint:?} in {text}");
    for leak in LEAKS {
        assert!(!text.contains(leak), "{what} leaks {leak}: {text}");
    }
}

async fn raw(client: &mut Client, path: &str, content_type: &'static str, body: impl Into<Bytes>) -> Reply {
    client.send(Method::POST, path, &[("content-type", content_type)], body.into()).await.unwrap()
}

#[tokio::test]
async fn bodies_of_the_wrong_shape_or_value_are_refused_and_nothing_is_stored() {
    let venue = Venue::open().await;
    venue.guest("G1").await;
    let before = support::last_position(venue.up.data_dir()).await;
    let mut client = venue.up.client();
    let initialize = venue.path("wristbands/B9/initialize");
    let scan = venue.path("wristbands/G1/scan");
    let players = venue.path("players");
    let plays = venue.path("plays");
    let cases: Vec<(&str, &str, Value, u16, &str)> = vec![
        ("text for a number", &initialize, json!({"minutes": "60", "starts": "now"}), 400, "minutes"),
        ("an unknown word", &initialize, json!({"minutes": 60, "starts": "later"}), 400, "first_scan"),
        (
            "a negative number",
            &initialize,
            json!({"minutes": -5, "starts": "now"}),
            422,
            "between 1 and 1440",
        ),
        ("zero", &initialize, json!({"minutes": 0, "starts": "now"}), 422, "between 1 and 1440"),
        ("a huge number", &initialize, json!({"minutes": 9_000_000_000_i64, "starts": "now"}), 422, "1440"),
        ("no id", &scan, json!({"room_id": "' OR 1=1 --"}), 400, "room_id"),
        (
            "NUL in a name",
            &players,
            json!({"first_name": "A\u{0}b", "last_name": "K", "email": "a@b.org", "birth_date": "1990-01-01"}),
            422,
            "U+0000",
        ),
        (
            "a name written backwards",
            &players,
            json!({"first_name": "\u{202E}Ana", "last_name": "K", "email": "a@b.org", "birth_date": "1990-01-01"}),
            422,
            "U+202E",
        ),
        (
            "no such date",
            &players,
            json!({"first_name": "A", "last_name": "K", "email": "a@b.org", "birth_date": "1990-02-30"}),
            422,
            "birth_date",
        ),
        (
            "a child without a guardian",
            &players,
            json!({"first_name": "A", "last_name": "K", "email": "a@b.org", "birth_date": "2020-02-01"}),
            422,
            "18",
        ),
        (
            "several bad fields at once",
            &players,
            json!({"first_name": "", "last_name": " ", "email": "nobody", "birth_date": "1990-01-01"}),
            422,
            "last_name",
        ),
        (
            "a band that does not exist",
            &plays,
            json!({"room_id": venue.room, "variant_id": venue.variant, "wristbands": ["NOBODY"]}),
            409,
            "NOBODY",
        ),
        (
            "the same band twice",
            &plays,
            json!({"room_id": venue.room, "variant_id": venue.variant, "wristbands": ["G1", "G1"]}),
            422,
            "G1",
        ),
    ];
    for (what, path, body, status, hint) in cases {
        let reply = raw(&mut client, path, "application/json", body.to_string()).await;
        assert_problem(what, &reply, status, hint);
    }
    assert_eq!(support::last_position(venue.up.data_dir()).await, before, "something was stored");
}

#[tokio::test]
async fn bodies_that_are_no_json_too_big_or_too_deep_are_refused() {
    let venue = Venue::open().await;
    let before = support::last_position(venue.up.data_dir()).await;
    let mut client = venue.up.client();
    let path = venue.path("wristbands/B9/initialize");
    let json = "application/json";
    assert_problem("cut off", &raw(&mut client, &path, json, r#"{"minutes":"#).await, 400, "");
    assert_problem("not UTF-8", &raw(&mut client, &path, json, &b"{\"minutes\xff\":1}"[..]).await, 400, "");
    let twice = r#"{"minutes":60,"minutes":600,"starts":"now"}"#;
    assert_problem("a field twice", &raw(&mut client, &path, json, twice).await, 400, "minutes");
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    assert_problem("too deep", &raw(&mut client, &path, json, deep).await, 400, "");
    let good = r#"{"minutes":60,"starts":"now"}"#;
    assert_problem("text/plain", &raw(&mut client, &path, "text/plain", good).await, 415, "application/json");
    let wrong = client.send(Method::PUT, &path, &[("content-type", json)], good.into()).await.unwrap();
    assert_problem("PUT", &wrong, 405, "");
    let huge = format!(r#"{{"minutes":60,"starts":"{}"}}"#, "x".repeat(10 << 20));
    match client.send(Method::POST, &path, &[("content-type", json)], huge.into()).await {
        Ok(reply) => assert_problem("10 MB", &reply, 413, ""),
        // The server may hang up while we still send.
        Err(error) => assert!(format!("{error:#}").contains("sending"), "{error:#}"),
    }
    assert_eq!(support::last_position(venue.up.data_dir()).await, before, "something was stored");
    assert!(client.get("/healthz", &[]).await.unwrap().status.is_success());
}

#[tokio::test]
async fn a_finish_with_a_stranger_or_without_somebody_is_refused_whole() {
    let venue = Venue::open().await;
    let (player, _) = (venue.guest("P1").await, venue.guest("P2").await);
    venue.guest("P3").await;
    let mut client = venue.up.client();
    let start = json!({"room_id": venue.room, "variant_id": venue.variant, "wristbands": ["P1", "P2"]});
    let play = support::id(&support::accepted(&mut client, &venue.path("plays"), &start).await);
    let finish = venue.path(&format!("plays/{play}/finish"));
    let before = support::last_position(venue.up.data_dir()).await;
    let result = |uid: &str, points: i64| json!({"uid": uid, "points": points, "level": 1});
    for (what, results, status, hint) in [
        ("a stranger", vec![result("P1", 5), result("P3", 5)], 422, "P3"),
        ("somebody missing", vec![result("P1", 5)], 422, "P2"),
        ("somebody twice", vec![result("P1", 5), result("P1", 5), result("P2", 1)], 422, "P1"),
        ("negative points", vec![result("P1", -1), result("P2", 1)], 422, "points"),
        ("too many points", vec![result("P1", 1_000_001), result("P2", 1)], 422, "points"),
    ] {
        let body = json!({"results": results}).to_string();
        assert_problem(what, &raw(&mut client, &finish, "application/json", body).await, status, hint);
    }
    assert_eq!(support::last_position(venue.up.data_dir()).await, before, "something was stored");
    let whole = json!({"results": [result("P1", 5), result("P2", 0)]});
    support::accepted(&mut client, &finish, &whole).await;
    let board = venue.path("leaderboards?window=all");
    let token = support::accepted(
        &mut client,
        &venue.path(&format!("plays/{play}/scores/{player}/correct")),
        &json!({"points": 9, "reason": "typo"}),
    )
    .await;
    let board = support::shown(&mut client, &board, token["token"].as_str().unwrap()).await;
    assert_eq!(board["items"][0]["points"], 9, "{board}");
}

#[tokio::test]
async fn sec_40_metacharacters_are_data() {
    let venue = Venue::open().await;
    let mut client = venue.up.client();
    let name = "Robert'); DROP TABLE players;-- <script>alert(1)</script> x%y_z\\w";
    let person = json!({
        "first_name": name, "last_name": "O'Neil",
        "email": "o'neil+%_@example.org", "birth_date": "1980-06-01",
    });
    let registered = support::accepted(&mut client, &venue.path("players"), &person).await;
    let path = venue.path(&format!("players/{}", support::id(&registered)));
    let shown = support::shown(&mut client, &path, registered["token"].as_str().unwrap()).await;
    assert_eq!(shown["first_name"], name);
    for search in ["%25", "_", "'", "%27%20OR%201%3D1", "%5C"] {
        let page = client.get(&venue.path(&format!("players?search={search}")), &[]).await.unwrap();
        assert!(page.status.is_success(), "{search}: {}", page.text());
        let found = page.json::<Value>().unwrap()["items"].as_array().unwrap().len();
        assert_eq!(found, 0, "{search} is a wildcard");
    }
}

#[tokio::test]
async fn sec_33_one_idempotency_key_takes_effect_once() {
    let venue = Venue::open().await;
    let mut client = venue.up.client();
    let path = venue.path("wristbands/K1/initialize");
    let body = r#"{"minutes":60,"starts":"now"}"#;
    let key = [("idempotency-key", "a-key-of-the-till")];
    let first = client.post(&path, &key, body).await.unwrap();
    assert!(first.status.is_success(), "{}", first.text());
    let before = support::last_position(venue.up.data_dir()).await;
    let again = client.post(&path, &key, body).await.unwrap();
    assert_eq!((again.status, again.text()), (first.status, first.text()));
    let other = client.post(&path, &key, r#"{"minutes":90,"starts":"now"}"#).await.unwrap();
    assert_problem("another body", &other, 422, "Idempotency-Key");
    let elsewhere = client.post(&venue.path("wristbands/K2/initialize"), &key, body).await.unwrap();
    assert_problem("another path", &elsewhere, 422, "Idempotency-Key");
    let without = client.post(&path, &[], body).await.unwrap();
    assert_problem("without the key", &without, 409, "60");
    assert_eq!(support::last_position(venue.up.data_dir()).await, before, "something was stored");
}

#[tokio::test]
async fn sec_34_a_stale_if_match_is_412() {
    let venue = Venue::open().await;
    let mut client = venue.up.client();
    let path = format!("/v1/locations/{}/rename", venue.location);
    let renamed = client.post(&path, &[("if-match", "\"1\"")], r#"{"name":"Second"}"#).await.unwrap();
    assert!(renamed.status.is_success(), "{}", renamed.text());
    let stale = client.post(&path, &[("if-match", "\"1\"")], r#"{"name":"Third"}"#).await.unwrap();
    assert_problem("stale", &stale, 412, "2");
}

#[tokio::test]
async fn sec_29_of_many_claims_on_one_thing_one_wins() {
    let venue = Venue::open().await;
    venue.guest("W1").await;
    let start = json!({"room_id": venue.room, "variant_id": venue.variant, "wristbands": ["W1"]}).to_string();
    let claims = (0..16).map(|_| {
        let (mut client, path, body) = (venue.up.client(), venue.path("plays"), start.clone());
        tokio::spawn(async move { client.post(&path, &[], body).await.unwrap().status.as_u16() })
    });
    let mut statuses = vec![];
    for claim in claims.collect::<Vec<_>>() {
        statuses.push(claim.await.unwrap());
    }
    statuses.sort_unstable();
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
    assert!(statuses[1..].iter().all(|status| *status == 409), "{statuses:?}");
}
