//! Every route that the served document lists: closed without a key, and closed to another location's
//! keys with the answer that a location gets that does not exist.

use aerosports::client::Client;
use aerosports_tests::Up;
use bytes::Bytes;
use http::Method;
use serde_json::Value;
use uuid::Uuid;

use crate::{BINARY, support};

const BOUND_KINDS: [&str; 7] =
    ["kiosk", "pos", "tablet", "game-engine", "screen", "device-worker", "integration"];

/// Method and path of every operation but the public ones.
async fn guarded(up: &Up) -> Vec<(Method, String)> {
    let document: Value = up.client().get("/openapi.json", &[]).await.unwrap().json().unwrap();
    assert_eq!(document["openapi"].as_str().map(|version| &version[..3]), Some("3.1"));
    let mut operations = vec![];
    for (path, methods) in document["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            if path.starts_with("/v1") {
                operations.push((method.to_uppercase().parse().unwrap(), path.clone()));
            }
        }
    }
    assert!(operations.len() >= 54, "only {} operations", operations.len());
    operations
}

/// The path with `location` in its place and well-formed ids in the others.
fn filled(path: &str, location: &str) -> String {
    let part = |part: &str| match part {
        "{location}" => location.to_owned(),
        "{uid}" => "B1".to_owned(),
        "{key}" => "feature.x".to_owned(),
        "{email}" => "ana@example.org".to_owned(),
        part if part.starts_with('{') => "01990000-0000-7000-8000-000000000009".to_owned(),
        part => part.to_owned(),
    };
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}

async fn send(client: &mut Client, method: &Method, path: &str) -> (u16, Value) {
    let body = if *method == Method::POST { Bytes::from_static(b"{}") } else { Bytes::new() };
    let reply = client.send(method.clone(), path, &[], body).await.unwrap();
    let mut problem: Value = reply.json().unwrap_or_else(|_| panic!("{method} {path}: {}", reply.text()));
    for of_this_request in ["request_id", "trace_id", "instance"] {
        problem.as_object_mut().unwrap().remove(of_this_request);
    }
    (reply.status.as_u16(), problem)
}

#[tokio::test]
async fn sec_25_every_route_is_closed_without_a_key() {
    let up = Up::start(BINARY).await.unwrap();
    let location = support::location(&up, "closed").await;
    let mut nobody = aerosports_tests::client(up.process.address, "");
    let mut stranger =
        aerosports_tests::client(up.process.address, &format!("aero_admin_{}", "A".repeat(43)));
    for (number, (method, path)) in guarded(&up).await.into_iter().enumerate() {
        let path = filled(&path, &location);
        let (status, problem) = send(&mut nobody, &method, &path).await;
        assert_eq!((status, &problem["type"]), (401, &"/problems/unauthenticated".into()), "{method} {path}");
        // Unknown keys from one address are slowed down soon; a few show that they do not open anything.
        if number < 5 {
            assert_eq!(send(&mut stranger, &method, &path).await.0, 401, "{method} {path}");
        }
    }
}

#[tokio::test]
async fn sec_26_another_locations_keys_find_nothing() {
    let up = Up::start(BINARY).await.unwrap();
    let (own, other) = (support::location(&up, "own").await, support::location(&up, "other").await);
    let nowhere = Uuid::new_v4().to_string();
    let operations = guarded(&up).await;
    let mut found_nothing = std::collections::BTreeSet::new();
    for kind in BOUND_KINDS {
        let key = up.issue(kind, Some(&own)).await.unwrap();
        let mut client = aerosports_tests::client(up.process.address, &key);
        for (method, path) in operations.iter().filter(|(_, path)| path.contains("{location}")) {
            let there = send(&mut client, method, &filled(path, &other)).await;
            let absent = send(&mut client, method, &filled(path, &nowhere)).await;
            assert_eq!(there, absent, "{kind}: {method} {path}");
            assert!(matches!(there.0, 403 | 404), "{kind}: {method} {path}: {there:?}");
            if there.0 == 404 {
                found_nothing.insert(path.clone());
            }
        }
    }
    assert!(found_nothing.len() >= 20, "few routes are open to bound keys at all: {found_nothing:?}");
}

#[tokio::test]
async fn sec_26_a_bound_key_lists_its_own_location_only() {
    let up = Up::start(BINARY).await.unwrap();
    let (own, _) = (support::location(&up, "mine").await, support::location(&up, "theirs").await);
    let key = up.issue("pos", Some(&own)).await.unwrap();
    let token =
        support::accepted(&mut up.client(), &format!("/v1/locations/{own}/enable"), &serde_json::json!({}))
            .await;
    let headers = [("aero-min-position", token["token"].as_str().unwrap())];
    let page: Value = aerosports_tests::client(up.process.address, &key)
        .get("/v1/locations", &headers)
        .await
        .unwrap()
        .json()
        .unwrap();
    let ids: Vec<_> =
        page["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap()).collect();
    assert_eq!(ids, [own]);
}

#[tokio::test]
async fn sec_38_unused_methods_are_refused() {
    let up = Up::start(BINARY).await.unwrap();
    let mut client = up.client();
    for method in [Method::TRACE, Method::PUT, Method::DELETE, Method::PATCH] {
        let reply = client.send(method.clone(), "/v1/locations", &[], Bytes::new()).await.unwrap();
        assert_eq!(reply.status, 405, "{method}");
        assert!(reply.headers.contains_key("allow"), "{method}");
    }
}

#[tokio::test]
async fn the_page_and_the_document_need_no_key_and_no_network() {
    let up = Up::start(BINARY).await.unwrap();
    let mut nobody = aerosports_tests::client(up.process.address, "");
    let page = nobody.get("/docs", &[]).await.unwrap();
    assert_eq!(page.status, 200);
    let text = page.text();
    for elsewhere in ["src=\"http", "href=\"http", "@import", "url(http"] {
        assert!(!text.contains(elsewhere), "the page loads {elsewhere}");
    }
    assert!(page.headers.contains_key("content-security-policy"));
}
