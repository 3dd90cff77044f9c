//! The bus, the store or the command API is away for a while.

use std::time::Duration;

use aerosports_tests::plugs::{Cause, Model};
use serde_json::json;

use super::venue::Venue;

#[tokio::test]
async fn what_ends_while_the_command_api_is_away_is_off_in_time_and_reported_once() {
    let mut venue = Venue::open().await;
    venue.reports_over_http(&[]).await;
    let fog = venue.light("Fog").await;
    venue.automate(&[&fog], "play_started", json!({"type": "on", "seconds": 3})).await;
    let play = venue.start_play().await;
    fog.becomes(true).await;
    let address = venue.services.command_api.address;
    venue.services.command_api.kill().await.unwrap();
    fog.becomes(false).await;
    assert_eq!(fog.plug.changes()[1].cause, Cause::Request, "not by its own countdown");
    venue.services.command_api = venue.services.serve_at("command-api", address).await.unwrap();
    venue.is_off_and_accounted_for(&fog).await;
    let history = venue.history(&fog).await;
    let switched: Vec<_> = history.iter().filter(|fact| fact["fact"] == "switched").collect();
    assert_eq!(switched.len(), 2, "{switched:#?}");
    assert!(switched.iter().all(|fact| fact["actor"].as_str().unwrap().starts_with("key:")), "{switched:#?}");
    venue.finish_play(&play).await;
}

#[tokio::test]
async fn plays_are_followed_while_the_bus_is_away_and_after_it_is_back() {
    let mut venue = Venue::open().await;
    let (light, fog) = (venue.light("Lights").await, venue.light("Fog").await);
    let follow = venue.automate(&[&light], "play_started", json!({"type": "while_play"})).await;
    venue.automate(&[&fog], "play_started", json!({"type": "on", "seconds": 2})).await;
    for step in ["with the bus", "without", "with it again"] {
        let play = venue.start_play().await;
        for plug in [&light, &fog] {
            plug.becomes(true).await;
        }
        match step {
            "with the bus" => venue.services.nats.kill().await.unwrap(),
            "without" => venue.services.nats.restart().await.unwrap(),
            _ => {}
        }
        fog.becomes(false).await;
        assert!(light.plug.is_on(), "{step}");
        venue.finish_play(&play).await;
        light.becomes(false).await;
    }
    for plug in [&light, &fog] {
        venue.is_off_and_accounted_for(plug).await;
        assert_eq!(plug.states(), [true, false].repeat(3));
        assert!(plug.plug.changes().iter().all(|change| change.cause == Cause::Request));
    }
    venue.acted_on(&follow, 3).await;
}

#[tokio::test]
async fn what_ended_while_the_worker_was_dead_is_off_although_the_store_is_away_at_its_start() {
    let mut venue = Venue::open().await;
    let light = venue.light_of(Model::plug("Lights").without_countdown()).await;
    venue.ask_on(&light, 5).await;
    light.becomes(true).await;
    venue.switch_reported(&light, "on", 1).await;
    venue.services.device_worker.kill().await.unwrap();
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert!(light.plug.is_on(), "nobody is there to switch it off");
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let away = format!("mssql://aero:nobody@{closed}/aero");
    venue.services.device_worker = venue.services.serve_on("device-worker", &away, &[]).await.unwrap();
    light.becomes(false).await;
    venue.is_ready(venue.services.device_worker.address, false).await;
    // The worker's file keeps what it did until it can be reported.
    venue.services.device_worker.kill().await.unwrap();
    venue.services.device_worker = venue.services.serve("device-worker").await.unwrap();
    venue.is_off_and_accounted_for(&light).await;
    let off = venue.reported(&light, "the switch", |fact| fact["state"] == "off").await;
    assert_eq!(off["cause"]["reason"], "the time it was asked for is over");
    assert_eq!(light.states(), [true, false]);
}
