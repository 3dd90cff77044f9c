//! The history of plays as the API shows it.

use domain::play::PlayEvent;
use projector::projections::fixture::{play, player, reason, room, time, uid, variant};
use serde_json::json;

use crate::timed::{World, column};

fn ids(numbers: &[u128]) -> Vec<String> {
    numbers.iter().map(|number| play(*number).to_string()).collect()
}

async fn eventful() -> World {
    let world = World::open("Europe/Berlin").await;
    let venue = &world.venue;
    venue.played(1, 1, &[(1, 300), (2, 200)], "2026-05-01T21:58:00Z");
    venue.start(2, 1, &[1], "2026-05-01T22:10:00Z");
    venue.play(play(2), PlayEvent::Aborted { reason: reason(), at: time("2026-05-01T22:11:00Z") });
    venue.start(3, 2, &[3], "2026-05-01T22:20:00Z");
    venue.correct(1, 1, 350);
    venue.void(1, 2);
    world
}

#[tokio::test]
async fn a_play_shows_everything_of_it() {
    let world = eventful().await;
    let list = world.get("plays?status=finished").await;
    let expected = json!({
        "id": play(1), "room_id": room(1), "room_name": null, "game_name": null, "variant_name": null, "game_id": "00000000-0000-0000-0000-000000000004",
        "variant_id": variant(1), "mode": "pvp", "status": "finished", "started_at": "2026-05-01T21:58:00Z",
        "ended_at": "2026-05-01T21:58:00Z", "ends_by": "2026-05-01T22:08:00Z", "local_day": "2026-05-01",
        "reason": null, "recorded_at": null, "labelled_results": [],
        "participants": [
            {"uid": uid(player(1)), "player_id": player(1), "display_name": "First1 L."},
            {"uid": uid(player(2)), "player_id": player(2), "display_name": "First2 L."},
        ],
        "results": [
            {"uid": uid(player(1)), "player_id": player(1), "display_name": "First1 L.", "points": 350, "level": 3, "lives": 1,
             "voided": false, "corrected": true},
            {"uid": uid(player(2)), "player_id": player(2), "display_name": "First2 L.", "points": 200, "level": 2, "lives": null,
             "voided": true, "corrected": false},
        ],
    });
    assert_eq!(list, json!({"items": [expected], "next_cursor": null}));
    assert_eq!(world.get(&format!("plays/{}", play(1))).await, list["items"][0]);
    world.venue.install(room(1), "Laser");
    assert_eq!(world.get(&format!("plays/{}", play(1))).await["room_name"], "Laser");
    assert_eq!(world.ask(&format!("plays/{}", play(9))).await.0, 404);
}

#[tokio::test]
async fn plays_are_filtered_and_ordered() {
    let world = eventful().await;
    for (query, expected) in [
        (String::new(), &[3, 2, 1][..]),
        ("sort=started_at".to_owned(), &[1, 2, 3]),
        ("sort=-started_at".to_owned(), &[3, 2, 1]),
        ("status=running".to_owned(), &[3]),
        ("status=aborted".to_owned(), &[2]),
        ("day=2026-05-01".to_owned(), &[1]),
        ("day=2026-05-02".to_owned(), &[3, 2]),
        ("day=2026-05-03".to_owned(), &[]),
        ("day=today".to_owned(), &[1]),
        ("day=9999-12-31".to_owned(), &[]),
        (format!("player_id={}", player(1)), &[2, 1]),
        (format!("player_id={}&day=2026-05-02&sort=started_at", player(1)), &[2]),
        (format!("variant_id={}", variant(1)), &[2, 1]),
        (format!("room_id={}&status=finished", room(1)), &[1]),
        (format!("room_id={}", room(2)), &[]),
        ("from=2026-05-01T22:10:00Z".to_owned(), &[3, 2]),
        ("to=2026-05-01T22:10:00Z".to_owned(), &[1]),
        ("from=2026-05-01T22:00:00Z&to=2026-05-01T22:20:00Z".to_owned(), &[2]),
        (format!("player_id={}&from=2026-05-02T00:09:00%2B02:00", player(1)), &[2]),
    ] {
        assert_eq!(column(&world.get(&format!("plays?{query}")).await, "id"), ids(expected), "{query}");
    }
}

#[tokio::test]
async fn pages_neither_repeat_nor_miss_when_plays_begin_at_the_same_time() {
    let world = World::open("Europe/Berlin").await;
    for number in 1..=7 {
        world.venue.start(
            number,
            1,
            &[1],
            if number < 6 { "2026-05-01T10:00:00Z" } else { "2026-05-01T11:00:00Z" },
        );
    }
    for (query, expected) in [
        ("sort=-started_at".to_owned(), [7, 6, 5, 4, 3, 2, 1]),
        (format!("player_id={}", player(1)), [7, 6, 5, 4, 3, 2, 1]),
        ("sort=started_at".to_owned(), [1, 2, 3, 4, 5, 6, 7]),
    ] {
        let (mut found, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = world.get(&format!("plays?limit=3&{query}{cursor}")).await;
            found.extend(column(&page, "id"));
            let Some(next) = page["next_cursor"].as_str() else { break };
            // A play that begins meanwhile is on the first page, which was read before.
            world.venue.start(100 + found.len() as u128, 2, &[2], "2026-05-01T12:00:00Z");
            cursor = format!("&cursor={next}");
        }
        found.retain(|id| ids(&[1, 2, 3, 4, 5, 6, 7]).contains(id));
        assert_eq!(found, ids(&expected), "{query}");
    }
}

#[tokio::test]
async fn a_malformed_filter_of_plays_is_refused() {
    let world = eventful().await;
    let newest = world.get("plays?limit=1").await;
    let cursor = newest["next_cursor"].as_str().unwrap();
    for query in [
        "status=over".to_owned(),
        "day=2026-02-30".to_owned(),
        "day=yesterday".to_owned(),
        "day=Today".to_owned(),
        "room_id=1".to_owned(),
        "sort=points".to_owned(),
        "limit=201".to_owned(),
        "cursor=x".to_owned(),
        format!("sort=started_at&cursor={cursor}"),
        "colour=red".to_owned(),
    ] {
        assert_eq!(world.ask(&format!("plays?{query}")).await.0, 400, "{query}");
    }
    assert_eq!(world.send(&format!("/v1/locations/{}/plays", player(1))).await.0, 404);
}
