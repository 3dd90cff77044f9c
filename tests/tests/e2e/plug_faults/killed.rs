//! The device worker is killed, with plugs on.

use std::time::{Duration, SystemTime};

use aerosports_tests::plugs::Cause;
use serde_json::json;

use super::venue::Venue;

#[tokio::test]
async fn what_ended_while_the_worker_was_dead_is_off_after_its_start() {
    let mut venue = Venue::open().await;
    let light = venue.light("Lights").await;
    venue.ask_on(&light, 600).await;
    light.becomes(true).await;
    venue.switch_reported(&light, "on", 1).await;
    venue.services.device_worker.kill().await.unwrap();
    venue.command(&format!("plugs/{}/release", light.id), &json!({})).await;
    assert!(light.plug.is_on());
    venue.services.device_worker = venue.services.serve("device-worker").await.unwrap();
    light.becomes(false).await;
    venue.switch_reported(&light, "off", 1).await;
    venue.is_off_and_accounted_for(&light).await;
    assert_eq!(light.plug.changes()[1].cause, Cause::Request, "not by its own countdown");
}

#[tokio::test]
async fn what_is_wanted_still_keeps_its_end_over_a_kill() {
    let mut venue = Venue::open().await;
    let light = venue.light("Lights").await;
    venue.ask_on(&light, 12).await;
    light.becomes(true).await;
    // Whether or not the worker has reported it.
    venue.services.device_worker.kill().await.unwrap();
    venue.services.device_worker = venue.services.serve("device-worker").await.unwrap();
    light.becomes(false).await;
    let changes = light.plug.changes();
    assert_eq!((changes.len(), changes[1].cause), (2, Cause::Request), "it stayed on across the restart");
    let asked = venue.reported(&light, "the ask", |fact| fact["fact"] == "asked").await;
    let end: jiff::Timestamp = asked["until"].as_str().unwrap().parse().unwrap();
    assert!(changes[1].time >= SystemTime::from(end), "{changes:?}, asked until {end}");
    venue.is_off_and_accounted_for(&light).await;
}

#[tokio::test]
async fn a_plug_goes_off_by_itself_when_its_worker_stays_dead() {
    let mut venue = Venue::open().await;
    let fog = venue.light("Fog").await;
    venue.automate(&[&fog], "play_started", json!({"type": "on", "seconds": 4})).await;
    let play = venue.start_play().await;
    fog.becomes(true).await;
    venue.switch_reported(&fog, "on", 1).await;
    venue.services.device_worker.kill().await.unwrap();
    assert!(fog.plug.is_on(), "it was killed too late");
    fog.becomes(false).await;
    assert_eq!(fog.plug.changes()[1].cause, Cause::Countdown);
    venue.finish_play(&play).await;
    // The next worker reports it.
    venue.services.device_worker = venue.services.serve("device-worker").await.unwrap();
    venue.is_off_and_accounted_for(&fog).await;
}

#[tokio::test]
async fn plays_of_a_dead_workers_time_switch_nothing_on_and_what_they_ended_off() {
    let mut venue = Venue::open().await;
    let light = venue.light("Lights").await;
    let follow = venue.automate(&[&light], "play_started", json!({"type": "while_play"})).await;
    let first = venue.start_play().await;
    light.becomes(true).await;
    venue.switch_reported(&light, "on", 1).await;
    venue.services.device_worker.kill().await.unwrap();
    venue.finish_play(&first).await;
    let second = venue.start_play().await;
    venue.finish_play(&second).await;
    let third = venue.start_play().await;
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    let settings = [("AEROSPORTS_LATE_AFTER", "1s")];
    venue.services.device_worker = venue.services.serve_with("device-worker", &settings).await.unwrap();
    venue.skipped(&follow, "late", 2).await;
    light.becomes(false).await;
    venue.finish_play(&third).await;
    venue.is_off_and_accounted_for(&light).await;
    assert_eq!(light.states(), [true, false]);
    venue.acted_on(&follow, 1).await;
}
