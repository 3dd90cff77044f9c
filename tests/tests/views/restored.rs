//! A database is restored to an earlier state under a query API that goes on running: what it knew of the lost state is
//! never served again, from its cache or as a 304.

use std::sync::Arc;

use auth::{API_KEY_HEADER, Authenticator, KeyKind, NewKey, issue};
use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode},
};
use bus::testing::FakeLog;
use domain::log::{Position, Token};
use http_api::{About, Readiness};
use http_body_util::BodyExt as _;
use projector::{
    projections,
    testing::{MemoryLog, projector, read_db},
};
use query_api::{QueryApi, Sources};
use read_store::{Generation, ReadStore, catalog::LocationChange, progress::Progress};
use runtime::clock::SystemClock;
use serde_json::Value;
use store::sqlite::{SqliteOptions, SqliteStore, migrate};
use tokio::time::{Instant, sleep};
use tokio_util::sync::{CancellationToken, DropGuard};
use tower::ServiceExt as _;

use crate::world::{HOME, PATIENCE};

const FIRST: Generation = Generation { version: 1, run: 1 };

/// A query API on read tables that somebody else writes.
struct World {
    log: Arc<FakeLog>,
    db: ReadStore,
    router: Router,
    key: String,
    _following: DropGuard,
    _dir: tempfile::TempDir,
}

impl World {
    /// Its location is called "Before" at position 3 of 3.
    async fn new() -> Self {
        let (dir, clock, stop) =
            (tempfile::tempdir().unwrap(), Arc::new(SystemClock), CancellationToken::new());
        let (log, db) = (FakeLog::new(), read_db(dir.path()).await);
        let none = (MemoryLog::default(), Progress::default());
        let locations = vec![Arc::new(projections::Locations) as Arc<dyn projector::Projection>];
        projector(&db, &none.0, &none.1, "w", locations).prepare().await.unwrap();
        let options = SqliteOptions::in_dir(dir.path());
        migrate(&options.file, &*clock).await.unwrap();
        let keys = SqliteStore::open(&options, clock.clone()).await.unwrap();
        let new = NewKey { name: "a key", kind: KeyKind::Admin, location: None, expires_at: None };
        let key = issue(&*keys, &*clock, new).await.unwrap().0.expose().to_owned();
        log.commit(2);
        let api = QueryApi::new(Sources {
            db: read_db(dir.path()).await,
            progress: Progress::default(),
            log: log.clone(),
            clock: clock.clone(),
            authenticator: Arc::new(Authenticator::new(keys, clock)),
            cache_bytes: query_api::app::CACHE_BYTES,
        });
        let (follower, end) = (api.clone(), stop.clone());
        tokio::spawn(async move { follower.follow_checkpoints(end).await });
        let about = About { title: "Test", version: "1", description: "A test." };
        let router = api.api().finish(about, Readiness::new(CancellationToken::new())).0;
        let world = Self { log, db, router, key, _following: stop.drop_guard(), _dir: dir };
        world.insert().await;
        world.happens("Before").await;
        world
    }

    async fn insert(&self) {
        let mut tx = self.db.begin(FIRST).await.unwrap();
        let sql = "INSERT INTO {locations} (location_id, code, name, time_zone, disabled, reward_tiers, \
                   opening_hours, opened_at, stream_version, position) \
                   VALUES (?1, 'home', 'New', 'UTC', 0, '[]', '[]', 0, 1, 1)";
        tx.execute(sql, &[HOME.to_string().as_str().into()]).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// The location is renamed by the next event, and the view has it.
    async fn happens(&self, name: &str) {
        let position = self.log.commit(1);
        self.write(name, position).await;
    }

    /// What a restore to `position` leaves, where the location was called `name`.
    async fn is_restored(&self, name: &str, position: Position) {
        self.log.restore_to(position);
        let mut tx = self.db.begin(FIRST).await.unwrap();
        tx.execute("DELETE FROM {projection_locations} WHERE position > ?1", &[position.into()])
            .await
            .unwrap();
        tx.commit().await.unwrap();
        self.write(name, position).await;
    }

    async fn write(&self, name: &str, position: Position) {
        let mut tx = self.db.begin(FIRST).await.unwrap();
        let sql = "UPDATE {locations} SET name = ?1, position = ?2 WHERE location_id = ?3";
        tx.execute(sql, &[name.into(), position.into(), HOME.to_string().as_str().into()]).await.unwrap();
        let sql = "UPDATE {projections} SET position = ?1 WHERE name = 'locations'";
        tx.execute(sql, &[position.into()]).await.unwrap();
        tx.put(&[LocationChange {
            projection: "locations".into(),
            version: 1,
            run: 1,
            location: HOME.to_string().into(),
            position,
        }])
        .await
        .unwrap();
        tx.commit().await.unwrap();
    }

    async fn ask(&self, headers: &[(&str, &str)]) -> Reply {
        let mut request = Request::builder().uri("/v1/locations").header(API_KEY_HEADER, &self.key);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = self.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let body: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        Reply {
            status: parts.status,
            name: body["items"][0]["name"].as_str().unwrap_or_default().to_owned(),
            etag: parts.headers.get("etag").map_or_else(String::new, |tag| tag.to_str().unwrap().to_owned()),
            position: parts.headers.get("aero-position").map(|at| at.to_str().unwrap().parse().unwrap()),
        }
    }

    /// What it shows to who must see `token`.
    async fn see(&self, token: Token) -> Reply {
        self.ask(&[("aero-min-position", &token.to_string()), ("aero-max-wait", "10")]).await
    }

    /// Waits until it shows `name`.
    async fn shows(&self, name: &str, known: &str) -> Reply {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let reply = self.ask(&[("if-none-match", known)]).await;
            if reply.name == name {
                return reply;
            }
            assert!(Instant::now() < deadline, "{}: {:?}", reply.status, reply.name);
            sleep(std::time::Duration::from_millis(5)).await;
        }
    }
}

