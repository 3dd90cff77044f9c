//! Events and the plugs they switch.

use std::time::Duration;

use domain::automation::{Action, Limits};
use jiff::SignedDuration;
use plug_simulator::{Cause, Model};

use crate::venue::{Venue, always_quiet, now, on_play_started};

#[tokio::test]
async fn a_play_switches_its_lights_on_and_its_end_switches_them_off() {
    let venue = Venue::open().await;
    let (light, id) = venue.plug(Model::plug("light")).await;
    let automation = venue.automation(on_play_started(&[id], Action::WhilePlay)).await;
    let worker = venue.start(venue.config("a")).await;
    let play = venue.start_play().await;
    light.until(true).await;
    assert!(light.has_countdown(), "it would go off without the worker");
    venue.abort_play(play, now()).await;
    light.until(false).await;
    let on = venue.sink.report("switched", |report| report["state"] == "on").await;
    assert_eq!(on["cause"]["kind"], "automation");
    assert_eq!(on["cause"]["automation_id"], automation.to_string());
    assert!(on["cause"]["event_position"].is_u64());
    let off = venue.sink.report("switched", |report| report["state"] == "off").await;
    assert_eq!(off["cause"]["kind"], "hold_end");
    venue.sink.report("acted", |report| report["action"] == "off").await;
    worker.stop().await;
}

#[tokio::test]
async fn a_timed_on_ends_by_itself_and_a_maximum_ends_it_sooner() {
    let venue = Venue::open().await;
    let (timed, timed_id) = venue.plug(Model::plug("fog")).await;
    let (limited, limited_id) = venue.plug(Model::plug("siren")).await;
    venue.automation(on_play_started(&[timed_id], Action::On { seconds: 1 })).await;
    let limits = Limits { max_on_seconds: 1, ..Limits::default() };
    let limited_spec = on_play_started(&[limited_id], Action::On { seconds: 600 });
    venue.automation(domain::automation::AutomationSpec { limits, ..limited_spec }).await;
    let worker = venue.start(venue.config("a")).await;
    venue.start_play().await;
    for plug in [&timed, &limited] {
        while plug.changes().len() < 2 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert!(plug.changes().iter().all(|change| change.cause == Cause::Request));
        assert!(!plug.is_on());
    }
    venue.sink.report("switched", |report| report["cause"]["kind"] == "limit").await;
    worker.stop().await;
}

#[tokio::test]
async fn two_automations_hold_a_plug_on_until_the_last_ends() {
    let venue = Venue::open().await;
    let (plug, id) = venue.plug(Model::plug("light")).await;
    venue.automation(on_play_started(&[id], Action::Pulse { milliseconds: 300 })).await;
    venue.automation(on_play_started(&[id], Action::WhilePlay)).await;
    let worker = venue.start(venue.config("a")).await;
    let play = venue.start_play().await;
    plug.until(true).await;
    // The pulse is over and says so; the play still holds it.
    venue.sink.report("acted", |report| report["action"] == "off").await;
    assert_eq!(plug.changes().len(), 1);
    venue.abort_play(play, now()).await;
    plug.until(false).await;
    assert_eq!(plug.changes().len(), 2);
    worker.stop().await;
}

#[tokio::test]
async fn of_two_plays_at_once_the_last_to_end_switches_it_off() {
    let venue = Venue::open().await;
    let (plug, id) = venue.plug(Model::plug("light")).await;
    venue.automation(on_play_started(&[id], Action::WhilePlay)).await;
    let worker = venue.start(venue.config("a")).await;
    let first = venue.start_play().await;
    plug.until(true).await;
    let second = venue.start_play().await;
    while venue.sink.reports("acted").len() < 2 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    venue.abort_play(second, now()).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(plug.is_on(), "the first still runs");
    venue.abort_play(first, now()).await;
    plug.until(false).await;
    assert_eq!(plug.changes().len(), 2);
    worker.stop().await;
}

#[tokio::test]
async fn a_late_on_is_dropped_and_a_late_off_is_not() {
    let venue = Venue::open().await;
    let (plug, id) = venue.plug(Model::plug("light")).await;
    venue.automation(on_play_started(&[id], Action::WhilePlay)).await;
    let worker = venue.start(venue.config("a")).await;
    let late = || now() - SignedDuration::from_mins(1);
    venue.start_play_at(late()).await;
    let skipped = venue.sink.report("skipped", |_| true).await;
    assert!(skipped["reason"].as_str().unwrap().starts_with("late"), "{skipped}");
    let play = venue.start_play().await;
    plug.until(true).await;
    venue.abort_play(play, late()).await;
    plug.until(false).await;
    assert_eq!(plug.changes().len(), 2, "the late ON never happened");
    worker.stop().await;
}

#[tokio::test]
async fn a_closed_gate_and_a_limit_are_logged_with_their_reason() {
    let venue = Venue::open().await;
    let (plug, id) = venue.plug(Model::plug("siren")).await;
    let quiet = on_play_started(&[id], Action::On { seconds: 5 });
    venue.automation(domain::automation::AutomationSpec { gates: always_quiet(), ..quiet }).await;
    let worker = venue.start(venue.config("a")).await;
    venue.start_play().await;
    let skipped = venue.sink.report("skipped", |_| true).await;
    assert!(skipped["reason"].as_str().unwrap().contains("quiet hours"), "{skipped}");
    let rare = on_play_started(&[id], Action::Pulse { milliseconds: 1_000 });
    let limits = Limits { min_interval_seconds: 60, ..Limits::default() };
    venue.automation(domain::automation::AutomationSpec { limits, ..rare }).await;
    venue.start_play().await;
    plug.until(true).await;
    plug.until(false).await;
    venue.start_play().await;
    venue.sink.report("skipped", |report| report["reason"].as_str().unwrap().contains("too soon")).await;
    assert_eq!(plug.changes().len(), 2);
    worker.stop().await;
}

#[tokio::test]
async fn an_outlet_of_a_strip_is_switched_alone() {
    let venue = Venue::open().await;
    let strip = plug_simulator::Plug::start(Model::strip("strip")).await.unwrap();
    let first = venue.register(&strip, strip.child_id(0)).await;
    let second = venue.register(&strip, strip.child_id(1)).await;
    venue.automation(on_play_started(&[second], Action::WhilePlay)).await;
    venue.automation(on_play_started(&[first], Action::Pulse { milliseconds: 1_000 })).await;
    let worker = venue.start(venue.config("a")).await;
    let play = venue.start_play().await;
    strip.until_outlet(0, true).await;
    strip.until_outlet(1, true).await;
    strip.until_outlet(0, false).await;
    assert!(strip.is_outlet_on(1) && !strip.is_outlet_on(2));
    venue.abort_play(play, now()).await;
    strip.until_outlet(1, false).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(strip.changes().iter().all(|change| change.outlet != 2));
    worker.stop().await;
}
