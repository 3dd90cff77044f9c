//! What people ask for, force and press.

use std::time::Duration;

use domain::{
    automation::{Action, AutomationEvent},
    plug::{PlugEvent, RelayState},
};
use jiff::SignedDuration;
use plug_simulator::{Cause, Model};

use crate::venue::{Venue, now, on_play_started};

#[tokio::test]
async fn an_ask_ends_by_itself_by_a_release_and_by_an_ask_for_off() {
    let venue = Venue::open().await;
    let (plug, id) = venue.plug(Model::plug("lamp")).await;
    let worker = venue.start(venue.config("a")).await;
    venue.ask(id, RelayState::On, Some(1)).await;
    plug.until(true).await;
    plug.until(false).await;
    venue.ask(id, RelayState::On, Some(600)).await;
    plug.until(true).await;
    venue.append(&id.stream(), PlugEvent::Released { at: now() }).await;
    plug.until(false).await;
    venue.ask(id, RelayState::On, Some(600)).await;
    plug.until(true).await;
    venue.ask(id, RelayState::Off, None).await;
    plug.until(false).await;
    let kinds: Vec<_> = venue.sink.reports("switched").iter().map(|r| r["cause"]["kind"].clone()).collect();
    assert!(
        kinds.iter().any(|kind| kind == "ask") && kinds.iter().any(|kind| kind == "release"),
        "{kinds:?}"
    );
    worker.stop().await;
}

#[tokio::test]
async fn while_off_is_asked_for_nothing_switches_it_on() {
    let venue = Venue::open().await;
    let (plug, id) = venue.plug(Model::plug("lamp")).await;
    let (other, other_id) = venue.plug(Model::plug("other")).await;
    venue.automation(on_play_started(&[id, other_id], Action::WhilePlay)).await;
    let worker = venue.start(venue.config("a")).await;
    venue.ask(id, RelayState::Off, Some(600)).await;
    venue.start_play().await;
    other.until(true).await;
    venue.sink.report("skipped", |report| report["reason"].as_str().unwrap().contains("asked")).await;
    assert!(plug.changes().is_empty());
    worker.stop().await;
}

#[tokio::test]
async fn a_late_ask_for_on_is_dropped_and_reported() {
    let venue = Venue::open().await;
    let (plug, id) = venue.plug(Model::plug("lamp")).await;
    let worker = venue.start(venue.config("a")).await;
    venue.ask_at(id, RelayState::On, Some(600), now() - SignedDuration::from_mins(1)).await;
    venue.sink.report("refused", |report| report["error"].as_str().unwrap().starts_with("late")).await;
    assert!(plug.changes().is_empty());
    worker.stop().await;
}

#[tokio::test]
async fn a_pressed_button_counts_for_a_while() {
    let venue = Venue::open().await;
    let (plug, id) = venue.plug(Model::plug("lamp")).await;
    venue.bind(id).await;
    let mut config = venue.config("a");
    config.rules.override_for = Duration::from_millis(800);
    let worker = venue.start(config).await;
    venue.sink.reports("switched");
    // Known to be off, and then on all the same.
    wait_until_looked_at(&plug).await;
    plug.press(0, true);
    let seen = venue.sink.report("overridden", |report| report["state"] == "on").await;
    assert!(seen["until"].as_str() > seen["at"].as_str(), "{seen}");
    plug.until(false).await;
    venue.sink.report("switched", |report| report["cause"]["kind"] == "override_end").await;
    let causes: Vec<_> = plug.changes().iter().map(|change| change.cause).collect();
    assert_eq!(causes, [Cause::Button, Cause::Request]);
    worker.stop().await;
}

#[tokio::test]
async fn a_button_does_not_go_round_an_ask_for_off() {
    let venue = Venue::open().await;
    let (plug, id) = venue.plug(Model::plug("lamp")).await;
    let worker = venue.start(venue.config("a")).await;
    venue.ask(id, RelayState::Off, Some(600)).await;
    wait_until_looked_at(&plug).await;
    plug.press(0, true);
    plug.until(false).await;
    venue.sink.report("overridden", |report| report["state"] == "on").await;
    worker.stop().await;
}

