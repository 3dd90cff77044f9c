//! The whole pipeline in process: every answer has its ids and headers, every error one form.

use std::{
    sync::{Arc, LazyLock},
    time::Duration,
};

use auth::KeyKind;
use axum::{
    Json,
    body::Body,
    http::{HeaderMap, Method, Request, Response, StatusCode},
};
use bytes::Bytes;
use http_body_util::BodyExt as _;
use runtime::clock::SystemClock;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use super::{
    Api, HttpConfig, Origins, Pipeline, Problem, Readiness, RequestContext, ValidJson,
    api_tests::{ABOUT, HOME, OneKeyAKind, both},
};

async fn panics() -> Result<Json<Value>, Problem> {
    let empty: Vec<u8> = Vec::new();
    Ok(Json(json!(empty[std::hint::black_box(3)])))
}

async fn sleeps() -> Result<Json<Value>, Problem> {
    tokio::time::sleep(Duration::from_hours(1)).await;
    Ok(Json(json!({})))
}

async fn fails() -> Result<Json<Value>, Problem> {
    Err(Problem::internal("no such table: events in /srv/data/events.db"))
}

async fn context(context: RequestContext) -> Result<Json<Value>, Problem> {
    let trace = context.trace_parent.to_string();
    Ok(Json(json!({"id": context.id, "trace": trace, "correlation": context.correlation_id()})))
}

async fn long() -> Result<Json<Value>, Problem> {
    Ok(Json(json!("x".repeat(10_000))))
}

/// More than the kernel takes for a peer that does not read.
static HUGE: LazyLock<Bytes> = LazyLock::new(|| "x".repeat(32 * 1024 * 1024).into());

async fn huge() -> Response<Body> {
    Response::new(Body::from(HUGE.clone()))
}

async fn bytes(ValidJson(body): ValidJson<Value>) -> Result<Json<Value>, Problem> {
    Ok(Json(body))
}

pub(super) fn pipeline(config: HttpConfig) -> (Pipeline, Arc<OneKeyAKind>, Origins) {
    let keys = Arc::new(OneKeyAKind::new());
    let own = Api::new()
        .public("/panics", "Panics", panics)
        .public("/sleeps", "Sleeps", sleeps)
        .public("/fails", "Fails", fails)
        .public("/context", "Context", context)
        .public("/long", "Long", long)
        .public("/huge", "Huge", huge)
        .public("/bytes", "Bytes", bytes);
    let readiness = Readiness::new(CancellationToken::new());
    let (router, _) = both(&keys).merge(own).finish(ABOUT, readiness);
    let origins = Origins::default();
    (Pipeline::new(router, config, origins.clone(), Arc::new(SystemClock)), keys, origins)
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    json: Value,
}

async fn answer(response: Response<Body>) -> Answer {
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    let json = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
    Answer { status: parts.status, headers: parts.headers, json }
}

async fn send(method: Method, path: &str, headers: &[(&str, &str)], body: Body) -> Answer {
    let (pipeline, _, origins) = pipeline(HttpConfig::default());
    origins.replace(["https://admin.example.org".into()]);
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    answer(pipeline.oneshot(request.body(body).unwrap()).await.unwrap()).await
}

async fn get(path: &str, headers: &[(&str, &str)]) -> Answer {
    send(Method::GET, path, headers, Body::empty()).await
}

fn is_problem(answer: &Answer, status: u16, code: &str) {
    assert_eq!(answer.status.as_u16(), status, "{}", answer.json);
    assert_eq!(answer.headers["content-type"], "application/problem+json");
    assert_eq!(answer.json["type"], format!("/problems/{code}"));
    assert_eq!(answer.json["status"], status);
    assert_eq!(answer.json["request_id"], answer.headers["x-request-id"].to_str().unwrap());
    assert_eq!(answer.json["trace_id"].as_str().unwrap().len(), 32);
}

