//! Who is called what: in full for who may read persons, and by the venue's choice on screens.

use domain::{
    setting::{Scope, SettingEvent, SettingKey, SettingValue},
    wristband::{ClockStart, WristbandEvent},
};
use projector::projections::fixture::{Venue, minutes, player, time, uid, variant};
use serde_json::{Value, json};

use crate::timed::{World, column};

fn choose(venue: &Venue, how: &str) {
    let (scope, key) = (Scope::Location(venue.id), SettingKey::stored("players.display_name"));
    let (stream, value) = (scope.stream(&key), SettingValue::Text(how.to_owned()));
    venue.log.append(&stream, Some(venue.id), SettingEvent::Set { scope, key, value });
}

/// A venue where an adult, one who comes of age, and one who was erased have played, and the adult wears a band.
async fn world() -> World {
    let world = World::open("Europe/Berlin").await;
    world.venue.played(1, 1, &[(1, 300), (5, 200), (6, 100)], "2026-05-01T08:00:00Z");
    world
}

fn assert_no_full_names(item: &Value) {
    let kept = (&item["first_name"], &item["last_name"]);
    assert_eq!(kept, (&Value::Null, &Value::Null), "{item}");
}

#[tokio::test]
async fn a_screen_shows_display_names_only() {
    let world = world().await;
    for path in ["leaderboards".to_owned(), format!("leaderboards/variants/{}", variant(1))] {
        // The other way round the answers would be the other's, if they were kept for both.
        let desk = world.get(&path).await;
        let screen = world.get_on_screen(&path).await;
        assert_eq!(column(&screen, "display_name"), ["First1 L.", "First5 L.", "null"], "{path}");
        screen["items"].as_array().unwrap().iter().for_each(assert_no_full_names);
        assert!(!screen.to_string().contains("Last"), "{screen}");
        assert_eq!(column(&desk, "last_name"), ["Last1", "Last5", "null"]);
        assert_eq!(column(&world.get(&path).await, "last_name"), ["Last1", "Last5", "null"]);
    }
}

#[tokio::test]
async fn a_venue_chooses_and_a_minor_has_no_last_name() {
    let world = world().await;
    let names = async || column(&world.get_on_screen("leaderboards").await, "display_name");
    choose(&world.venue, "full_name");
    assert_eq!(names().await, ["First1 Last1", "First5 Last5", "null"]);
    // In the westernmost zone it is still 30 April.
    world.set_clock("2026-05-01T11:59:59Z");
    assert_eq!(names().await, ["First1 Last1", "First5", "null"]);
    choose(&world.venue, "first_name");
    assert_eq!(names().await, ["First1", "First5", "null"]);
    assert!(world.get_on_screen("leaderboards").await["items"][0]["last_name"].is_null());
}

#[tokio::test]
async fn a_band_names_its_wearer_as_the_caller_may_know() {
    let world = world().await;
    let band = uid(player(1));
    let sold = WristbandEvent::Initialized {
        location: world.venue.id,
        uid: band.clone(),
        minutes: minutes(60),
        starts: ClockStart::FirstScan,
        at: time("2026-05-01T09:00:00Z"),
    };
    world.venue.band(&band, sold);
    world.venue.band(&band, WristbandEvent::Assigned { player: player(1), at: time("2026-05-01T09:01:00Z") });
    let path = format!("wristbands/{band}");
    let shown = world.get_on_screen(&path).await;
    assert_eq!(shown["display_name"], "First1 L.");
    assert_no_full_names(&shown);
    assert_eq!(world.get(&path).await["last_name"], json!("Last1"));
}
