//! Devices whose firmware does less than others', or speaks another language.

use std::time::Duration;

use device_worker::Config;
use domain::plug::RelayState;
use plug_simulator::{Fault, Model};

use crate::venue::Venue;

/// Asks soon for the language of a plug that does not answer.
fn probing(venue: &Venue) -> Config {
    let mut config = venue.config("a");
    config.client.firmware_probe = Duration::from_millis(300);
    config
}

#[tokio::test]
async fn a_plug_that_speaks_another_language_is_not_offline() {
    let venue = Venue::open().await;
    let (plug, id) = venue.plug(Model::plug("light")).await;
    venue.bind(id).await;
    let worker = venue.start(probing(&venue)).await;
    while plug.heard().is_empty() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    plug.set_fault(Fault::NewFirmware).await.unwrap();
    let refused = venue.sink.report("refused", |report| report["plug_id"] == id.to_string()).await;
    assert!(refused["error"].as_str().unwrap().contains("KLAP"), "{refused}");
    assert_eq!(refused["state"], "off");
    venue.ask(id, RelayState::On, Some(600)).await;
    let refused = venue.sink.report("refused", |report| report["state"] == "on").await;
    assert!(refused["error"].as_str().unwrap().contains("KLAP"), "{refused}");
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(venue.sink.reports("refused").len(), 2, "once a desired state");
    assert!(venue.sink.reports("unreachable").is_empty());
    // Its maker gives it the old language back.
    plug.clear_fault().await.unwrap();
    plug.until(true).await;
    worker.stop().await;
    assert!(!plug.is_on());
}

#[tokio::test]
async fn a_stranger_of_another_language_is_refused_as_a_stranger() {
    let venue = Venue::open().await;
    let (plug, id) = venue.plug(Model::plug("light")).await;
    venue.bind(id).await;
    let worker = venue.start(probing(&venue)).await;
    plug.replace_with(Model::plug("stranger")).await.unwrap();
    plug.set_fault(Fault::NewFirmware).await.unwrap();
    venue.sink.report("identity_refused", |report| report["found_mac"] == plug.mac()).await;
    venue.sink.report("unreachable", |_| true).await;
    worker.kill().await;
}

#[tokio::test]
async fn a_countdown_that_is_refused_for_now_is_armed_later() {
    let venue = Venue::open().await;
    let (plug, id) = venue.plug(Model::plug("light")).await;
    plug.set_fault(Fault::Refusal { method: Some("add_rule"), code: -5 }).await.unwrap();
    let mut config = venue.config("a");
    config.timing.dead_man = Duration::from_secs(5);
    let worker = venue.start(config).await;
    venue.ask(id, RelayState::On, Some(600)).await;
    plug.until(true).await;
    venue.sink.report("switched", |report| report["state"] == "on").await;
    plug.clear_fault().await.unwrap();
    while !plug.has_countdown() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    venue.ask(id, RelayState::Off, None).await;
    plug.until(false).await;
    while plug.has_countdown() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    worker.stop().await;
}

#[tokio::test]
async fn a_device_without_a_countdown_is_asked_for_one_once() {
    let venue = Venue::open().await;
    let (plug, id) = venue.plug(Model::plug("light").without_countdown()).await;
    let mut config = venue.config("a");
    config.timing.dead_man = Duration::from_secs(1);
    let worker = venue.start(config).await;
    venue.ask(id, RelayState::On, Some(600)).await;
    plug.until(true).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let heard = plug.heard();
    let asked =
        heard.iter().filter(|heard| heard.request.as_deref().is_some_and(|r| r.contains("count_down")));
    assert_eq!(asked.count(), 1);
    worker.stop().await;
    assert!(!plug.is_on());
}
