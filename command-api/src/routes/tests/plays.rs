//! No result is lost: those of a play that was given up, and those of one that nobody told of in time.

use serde_json::{Value, json};

use super::{
    service::problem,
    world::{Stage, World},
};

const RECORD: &str = "/v1/locations/{location}/plays/record";

/// A play from `begun` to `ended` minutes after the world began to wait, with the band and `points`.
fn recorded(world: &World, (begun, ended): (i64, i64), points: i64) -> Value {
    json!({
        "room_id": world.id("room"), "variant_id": world.id("variant"),
        "started_at": world.in_minutes(begun), "ended_at": world.in_minutes(ended),
        "results": [{"uid": world.id("uid"), "points": points, "level": 1}],
    })
}

/// The events of `stream` from its `from`th, as their types and data.
async fn events(world: &World, stream: &str) -> Vec<(String, Value)> {
    let (stream, from) = (stream.parse().unwrap(), domain::log::Version(1));
    let stored = world.service.store.read_stream(&stream, from, 100).await.unwrap();
    stored
        .iter()
        .map(|event| (event.event_type.to_string(), serde_json::from_str(&event.data).unwrap()))
        .collect()
}

async fn last_of_band(world: &World, uid: &str) -> String {
    let stream = format!("wristband-{}:{uid}", world.id("location"));
    events(world, &stream).await.pop().unwrap().0
}

#[tokio::test]
async fn a_recorded_play_has_its_times_its_player_and_the_period_of_the_band() {
    let world = World::at(Stage::Worn).await;
    world.wait_minutes(50);
    let answer = world.done(RECORD, recorded(&world, (-40, -30), 70)).await;
    let facts = events(&world, answer["stream"].as_str().unwrap()).await;
    let [(kind, fact)] = &facts[..] else { panic!("{facts:?}") };
    assert_eq!(kind, "play.recorded.v2");
    assert_eq!(fact["started_at"], world.in_minutes(-40));
    assert_eq!(fact["results"][0]["player_id"], world.id("player"));
    assert_eq!(last_of_band(&world, "B-17").await, "wristband.play_recorded.v1");
}

#[tokio::test]
async fn a_play_with_an_id_of_its_own_is_recorded_once() {
    let world = World::at(Stage::Worn).await;
    world.wait_minutes(50);
    let mut play = recorded(&world, (-40, -30), 70);
    play["play_id"] = json!(world.service.fresh_id());
    let first = world.done(RECORD, play.clone()).await;
    assert_eq!(first["id"], play["play_id"]);
    let before = world.service.head().await;
    assert_eq!(world.done(RECORD, play.clone()).await["version"], first["version"]);
    assert_eq!(world.service.head().await, before);
    play["results"][0]["points"] = json!(71);
    assert_eq!(world.refused(RECORD, play).await, problem(409, "play_id_taken"));
}

#[tokio::test]
async fn a_play_that_was_started_here_is_not_recorded_over() {
    let world = World::at(Stage::Playing).await;
    world.wait_minutes(5);
    let mut play = recorded(&world, (-5, 0), 70);
    play["play_id"] = json!(world.id("play"));
    assert_eq!(world.refused(RECORD, play).await, problem(409, "play_id_taken"));
}

#[tokio::test]
async fn a_play_goes_on_while_another_is_recorded() {
    let world = World::at(Stage::Playing).await;
    world.wait_minutes(5);
    world.done(RECORD, recorded(&world, (-5, -4), 70)).await;
    let results = json!({"results": [{"uid": world.id("uid"), "points": 100, "level": 2}]});
    world.done("/v1/locations/{location}/plays/{play}/finish", results).await;
}

#[tokio::test]
async fn points_go_to_who_wore_the_band_then() {
    let world = World::at(Stage::Worn).await;
    world.wait_minutes(61);
    world
        .done("/v1/locations/{location}/wristbands/{uid}/initialize", json!({"minutes": 60, "starts": "now"}))
        .await;
    let next = json!({"player_id": world.id("dependant")});
    world.done("/v1/locations/{location}/wristbands/{uid}/assign", next).await;
    let answer = world.done(RECORD, recorded(&world, (-50, -40), 70)).await;
    let facts = events(&world, answer["stream"].as_str().unwrap()).await;
    assert_eq!(facts[0].1["results"][0]["player_id"], world.id("player"));
    // The period of then is over: the one of now has nothing to do with it.
    assert_eq!(last_of_band(&world, "B-17").await, "wristband.assigned.v1");
}

