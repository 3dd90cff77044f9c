//! What the rules say about settings, over HTTP.

use serde_json::json;

use super::{
    service::problem,
    world::{Stage, World},
};

const SET: &str = "/v1/locations/{location}/settings/{key}/set";
const UNSET: &str = "/v1/locations/{location}/settings/{key}/unset";

#[tokio::test]
async fn each_scope_has_a_stream_of_its_own() {
    let world = World::at(Stage::Open).await;
    let global = world.done("/v1/settings/{key}/set", json!({"value": 1})).await;
    let location = world.done(SET, json!({"value": 2})).await;
    let room = world.done(SET, json!({"value": 3, "room_id": world.id("room")})).await;
    let variant = world.done(SET, json!({"value": 4, "variant_id": world.id("variant")})).await;
    let mut streams: Vec<_> =
        [global, location, room, variant].iter().map(|a| a["stream"].to_string()).collect();
    streams.sort();
    streams.dedup();
    assert_eq!(streams.len(), 4, "{streams:?}");
}

#[tokio::test]
async fn a_setting_keeps_its_type_until_it_is_unset() {
    let world = World::at(Stage::Open).await;
    world.done(SET, json!({"value": "on"})).await;
    assert_eq!(world.refused(SET, json!({"value": true})).await, problem(409, "setting_type_differs"));
    world.done(SET, json!({"value": "off"})).await;
    world.done(UNSET, json!({})).await;
    world.done(SET, json!({"value": true})).await;
}

#[tokio::test]
async fn another_locations_room_is_no_room() {
    let world = World::at(Stage::Open).await;
    let elsewhere = world.post(SET, json!({"value": 1, "room_id": world.id("room_elsewhere")})).await;
    let nowhere = world.post(SET, json!({"value": 1, "room_id": world.service.fresh_id()})).await;
    assert_eq!(elsewhere.problem(), problem(422, "room_not_found"));
    assert_eq!(elsewhere.anonymous_problem(), nowhere.anonymous_problem());
}

#[tokio::test]
async fn a_key_that_is_none_is_refused_with_its_form() {
    let world = World::at(Stage::Open).await;
    for key in ["Night%20Mode", "UPPER", &"x".repeat(81), "a%2Fb", "%00"] {
        for template in [SET, "/v1/settings/{key}/set"] {
            let reply = world.post(&template.replace("{key}", key), json!({"value": 1})).await;
            assert_eq!((reply.status, reply.field().0), (422, "/key".into()), "{key}: {reply:?}");
        }
    }
}

#[tokio::test]
async fn a_value_comes_back_as_it_was_sent() {
    let world = World::at(Stage::Open).await;
    let value = json!({"a": [1, null, "ü"], "b": {"c": 1.5}});
    let answer = world.done(SET, json!({"value": value})).await;
    let stream = answer["stream"].as_str().unwrap().parse().unwrap();
    let events = world.service.store.read_stream(&stream, domain::log::Version(1), 1).await.unwrap();
    let stored: serde_json::Value = serde_json::from_str(&events[0].data).unwrap();
    assert_eq!(stored["value"]["type"], "json");
    let text = stored["value"]["value"].as_str().unwrap();
    assert_eq!(serde_json::from_str::<serde_json::Value>(text).unwrap(), value);
}
