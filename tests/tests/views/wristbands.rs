//! Wristbands as the API shows them.

use domain::wristband::{ClockStart, WristbandEvent as Fact};
use jiff::Timestamp;
use projector::projections::fixture::{Venue, minutes, play, player, reason, room, time, uid, variant};
use serde_json::json;

use crate::timed::World;

fn at(minute: i64) -> Timestamp {
    time("2026-05-01T10:00:00Z") + jiff::SignedDuration::from_mins(minute)
}

/// Band 1 of player 1 with 60 minutes.
fn sold(venue: &Venue, starts: ClockStart) {
    let band = uid(player(1));
    let (location, uid) = (venue.id, band.clone());
    venue.band(&band, Fact::Initialized { location, uid, minutes: minutes(60), starts, at: at(0) });
    venue.band(&band, Fact::Assigned { player: player(1), at: at(1) });
}

fn played(venue: &Venue, number: u128, points: i64, minute: i64) {
    played_on(venue, 1, number, points, minute);
}

/// Player 1 plays with the band of player `band`.
fn played_on(venue: &Venue, band: u128, number: u128, points: i64, minute: i64) {
    let band = uid(player(band));
    venue.start(number, 1, &[1], &at(minute).to_string());
    venue.band(&band, Fact::PlayJoined { play: play(number), room: room(1), at: at(minute) });
    venue.finish(number, &[(1, points)], &at(minute + 2).to_string());
    venue.band(&band, Fact::PlayLeft { play: play(number), at: at(minute + 2) });
}

fn transferred(venue: &Venue, minute: i64) {
    let (from, to) = (uid(player(1)), uid(player(2)));
    venue.band(&from, Fact::TransferredOut { to: to.clone(), at: at(minute) });
    let received = Fact::TransferredIn {
        location: venue.id,
        uid: to.clone(),
        from,
        player: Some(player(1)),
        waiting: None,
        ends_at: Some(at(60)),
        minutes_loaded: 60,
        at: at(minute),
    };
    venue.band(&to, received);
}

#[tokio::test]
async fn a_band_shows_the_time_it_has_at_the_instant() {
    let world = World::open("Europe/Berlin").await;
    sold(&world.venue, ClockStart::FirstScan);
    let waiting = world.get("wristbands/B1").await;
    let expected = json!({
        "uid": "B1", "state": "waiting", "player_id": player(1),
        "display_name": "First1 L.", "first_name": "First1", "last_name": "Last1",
        "minutes_loaded": 60, "starts": "first_scan", "started_at": null, "ends_at": null, "minutes_left": 60,
        "is_pass": false, "play_id": null, "room_id": null, "last_scanned_at": null,
    });
    assert_eq!(waiting, expected);

    world.venue.band(&uid(player(1)), Fact::ClockStarted { at: at(5), ends_at: at(65) });
    world.venue.band(&uid(player(1)), Fact::Scanned { room: room(2), at: at(5) });
    world.set_clock("2026-05-01T11:03:30Z");
    let running = world.get("wristbands/B1").await;
    assert_eq!((&running["state"], &running["minutes_left"]), (&json!("running"), &json!(2)));
    assert_eq!((&running["room_id"], &running["last_scanned_at"]), (&json!(room(2)), &json!(at(5))));
    world.set_clock("2026-05-01T11:05:00Z");
    let expired = world.get("wristbands/B1").await;
    assert_eq!((&expired["state"], &expired["minutes_left"]), (&json!("expired"), &json!(0)));
    assert_eq!(expired["player_id"], json!(player(1)));
}

#[tokio::test]
async fn a_band_without_a_period_shows_nothing_of_the_last_one() {
    let world = World::open("Europe/Berlin").await;
    sold(&world.venue, ClockStart::Now);
    world.venue.band(&uid(player(1)), Fact::Scanned { room: room(2), at: at(5) });
    transferred(&world.venue, 20);
    world.set_clock("2026-05-01T10:30:00Z");
    let blank = world.get("wristbands/B1").await;
    let expected = json!({
        "uid": "B1", "state": "blank", "player_id": null, "display_name": null, "first_name": null,
        "last_name": null,
        "minutes_loaded": 0, "starts": null, "started_at": null, "ends_at": null, "minutes_left": 0,
        "is_pass": false, "play_id": null, "room_id": null, "last_scanned_at": null,
    });
    assert_eq!(blank, expected);
    let to = world.get("wristbands/B2").await;
    assert_eq!(
        (&to["state"], &to["player_id"], &to["started_at"]),
        (&json!("running"), &json!(player(1)), &json!(at(0)))
    );

    world.venue.band(&uid(player(2)), Fact::Voided { reason: reason(), at: at(31) });
    assert_eq!(world.get("wristbands/B2").await["state"], "voided");
}

