//! Wristband and play routes over a real event store: what each loads, answers and refuses.

#![expect(clippy::unwrap_used, reason = "a test's own helpers may fail loudly")]

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
    time::Duration,
};

use api_contract::{Contract, Exchange};
use auth::{API_KEY_HEADER, Authenticator, KeyKind, NewKey, issue};
use axum::{
    Router,
    body::Body,
    http::{Method, Request, header::CONTENT_TYPE},
};
use command_api::{
    CommandApi,
    execute::{CommandContext, Executor},
};
use domain::{
    Change, DomainEvent,
    game::{Game, GameEvent, Mode, VariantSpec},
    ids::{GameId, LocationId, PlayerId, RoomId, StreamName, VariantId},
    location::{Location, LocationEvent},
    player::{PersonalDetails, Player, PlayerEvent},
    room::{Room, RoomEvent},
    values::{Code, Name, Personal, TimeZoneName},
};
use events::snapshot::Snapshotted;
use http_api::{About, BodyLimits, Readiness, RequestContext};
use http_body_util::BodyExt as _;
use jiff::{SignedDuration, civil::date};
use runtime::{
    clock::{SharedClock, SystemClock},
    log_clock::LogClock,
};
use sealing::{Keyring, MasterKey, PersonKeyCache};
use serde_json::{Value, json};
use store::sqlite::{SqliteOptions, SqliteStore, migrate};
use tempfile::TempDir;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;
use uuid::Uuid;

const VENUE: LocationId = LocationId(Uuid::from_u128(1));
const GAME: GameId = GameId(Uuid::from_u128(2));
const VARIANT: VariantId = VariantId(Uuid::from_u128(3));
const ROOM: RoomId = RoomId(Uuid::from_u128(4));
const ANA: PlayerId = PlayerId(Uuid::from_u128(5));
const BEN: PlayerId = PlayerId(Uuid::from_u128(6));

struct Venue {
    router: Router,
    contract: Contract,
    executor: Executor,
    clock: SharedClock,
    key: String,
    _dir: TempDir,
}

