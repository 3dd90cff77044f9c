//! Invariant 8: views are built anew, the bus is filled anew, the worker's file is read anew out of the whole
//! log, all while plugs are on and off; no relay moves because of it.

use aerosports_tests::plugs::Cause;
use serde_json::json;

use super::venue::{Light, Venue, until};
use crate::support;

/// A venue with a past of plays, lights that are off because the last one ended, and a sign that is on.
struct Evening {
    venue: Venue,
    light: Light,
    sign: Light,
}

const PLAYS: usize = 3;

impl Evening {
    async fn begin() -> Self {
        let venue = Venue::open().await;
        let (light, sign) = (venue.light("Lights").await, venue.light("Sign").await);
        venue.automate(&[&light], "play_started", json!({"type": "while_play"})).await;
        for _ in 0..PLAYS {
            play(&venue, &light).await;
        }
        venue.ask_on(&sign, 3_600).await;
        sign.becomes(true).await;
        venue.switch_reported(&sign, "on", 1).await;
        venue.is_off_and_accounted_for(&light).await;
        Self { venue, light, sign }
    }

    /// Nothing has moved; then a play is followed and the sign is released, once.
    async fn end(self) {
        let Self { venue, light, sign } = self;
        assert_eq!((light.states(), sign.states()), ([true, false].repeat(PLAYS), vec![true]));
        play(&venue, &light).await;
        venue.command(&format!("plugs/{}/release", sign.id), &json!({})).await;
        sign.becomes(false).await;
        for plug in [&light, &sign] {
            venue.is_off_and_accounted_for(plug).await;
            assert!(plug.plug.changes().iter().all(|change| change.cause == Cause::Request));
        }
        assert_eq!((light.states(), sign.states()), ([true, false].repeat(PLAYS + 1), vec![true, false]));
    }
}

async fn play(venue: &Venue, light: &Light) {
    let play = venue.start_play().await;
    light.becomes(true).await;
    venue.finish_play(&play).await;
    light.becomes(false).await;
}

#[tokio::test]
async fn invariant_8_views_built_anew_switch_nothing() {
    let mut evening = Evening::begin().await;
    let services = &mut evening.venue.services;
    let (commands, queries) = (services.command_api.address, services.query_api.address);
    for process in [&mut services.command_api, &mut services.query_api, &mut services.projector] {
        process.signal("TERM").await.unwrap();
        assert!(process.wait().await.unwrap().success());
    }
    for file in ["read.db", "read.db-wal", "read.db-shm"] {
        let _absent = std::fs::remove_file(services.data_dir().join(file));
    }
    services.projector = services.serve("projector").await.unwrap();
    services.query_api = services.serve_at("query-api", queries).await.unwrap();
    services.command_api = services.serve_at("command-api", commands).await.unwrap();
    until("views of the whole past", async || {
        let history = evening.venue.history(&evening.light).await;
        let switched = history.iter().filter(|fact| fact["fact"] == "switched");
        (switched.count() >= 2 * PLAYS).then_some(())
    })
    .await;
    evening.end().await;
}

#[tokio::test]
async fn invariant_8_a_bus_filled_anew_switches_nothing() {
    let mut evening = Evening::begin().await;
    let services = &mut evening.venue.services;
    services.nats.kill().await.unwrap();
    std::fs::remove_dir_all(services.data_dir().join("nats")).unwrap();
    let head = support::last_position(services.data_dir()).await;
    services.nats.restart().await.unwrap();
    until("the whole past on the bus", async || {
        let events = services.nats.events().await.ok()??;
        (events >= head).then_some(())
    })
    .await;
    evening.end().await;
}

#[tokio::test]
async fn invariant_8_a_worker_that_reads_the_whole_log_anew_switches_nothing_on() {
    let mut evening = Evening::begin().await;
    // To the lease, a worker without its file is another owner.
    let settings = [("AEROSPORTS_TAKE_OVER_AFTER", "2s")];
    let services = &mut evening.venue.services;
    services.device_worker.kill().await.unwrap();
    services.device_worker = services.serve_with("device-worker", &settings).await.unwrap();
    play(&evening.venue, &evening.light).await;
    evening.venue.switch_reported(&evening.light, "off", PLAYS + 1).await;
    let services = &mut evening.venue.services;
    services.device_worker.kill().await.unwrap();
    for file in ["devices.db", "devices.db-wal", "devices.db-shm"] {
        let _absent = std::fs::remove_file(services.data_dir().join(file));
    }
    services.device_worker = services.serve_with("device-worker", &settings).await.unwrap();
    // The event that wanted it on is history and triggers nothing, so the plug is switched off once.
    evening.sign.becomes(false).await;
    let Evening { venue, light, sign } = evening;
    venue.command(&format!("plugs/{}/release", sign.id), &json!({})).await;
    for plug in [&light, &sign] {
        venue.is_off_and_accounted_for(plug).await;
    }
    play(&venue, &light).await;
    venue.is_off_and_accounted_for(&light).await;
    assert_eq!((light.states(), sign.states()), ([true, false].repeat(PLAYS + 2), vec![true, false]));
}
