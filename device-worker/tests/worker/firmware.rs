//! Devices whose firmware does less than others', or speaks another language.

use std::time::Duration;

use plug_simulator::{Fault, Model};
use shared::domain::plug::RelayState;

use crate::venue::Venue;

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
