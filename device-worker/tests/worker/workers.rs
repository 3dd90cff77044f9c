//! Several workers for one location.

use std::time::Duration;

use domain::{automation::Action, plug::RelayState};
use jiff::SignedDuration;
use plug_simulator::Model;
use store::Leases as _;

use crate::venue::{Venue, now, on_play_started};

#[tokio::test]
async fn of_two_workers_one_switches_and_the_other_takes_over() {
    let venue = Venue::open().await;
    let (plug, id) = venue.plug(Model::plug("light")).await;
    venue.automation(on_play_started(&[id], Action::WhilePlay)).await;
    let first = venue.start(venue.config("a")).await;
    // It has the lease when it looks.
    while plug.heard().is_empty() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let second = venue.start_beside(venue.config("b"));
    let play = venue.start_play().await;
    plug.until(true).await;
    venue.sink.report("acted", |_| true).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(venue.sink.reports("acted").len(), 1, "only one acts");
    first.kill().await;
    venue.abort_play(play, now()).await;
    plug.until(false).await;
    venue.start_play().await;
    plug.until(true).await;
    second.stop().await;
    assert!(!plug.is_on());
}

#[tokio::test]
async fn a_dead_worker_whose_clock_was_ahead_keeps_no_standby_out() {
    let venue = Venue::open().await;
    let (plug, id) = venue.plug(Model::plug("light")).await;
    venue.bind(id).await;
    let (lease, ahead) = (device_worker::lease::name(venue.location), now() + SignedDuration::from_hours(2));
    let config = venue.config("b");
    let held = venue.store.acquire_lease(&lease, "dead", ahead, config.lease_ttl).await.unwrap().unwrap();
    let standby = venue.start_beside(config);
    while venue.store.read_lease(&lease).await.unwrap().as_ref() == Some(&held) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    venue.ask(id, RelayState::On, Some(600)).await;
    plug.until(true).await;
    standby.stop().await;
    assert!(!plug.is_on());
}

#[tokio::test]
async fn a_worker_that_never_held_the_lease_switches_nothing_before_it_has_it() {
    let venue = Venue::open().await;
    let (plug, id) = venue.plug(Model::plug("light")).await;
    let (left_on, left_on_id) = venue.plug(Model::plug("forgotten")).await;
    venue.bind(left_on_id).await;
    // An ON of the other worker may still take effect at the stop: that is not waited for.
    let (catch_up_within, stop_within) = (Duration::from_millis(200), Duration::from_millis(500));
    let config = |name| device_worker::Config { catch_up_within, stop_within, ..venue.config(name) };
    let holder = venue.start(config("a")).await;
    let standby = venue.start_beside(config("b"));
    // Both have read the log, and one of them leads.
    venue.ask(id, RelayState::On, Some(600)).await;
    plug.until(true).await;
    venue.sink.report("switched", |report| report["state"] == "on").await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    standby.kill().await;
    holder.kill().await;
    venue.leases.be_away(true);
    venue.ask(id, RelayState::Off, None).await;
    left_on.press(0, true);
    let standby = venue.start_beside(config("b"));
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(plug.is_on() && left_on.is_on(), "another worker may lead");
    // The one that held it goes on without the store.
    let holder = venue.start_beside(config("a"));
    plug.until(false).await;
    left_on.until(false).await;
    venue.ask(id, RelayState::On, Some(600)).await;
    plug.until(true).await;
    holder.kill().await;
    venue.leases.be_away(false);
    venue.ask(id, RelayState::Off, None).await;
    plug.until(false).await;
    assert_eq!((plug.changes().len(), left_on.changes().len()), (4, 2));
    standby.stop().await;
}

#[tokio::test]
async fn a_skip_while_no_worker_led_is_in_the_log_once_one_leads() {
    let venue = Venue::open().await;
    let (plug, id) = venue.plug(Model::plug("light")).await;
    venue.automation(on_play_started(&[id], Action::WhilePlay)).await;
    let holder = venue.start(venue.config("a")).await;
    let standby = venue.start_beside(venue.config("b"));
    tokio::time::sleep(Duration::from_millis(300)).await;
    holder.kill().await;
    venue.start_play_at(now() - SignedDuration::from_secs(20)).await;
    venue.ask_at(id, RelayState::On, Some(600), now() - SignedDuration::from_secs(20)).await;
    let skipped = venue.sink.report("skipped", |_| true).await;
    assert!(skipped["reason"].as_str().unwrap().starts_with("late"), "{skipped}");
    let refused = venue.sink.report("refused", |_| true).await;
    assert!(refused["error"].as_str().unwrap().starts_with("late"), "{refused}");
    assert!(plug.changes().is_empty());
    standby.stop().await;
}
