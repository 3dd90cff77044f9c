//! The list of routes with a small service on it: guard, table, document.

use std::sync::Arc;

use async_trait::async_trait;
use auth::{API_KEY_HEADER, ApiKey, Authenticator, KeyKind, Permission};
use axum::{
    Json,
    body::Body,
    extract::State,
    http::{Method, Request, StatusCode},
};
use domain::ids::{GameId, LocationId, RoomId};
use http_body_util::BodyExt as _;
use jiff::Timestamp;
use runtime::clock::SystemClock;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::{ApiKeyRow, Credentials, StoreError};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::{
    About, Api, Caller, CommandAnswer, Problem, Readiness, RouteInfo, Scope, ValidJson, ValidPath, ValidQuery,
};

pub(super) const HOME: LocationId = LocationId(Uuid::from_u128(1));
pub(super) const ELSEWHERE: LocationId = LocationId(Uuid::from_u128(2));
pub(super) const ABOUT: About = About { title: "Test", version: "1", description: "A test." };

/// A store that holds one key of every kind.
pub(super) struct OneKeyAKind(Vec<(KeyKind, ApiKey)>);

impl OneKeyAKind {
    pub(super) fn new() -> Self {
        Self(KeyKind::ALL.into_iter().map(|kind| (kind, ApiKey::generate(kind).unwrap())).collect())
    }

    pub(super) fn key(&self, kind: KeyKind) -> &str {
        self.0.iter().find(|(known, _)| *known == kind).unwrap().1.expose()
    }
}

#[async_trait]
impl Credentials for OneKeyAKind {
    async fn insert_api_key(&self, _: &ApiKeyRow) -> Result<(), StoreError> {
        Err(StoreError::Misuse("fixed".into()))
    }
    async fn find_api_key(&self, hash: &[u8; 32]) -> Result<Option<ApiKeyRow>, StoreError> {
        let found = self.0.iter().find(|(_, key)| key.hash() == *hash);
        Ok(found.map(|(kind, key)| ApiKeyRow {
            id: Uuid::from_u128(99),
            secret_hash: key.hash(),
            name: kind.to_string(),
            kind: kind.to_string(),
            location: kind.is_bound().then_some(HOME),
            created_at: Timestamp::UNIX_EPOCH,
            expires_at: None,
            revoked_at: None,
            last_used_at: None,
        }))
    }
    async fn list_api_keys(&self) -> Result<Vec<ApiKeyRow>, StoreError> {
        Ok(Vec::new())
    }
    async fn revoke_api_key(&self, _: Uuid, _: Timestamp) -> Result<bool, StoreError> {
        Ok(false)
    }
    async fn touch_api_keys(&self, _: &[(Uuid, Timestamp)]) -> Result<(), StoreError> {
        Ok(())
    }
}

#[derive(Clone)]
pub(super) struct App(pub(super) Arc<Authenticator>);

