//! What every query has in common, with a view that only counts how often it is rendered.

use std::{
    future::ready,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use auth::{API_KEY_HEADER, Authenticator, KeyKind, NewKey, Permission, issue};
use axum::{
    Router,
    body::Body,
    extract::{Extension, State},
    http::{HeaderMap, Method, Request, StatusCode},
};
use domain::{ids::LocationId, log::Position};
use http_api::{About, Api, Problem, Readiness, RouteInfo, Scope, ValidPath};
use http_body_util::BodyExt as _;
use read_store::{
    Generation, ReadModel, ReadStore,
    progress::{Progress, Watermark},
};
use runtime::clock::SystemClock;
use serde::Serialize;
use serde_json::Value;
use store::sqlite::{SqliteOptions, SqliteStore, migrate};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{Answer, QueryApi, QueryContext, QueryError, ReadSet, Sources, cache::BUILD, routes};

/// Projections of the counting views, which read no table.
const THINGS: ReadModel = ReadModel { name: "things", tables: &[] };
const GAMES: ReadModel = ReadModel { name: "games", tables: &[] };
const LATE: ReadModel = ReadModel { name: "late", tables: &[] };

const HOME: LocationId = LocationId(Uuid::from_u128(1));
const ELSEWHERE: LocationId = LocationId(Uuid::from_u128(2));
const ID: &str = "00000000-0000-0000-0000-000000000007";
const ABOUT: About = About { title: "Test", version: "1", description: "A test." };

#[derive(Serialize, ToSchema)]
struct Things {
    rendered: u32,
    location: Option<LocationText>,
}

#[derive(Serialize, ToSchema)]
struct LocationText(String);

#[derive(Clone, Default)]
struct Rendered(Arc<AtomicU32>);

impl Rendered {
    fn things(
        &self,
        location: Option<LocationId>,
    ) -> impl Future<Output = Result<Things, QueryError>> + Send {
        let rendered = self.0.fetch_add(1, Ordering::SeqCst) + 1;
        let location = location.map(|location| LocationText(location.to_string()));
        ready(Ok(Things { rendered, location }))
    }
}

async fn at(
    State(api): State<QueryApi>,
    Extension(rendered): Extension<Rendered>,
    context: QueryContext,
    ValidPath(location): ValidPath<LocationId>,
) -> Result<Answer<Things>, Problem> {
    let reads = ReadSet::at(location, &[&THINGS, &GAMES]);
    context.answer(&api, reads, |_| rendered.things(Some(location))).await
}

async fn now(
    State(api): State<QueryApi>,
    Extension(rendered): Extension<Rendered>,
    context: QueryContext,
    ValidPath(location): ValidPath<LocationId>,
) -> Result<Answer<Things>, Problem> {
    let reads = ReadSet::at(location, &[&THINGS]).at_this_instant();
    context.answer(&api, reads, |_| rendered.things(Some(location))).await
}

async fn late(
    State(api): State<QueryApi>,
    Extension(rendered): Extension<Rendered>,
    context: QueryContext,
    ValidPath(location): ValidPath<LocationId>,
) -> Result<Answer<Things>, Problem> {
    context.answer(&api, ReadSet::at(location, &[&LATE]), |_| rendered.things(Some(location))).await
}

async fn all(
    State(api): State<QueryApi>,
    Extension(rendered): Extension<Rendered>,
    context: QueryContext,
) -> Result<Answer<Things>, Problem> {
    let own = context.caller.location;
    let reads = match own {
        Some(location) => ReadSet::reached_from(location, &[&THINGS]),
        None => ReadSet::everywhere(&[&THINGS]),
    };
    context.answer(&api, reads, |_| rendered.things(own)).await
}

async fn missing(
    State(api): State<QueryApi>,
    context: QueryContext,
    ValidPath(location): ValidPath<LocationId>,
) -> Result<Answer<Things>, Problem> {
    let refused = |_| async { Err(QueryError::NotFound) };
    context.answer(&api, ReadSet::at(location, &[&THINGS]), refused).await
}

/// The query API with the counting views instead of its own.
struct World {
    router: Router,
    table: Vec<RouteInfo>,
    progress: Progress,
    admin: String,
    screen: String,
    _dir: tempfile::TempDir,
}

struct Reply {
    status: StatusCode,
    headers: HeaderMap,
    body: Value,
}

impl Reply {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    fn rendered(&self) -> u64 {
        assert_eq!(self.status, StatusCode::OK, "{}", self.body);
        self.body["rendered"].as_u64().unwrap()
    }
}

async fn query_api(dir: &std::path::Path, progress: &Progress) -> (QueryApi, [String; 2]) {
    let clock = Arc::new(SystemClock);
    let options = SqliteOptions::in_dir(dir);
    migrate(&options.file, &*clock).await.unwrap();
    let store = SqliteStore::open(&options, clock.clone()).await.unwrap();
    let mut keys = Vec::new();
    for (kind, location) in [(KeyKind::Admin, None), (KeyKind::Screen, Some(HOME))] {
        let new = NewKey { name: "a key", kind, location, expires_at: None };
        keys.push(issue(&*store, &*clock, new).await.unwrap().0.expose().to_owned());
    }
    let api = QueryApi::new(Sources {
        db: ReadStore::open(&dir.join("read.db"), 2).await.unwrap(),
        progress: progress.clone(),
        log: store.clone(),
        clock: clock.clone(),
        authenticator: Arc::new(Authenticator::new(store, clock)),
        cache_bytes: 1 << 20,
    });
    (api, keys.try_into().unwrap())
}

impl World {
    async fn new() -> Self {
        let (dir, progress) = (tempfile::tempdir().unwrap(), Progress::default());
        let (api, [admin, screen]) = query_api(dir.path(), &progress).await;
        let views = Api::new()
            .query("/v1/locations/{location}/things", Permission::ROOM_READ, "Things", at)
            .query("/v1/locations/{location}/now", Permission::ROOM_READ, "Things now", now)
            .query("/v1/locations/{location}/late", Permission::ROOM_READ, "Late things", late)
            .query("/v1/locations/{location}/missing", Permission::ROOM_READ, "Nothing", missing)
            .query("/v1/things", Permission::ROOM_READ, "All things", all)
            .with_state(api);
        let (router, table) = views.finish(ABOUT, Readiness::new(CancellationToken::new()));
        let router = router.layer(Extension(Rendered::default()));
        let world = Self { router, table, progress, admin, screen, _dir: dir };
        world.publish("games", 3, &[]);
        world.publish("things", 3, &[]);
        world
    }

    fn publish(&self, projection: &str, position: u64, touched: &[Option<LocationId>]) {
        self.publish_run(1, projection, position, touched);
    }

    fn publish_run(&self, run: u32, projection: &str, position: u64, touched: &[Option<LocationId>]) {
        let position = Position(position);
        let watermark = Watermark { generation: Generation { version: 1, run }, revision: 0, position };
        let touched: Vec<_> = touched.iter().map(|location| (*location, position)).collect();
        self.progress.publish(projection, watermark, &touched);
    }

    async fn send(&self, key: &str, path: &str, headers: &[(&str, &str)]) -> Reply {
        let mut request = Request::builder().method(Method::GET).uri(path).header(API_KEY_HEADER, key);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = self.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Reply { status: parts.status, headers: parts.headers, body }
    }

    async fn things(&self, headers: &[(&str, &str)]) -> Reply {
        self.send(&self.admin, &format!("/v1/locations/{HOME}/things"), headers).await
    }
}

#[tokio::test]
async fn an_answer_is_rendered_once_a_state() {
    let world = World::new().await;
    assert_eq!(world.things(&[]).await.rendered(), 1);
    assert_eq!(world.things(&[]).await.rendered(), 1);
    world.publish("things", 4, &[Some(ELSEWHERE)]);
    assert_eq!(world.things(&[]).await.rendered(), 1, "another location's event changes nothing here");
    world.publish("things", 5, &[Some(HOME)]);
    assert_eq!(world.things(&[]).await.rendered(), 2);
    world.publish("games", 6, &[None]);
    assert_eq!(world.things(&[]).await.rendered(), 3, "an event of no location concerns all");
    world.publish_run(2, "things", 6, &[]);
    assert_eq!(world.things(&[]).await.rendered(), 4, "a rebuilt generation is another state");
}

#[tokio::test]
async fn an_answer_says_its_position_and_one_that_is_known_is_not_sent_again() {
    let world = World::new().await;
    world.publish("things", 9, &[Some(HOME)]);
    let first = world.things(&[]).await;
    assert_eq!(first.header("aero-position"), "1.3", "as far as the slower of the two");
    assert_eq!(first.header("cache-control"), "private, no-cache");
    let etag = first.header("etag").to_owned();
    assert!(etag.starts_with("W/\""), "{etag}");

    world.publish("games", 8, &[]);
    let known = world.things(&[("if-none-match", &etag)]).await;
    assert_eq!((known.status, known.header("etag")), (StatusCode::NOT_MODIFIED, &*etag));
    assert_eq!((known.header("aero-position"), &known.body), ("1.8", &Value::Null));

    world.publish("things", 10, &[Some(HOME)]);
    let changed = world.things(&[("if-none-match", &etag)]).await;
    assert_eq!((changed.status, changed.rendered()), (StatusCode::OK, 2));
    assert_ne!(changed.header("etag"), etag);
}

#[tokio::test]
async fn the_etag_of_another_build_is_nothing_to_this_one() {
    let world = World::new().await;
    let etag = world.things(&[]).await.header("etag").to_owned();
    let (old, same) = (etag.replace(BUILD, "00000000deadbeef"), [("if-none-match", &*etag)]);
    assert_ne!(old, etag);
    let reply = world.things(&[("if-none-match", &old)]).await;
    assert_eq!((reply.status, reply.header("etag")), (StatusCode::OK, &*etag));
    assert_eq!(world.things(&same).await.status, StatusCode::NOT_MODIFIED);
}

#[tokio::test]
async fn the_etag_of_one_request_is_nothing_to_another() {
    let world = World::new().await;
    let here = world.things(&[]).await.header("etag").to_owned();
    let there = format!("/v1/locations/{ELSEWHERE}/things");
    let reply = world.send(&world.admin, &there, &[("if-none-match", &here)]).await;
    assert_eq!((reply.rendered(), reply.body["location"].as_str()), (2, Some(&*ELSEWHERE.to_string())));
    let nothing = format!("/v1/locations/{HOME}/missing");
    let reply = world.send(&world.admin, &nothing, &[("if-none-match", "*")]).await;
    assert_eq!(reply.status, StatusCode::NOT_FOUND, "`*` does not hide that there is nothing");
}

#[tokio::test]
async fn whoever_has_anything_is_told_that_there_is_something() {
    let world = World::new().await;
    let first = world.things(&[]).await.header("etag").to_owned();
    let known = world.things(&[("if-none-match", "*")]).await;
    assert_eq!((known.status, known.header("etag")), (StatusCode::NOT_MODIFIED, &*first));
    assert_eq!(known.body, Value::Null);
}

#[tokio::test]
async fn callers_with_different_reach_never_share_an_answer() {
    let world = World::new().await;
    let admin = world.send(&world.admin, "/v1/things", &[]).await;
    let etag = admin.header("etag").to_owned();
    let screen = world.send(&world.screen, "/v1/things", &[("if-none-match", &etag)]).await;
    assert_eq!((admin.rendered(), screen.rendered()), (1, 2));
    assert_eq!(
        (&admin.body["location"], screen.body["location"].as_str()),
        (&Value::Null, Some(&*HOME.to_string()))
    );
    let far = world.send(&world.screen, &format!("/v1/locations/{ELSEWHERE}/things"), &[]).await;
    assert_eq!(far.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_follows_from_the_instant_is_never_kept() {
    let world = World::new().await;
    let path = format!("/v1/locations/{HOME}/now");
    let first = world.send(&world.admin, &path, &[]).await;
    assert_eq!((first.rendered(), first.header("etag"), first.header("aero-position")), (1, "", "1.3"));
    assert_eq!(world.send(&world.admin, &path, &[]).await.rendered(), 2);
}

#[tokio::test]
async fn a_reader_gets_what_the_token_names_or_is_told_to_come_back() {
    let world = World::new().await;
    let late = world.things(&[("aero-min-position", "1.4"), ("aero-max-wait", "0")]).await;
    assert_eq!(late.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(
        (late.header("retry-after"), late.body["type"].as_str()),
        ("1", Some("/problems/not_there_yet"))
    );
    assert_eq!(late.body["position"], 3);

    let stale = [("aero-min-position", "1.4"), ("aero-max-wait", "0"), ("aero-allow-stale", "true")];
    let stale = world.things(&stale).await;
    assert_eq!((stale.status, stale.header("aero-position")), (StatusCode::OK, "1.3"));

    let waiting = world.things(&[("aero-min-position", "1.4"), ("aero-max-wait", "10")]);
    let moving = async {
        tokio::task::yield_now().await;
        world.publish("games", 4, &[]);
        tokio::task::yield_now().await;
        world.publish("things", 4, &[Some(HOME)]);
    };
    let (waited, ()) = futures::join!(waiting, moving);
    assert_eq!((waited.header("aero-position"), waited.rendered()), ("1.4", 2));
}

#[tokio::test]
async fn a_reader_waits_for_a_view_that_is_only_starting() {
    let world = World::new().await;
    let path = format!("/v1/locations/{HOME}/late");
    let token = [("aero-min-position", "1.4"), ("aero-max-wait", "10")];
    let starting = async {
        tokio::task::yield_now().await;
        world.publish("late", 2, &[]);
        tokio::task::yield_now().await;
        world.publish("late", 4, &[Some(HOME)]);
    };
    let (waited, ()) = futures::join!(world.send(&world.admin, &path, &token), starting);
    assert_eq!((waited.header("aero-position"), waited.rendered()), ("1.4", 1));
}

#[tokio::test]
async fn tokens_of_another_timeline_or_form_are_refused() {
    let world = World::new().await;
    let other = world.things(&[("aero-min-position", "2.1")]).await;
    assert_eq!(
        (other.status, other.body["type"].as_str()),
        (StatusCode::CONFLICT, Some("/problems/other_timeline"))
    );
    for (name, value) in
        [("aero-min-position", "7"), ("aero-max-wait", "soon"), ("aero-allow-stale", "maybe")]
    {
        assert_eq!(world.things(&[(name, value)]).await.status, StatusCode::BAD_REQUEST, "{name}");
    }
}

#[tokio::test]
async fn a_view_that_nobody_projects_is_not_available() {
    let dir = tempfile::tempdir().unwrap();
    let (api, [admin, _]) = query_api(dir.path(), &Progress::default()).await;
    let (router, _) = api.api().finish(ABOUT, Readiness::new(CancellationToken::new()));
    let request =
        Request::builder().uri("/v1/games").header(API_KEY_HEADER, admin).body(Body::empty()).unwrap();
    let response = router.oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
}

/// Makes the tables of every projection, empty, and says that all are at position 3.
async fn project_nothing(dir: &std::path::Path, progress: &Progress) {
    let generation = Generation { version: 1, run: 1 };
    let store = ReadStore::open(&dir.join("read.db"), 1).await.unwrap();
    for model in [
        &read_model::automations::AUTOMATIONS,
        &read_model::games::GAMES,
        &read_model::leaderboards::LEADERBOARDS,
        &read_model::locations::LOCATIONS,
        &read_model::occupancy::OCCUPANCY,
        &read_model::players::PLAYERS,
        &read_model::plays::PLAYS,
        &read_model::plugs::PLUGS,
        &read_model::rooms::ROOMS,
        &read_model::settings::SETTINGS,
        &read_model::wristbands::WRISTBANDS,
    ] {
        let mut tx = store.begin(generation).await.unwrap();
        tx.create(model.tables).await.unwrap();
        let names: Vec<_> = model.tables.iter().map(|table| table.name.into()).collect();
        tx.activate(&names).await.unwrap();
        tx.commit().await.unwrap();
        progress.publish(model.name, Watermark { generation, revision: 0, position: Position(3) }, &[]);
    }
}

/// Where there is nothing a view asks whether that is because there is no such thing, of a table of its own.
#[tokio::test]
async fn every_route_names_what_it_reads_where_it_finds_nothing() {
    let (dir, progress) = (tempfile::tempdir().unwrap(), Progress::default());
    project_nothing(dir.path(), &progress).await;
    let (api, [admin, screen]) = query_api(dir.path(), &progress).await;
    let (router, table) = api.api().finish(ABOUT, Readiness::new(CancellationToken::new()));
    let world = World { router, table, progress, admin, screen, _dir: dir };
    let found = [("/v1/locations", 200), ("/v1/games", 200), ("/v1/projections", 200)];
    let mut asked = 0;
    for route in world.table.iter().filter(|route| route.path.starts_with("/v1/")) {
        let path = route.path.replace("{email}", "a@example.org").replace("{uid}", "04A1B2C3");
        let path = path.split('/').map(|part| if part.starts_with('{') { ID } else { part });
        let path = path.collect::<Vec<_>>().join("/");
        let reply = world.send(&world.admin, &path, &[]).await;
        let expected = found.iter().find(|(known, _)| *known == path).map_or(404, |(_, status)| *status);
        assert_eq!(reply.status.as_u16(), expected, "{path}: {}", reply.body);
        asked += 1;
    }
    assert!(asked > 15, "only {asked} routes were asked");
}

/// Both the service's own routes and the test's.
#[tokio::test]
async fn every_route_is_described_and_wants_a_caller_who_reaches_the_location() {
    let world = World::new().await;
    let own = routes::all(Api::<QueryApi>::new());
    assert_eq!(own.defects(), Vec::<String>::new());
    let (dir, progress) = (tempfile::tempdir().unwrap(), Progress::default());
    let (api, [_, screen]) = query_api(dir.path(), &progress).await;
    let (router, table) = api.api().finish(ABOUT, Readiness::new(CancellationToken::new()));
    let own = World { router, table, progress, admin: String::new(), screen, _dir: dir };
    for world in [&world, &own] {
        for route in world.table.iter().filter(|route| route.scope != Scope::Public) {
            let path = route.path.replace("{location}", &ELSEWHERE.to_string());
            let path = path.replace("{player}", &HOME.to_string()).replace(['{', '}'], "");
            let status = world.send("", &path, &[]).await.status;
            assert_eq!(status, StatusCode::UNAUTHORIZED, "{path} without a key");
            if route.scope == Scope::Location {
                let status = world.send(&world.screen, &path, &[]).await.status;
                let denied = [StatusCode::NOT_FOUND, StatusCode::FORBIDDEN];
                assert!(denied.contains(&status), "{path} from another location: {status}");
            }
        }
    }
}