#[tokio::test]
async fn a_summary_tells_points_time_and_rewards() {
    let world = World::open("Europe/Berlin").await;
    sold(&world.venue, ClockStart::Now);
    played(&world.venue, 1, 400, 5);
    played(&world.venue, 2, 300, 10);
    played(&world.venue, 3, 900, 15);
    world.venue.void(3, 1);
    world.set_clock("2026-05-01T10:20:30Z");
    let result = |number: u128, points: u32, minute: i64| {
        json!({"play_id": play(number), "variant_id": variant(1), "room_id": room(1), "points": points, "level": 2,
               "at": at(minute)})
    };
    let achieved = json!({
        "points": 700, "plays": 3, "reward": "Bronze", "next_reward": {"name": "Silver", "points_missing": 301},
    });
    let expected = json!({
        "uid": "B1", "player_id": player(1), "display_name": "First1 L.", "visit": achieved, "all_time": achieved,
        "points": 700, "plays": 3, "minutes_loaded": 60, "minutes_spent": 20,
        "minutes_left": 40, "reward": "Bronze", "next_reward": {"name": "Silver", "points_missing": 301},
        "results": [result(1, 400, 7), result(2, 300, 12)],
    });
    assert_eq!(world.get("wristbands/B1/summary").await, expected);

    world.venue.settle("Europe/Berlin", &[("Or", 600)]);
    let summary = world.get("wristbands/B1/summary").await;
    assert_eq!((&summary["reward"], &summary["next_reward"]), (&json!("Or"), &json!(null)));
}

#[tokio::test]
async fn a_summary_follows_a_transfer_and_begins_anew_with_a_period() {
    let world = World::open("Europe/Berlin").await;
    sold(&world.venue, ClockStart::Now);
    played(&world.venue, 1, 400, 5);
    transferred(&world.venue, 20);
    assert_eq!(world.get("wristbands/B2/summary").await["points"], 400);
    let left = world.get("wristbands/B1/summary").await;
    assert_eq!((&left["points"], &left["plays"], &left["player_id"]), (&json!(0), &json!(0), &json!(null)));
    let renewed = Fact::Renewed { minutes: minutes(30), starts: ClockStart::Now, at: at(90) };
    world.venue.band(&uid(player(2)), renewed);
    world.set_clock("2026-05-01T11:40:00Z");
    let summary = world.get("wristbands/B2/summary").await;
    assert_eq!((&summary["points"], &summary["minutes_spent"]), (&json!(0), &json!(10)));
    let (visit, ever) = (&summary["visit"], &summary["all_time"]);
    assert_eq!((&visit["points"], &visit["plays"], &visit["reward"]), (&json!(0), &json!(0), &json!(null)));
    assert_eq!((&ever["points"], &ever["plays"]), (&json!(400), &json!(1)));
    assert_eq!(ever["next_reward"]["points_missing"], 101);
}

#[tokio::test]
async fn visits_are_the_periods_a_person_had_on_whatever_bands() {
    let world = World::open("Europe/Berlin").await;
    let visits = format!("players/{}/wristbands", player(1));
    assert_eq!(world.get(&visits).await, json!({"items": [], "next_cursor": null}));
    sold(&world.venue, ClockStart::Now);
    played(&world.venue, 1, 400, 5);
    transferred(&world.venue, 20);
    played_on(&world.venue, 2, 2, 50, 30);
    world.set_clock("2026-05-01T10:50:00Z");
    let first = json!({
        "uid": "B2", "current": true, "loaded_at": at(0), "started_at": at(0), "ends_at": at(60),
        "given_up_at": null, "minutes_loaded": 60, "is_pass": false, "points": 450, "plays": 2,
    });
    assert_eq!(world.get(&visits).await["items"], json!([first]));
    // A pass on a third band, which the wrong person got.
    let pass = uid(player(3));
    let (location, uid) = (world.venue.id, pass.clone());
    let (valid_until, issued) = (time("2026-08-01T00:00:00Z"), at(90));
    world.venue.band(&pass, Fact::PassIssued { location, uid, valid_until, at: issued });
    world.venue.band(&pass, Fact::Assigned { player: player(1), at: at(91) });
    world.venue.band(&pass, Fact::Unassigned { reason: None, at: at(92) });
    world.venue.band(&pass, Fact::Assigned { player: player(2), at: at(92) });
    world.set_clock("2026-05-01T12:00:00Z");
    let both = world.get(&visits).await;
    let pass = json!({
        "uid": "B3", "current": false, "loaded_at": at(90), "started_at": at(90), "ends_at": valid_until,
        "given_up_at": at(92), "minutes_loaded": 0, "is_pass": true, "points": 0, "plays": 0,
    });
    assert_eq!(both["items"][0], pass);
    assert_eq!((&both["items"][1]["uid"], &both["items"][1]["current"]), (&json!("B2"), &json!(false)));
    let one = world.get(&format!("{visits}?limit=1")).await;
    let next = world.get(&format!("{visits}?limit=1&cursor={}", one["next_cursor"].as_str().unwrap())).await;
    assert_eq!(next["items"], json!([both["items"][1]]));
    let right = world.get(&format!("players/{}/wristbands", player(2))).await;
    assert_eq!((&right["items"][0]["uid"], &right["items"][0]["current"]), (&json!("B3"), &json!(true)));
    assert_eq!(world.ask(&format!("players/{}/wristbands", play(1))).await.0, 404);
}

#[tokio::test]
async fn a_band_nobody_saw_here_is_not_found() {
    let world = World::open("Europe/Berlin").await;
    sold(&world.venue, ClockStart::Now);
    for path in ["wristbands/B9", "wristbands/B9/summary"] {
        assert_eq!(world.ask(path).await.0, 404, "{path}");
    }
    assert_eq!(world.send(&format!("/v1/locations/{}/wristbands/B1", player(1))).await.0, 404);
}