#[tokio::test]
async fn a_plug_that_is_not_managed_is_looked_at_and_never_switched() {
    let venue = Venue::open().await;
    let (fridge, _) = venue.plug(Model::new_meter("fridge")).await;
    fridge.press(0, true);
    let worker = venue.start(venue.config("a")).await;
    venue.sink.report("reading", |_| true).await;
    let seen = venue.sink.report("overridden", |report| report["state"] == "on").await;
    assert_eq!(seen["until"], seen["at"], "it is not respected");
    fridge.press(0, false);
    venue.sink.report("overridden", |report| report["state"] == "off").await;
    fridge.press(0, true);
    worker.stop().await;
    assert!(fridge.is_on());
    assert_eq!(fridge.changes().len(), 3, "only its button");
}

#[tokio::test]
async fn a_retired_or_unbound_plug_is_switched_off_once_and_released() {
    let venue = Venue::open().await;
    let (plug, id) = venue.plug(Model::plug("lamp")).await;
    venue.bind(id).await;
    let worker = venue.start(venue.config("a")).await;
    venue.ask(id, RelayState::On, Some(600)).await;
    plug.until(true).await;
    venue.append(&id.stream(), PlugEvent::Retired { reason: crate::venue::reason("broken") }).await;
    plug.until(false).await;
    venue.sink.report("switched", |report| report["cause"]["kind"] == "retired").await;
    plug.press(0, true);
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert!(plug.is_on(), "it is not managed any more");
    worker.stop().await;
}

#[tokio::test]
async fn a_plug_that_is_off_already_is_released_as_well() {
    let venue = Venue::open().await;
    let (plug, id) = venue.plug(Model::plug("lamp")).await;
    venue.bind(id).await;
    let worker = venue.start(venue.config("a")).await;
    wait_until_looked_at(&plug).await;
    venue.append(&id.stream(), PlugEvent::Retired { reason: crate::venue::reason("sold") }).await;
    let mut looks = 0;
    while looks != plug.heard().len() {
        looks = plug.heard().len();
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    plug.press(0, true);
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert!(plug.is_on(), "it is not managed any more");
    assert_eq!(plug.changes().len(), 1, "only its button");
    worker.stop().await;
}

#[tokio::test]
async fn a_forced_automation_holds_and_a_forced_off_one_does_nothing() {
    let venue = Venue::open().await;
    let (plug, id) = venue.plug(Model::plug("lamp")).await;
    let automation = venue.automation(on_play_started(&[id], Action::WhilePlay)).await;
    let worker = venue.start(venue.config("a")).await;
    let force =
        |state| AutomationEvent::Forced { state, until: now() + SignedDuration::from_mins(5), at: now() };
    venue.append(&automation.stream(), force(RelayState::On)).await;
    plug.until(true).await;
    venue.append(&automation.stream(), AutomationEvent::Unforced { at: now() }).await;
    plug.until(false).await;
    venue.append(&automation.stream(), force(RelayState::Off)).await;
    venue.start_play().await;
    venue.sink.report("skipped", |report| report["reason"].as_str().unwrap().contains("forced off")).await;
    venue.append(&automation.stream(), AutomationEvent::Pulsed { milliseconds: 1_000, at: now() }).await;
    plug.until(true).await;
    plug.until(false).await;
    assert_eq!(plug.changes().len(), 4);
    worker.stop().await;
}

/// Two looks: the state of the relay has been reported and stored.
async fn wait_until_looked_at(plug: &plug_simulator::Plug) {
    let looks = |plug: &plug_simulator::Plug| {
        let heard = plug.heard();
        heard.iter().filter(|heard| heard.request.as_deref().is_some_and(|r| r.contains("sysinfo"))).count()
    };
    let before = looks(plug);
    while looks(plug) < before + 3 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
