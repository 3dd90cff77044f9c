//! An ON that a device received and did not answer may take effect later, whichever worker runs then.

use std::time::Duration;

use domain::{
    ids::PlugId,
    plug::{PlugEvent, RelayState},
};
use plug_simulator::{Fault, Heard, Model, Plug};
use tokio::time::{Instant, sleep, sleep_until};

use crate::venue::{Venue, Worker, reason};

/// Waits until it has received the request to switch.
async fn until_received(plug: &Plug, on: bool) {
    let switch = format!("\"set_relay_state\":{{\"state\":{}}}", u8::from(on));
    let is_switch = |heard: &Heard| {
        heard.request.as_deref().is_some_and(|request| request.replace(' ', "").contains(&switch))
    };
    while !plug.heard().iter().any(is_switch) {
        sleep(Duration::from_millis(5)).await;
    }
}

/// Switches it on and off, and waits until both are reported.
async fn switched_once(venue: &Venue, plug: &Plug, id: PlugId) {
    venue.ask(id, RelayState::On, Some(600)).await;
    plug.until(true).await;
    venue.sink.report("switched", |report| report["state"] == "on").await;
    venue.ask(id, RelayState::Off, None).await;
    plug.until(false).await;
    let is_off = |report: &serde_json::Value| report["state"] == "off" && report["cause"]["kind"] == "ask";
    venue.sink.report("switched", is_off).await;
}

/// Asks for ON of a plug that hears it and falls silent; the worker is killed.
async fn sent_on_and_killed(venue: &Venue, worker: Worker, plug: &Plug, id: PlugId) {
    plug.set_fault(Fault::Mute).await.unwrap();
    plug.forget();
    venue.ask(id, RelayState::On, Some(600)).await;
    until_received(plug, true).await;
    worker.kill().await;
}

/// How often it was reported to have been switched on, and to have been pressed.
fn reported(venue: &Venue) -> (usize, usize) {
    let ons = venue.sink.reports("switched").iter().filter(|report| report["state"] == "on").count();
    (ons, venue.sink.reports("overridden").len())
}

#[tokio::test]
async fn an_on_that_a_killed_worker_sent_is_made_undone_by_the_next_and_is_no_pressed_button() {
    let venue = Venue::open().await;
    let (plug, id) = venue.plug(Model::plug("light").without_countdown()).await;
    venue.bind(id).await;
    let worker = venue.start(venue.config("a")).await;
    switched_once(&venue, &plug, id).await;
    sent_on_and_killed(&venue, worker, &plug, id).await;
    venue.ask(id, RelayState::Off, None).await;
    plug.clear_fault().await.unwrap();
    plug.forget();
    let worker = venue.start(venue.config("a")).await;
    // It is looked at more than once, and found off.
    while plug.heard().len() < 4 {
        sleep(Duration::from_millis(10)).await;
    }
    assert!(plug.changes().is_empty());
    // What it received before it fell silent is done only now.
    plug.press(0, true);
    while plug.is_on() && reported(&venue).1 == 0 {
        sleep(Duration::from_millis(10)).await;
    }
    venue.sink.report("switched", |_| reported(&venue).0 == 2).await;
    assert_eq!(reported(&venue), (2, 0), "it is the ON that was asked for");
    plug.until(false).await;
    worker.kill().await;
}

#[tokio::test]
async fn an_on_that_was_answered_is_confirmed_after_a_restart() {
    let venue = Venue::open().await;
    let (plug, id) = venue.plug(Model::plug("light").without_countdown()).await;
    venue.bind(id).await;
    let worker = venue.start(venue.config("a")).await;
    venue.ask(id, RelayState::On, Some(600)).await;
    plug.until(true).await;
    venue.sink.report("switched", |report| report["state"] == "on").await;
    sleep(Duration::from_millis(300)).await;
    worker.kill().await;
    venue.ask(id, RelayState::Off, None).await;
    let worker = venue.start(venue.config("a")).await;
    plug.until(false).await;
    sleep(Duration::from_millis(300)).await;
    plug.press(0, true);
    venue.sink.report("overridden", |report| report["state"] == "on").await;
    assert!(plug.is_on(), "its button was pressed");
    worker.stop().await;
}

#[tokio::test]
async fn an_on_that_is_unconfirmed_when_it_ends_is_unconfirmed_for_no_longer_after_a_restart() {
    let venue = Venue::open().await;
    let (plug, id) = venue.plug(Model::plug("light").without_countdown()).await;
    venue.bind(id).await;
    let mut config = venue.config("a");
    config.rules.unconfirmed_for = Duration::from_secs(1);
    let worker = venue.start(config.clone()).await;
    switched_once(&venue, &plug, id).await;
    sent_on_and_killed(&venue, worker, &plug, id).await;
    venue.ask(id, RelayState::Off, None).await;
    plug.clear_fault().await.unwrap();
    let worker = venue.start(config).await;
    sleep(Duration::from_millis(1_600)).await;
    plug.press(0, true);
    venue.sink.report("overridden", |report| report["state"] == "on").await;
    assert!(plug.is_on(), "its button was pressed");
    worker.stop().await;
    assert!(!plug.is_on());
}

#[tokio::test]
async fn an_on_that_is_carried_out_after_its_plug_was_retired_is_made_undone() {
    let venue = Venue::open().await;
    let (plug, id) = venue.plug(Model::plug("light").without_countdown()).await;
    let mut config = venue.config("a");
    config.client.exchange = Duration::from_millis(200);
    config.rules.unconfirmed_for = Duration::from_secs(6);
    let worker = venue.start(config).await;
    venue.ask(id, RelayState::On, Some(600)).await;
    plug.until(true).await;
    venue.ask(id, RelayState::Off, None).await;
    venue.sink.report("switched", |report| report["state"] == "off").await;
    plug.set_fault(Fault::Mute).await.unwrap();
    plug.forget();
    venue.ask(id, RelayState::On, Some(600)).await;
    until_received(&plug, true).await;
    let sent = Instant::now();
    venue.append(&id.stream(), PlugEvent::Retired { reason: reason("broken") }).await;
    plug.clear_fault().await.unwrap();
    plug.forget();
    // It is switched off, or found off.
    while plug.heard().len() < 4 {
        sleep(Duration::from_millis(10)).await;
    }
    // What it received before it fell silent is done only now.
    plug.press(0, true);
    plug.until(false).await;
    venue.sink.report("switched", |report| report["cause"]["kind"] == "retired").await;
    // Once that ON cannot take effect any more, it is not managed.
    sleep_until(sent + Duration::from_secs(7)).await;
    plug.press(0, true);
    sleep(Duration::from_millis(400)).await;
    worker.stop().await;
    assert!(plug.is_on());
}
