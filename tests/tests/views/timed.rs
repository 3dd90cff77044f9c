//! A venue whose events a test writes itself, with a clock that stands still: for boards and times.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use auth::{API_KEY_HEADER, Authenticator, KeyKind, NewKey, issue};
use axum::{Router, body::Body, http::Request};
use domain::{
    ids::{LocationId, PlayerId},
    log::Position,
};
use http_api::{About, Readiness};
use http_body_util::BodyExt as _;
use jiff::Timestamp;
use projector::{
    Projection, projections,
    projections::fixture::{Venue, player, time},
    testing::{MemoryLog, projector, read_db},
};
use query_api::{QueryApi, Sources};
use read_store::{
    Generation, ReadStore, Record as _,
    progress::{Progress, Waited, Watermark},
};
use runtime::clock::{Clock, SystemClock};
use serde_json::Value;
use store::sqlite::{SqliteOptions, SqliteStore, migrate};
use tokio::time::Instant;
use tokio_util::sync::{CancellationToken, DropGuard};
use tower::ServiceExt as _;
use uuid::Uuid;

use crate::world::PATIENCE;

read_store::record! {
    /// People as leaderboards join them. Tests write these rows, because names in events are sealed.
    struct PersonRow in "players" {
        key {
            /// Who.
            player_id: PlayerId,
        }
        /// Where.
        location_id: LocationId,
        /// First name.
        first_name: Option<String>,
        /// Last name.
        last_name: Option<String>,
        /// When born.
        birth_date: Option<String>,
        /// Whether said to be an adult.
        adult_declared: bool,
    }
}

const FIRST: Generation = Generation { version: 2, run: 1 };

/// A clock that tests set.
struct Noon(Mutex<Timestamp>);

impl Clock for Noon {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }

    fn new_uuid(&self) -> Uuid {
        SystemClock.new_uuid()
    }
}

/// A venue with its views.
pub struct World {
    pub venue: Venue,
    progress: Progress,
    clock: Arc<Noon>,
    router: Router,
    key: String,
    screen: String,
    projections: Vec<&'static str>,
    _running: DropGuard,
    _dir: tempfile::TempDir,
}

impl World {
    /// A venue in `zone` with six named players, as of noon UTC on 1 May 2026.
    pub async fn open(zone: &str) -> Self {
        let (dir, progress, stop) =
            (tempfile::tempdir().unwrap(), Progress::default(), CancellationToken::new());
        let venue = Venue::open(1, zone);
        let db = read_db(dir.path()).await;
        people(&db, &progress, &venue).await;
        let projections = projected(&db, &progress, &venue.log, &stop).await;
        let clock = Arc::new(Noon(Mutex::new(time("2026-05-01T12:00:00Z"))));
        let (router, [key, screen]) = router(dir.path(), db, &progress, clock.clone(), venue.id).await;
        let running = stop.drop_guard();
        Self { venue, progress, clock, router, key, screen, projections, _running: running, _dir: dir }
    }

    pub fn set_clock(&self, now: &str) {
        *self.clock.0.lock().unwrap() = time(now);
    }

    /// The answer to a path below the venue, once every view has every event.
    pub async fn get(&self, path: &str) -> Value {
        let (status, body) = self.ask(path).await;
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    /// The same for a key of a screen.
    pub async fn get_on_screen(&self, path: &str) -> Value {
        self.caught_up().await;
        let (status, body) =
            self.send_as(&self.screen, &format!("/v1/locations/{}/{path}", self.venue.id)).await;
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    pub async fn ask(&self, path: &str) -> (u16, Value) {
        self.caught_up().await;
        self.send(&format!("/v1/locations/{}/{path}", self.venue.id)).await
    }

    async fn caught_up(&self) {
        let head = self.venue.log.all().last().unwrap().position;
        for projection in &self.projections {
            let waited = self.progress.wait_for(projection, head, Instant::now() + PATIENCE).await;
            assert!(matches!(waited, Waited::Reached(_)), "{projection}: {waited:?}");
        }
    }

    pub async fn send(&self, path: &str) -> (u16, Value) {
        self.send_as(&self.key, path).await
    }

    async fn send_as(&self, key: &str, path: &str) -> (u16, Value) {
        let request = Request::builder().uri(path).header(API_KEY_HEADER, key);
        let response = self.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let status = response.status().as_u16();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }
}

async fn people(db: &ReadStore, progress: &Progress, venue: &Venue) {
    let person = |number: u128| PersonRow {
        player_id: player(number),
        location_id: venue.id,
        // The sixth was erased.
        first_name: (number != 6).then(|| format!("First{number}")),
        last_name: (number != 6).then(|| format!("Last{number}")),
        // The fifth comes of age on 1 May 2026.
        birth_date: (number != 6).then(|| if number == 5 { "2008-05-01" } else { "1990-05-17" }.to_owned()),
        adult_declared: false,
    };
    let mut tx = db.begin(FIRST).await.unwrap();
    tx.create(&[PersonRow::TABLE]).await.unwrap();
    tx.activate(&["players".into()]).await.unwrap();
    tx.put(&(1..=6).map(person).collect::<Vec<_>>()).await.unwrap();
    tx.commit().await.unwrap();
    progress.publish("players", Watermark { generation: FIRST, revision: 0, position: Position(1) }, &[]);
}

/// Starts the projections that these views need.
async fn projected(
    db: &ReadStore,
    progress: &Progress,
    log: &MemoryLog,
    stop: &CancellationToken,
) -> Vec<&'static str> {
    let wanted: Vec<Arc<dyn Projection>> = vec![
        Arc::new(projections::Locations),
        Arc::new(projections::Plays),
        Arc::new(projections::Wristbands),
        Arc::new(projections::Leaderboards),
        Arc::new(projections::Occupancy),
        Arc::new(projections::Games),
        Arc::new(projections::Rooms),
        Arc::new(projections::Plugs),
        Arc::new(projections::Automations),
        Arc::new(projections::Settings),
    ];
    let names: Vec<_> = wanted.iter().map(|projection| projection.name()).collect();
    let projector = projector(db, log, progress, "views", wanted);
    projector.prepare().await.unwrap();
    tokio::spawn(projector.run(stop.clone()));
    while names.iter().any(|name| progress.watermark(name).is_none()) {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    names
}

async fn router(
    dir: &std::path::Path,
    db: ReadStore,
    progress: &Progress,
    clock: Arc<dyn Clock>,
    home: LocationId,
) -> (Router, [String; 2]) {
    let options = SqliteOptions::in_dir(dir);
    migrate(&options.file, &*clock).await.unwrap();
    let store = SqliteStore::open(&options, clock.clone()).await.unwrap();
    let mut keys = [String::new(), String::new()];
    for (key, (kind, location)) in
        keys.iter_mut().zip([(KeyKind::Admin, None), (KeyKind::Screen, Some(home))])
    {
        let new = NewKey { name: "a key", kind, location, expires_at: None };
        issue(&*store, &*clock, new).await.unwrap().0.expose().clone_into(key);
    }
    let api = QueryApi::new(Sources {
        db,
        progress: progress.clone(),
        log: store.clone(),
        clock: clock.clone(),
        authenticator: Arc::new(Authenticator::new(store, clock)),
        cache_bytes: 1 << 20,
    });
    let about = About { title: "Test", version: "1", description: "A test." };
    (api.api().finish(about, Readiness::new(CancellationToken::new())).0, keys)
}

/// `field` of each of the items of `list`, as text.
pub fn column(list: &Value, field: &str) -> Vec<String> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
    list["items"].as_array().unwrap().iter().map(|item| text(&item[field])).collect()
}
