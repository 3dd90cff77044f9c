//! What the contract notices, on a small document.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{Contract, Exchange};

fn contract() -> Contract {
    let room = json!({"$ref": "#/components/schemas/Room"});
    let answer =
        |schema: Value| json!({"description": "", "content": {"application/json": {"schema": schema}}});
    let problem = json!({"$ref": "#/components/responses/404"});
    Contract::of(&json!({
        "paths": {
            "/rooms/{room}": {
                "get": {"responses": {"200": answer(room.clone()), "304": {"description": ""}, "404": problem}},
            },
            "/rooms/all": {
                "get": {"responses": {"200": answer(json!({"type": "array", "items": room.clone()}))}},
                "post": {"responses": {"200": answer(json!({
                    "allOf": [room, {"type": "object", "required": ["token"], "properties": {
                        "token": {"type": "string"}, "labels": {"type": "object", "additionalProperties": {"type": "string"}},
                    }}],
                }))}},
            },
        },
        "components": {
            "responses": {"404": {"description": "", "content": {"application/problem+json": {
                "schema": {"$ref": "#/components/schemas/Problem"},
            }}}},
            "schemas": {
                "Room": {"type": "object", "required": ["id"], "properties": {
                    "id": {"type": "string", "format": "uuid"}, "plays": {"type": ["integer", "null"]},
                }},
                "Problem": {"type": "object", "required": ["type"], "additionalProperties": true,
                    "properties": {"type": {"type": "string"}}},
            },
        },
    }))
}

const ID: &str = "01990000-0000-7000-8000-000000000009";

fn check(method: &Method, target: &str, status: u16, media: &str, body: &Value) -> Result<(), String> {
    let status = StatusCode::from_u16(status).unwrap();
    let body = body.to_string();
    contract().check(Exchange { method, target, status, content_type: Some(media), body: body.as_bytes() })
}

fn get(target: &str, body: &Value) -> Result<(), String> {
    check(&Method::GET, target, 200, "application/json", body)
}

#[track_caller]
fn assert_fault(outcome: Result<(), String>, what: &str) {
    let fault = outcome.unwrap_err();
    assert!(fault.contains(what), "no {what:?} in {fault}");
}

#[test]
fn answers_as_documented_pass() {
    get("/rooms/7?full=1", &json!({"id": ID, "plays": null})).unwrap();
    get("/rooms/all", &json!([{"id": ID}])).unwrap();
    let both = json!({"id": ID, "token": "1.2", "labels": {"any": "thing"}});
    check(&Method::POST, "/rooms/all", 200, "application/json", &both).unwrap();
    let problem = json!({"type": "/problems/not_found", "more": 1});
    check(&Method::GET, "/rooms/7", 404, "application/problem+json", &problem).unwrap();
    check(&Method::GET, "/v1/nothing", 404, "application/problem+json", &problem).unwrap();
    check(&Method::PUT, "/rooms/7", 405, "application/problem+json", &problem).unwrap();
}

#[test]
fn a_field_that_the_document_does_not_list_is_named() {
    assert_fault(get("/rooms/7", &json!({"id": ID, "surprise": 1})), "surprise");
    assert_fault(get("/rooms/all", &json!([{"id": ID, "surprise": 1}])), "at \"/0\"");
    let both = json!({"id": ID, "token": "1.2", "surprise": 1});
    assert_fault(check(&Method::POST, "/rooms/all", 200, "application/json", &both), "surprise");
}

#[test]
fn a_missing_field_and_a_wrong_type_are_named() {
    assert_fault(get("/rooms/7", &json!({"plays": 1})), "\"id\" is a required property");
    assert_fault(get("/rooms/7", &json!({"id": ID, "plays": "many"})), "at \"/plays\"");
    assert_fault(get("/rooms/7", &json!({"id": "seven"})), "uuid");
    let both = json!({"id": ID, "token": "1.2", "labels": {"any": 1}});
    assert_fault(check(&Method::POST, "/rooms/all", 200, "application/json", &both), "at \"/labels/any\"");
}

#[test]
fn a_status_a_content_type_and_a_body_must_be_documented() {
    assert_fault(
        check(&Method::GET, "/rooms/7", 418, "application/json", &json!({})),
        "418 is not documented",
    );
    assert_fault(check(&Method::GET, "/rooms/7", 200, "text/plain", &json!({})), "text/plain");
    assert_fault(check(&Method::GET, "/rooms/7", 304, "", &json!({})), "no body is documented");
    assert_fault(
        check(&Method::GET, "/v1/nothing", 200, "application/json", &json!({})),
        "no such operation",
    );
}

#[test]
fn an_operation_counts_as_tried_once_a_valid_2xx_was_seen() {
    let contract = contract();
    let send = |status: u16, body: &str| {
        let status = StatusCode::from_u16(status).unwrap();
        let media = if status.is_success() { "application/json" } else { "application/problem+json" };
        let exchange = Exchange {
            method: &Method::GET,
            target: "/rooms/7",
            status,
            content_type: Some(media),
            body: body.as_bytes(),
        };
        contract.check(exchange)
    };
    send(404, "{\"type\": \"x\"}").unwrap();
    send(200, "{}").unwrap_err();
    assert!(contract.untried().contains(&"GET /rooms/{room}".to_owned()));
    send(200, &json!({"id": ID}).to_string()).unwrap();
    assert_eq!(contract.untried(), ["GET /rooms/all", "POST /rooms/all"]);
}
