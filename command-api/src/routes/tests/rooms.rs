//! What the rules say about rooms, over HTTP.

use serde_json::json;

use super::{
    service::problem,
    world::{Stage, World},
};

const ACTIVATE: &str = "/v1/locations/{location}/rooms/{room}/variants";

#[tokio::test]
async fn a_variant_of_another_game_cannot_be_activated() {
    let world = World::at(Stage::Open).await;
    let foreign = world.refused(&format!("{ACTIVATE}/{{foreign_variant}}/activate"), json!({})).await;
    // The room's game has no such variant; that another game has one is nobody's concern.
    assert_eq!(foreign, problem(404, "not_found"));
    world.done("/v1/games/{game}/variants/{variant}/retire", json!({})).await;
    let retired = world.refused(&format!("{ACTIVATE}/{{variant}}/activate"), json!({})).await;
    assert_eq!(retired, problem(409, "variant_retired"));
    world.done(&format!("{ACTIVATE}/{{second_variant}}/activate"), json!({})).await;
}

#[tokio::test]
async fn an_activation_again_replaces_the_settings_and_the_same_is_nothing_new() {
    let world = World::at(Stage::Open).await;
    let path = format!("{ACTIVATE}/{{variant}}/activate");
    let first = world.done(&path, json!({})).await;
    let same = world.done(&path, json!({"custom": {}})).await;
    assert_eq!(same["version"], first["version"]);
    let other = world.done(&path, json!({"custom": {"speed": "2"}})).await;
    assert_eq!(other["version"].as_u64(), first["version"].as_u64().map(|version| version + 1));
}

#[tokio::test]
async fn no_room_is_installed_at_a_disabled_location() {
    let world = World::at(Stage::Open).await;
    world.done("/v1/locations/{location}/disable", json!({"reason": "storm"})).await;
    let room = json!({"game_id": world.id("game"), "name": "Late"});
    let refused = world.refused("/v1/locations/{location}/rooms", room).await;
    assert_eq!(refused, problem(409, "location_disabled"));
}

#[tokio::test]
async fn a_game_that_is_not_there_is_named() {
    let world = World::at(Stage::Open).await;
    let room = json!({"game_id": world.service.fresh_id(), "name": "Late"});
    let refused = world.refused("/v1/locations/{location}/rooms", room).await;
    assert_eq!(refused, problem(422, "game_not_found"));
}

#[tokio::test]
async fn a_reconfigured_room_keeps_what_is_absent() {
    let world = World::at(Stage::Open).await;
    let path = "/v1/locations/{location}/rooms/{room}/reconfigure";
    let full = json!({"overrides": {"volume": "7"}, "controllers": [{"name": "floor", "address": "h:1"}]});
    world.done(path, full).await;
    let answer = world.done(path, json!({"name": "Cave"})).await;
    let stream = answer["stream"].as_str().unwrap().parse().unwrap();
    let from = domain::log::Version(answer["version"].as_u64().unwrap());
    let events = world.service.store.read_stream(&stream, from, 1).await.unwrap();
    let stored: serde_json::Value = serde_json::from_str(&events[0].data).unwrap();
    assert_eq!((&stored["name"], &stored["overrides"]["volume"]), (&json!("Cave"), &json!("7")));
    assert_eq!(stored["controllers"][0]["address"], "h:1");
}

#[tokio::test]
async fn an_address_out_of_the_list_is_pointed_at() {
    let world = World::at(Stage::Open).await;
    let controllers = json!([{"name": "floor", "address": "h:1"}, {"name": " ", "address": "h:2"}]);
    let path = "/v1/locations/{location}/rooms/{room}/reconfigure";
    let reply = world.post(path, json!({"controllers": controllers})).await;
    assert_eq!(reply.field(), ("/controllers/1/name".into(), "empty".into()));
}