#[tokio::test]
async fn points_follow_a_lost_band_to_the_one_that_took_its_place() {
    let world = World::at(Stage::Worn).await;
    world.wait_minutes(20);
    world.done("/v1/locations/{location}/wristbands/{uid}/transfer", json!({"to": "B-18"})).await;
    world.wait_minutes(5);
    world.done(RECORD, recorded(&world, (-20, -10), 70)).await;
    assert_eq!(last_of_band(&world, "B-17").await, "wristband.transferred_out.v1");
    assert_eq!(last_of_band(&world, "B-18").await, "wristband.play_recorded.v1");
    let nobody = recorded(&world, (-4, -2), 70);
    assert_eq!(world.refused(RECORD, nobody).await, problem(422, "wristband_not_worn"));
}

#[tokio::test]
async fn a_venue_says_for_how_long_plays_are_recorded() {
    let world = World::at(Stage::Worn).await;
    let setting = "/v1/locations/{location}/settings/plays.record_within_hours";
    let wrong = json!({"value": 0});
    assert_eq!(world.refused(&format!("{setting}/set"), wrong).await, problem(422, "setting_value_invalid"));
    world.wait_minutes(25 * 60);
    let play = recorded(&world, (-24 * 60 - 30, -24 * 60 - 20), 70);
    assert_eq!(world.refused(RECORD, play.clone()).await, problem(422, "play_too_long_ago"));
    world.done(&format!("{setting}/set"), json!({"value": 25})).await;
    world.done(RECORD, play).await;
}

#[tokio::test]
async fn times_that_cannot_be_are_refused() {
    let world = World::at(Stage::Worn).await;
    world.wait_minutes(30);
    for (times, code) in
        [((-10, -11), "play_ends_before_start"), ((-10, 1), "play_in_future"), ((1, 2), "play_in_future")]
    {
        let refused = world.refused(RECORD, recorded(&world, times, 70)).await;
        assert_eq!(refused, problem(422, code), "{times:?}");
    }
}

#[tokio::test]
async fn a_retired_variant_and_a_closed_venue_keep_what_was_played() {
    let world = World::at(Stage::Worn).await;
    world.wait_minutes(30);
    world.done("/v1/locations/{location}/rooms/{room}/variants/{variant}/deactivate", json!({})).await;
    world.done("/v1/games/{game}/variants/{variant}/retire", json!({})).await;
    world.done("/v1/locations/{location}/disable", json!({"reason": "storm"})).await;
    world.done(RECORD, recorded(&world, (-20, -10), 70)).await;
}

#[tokio::test]
async fn who_had_no_band_is_recorded_under_a_label_once() {
    let world = World::at(Stage::Worn).await;
    world.wait_minutes(50);
    let mut play = recorded(&world, (-40, -30), 70);
    play["play_id"] = json!("0197a000-0000-7000-8000-000000000001");
    let label = |label: &str, points: i64| json!({"label": label, "points": points, "level": 1});
    play["results"].as_array_mut().unwrap().push(label("red team", 40));
    let answer = world.done(RECORD, play.clone()).await;
    let facts = events(&world, answer["stream"].as_str().unwrap()).await;
    assert_eq!(
        facts[0].1["labelled"],
        json!([{"label": "red team", "points": 40, "level": 1, "lives": null}])
    );
    assert_eq!(world.done(RECORD, play.clone()).await["version"], answer["version"], "the same is no event");
    play["results"][1] = label("red team", 41);
    assert_eq!(world.refused(RECORD, play.clone()).await.0, 409, "another result is not lost in silence");
    let mut alone = recorded(&world, (-20, -10), 70);
    alone["results"] = json!([label("red", 1), label("red", 2)]);
    assert_eq!(world.refused(RECORD, alone.clone()).await, problem(422, "label_twice"));
    alone["results"] = json!([label("red", 1), label("blue", 2)]);
    world.done(RECORD, alone.clone()).await;
    for both in
        [json!({"uid": "B-17", "label": "red", "points": 1, "level": 1}), json!({"points": 1, "level": 1})]
    {
        alone["results"] = json!([both]);
        assert_eq!(world.refused(RECORD, alone.clone()).await.0, 422);
    }
}
