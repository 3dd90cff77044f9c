//! Venues, games and rooms.

use std::collections::BTreeMap;

use domain::{
    game::{GameEvent, Mode, VariantSpec},
    ids::{GameId, RoomId, VariantId},
    room::{Controller, RoomEvent},
    values::{Code, Name, Reason},
};
use serde_json::json;
use uuid::Uuid;

use crate::world::{ELSEWHERE, HOME, World};

const GAME: GameId = GameId(Uuid::from_u128(4));
const VARIANT: VariantId = VariantId(Uuid::from_u128(5));
const ROOM: RoomId = RoomId(Uuid::from_u128(3));

async fn with_a_room() -> World {
    let world = World::new().await;
    let (code, name) = (Code::stored("laser"), Name::stored("Laser"));
    world.say(&GAME.stream(), None, GameEvent::Added { id: GAME, code, name, max_players: 6 }).await;
    let spec = VariantSpec::new(Name::stored("Duel"), Mode::Pvp, 4);
    world.say(&GAME.stream(), None, GameEvent::VariantAdded { id: VARIANT, spec }).await;
    let controllers = vec![Controller { name: Name::stored("floor"), address: "10.0.0.7:80".to_owned() }];
    let name = Name::stored("Maze");
    let installed = RoomEvent::Installed { id: ROOM, location: HOME, game: GAME, name, controllers };
    world.say(&ROOM.stream(), Some(HOME), installed).await;
    let custom = BTreeMap::from([("level".to_owned(), "hard".to_owned())]);
    let active = RoomEvent::VariantActivated { variant: VARIANT, custom };
    world.say(&ROOM.stream(), Some(HOME), active).await;
    world
}

#[tokio::test]
async fn a_bound_key_sees_its_own_venue_and_an_admin_all() {
    let world = World::new().await;
    let own = world.see(&world.desk, "/v1/locations").await.ok();
    let [venue] = own["items"].as_array().unwrap().as_slice() else { panic!("one venue, got {own}") };
    assert_eq!((&venue["id"], &venue["code"]), (&json!(HOME), &json!("home")));
    assert_eq!((&venue["time_zone"], &venue["disabled"]), (&json!("Europe/Berlin"), &json!(false)));
    assert_eq!(venue["reward_tiers"][0], json!({"name": "Bronze", "over_points": 500}));
    assert!(venue["opened_at"].as_str().unwrap().ends_with('Z'), "{venue}");

    let first = world.see(&world.admin, "/v1/locations?limit=1").await.ok();
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = world.see(&world.admin, &format!("/v1/locations?limit=1&cursor={cursor}")).await.ok();
    assert_eq!((&first["items"][0]["id"], &second["items"][0]["id"]), (&json!(HOME), &json!(ELSEWHERE)));
    assert_eq!(second["next_cursor"], json!(null));
}

#[tokio::test]
async fn the_catalogue_shows_games_with_their_variants() {
    let world = with_a_room().await;
    let games = world.see(&world.desk, "/v1/games").await.ok();
    let variant = json!({
        "id": VARIANT, "name": "Duel", "mode": "pvp", "levels": 1, "max_iterations": 10,
        "iteration_seconds": 60, "max_players": 4, "instructions": "", "media_links": [], "retired": false,
    });
    let game = json!({
        "id": GAME, "code": "laser", "name": "Laser", "max_players": 6, "retired": false, "variants": [variant],
    });
    assert_eq!(games, json!({"items": [game], "next_cursor": null}));
}

#[tokio::test]
async fn rooms_show_their_game_and_what_can_be_played() {
    let world = with_a_room().await;
    let reason = Reason::stored("lamp");
    world.say(&ROOM.stream(), Some(HOME), RoomEvent::TakenOutOfService { reason }).await;
    let room = json!({
        "id": ROOM, "name": "Maze", "game_id": GAME, "game_name": "Laser",
        "controllers": [{"name": "floor", "address": "10.0.0.7:80"}], "overrides": {},
        "variants": [{"variant_id": VARIANT, "custom": {"level": "hard"}}],
        "in_service": false, "out_of_service_reason": "lamp",
    });
    assert_eq!(world.items("rooms").await, [room]);
    let path = format!("/v1/locations/{ELSEWHERE}/rooms");
    assert_eq!(world.see(&world.admin, &path).await.ok()["items"], json!([]));
    assert_eq!(world.see(&world.desk, &path).await.status, 404, "not the desk's location");
}

#[tokio::test]
async fn a_renamed_game_is_renamed_in_its_rooms() {
    let world = with_a_room().await;
    assert_eq!(world.items("rooms").await[0]["game_name"], "Laser");
    let name = Name::stored("Laser II");
    world.say(&GAME.stream(), None, GameEvent::Changed { name, max_players: 6 }).await;
    assert_eq!(world.items("rooms").await[0]["game_name"], "Laser II");
}

#[tokio::test]
async fn a_location_that_never_was_is_not_an_empty_one() {
    let world = World::new().await;
    for view in ["rooms", "players", "settings"] {
        let path = format!("/v1/locations/{}/{view}", Uuid::from_u128(0x99));
        assert_eq!(world.see(&world.admin, &path).await.status, 404, "{view}");
    }
}

#[tokio::test]
async fn unknown_parameters_are_refused_by_name() {
    let world = World::new().await;
    let home = format!("/v1/locations/{HOME}");
    let lists = ["/rooms", "/players", "/settings"].map(|view| format!("{home}{view}"));
    for path in lists.into_iter().chain(["/v1/locations".to_owned(), "/v1/games".to_owned()]) {
        for (query, field) in [("color=red", "color"), ("limit=201", "limit"), ("cursor=x", "cursor")] {
            let reply = world.see(&world.desk, &format!("{path}?{query}")).await;
            assert_eq!(
                (reply.status.as_u16(), &reply.body["errors"][0]["field"]),
                (400, &json!(field)),
                "{path}"
            );
        }
    }
}

#[tokio::test]
async fn every_projection_says_how_far_it_is() {
    let world = with_a_room().await;
    world.items("rooms").await;
    let projections = world.send(&world.admin, "/v1/projections", &[]).await.ok();
    let rooms = projections["items"].as_array().unwrap().iter().find(|item| item["name"] == "rooms").unwrap();
    assert_eq!(
        (&rooms["state"], &rooms["version"], &rooms["parked"]),
        (&json!("active"), &json!(1), &json!(0))
    );
    assert_eq!((&rooms["position"], &rooms["head"], &rooms["lag"]), (&json!(6), &json!(6), &json!(0)));
}