#[tokio::test(start_paused = true)]
async fn every_refusal_is_a_problem_with_its_ids() {
    is_problem(&get("/no/such/route", &[]).await, 404, "no_such_route");
    is_problem(&get(&format!("/v1/locations/{HOME}/rooms"), &[]).await, 401, "unauthenticated");
    is_problem(&get("/sleeps", &[]).await, 503, "timed_out");
    is_problem(&get("/fails", &[]).await, 500, "internal");
    is_problem(&get("/panics", &[]).await, 500, "internal");
    is_problem(&send(Method::TRACE, "/long", &[], Body::empty()).await, 405, "method_not_allowed");
    let json = [("content-type", "application/json")];
    is_problem(&send(Method::GET, "/bytes", &json, Body::from("{")).await, 400, "malformed");
    is_problem(&send(Method::GET, "/bytes", &[], Body::from("{}")).await, 415, "unsupported_media_type");
    let large = Body::from(vec![b' '; 10_000_000]);
    is_problem(&send(Method::POST, "/no/such/route", &json, large).await, 413, "too_large");
}

#[tokio::test]
async fn a_wrong_method_is_told_the_right_ones() {
    let path = format!("/v1/locations/{HOME}/rooms");
    let refused = send(Method::DELETE, &path, &[], Body::empty()).await;
    is_problem(&refused, 405, "method_not_allowed");
    let allowed = refused.headers["allow"].to_str().unwrap();
    assert!(allowed.contains("GET") && allowed.contains("POST"), "{allowed}");
}

#[tokio::test]
async fn a_fault_on_our_side_shows_nothing_of_itself() {
    for path in ["/fails", "/panics"] {
        let text = get(path, &[]).await.json.to_string();
        for word in ["table", "/srv", "index", "panic", ".rs"] {
            assert!(!text.contains(word), "{path}: {text}");
        }
    }
}

#[tokio::test]
async fn ids_come_in_and_go_out() {
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let seen = get("/context", &[("x-request-id", "till-7"), ("traceparent", trace)]).await;
    assert_eq!(seen.headers["x-request-id"], "till-7");
    assert_eq!(seen.json["trace"], trace);
    let fresh = get("/context", &[("x-request-id", "a b")]).await;
    assert_eq!(fresh.headers["x-request-id"], fresh.json["id"].as_str().unwrap());
    assert_eq!(fresh.json["correlation"], fresh.json["id"], "a new trace has the request's own id");
}

#[tokio::test]
async fn security_headers_are_on_every_answer() {
    for path in ["/long", "/no/such/route", "/panics", "/healthz", "/docs"] {
        let headers = get(path, &[]).await.headers;
        assert_eq!(headers["x-content-type-options"], "nosniff", "{path}");
        assert_eq!(headers["referrer-policy"], "no-referrer", "{path}");
        assert!(headers["strict-transport-security"].to_str().unwrap().starts_with("max-age="), "{path}");
        assert!(headers["permissions-policy"].to_str().unwrap().contains("camera=()"), "{path}");
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{path}");
    }
    assert_eq!(get("/long", &[]).await.headers["cache-control"], "no-store");
}

#[tokio::test]
async fn the_page_loads_nothing_but_its_own_files() {
    let (pipeline, ..) = pipeline(HttpConfig::default());
    let page = Request::get("/docs").body(Body::empty()).unwrap();
    let response = pipeline.clone().oneshot(page).await.unwrap();
    let policy = response.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.contains("script-src 'self'") && !policy.contains("unsafe"), "{policy}");
    let page = String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap();
    assert!(!page.contains("://") && !page.contains("style=") && !page.contains("onclick"));
    for path in page.split('"').filter(|text| text.starts_with('/')) {
        let request = Request::get(path).body(Body::empty()).unwrap();
        assert_eq!(pipeline.clone().oneshot(request).await.unwrap().status(), 200, "{path}");
    }
}

#[tokio::test]
async fn the_page_is_found_from_the_root() {
    for path in ["/", "/docs/", "/?from=bookmark"] {
        let answer = get(path, &[]).await;
        assert_eq!((answer.status.as_u16(), &answer.headers["location"]), (307, &"/docs".parse().unwrap()));
    }
}