struct Reply {
    status: StatusCode,
    name: String,
    etag: String,
    position: Option<Token>,
}

fn token(timeline: u32, position: u64) -> Token {
    Token { timeline, position: Position(position) }
}

#[tokio::test]
async fn a_new_timeline_takes_back_what_a_running_reader_knew() {
    let world = World::new().await;
    assert_eq!(world.see(token(1, 3)).await.name, "Before");
    for name in ["Then", "Lost"] {
        world.happens(name).await;
    }
    let lost = world.see(token(1, 5)).await;
    assert_eq!(lost.name, "Lost");

    world.is_restored("Before", Position(3)).await;
    world.log.start_timeline();
    let restored = world.shows("Before", &lost.etag).await;
    assert_eq!(restored.position, Some(token(2, 3)));
    // The next events take the positions of those that were lost.
    world.happens("After").await;
    let after = world.see(token(2, 4)).await;
    assert_eq!((after.status, &*after.name, after.position), (StatusCode::OK, "After", Some(token(2, 4))));
    world.happens("Later").await;
    assert_eq!(world.see(token(2, 5)).await.name, "Later");
    let known = world.ask(&[("if-none-match", &lost.etag)]).await;
    assert_eq!((known.status, &*known.name), (StatusCode::OK, "Later"));
    let old = world.see(token(1, 5)).await;
    assert_eq!(old.status, StatusCode::CONFLICT, "a token of the lost part");
}

#[tokio::test]
async fn a_log_that_went_past_the_lost_state_between_two_looks_is_another_one_too() {
    let world = World::new().await;
    world.happens("Lost").await;
    let lost = world.see(token(1, 4)).await;
    assert_eq!(lost.name, "Lost");
    // As far as the reader sees, positions only grew.
    world.log.restore_to(Position(3));
    world.log.start_timeline();
    world.happens("Other").await;
    let other = world.see(token(2, 4)).await;
    assert_eq!((&*other.name, other.position), ("Other", Some(token(2, 4))));
    let known = world.ask(&[("if-none-match", &lost.etag)]).await;
    assert_eq!((known.status, &*known.name), (StatusCode::OK, "Other"));
}

#[tokio::test]
async fn a_restore_is_noticed_before_anybody_starts_a_new_timeline() {
    let world = World::new().await;
    world.happens("Lost").await;
    let lost = world.see(token(1, 4)).await;
    assert_eq!(lost.name, "Lost");
    world.is_restored("Before", Position(3)).await;
    world.shows("Before", &lost.etag).await;
    world.happens("Other").await;
    let other = world.shows("Other", &lost.etag).await;
    assert_eq!(other.position, Some(token(1, 4)), "the position of the lost event, and another answer");
}

#[tokio::test]
async fn rows_that_the_log_does_not_reach_are_not_served() {
    let world = World::new().await;
    world.happens("Lost").await;
    assert_eq!(world.see(token(1, 4)).await.name, "Lost");
    // The log was restored and the read tables were not, as on a replica that has not followed yet.
    world.log.restore_to(Position(3));
    world.log.start_timeline();
    let deadline = Instant::now() + PATIENCE;
    while world.ask(&[]).await.status != StatusCode::SERVICE_UNAVAILABLE {
        assert!(Instant::now() < deadline);
        sleep(std::time::Duration::from_millis(5)).await;
    }
    world.is_restored("Before", Position(3)).await;
    world.shows("Before", "\"nothing\"").await;
}