impl AsRef<Authenticator> for App {
    fn as_ref(&self) -> &Authenticator {
        &self.0
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Install {
    /// The game to install.
    game_id: Uuid,
    /// Minutes.
    #[schema(minimum = 1, maximum = 60)]
    minutes: Option<u32>,
    controllers: Vec<Controller>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Controller {
    address: String,
}

#[derive(Serialize, ToSchema)]
struct Installed {
    id: Uuid,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Page {
    /// At most this many.
    #[param(maximum = 200)]
    limit: Option<u32>,
}

#[derive(Serialize, ToSchema)]
struct Room {
    name: String,
    seen_by: String,
}

async fn install(
    State(_): State<App>,
    ValidPath(_): ValidPath<LocationId>,
    ValidJson(body): ValidJson<Install>,
) -> Result<CommandAnswer<Installed, 201>, Problem> {
    let addresses = body.controllers.iter().map(|controller| controller.address.len()).sum::<usize>();
    let body = json!({"id": body.game_id, "minutes": body.minutes, "addresses": addresses});
    Ok(CommandAnswer::new(201, body.to_string(), "1.2".parse().map_err(|_| Problem::misbuilt("token"))?))
}

async fn rooms(
    Caller(caller): Caller,
    ValidPath(_): ValidPath<LocationId>,
    ValidQuery(page): ValidQuery<Page>,
) -> Result<Json<Vec<Room>>, Problem> {
    let room = || Room { name: "Maze".into(), seen_by: caller.name.to_string() };
    Ok(Json((0..page.limit.unwrap_or(1)).map(|_| room()).collect()))
}

async fn room(ValidPath((_, room)): ValidPath<(LocationId, RoomId)>) -> Result<Json<Room>, Problem> {
    match room.0.as_u128() {
        1 => Ok(Json(Room { name: "Maze".into(), seen_by: String::new() })),
        _ => Err(Problem::not_found()),
    }
}

async fn game(ValidPath(game): ValidPath<GameId>) -> Result<Json<Installed>, Problem> {
    Ok(Json(Installed { id: game.0 }))
}

pub(super) fn commands(api: Api<App>) -> Api<App> {
    let path = "/v1/locations/{location}/rooms";
    api.tag("rooms", "Rooms.").command(
        path,
        Permission::ROOM_INSTALL,
        "Install a game\n\nIn a new room.",
        install,
    )
}

pub(super) fn queries(api: Api<App>) -> Api<App> {
    api.tag("rooms", "Rooms.")
        .query("/v1/locations/{location}/rooms", Permission::ROOM_READ, "Rooms", rooms)
        .query("/v1/locations/{location}/rooms/{room}", Permission::ROOM_READ, "One room", room)
        .tag("games", "Games.")
        .query("/v1/games/{game}", Permission::GAME_READ, "One game", game)
}

pub(super) fn both(keys: &Arc<OneKeyAKind>) -> Api {
    let app = App(Arc::new(Authenticator::new(keys.clone(), Arc::new(SystemClock))));
    Api::new().include(commands).with_state(app.clone()).merge(Api::new().include(queries).with_state(app))
}

struct Service {
    keys: Arc<OneKeyAKind>,
    router: axum::Router,
    table: Vec<RouteInfo>,
}

impl Service {
    fn new() -> Self {
        let keys = Arc::new(OneKeyAKind::new());
        let (router, table) = both(&keys).finish(ABOUT, Readiness::new(CancellationToken::new()));
        Self { keys, router, table }
    }

    async fn call(
        &self,
        method: &Method,
        path: &str,
        kind: Option<KeyKind>,
        body: &str,
    ) -> (StatusCode, Value) {
        let mut request =
            Request::builder().method(method).uri(path).header("content-type", "application/json");
        if let Some(kind) = kind {
            request = request.header(API_KEY_HEADER, self.keys.key(kind));
        }
        let request = request.body(Body::from(body.to_owned())).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    async fn get(&self, path: &str, kind: Option<KeyKind>) -> (u16, Value) {
        let (status, body) = self.call(&Method::GET, path, kind, "").await;
        (status.as_u16(), body)
    }
}

#[tokio::test]
async fn handlers_get_what_their_signature_asks_for() {
    let service = Service::new();
    let body = json!({"game_id": Uuid::from_u128(3), "controllers": [{"address": "10.0.0.1"}]}).to_string();
    let path = format!("/v1/locations/{HOME}/rooms");
    let (status, answer) = service.call(&Method::POST, &path, Some(KeyKind::Admin), &body).await;
    assert_eq!(status, 201, "{answer}");
    assert_eq!((&answer["token"], &answer["addresses"]), (&json!("1.2"), &json!(8)));
    let (status, answer) = service.get(&format!("{path}?limit=2"), Some(KeyKind::Kiosk)).await;
    assert_eq!((status, answer.as_array().unwrap().len()), (200, 2));
    assert_eq!(answer[0]["seen_by"], "kiosk");
    assert_eq!(service.get(&format!("{path}?limits=2"), Some(KeyKind::Kiosk)).await.0, 400);
}

/// Every kind on every route of the table, at home, elsewhere, and without a key.
#[tokio::test]
async fn the_guard_stands_before_every_route_of_the_table() {
    let service = Service::new();
    let something = Uuid::from_u128(1).to_string();
    for route in service.table.iter().filter(|route| route.scope != Scope::Public) {
        let permission = route.permission.unwrap();
        let path = |location: &str| {
            let path = route.path.replace("{location}", location);
            path.replace("{room}", &something).replace("{game}", &something)
        };
        let status = async |location: &str, kind| {
            service.call(&route.method, &path(location), kind, "").await.0.as_u16()
        };
        assert_eq!(status(&HOME.to_string(), None).await, 401, "{route:?}");
        for kind in KeyKind::ALL {
            let allowed = kind.permissions().contains(permission);
            let at_home = status(&HOME.to_string(), Some(kind)).await;
            assert_eq!(at_home == 403, !allowed, "{kind} {route:?} {at_home}");
            let elsewhere = status(&ELSEWHERE.to_string(), Some(kind)).await;
            let expected = match (allowed, route.scope, kind) {
                (false, ..) => 403,
                (true, Scope::Location, KeyKind::Admin) | (true, Scope::Global | Scope::Public, _) => at_home,
                (true, Scope::Location, _) => 404,
            };
            assert_eq!(elsewhere, expected, "{kind} {route:?}");
        }
    }
}

#[tokio::test]
async fn another_location_an_unknown_and_an_impossible_id_look_the_same() {
    let service = Service::new();
    let kiosk = Some(KeyKind::Kiosk);
    let room = |location: &str, room: &str| format!("/v1/locations/{location}/rooms/{room}");
    let (home, there) = (HOME.to_string(), ELSEWHERE.to_string());
    let known = Uuid::from_u128(1).to_string();
    let unknown = Uuid::from_u128(7).to_string();
    assert_eq!(service.get(&room(&home, &known), kiosk).await.0, 200);
    let nothing = service.get(&room(&home, &unknown), kiosk).await;
    assert_eq!(nothing.0, 404);
    for path in [room(&there, &known), room("x", &known), room(&home, "7"), room(&home, "%00")] {
        assert_eq!(service.get(&path, kiosk).await, nothing, "{path}");
    }
}

#[tokio::test]
async fn a_parameter_that_a_route_does_not_take_is_refused() {
    let service = Service::new();
    let body = json!({"game_id": Uuid::from_u128(3), "controllers": []}).to_string();
    let rooms = format!("/v1/locations/{HOME}/rooms");
    let admin = Some(KeyKind::Admin);
    let (status, refused) =
        service.call(&Method::POST, &format!("{rooms}?dry_run=true&a%20b"), admin, &body).await;
    assert_eq!((status.as_u16(), &refused["type"]), (400, &json!("/problems/malformed")), "{refused}");
    let errors = refused["errors"].as_array().unwrap();
    assert_eq!((&errors[0]["field"], &errors[0]["code"]), (&json!("dry_run"), &json!("unknown")));
    assert_eq!(errors[1]["field"], "a b");
    let room = format!("{rooms}/{}", Uuid::from_u128(1));
    assert_eq!(service.get(&format!("{room}?limit=5"), admin).await.0, 400, "a query without parameters");
    for nothing in ["", "?", "?&"] {
        let (status, answer) = service.call(&Method::POST, &format!("{rooms}{nothing}"), admin, &body).await;
        assert_eq!(status, 201, "{answer}");
    }
    // Who may not ask is not told what could be asked.
    assert_eq!(service.get(&format!("{room}?limit=5"), None).await.0, 401);
    assert_eq!(service.get("/healthz?at=1", None).await.0, 200, "a probe may make its address unique");
}

#[tokio::test]
async fn a_route_that_there_is_not_differs_from_a_thing_that_there_is_not() {
    let service = Service::new();
    let kiosk = Some(KeyKind::Kiosk);
    let (status, nowhere) = service.get("/v1/lokations?x=1", kiosk).await;
    assert_eq!((status, &nowhere["type"]), (404, &json!("/problems/no_such_route")));
    let detail = nowhere["detail"].as_str().unwrap();
    assert!(detail.contains("`GET /v1/lokations`") && detail.contains("/docs"), "{detail}");
    assert_eq!(service.get("/v1/lokations?x=1", None).await.1, nowhere, "with or without a key");
    let unknown = format!("/v1/locations/{HOME}/rooms/{}", Uuid::from_u128(7));
    let (status, nothing) = service.get(&unknown, kiosk).await;
    assert_eq!((status, &nothing["type"]), (404, &json!("/problems/not_found")));
    assert_eq!(nothing["title"], "Not found, or not visible to this key");
    let long = service.get(&format!("/v1/{}", "x".repeat(5_000)), None).await.1;
    assert!(long["detail"].as_str().unwrap().len() < 300, "{long}");
}

#[tokio::test]
async fn an_api_of_one_half_says_where_the_other_is() {
    let keys = Arc::new(OneKeyAKind::new());
    let app = App(Arc::new(Authenticator::new(keys, Arc::new(SystemClock))));
    let ask = async |api: Api<App>, method: Method, path: &str| {
        let (router, _) = api.with_state(app.clone()).finish(ABOUT, Readiness::new(CancellationToken::new()));
        let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
        let response = router.oneshot(request).await.unwrap();
        let (status, allow) = (response.status().as_u16(), response.headers().get("allow").cloned());
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        let problem: Value = serde_json::from_slice(&bytes).unwrap();
        (status, problem["detail"].as_str().unwrap().to_owned(), allow)
    };
    let rooms = format!("/v1/locations/{HOME}/rooms");
    let (commands_only, queries_only) = (|| Api::new().include(commands), || Api::new().include(queries));
    let (status, detail, allow) = ask(commands_only(), Method::GET, &rooms).await;
    assert_eq!((status, allow.unwrap().as_bytes()), (405, &b"POST"[..]));
    assert!(detail.contains("the query API answers queries"), "{detail}");
    let (status, detail, _) = ask(commands_only(), Method::GET, "/v1/games/x").await;
    assert!(status == 404 && detail.contains("the query API answers queries"), "{detail}");
    let (status, detail, _) = ask(queries_only(), Method::POST, &rooms).await;
    assert!(status == 405 && detail.contains("the command API takes commands"), "{detail}");
    let (_, detail, _) = ask(commands_only().include(queries), Method::GET, "/v1/no").await;
    assert!(!detail.contains("API answers") && !detail.contains("API takes"), "{detail}");
}

#[tokio::test]
async fn a_key_in_the_query_string_is_no_key() {
    let service = Service::new();
    let key = service.keys.key(KeyKind::Admin);
    let path = format!("/v1/games/{}?api_key={key}&x-api-key={key}&access_token={key}", Uuid::from_u128(1));
    assert_eq!(service.get(&path, None).await.0, 401);
}

#[test]
fn the_table_lists_every_route_with_its_scope() {
    let listed: Vec<_> = Service::new()
        .table
        .iter()
        .map(|route| format!("{} {} {:?} {:?}", route.method, route.path, route.permission, route.scope))
        .collect();
    let expected = [
        "POST /v1/locations/{location}/rooms Some(room:install) Location",
        "GET /v1/locations/{location}/rooms Some(room:read) Location",
        "GET /v1/locations/{location}/rooms/{room} Some(room:read) Location",
        "GET /v1/games/{game} Some(game:read) Global",
        "GET /healthz None Public",
        "GET /readyz None Public",
        "GET /openapi.json None Public",
        "GET /docs None Public",
        "GET /docs/page.css None Public",
        "GET /docs/page.js None Public",
        "GET / None Public",
        "GET /docs/ None Public",
    ];
    assert_eq!(listed, expected);
}

#[tokio::test]
async fn the_document_says_what_the_handlers_take_and_give() {
    let (status, document) = Service::new().get("/openapi.json", None).await;
    assert_eq!((status, &document["openapi"]), (200, &json!("3.1.0")));
    let install = &document["paths"]["/v1/locations/{location}/rooms"]["post"];
    assert_eq!(install["summary"], "Install a game");
    assert_eq!(install["description"], "In a new room.");
    assert_eq!(install["operationId"], "post_locations_rooms");
    assert_eq!(install["x-permission"], "room:install");
    assert_eq!(install["x-key-kinds"], json!(["admin"]));
    assert_eq!(install["tags"], json!(["rooms"]));
    let reference = &install["requestBody"]["content"]["application/json"]["schema"]["$ref"];
    assert_eq!(install["requestBody"]["required"], true);
    let body = document.pointer(reference.as_str().unwrap().trim_start_matches('#')).unwrap();
    assert_eq!(body["required"], json!(["game_id", "controllers"]));
    assert_eq!(body["additionalProperties"], false);
    assert_eq!(body["properties"]["minutes"]["maximum"], 60);
    let controller = &body["properties"]["controllers"]["items"]["$ref"];
    assert_eq!(controller, "#/components/schemas/Controller");
    let created = &install["responses"]["201"]["content"]["application/json"]["schema"];
    assert_eq!(created["required"], json!(["id", "token"]));
    assert_eq!(install["responses"]["409"]["$ref"], "#/components/responses/409");
    let rooms = &document["paths"]["/v1/locations/{location}/rooms"]["get"];
    let names: Vec<_> = rooms["parameters"].as_array().unwrap().iter().map(|p| p["name"].clone()).collect();
    assert_eq!(names[..2], [json!("location"), json!("limit")]);
    assert_eq!(rooms["parameters"][0]["schema"]["format"], "uuid");
    assert_eq!(document["paths"]["/healthz"]["get"]["security"], json!([]));
}

#[test]
fn mistakes_in_the_list_are_found() {
    assert_eq!(both(&Arc::new(OneKeyAKind::new())).defects(), Vec::<String>::new());
    let api = Api::<App>::new()
        .query("/v1/a/{location}", Permission::ROOM_READ, "", room)
        .tag("t", "")
        .query("/v1/a/{location}/b/{room}", Permission::ROOM_READ, "One", room)
        .query("/a/{location}/b/{room}", Permission::ROOM_READ, "Two", room);
    let defects = api.defects().join("\n");
    for expected in
        ["has 1 parameters, the handler takes 2", "no summary", "no tag", "operation id get_a_b_by_room"]
    {
        assert!(defects.contains(expected), "{expected}: {defects}");
    }
}