#[tokio::test]
async fn only_listed_origins_may_read_answers() {
    let origin = |origin| [("origin", origin), ("access-control-request-method", "POST")];
    let listed = get("/long", &origin("https://admin.example.org")).await;
    assert_eq!(listed.headers["access-control-allow-origin"], "https://admin.example.org");
    assert!(listed.headers["access-control-expose-headers"].to_str().unwrap().contains("aero-position"));
    for stranger in ["https://evil.example", "null", "https://admin.example.org.evil.example"] {
        let answer = get("/long", &origin(stranger)).await;
        assert_eq!(answer.status, 200);
        assert!(!answer.headers.contains_key("access-control-allow-origin"), "{stranger}");
        let preflight = send(Method::OPTIONS, "/long", &origin(stranger), Body::empty()).await;
        assert_eq!(preflight.status, 204);
        assert!(!preflight.headers.keys().any(|name| name.as_str().starts_with("access-control")));
    }
    let asked = send(Method::OPTIONS, "/long", &origin("https://admin.example.org"), Body::empty()).await;
    assert_eq!(asked.headers["access-control-allow-methods"], "GET, POST");
    let sendable = asked.headers["access-control-allow-headers"].to_str().unwrap();
    let document = get("/openapi.json", &[]).await.json;
    for parameter in document["components"]["parameters"].as_object().unwrap().values() {
        let name = parameter["name"].as_str().unwrap().to_ascii_lowercase();
        assert!(
            sendable.split(", ").any(|header| header == name),
            "{name} is documented but a page may not send it"
        );
    }
    assert!(!asked.headers.contains_key("access-control-allow-credentials"));
    assert!(asked.headers["vary"].to_str().unwrap().contains("origin"));
}

#[tokio::test]
async fn larger_answers_are_packed_for_who_takes_it() {
    let packed = get("/long", &[("accept-encoding", "gzip")]).await;
    assert_eq!(packed.headers["content-encoding"], "gzip");
    assert!(!get("/long", &[]).await.headers.contains_key("content-encoding"));
    assert!(!get("/healthz", &[("accept-encoding", "gzip")]).await.headers.contains_key("content-encoding"));
}

#[tokio::test]
async fn not_ready_is_no_problem_document() {
    let stopping = CancellationToken::new();
    stopping.cancel();
    let (router, _) = Api::new().finish(ABOUT, Readiness::new(stopping));
    let pipeline = Pipeline::new(router, HttpConfig::default(), Origins::default(), Arc::new(SystemClock));
    let ready = Request::get("/readyz").body(Body::empty()).unwrap();
    let ready = answer(pipeline.clone().oneshot(ready).await.unwrap()).await;
    assert_eq!((ready.status.as_u16(), &ready.json["status"]), (503, &json!("stopping")));
    let health = Request::get("/healthz").body(Body::empty()).unwrap();
    assert_eq!(answer(pipeline.oneshot(health).await.unwrap()).await.status, 200);
}

#[tokio::test]
async fn bad_input_to_a_command_is_refused_in_its_own_words() {
    let (pipeline, keys, _) = pipeline(HttpConfig::default());
    let call = async |body: String| {
        let request = Request::post(format!("/v1/locations/{HOME}/rooms"))
            .header("content-type", "application/json")
            .header("authorization", format!("Bearer {}", keys.key(KeyKind::Admin)))
            .body(Body::from(body))
            .unwrap();
        answer(pipeline.clone().oneshot(request).await.unwrap()).await
    };
    let refused = call(json!({"game_id": "7; drop table events", "controllers": []}).to_string()).await;
    is_problem(&refused, 400, "malformed");
    assert_eq!(refused.json["errors"][0]["field"], "/game_id");
    let unknown = call(json!({"game_id": HOME, "controllers": [], "location": HOME}).to_string()).await;
    assert_eq!(unknown.json["errors"][0]["code"], "unknown");
    let deep = format!("{{\"controllers\":{}", "[".repeat(5_000));
    is_problem(&call(deep).await, 400, "malformed");
}
