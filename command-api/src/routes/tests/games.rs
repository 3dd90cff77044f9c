//! What the rules say about the catalogue, over HTTP.

use serde_json::json;

use super::{
    service::problem,
    world::{Stage, World},
};

#[tokio::test]
async fn a_code_is_unique_however_it_is_written() {
    let world = World::at(Stage::Open).await;
    let twin = json!({"code": " LASER ", "name": "Twin", "max_players": 2});
    assert_eq!(world.refused("/v1/games", twin).await, problem(409, "already_in_use"));
}

#[tokio::test]
async fn a_game_stays_as_large_as_its_variants() {
    let world = World::at(Stage::Open).await;
    let path = "/v1/games/{game}/change";
    let smaller = world.refused(path, json!({"max_players": 3})).await;
    assert_eq!(smaller, problem(409, "variant_needs_more_players"));
    for variant in ["{variant}", "{second_variant}"] {
        world.done(&format!("/v1/games/{{game}}/variants/{variant}/retire"), json!({})).await;
    }
    world.done(path, json!({"max_players": 3})).await;
}

#[tokio::test]
async fn a_retired_game_gets_no_variants_and_no_rooms() {
    let world = World::at(Stage::Open).await;
    let retired = world.done("/v1/games/{game}/retire", json!({})).await;
    let again = world.done("/v1/games/{game}/retire", json!({})).await;
    assert_eq!(again["version"], retired["version"], "retiring it again is nothing new");
    let variant = json!({"name": "Late", "mode": "pvp", "max_players": 2});
    assert_eq!(world.refused("/v1/games/{game}/variants", variant).await, problem(409, "game_retired"));
    let room = json!({"game_id": world.id("game"), "name": "Late"});
    assert_eq!(world.refused("/v1/locations/{location}/rooms", room).await, problem(409, "game_retired"));
    world.done("/v1/locations/{location}/rooms/{room}/variants/{variant}/activate", json!({})).await;
}

#[tokio::test]
async fn a_variant_of_another_game_is_none_of_this_one() {
    let world = World::at(Stage::Open).await;
    let path = "/v1/games/{other_game}/variants/{variant}/change";
    assert_eq!(world.refused(path, json!({"levels": 2})).await, problem(404, "not_found"));
}

#[tokio::test]
async fn markup_is_stored_as_the_text_it_is() {
    let world = World::at(Stage::Open).await;
    let name = "<script>alert('x')</script>'; DROP TABLE events; --";
    let answer = world.done("/v1/games/{game}/change", json!({"name": name})).await;
    let stream = answer["stream"].as_str().unwrap().parse().unwrap();
    let from = domain::log::Version(answer["version"].as_u64().unwrap());
    let events = world.service.store.read_stream(&stream, from, 1).await.unwrap();
    let stored: serde_json::Value = serde_json::from_str(&events[0].data).unwrap();
    assert_eq!(stored["name"], name);
}
