//! Plugs that restart between two looks, so that no request of ours ever fails.

use std::time::Duration;

use device_worker::Config;
use domain::plug::RelayState;
use plug_simulator::{Cause, Fault, Model, Plug};

use crate::venue::Venue;

/// Looks so seldom that a plug can restart meanwhile.
fn config(venue: &Venue) -> Config {
    let mut config = venue.config("a");
    config.timing.poll = (Duration::from_secs(1), Duration::from_secs(1));
    config
}

/// Restarts right after a look.
async fn restart(plug: &Plug) {
    let heard = plug.heard().len();
    while plug.heard().len() == heard {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    plug.reboot(Duration::from_millis(20)).await.unwrap();
}

#[tokio::test]
async fn a_plug_that_comes_back_off_is_switched_on_again() {
    let venue = Venue::open().await;
    let (plug, id) = venue.plug(Model::plug("light").starting_off()).await;
    let worker = venue.start(config(&venue)).await;
    venue.ask(id, RelayState::On, Some(600)).await;
    plug.until(true).await;
    restart(&plug).await;
    plug.until(false).await;
    while !plug.is_on() {
        assert_eq!(venue.sink.reports("overridden").iter().filter(|r| r["until"] != r["at"]).count(), 0);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let causes: Vec<_> = plug.changes().iter().map(|change| change.cause).collect();
    assert_eq!(causes, [Cause::Request, Cause::Power, Cause::Request]);
    assert!(venue.sink.reports("unreachable").is_empty(), "it was not noticed");
    worker.stop().await;
    assert!(!plug.is_on());
}

#[tokio::test]
async fn a_plug_that_comes_back_on_gets_its_countdown_back() {
    let venue = Venue::open().await;
    let (plug, id) = venue.plug(Model::plug("light")).await;
    let worker = venue.start(config(&venue)).await;
    venue.ask(id, RelayState::On, Some(600)).await;
    plug.until(true).await;
    assert!(plug.has_countdown());
    restart(&plug).await;
    while plug.has_countdown() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    while !plug.has_countdown() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(plug.changes().len(), 1, "it was on all the time");
    worker.stop().await;
    assert!(!plug.is_on());
}

#[tokio::test]
async fn the_button_of_a_plug_that_hangs_up_after_every_answer_counts() {
    let venue = Venue::open().await;
    let (plug, id) = venue.plug(Model::plug("light")).await;
    plug.set_fault(Fault::Cut(usize::MAX)).await.unwrap();
    let worker = venue.start(venue.config("a")).await;
    venue.ask(id, RelayState::On, Some(600)).await;
    plug.until(true).await;
    venue.sink.report("switched", |report| report["state"] == "on").await;
    plug.press(0, false);
    let pressed = venue.sink.report("overridden", |_| true).await;
    assert!(pressed["until"].as_str() > pressed["at"].as_str(), "{pressed}");
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!plug.is_on(), "a person wants it off");
    worker.stop().await;
}
