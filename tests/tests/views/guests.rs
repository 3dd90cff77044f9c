//! Who is in the building, as the API shows it.

use domain::wristband::{ClockStart, WristbandEvent as Fact};
use jiff::Timestamp;
use projector::projections::fixture::{minutes, play, player, room, time, uid};
use serde_json::{Value, json};

use crate::timed::{World, column};

/// So many minutes after ten o'clock UTC, noon in Berlin.
fn at(minute: i64) -> Timestamp {
    time("2026-05-01T10:00:00Z") + jiff::SignedDuration::from_mins(minute)
}

/// The band of `number`, worn by player `number`.
fn sold(world: &World, number: u128, starts: ClockStart, minute: i64) {
    let band = uid(player(number));
    let (location, uid) = (world.venue.id, band.clone());
    let sold = Fact::Initialized { location, uid, minutes: minutes(60), starts, at: at(minute) };
    world.venue.band(&band, sold);
    world.venue.band(&band, Fact::Assigned { player: player(number), at: at(minute) });
}

fn pass(world: &World, number: u128, issued: &str) {
    let band = uid(player(number));
    let (location, uid, valid_until) = (world.venue.id, band.clone(), time("2026-12-31T00:00:00Z"));
    world.venue.band(&band, Fact::PassIssued { location, uid, valid_until, at: time(issued) });
}

async fn uids(world: &World, query: &str) -> Vec<String> {
    column(&world.get(&format!("guests{query}")).await, "uid")
}

#[tokio::test]
async fn guests_are_those_with_time_and_whose_time_is_over_first_comes_first() {
    let world = World::open("Europe/Berlin").await;
    sold(&world, 1, ClockStart::Now, 30);
    sold(&world, 2, ClockStart::Now, 0);
    sold(&world, 3, ClockStart::FirstScan, 20);
    world.venue.install(room(1), "Laser");
    let band = uid(player(1));
    world.venue.band(&band, Fact::Scanned { room: room(1), at: at(31) });
    world.venue.band(&uid(player(2)), Fact::PlayJoined { play: play(1), room: room(2), at: at(40) });
    world.set_clock("2026-05-01T10:45:30Z");
    assert_eq!(uids(&world, "").await, ["B2", "B1", "B3"]);
    let guests = world.get("guests").await;
    let expected = json!({
        "uid": "B1", "state": "running", "player_id": player(1), "display_name": "First1 L.",
        "first_name": "First1", "last_name": "Last1", "minutes_loaded": 60, "starts": "now",
        "started_at": at(30), "ends_at": at(90), "minutes_left": 45, "is_pass": false, "play_id": null,
        "room_id": room(1), "room_name": "Laser", "last_scanned_at": at(31),
    });
    assert_eq!(guests["items"][1], expected);
    let playing = &guests["items"][0];
    assert_eq!((&playing["play_id"], &playing["room_id"]), (&json!(play(1)), &json!(room(2))));
    let screen = world.get_on_screen("guests").await;
    let shown = &screen["items"][1];
    assert_eq!((&shown["display_name"], &shown["last_name"]), (&json!("First1 L."), &Value::Null));

    assert_eq!(uids(&world, &format!("?room_id={}", room(1))).await, ["B1"]);
    world.set_clock("2026-05-01T11:00:00Z");
    // The clock of one is over; it is in a play still, but has no time.
    assert_eq!(uids(&world, "").await, ["B1", "B3"]);
}

#[tokio::test]
async fn who_bought_for_another_day_is_here_once_seen() {
    let world = World::open("Europe/Berlin").await;
    sold(&world, 1, ClockStart::FirstScan, 0);
    pass(&world, 2, "2026-04-01T10:00:00Z");
    assert_eq!(uids(&world, "").await, ["B1"], "the pass was seen on no day but that of its issue");
    world.venue.band(&uid(player(2)), Fact::Scanned { room: room(1), at: at(1) });
    assert_eq!(uids(&world, "").await, ["B2", "B1"]);
    // Midnight in Berlin is at ten in the evening, UTC.
    world.set_clock("2026-05-01T21:59:59Z");
    assert_eq!(uids(&world, "").await, ["B2", "B1"]);
    world.set_clock("2026-05-01T22:00:00Z");
    assert_eq!(uids(&world, "").await, <[&str; 0]>::default());
}

#[tokio::test]
async fn pages_of_guests_neither_repeat_nor_miss() {
    let world = World::open("Europe/Berlin").await;
    for number in 1..=5 {
        sold(&world, number, ClockStart::Now, if number < 4 { 10 } else { 20 });
    }
    world.set_clock("2026-05-01T10:30:00Z");
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = world.get(&format!("guests?limit=2{cursor}")).await;
        seen.extend(column(&page, "uid"));
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(seen, ["B1", "B2", "B3", "B4", "B5"]);
    assert_eq!(world.send(&format!("/v1/locations/{}/guests", player(1))).await.0, 404);
}