impl Venue {
    /// A location with a room, a variant active in it, and two players who have signed.
    async fn open() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock: SharedClock = Arc::new(SystemClock);
        let options = SqliteOptions::in_dir(dir.path());
        migrate(&options.file, &*clock).await.unwrap();
        let store = SqliteStore::open(&options, clock.clone()).await.unwrap();
        let new = NewKey { kind: KeyKind::Admin, name: "test", location: None, expires_at: None };
        let (key, _) = issue(&*store, &*clock, new).await.unwrap();
        let keyring = Arc::new(Keyring::new(&MasterKey::generate().unwrap()).unwrap());
        let keys = Arc::new(PersonKeyCache::new(keyring, clock.clone()));
        let executor = Executor::new(store.clone(), LogClock::new(clock.clone()), keys);
        let authenticator = Arc::new(Authenticator::new(store, clock.clone()));
        let plug_networks = Arc::default();
        let api = CommandApi { executor: executor.clone(), authenticator, plug_networks }.api();
        assert_eq!(api.defects(), Vec::<String>::new());
        let about = About { title: "Test", version: "1", description: "A test." };
        let contract = Contract::of(&api.openapi(about));
        let (router, _) = api.finish(about, Readiness::new(CancellationToken::new()));
        let key = key.expose().to_owned();
        let venue = Self { router, contract, executor, clock, key, _dir: dir };
        venue.furnish().await;
        venue
    }

    async fn furnish(&self) {
        let name = |text: &str| Name::new(text).unwrap();
        let location = LocationEvent::Opened {
            id: VENUE,
            code: Code::new("b1").unwrap(),
            name: name("Berlin"),
            time_zone: TimeZoneName::new("Europe/Berlin").unwrap(),
        };
        self.record::<Location>(VENUE.stream(), vec![location.into()]).await;
        let spec = VariantSpec::new(name("Lava"), Mode::Alliance, 2);
        let (code, max_players) = (Code::new("lava").unwrap(), 6);
        let game = GameEvent::Added { id: GAME, code, name: name("Lava"), max_players };
        let variant = GameEvent::VariantAdded { id: VARIANT, spec };
        self.record::<Game>(GAME.stream(), vec![game.into(), variant.into()]).await;
        let room = RoomEvent::Installed {
            id: ROOM,
            location: VENUE,
            game: GAME,
            name: name("Room 1"),
            controllers: vec![],
        };
        let active = RoomEvent::VariantActivated { variant: VARIANT, custom: [].into() };
        self.record::<Room>(ROOM.stream(), vec![room.into(), active.into()]).await;
        self.register(ANA).await;
        self.register(BEN).await;
    }

    async fn register(&self, id: PlayerId) {
        let name = || Name::new("Ana").unwrap();
        let details = PersonalDetails {
            first_name: name(),
            last_name: Some(name()),
            email: None,
            birth_date: Some(date(1990, 1, 2)),
            adult_declared: false,
            phone: None,
        };
        let registered = PlayerEvent::GuardianRegistered {
            id,
            location: VENUE,
            details: Personal::Known(details),
            email_key: id.to_string(),
        };
        let signed = PlayerEvent::WaiverSigned {
            version: "v1".into(),
            signature: Personal::Known(name().into()),
            signed_at: self.clock.now(),
            expires_at: self.clock.now() + SignedDuration::from_hours(24),
        };
        self.record::<Player>(id.stream(), vec![registered.into(), signed.into()]).await;
    }

    /// Facts that other routes would have recorded.
    async fn record<A: Snapshotted>(&self, stream: StreamName, events: Vec<DomainEvent>) {
        let context = CommandContext::system("test", &*self.clock, Duration::from_secs(30));
        let accepted = self.executor.run(&context, Some(VENUE), |work| {
            let (stream, events) = (stream.clone(), events.clone());
            async move {
                work.load::<A>(stream.clone()).await?;
                if stream.category() == "player" {
                    work.create_person_key(stream.id().parse().unwrap())?;
                }
                let change = |event| Change { stream: stream.clone(), event };
                work.record(events.into_iter().map(change).collect::<Vec<_>>());
                Ok(work.changed(stream))
            }
        });
        accepted.await.unwrap();
    }

    async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        self.post_at(VENUE, path, body).await
    }

    async fn post_at(&self, location: LocationId, path: &str, body: Value) -> (u16, Value) {
        let target = format!("/v1/locations/{location}/{path}");
        let request = Request::post(&target)
            .header("content-type", "application/json")
            .header(API_KEY_HEADER, &self.key);
        let mut request = request.body(Body::from(body.to_string())).unwrap();
        let here = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let deadline = Instant::now() + Duration::from_secs(30);
        let context = RequestContext::new(
            self.clock.new_uuid(),
            request.headers(),
            here,
            deadline,
            BodyLimits::default(),
        );
        request.extensions_mut().insert(context);
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        self.contract.assert(Exchange {
            method: &Method::POST,
            target: &target,
            status: parts.status,
            content_type: parts.headers.get(CONTENT_TYPE).map(|value| value.to_str().unwrap()),
            body: &bytes,
        });
        (parts.status.as_u16(), serde_json::from_slice(&bytes).unwrap())
    }

    async fn accepted(&self, path: &str, body: Value) -> Value {
        let (status, answer) = self.post(path, body).await;
        assert!((200..300).contains(&status), "{path}: {status} {answer}");
        answer
    }

    /// The status and the last part of the problem's type.
    async fn refused(&self, path: &str, body: Value) -> (u16, String) {
        let (status, problem) = self.post(path, body).await;
        let kind = problem["type"].as_str().unwrap_or_default();
        (status, kind.rsplit(['/', ':']).next().unwrap_or_default().replace('-', "_"))
    }

    async fn worn(&self, uid: &str, player: PlayerId) {
        self.accepted(&format!("wristbands/{uid}/initialize"), json!({"minutes": 60, "starts": "now"})).await;
        self.accepted(&format!("wristbands/{uid}/assign"), json!({"player_id": player})).await;
    }

    async fn start(&self, uids: &[&str]) -> String {
        let answer = self.accepted("plays", start_of(uids)).await;
        answer["id"].as_str().unwrap().to_owned()
    }
}

fn start_of(uids: &[&str]) -> Value {
    json!({"room_id": ROOM, "variant_id": VARIANT, "wristbands": uids})
}

