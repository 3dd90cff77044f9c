//! Occupancy as the API shows it.

use domain::{
    room::RoomEvent,
    wristband::{ClockStart, WristbandEvent},
};
use projector::projections::fixture::{minutes, play, player, reason, room, time, uid, variant};
use serde_json::json;

use crate::timed::World;

#[tokio::test]
async fn occupancy_counts_rooms_players_and_bands_of_the_instant() {
    let world = World::open("Europe/Berlin").await;
    let venue = &world.venue;
    venue.install(room(1), "Laser");
    venue.install(room(2), "Climb");
    venue.install(room(3), "Arena");
    venue.room(room(2), RoomEvent::TakenOutOfService { reason: reason() });
    venue.start(1, 2, &[1, 2], "2026-05-01T11:55:00Z");
    venue.room(room(1), RoomEvent::Occupied { play: play(1) });
    for (who, starts) in [(1, ClockStart::Now), (2, ClockStart::FirstScan)] {
        let (uid, at) = (uid(player(who)), time("2026-05-01T11:30:00Z"));
        let location = venue.id;
        let sold =
            WristbandEvent::Initialized { location, uid: uid.clone(), minutes: minutes(60), starts, at };
        venue.band(&uid, sold);
    }
    let game = "00000000-0000-0000-0000-000000000004";
    let free = |number: u128, name: &str, state: &str| {
        json!({"room_id": room(number), "name": name, "state": state, "game_id": game, "game_name": null,
               "play_id": null, "variant_id": null, "variant_name": null, "players": 0, "started_at": null,
               "ends_by": null, "participants": []})
    };
    let in_play = |who: u128, name: &str| json!({"uid": uid(player(who)), "player_id": player(who), "display_name": name});
    let playing = json!({
        "room_id": room(1), "name": "Laser", "state": "playing", "game_id": game, "game_name": null,
        "play_id": play(1), "variant_id": variant(2), "variant_name": null, "players": 2,
        "participants": [in_play(1, "First1 L."), in_play(2, "First2 L.")], "started_at": "2026-05-01T11:55:00Z", "ends_by": "2026-05-01T12:05:00Z",
    });
    let expected = json!({
        "rooms": [free(3, "Arena", "free"), free(2, "Climb", "out_of_service"), playing],
        "players_in_play": 2, "live_wristbands": 2,
    });
    assert_eq!(world.get("occupancy").await, expected);

    venue.room(room(1), RoomEvent::Vacated { play: play(1) });
    venue.room(room(2), RoomEvent::ReturnedToService);
    world.set_clock("2026-05-01T12:30:00Z");
    let later = world.get("occupancy").await;
    assert_eq!((&later["players_in_play"], &later["live_wristbands"]), (&json!(0), &json!(1)));
    assert_eq!(later["rooms"][1], free(2, "Climb", "free"));
    assert_eq!(later["rooms"][2], free(1, "Laser", "free"));
}

#[tokio::test]
async fn a_venue_without_rooms_is_empty_and_no_venue_is_not_found() {
    let world = World::open("Europe/Berlin").await;
    let empty = json!({"rooms": [], "players_in_play": 0, "live_wristbands": 0});
    assert_eq!(world.get("occupancy").await, empty);
    assert_eq!(world.send(&format!("/v1/locations/{}/occupancy", player(1))).await.0, 404);
}