fn is(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

#[tokio::test]
async fn a_wristband_lives_through_every_command() {
    let venue = Venue::open().await;
    let first = json!({"minutes": 60, "starts": "first_scan"});
    let answer = venue.accepted("wristbands/A/initialize", first).await;
    assert_eq!((&answer["minutes_left"], &answer["version"]), (&json!(60), &json!(1)));
    let bad = venue.accepted("wristbands/A/scan", json!({"room_id": ROOM})).await;
    assert_eq!((&bad["good"], &bad["reason"]), (&json!(false), &json!("unassigned")));
    venue.accepted("wristbands/A/assign", json!({"player_id": ANA})).await;
    let good = venue.accepted("wristbands/A/scan", json!({"room_id": ROOM})).await;
    assert_eq!((&good["good"], &good["player_id"]), (&json!(true), &json!(ANA)));
    let longer = venue.accepted("wristbands/A/add-time", json!({"minutes": 30})).await;
    assert_eq!(longer["minutes_left"], 90);
    let blank = venue.accepted("wristbands/A/transfer", json!({"to": "B"})).await;
    assert_eq!((&blank["minutes_left"], &blank["player_id"]), (&json!(0), &Value::Null));
    let voided = venue.accepted("wristbands/B/void", json!({"reason": "torn"})).await;
    assert_eq!(voided["minutes_left"], 0);
    venue.worn("C", ANA).await;
}

#[tokio::test]
async fn wristband_refusals_say_which_rule_stands_against_it() {
    let venue = Venue::open().await;
    venue.worn("A", ANA).await;
    let hour = json!({"minutes": 60, "starts": "now"});
    assert_eq!(
        venue.refused("wristbands/A/initialize", hour.clone()).await,
        is(409, "wristband_still_has_time")
    );
    assert_eq!(venue.refused("wristbands/A/renew", hour.clone()).await, is(409, "wristband_still_has_time"));
    let stranger = json!({"player_id": Uuid::from_u128(99)});
    venue.accepted("wristbands/B/initialize", hour.clone()).await;
    assert_eq!(venue.refused("wristbands/B/assign", stranger).await, is(422, "player_not_found"));
    let nowhere = json!({"room_id": Uuid::from_u128(99)});
    assert_eq!(venue.refused("wristbands/A/scan", nowhere).await, is(422, "room_not_found"));
    assert_eq!(venue.refused("wristbands/Z/add-time", json!({"minutes": 5})).await.0, 404);
    assert_eq!(venue.refused("wristbands/A/add-time", json!({"minutes": -5})).await.0, 422);
    assert_eq!(venue.refused("wristbands/a%20b/initialize", hour.clone()).await.0, 400);
    let (elsewhere, _) = venue.post_at(LocationId(Uuid::from_u128(9)), "wristbands/A/initialize", hour).await;
    assert_eq!(elsewhere, 404);
}

#[tokio::test]
async fn a_play_is_started_finished_and_rescored() {
    let venue = Venue::open().await;
    venue.worn("A", ANA).await;
    venue.worn("B", BEN).await;
    let play = venue.start(&["A", "B"]).await;
    let in_play = venue.accepted("wristbands/A/scan", json!({"room_id": ROOM})).await;
    assert_eq!(in_play["play_id"], json!(play));
    let result = |uid: &str, points: i64| json!({"uid": uid, "points": points, "level": 1});
    let finish = format!("plays/{play}/finish");
    let missing = json!({"results": [result("A", 10)]});
    assert_eq!(venue.refused(&finish, missing).await, is(422, "play_result_missing"));
    let foreign = json!({"results": [result("A", 10), result("Z", 10)]});
    assert_eq!(venue.refused(&finish, foreign).await, is(422, "wristband_not_in_play"));
    let too_many = json!({"results": [result("A", 1_000_001), result("B", 10)]});
    assert_eq!(venue.refused(&finish, too_many).await.0, 422);
    let results = json!({"results": [result("A", 10), result("B", 20)]});
    let finished = venue.accepted(&finish, results.clone()).await;
    assert_eq!(venue.accepted(&finish, results).await["version"], finished["version"]);
    let score = format!("plays/{play}/scores/{ANA}");
    venue.accepted(&format!("{score}/correct"), json!({"points": 15, "reason": "sensor"})).await;
    venue.accepted(&format!("{score}/void"), json!({"reason": "cheated"})).await;
    let again = json!({"points": 16, "reason": "sensor"});
    assert_eq!(venue.refused(&format!("{score}/correct"), again).await, is(409, "score_voided"));
    venue.start(&["A", "B"]).await;
}

#[tokio::test]
async fn a_play_that_cannot_start_or_end_changes_nothing() {
    let venue = Venue::open().await;
    venue.worn("A", ANA).await;
    assert_eq!(venue.refused("plays", start_of(&["A", "Z"])).await, is(409, "wristband_not_found"));
    assert_eq!(venue.refused("plays", start_of(&["A", "A"])).await, is(422, "wristband_twice"));
    assert_eq!(venue.refused("plays", start_of(&[])).await, is(422, "play_player_count"));
    let mut nowhere = start_of(&["A"]);
    nowhere["room_id"] = json!(Uuid::from_u128(99));
    assert_eq!(venue.refused("plays", nowhere).await, is(422, "room_not_found"));
    let play = venue.start(&["A"]).await;
    assert_eq!(
        venue.refused("wristbands/A/void", json!({"reason": "torn"})).await,
        is(409, "wristband_in_play")
    );
    let abort = format!("plays/{play}/abort");
    let elsewhere = LocationId(Uuid::from_u128(9));
    assert_eq!(venue.post_at(elsewhere, &abort, json!({"reason": "prank"})).await.0, 404);
    venue.accepted(&abort, json!({"reason": "fire drill"})).await;
    venue.start(&["A"]).await;
}

#[tokio::test]
async fn bulk_answers_for_each_item() {
    let venue = Venue::open().await;
    let item = |uid: &str, player: Option<PlayerId>| json!({"uid": uid, "minutes": 60, "starts": "first_scan", "player_id": player});
    let items =
        json!({"items": [item("A", Some(ANA)), item("B", Some(ANA)), item("C", None), item("D", Some(BEN))]});
    let answer = venue.accepted("wristbands/bulk", items).await;
    let statuses: Vec<&Value> =
        answer["items"].as_array().unwrap().iter().map(|item| &item["status"]).collect();
    assert_eq!(statuses, [200, 409, 200, 200]);
    assert_eq!((&answer["accepted"], &answer["items"][1]["code"]), (&json!(3), &json!("player_has_band")));
    let play = venue.start(&["A", "D"]).await;
    assert!(play.parse::<Uuid>().is_ok());
    assert_eq!(venue.refused("wristbands/bulk", json!({"items": []})).await.0, 422);
}
