//! The event store, the leases and the command API are out of reach.

use std::time::Duration;

use device_worker::Config;
use domain::{
    automation::{Action, AutomationSpec, Trigger},
    plug::RelayState,
};
use plug_simulator::{Model, Plug};
use tokio::time::{Instant, sleep};

use crate::venue::{Venue, on_play_started};

/// A rule of time alone.
fn every(seconds: u32, spec: AutomationSpec) -> AutomationSpec {
    AutomationSpec { trigger: Trigger::Every { seconds }, ..spec }
}

/// Whether it was switched on after its first so many changes.
fn came_on_after(plug: &Plug, changes: usize) -> bool {
    plug.changes().iter().skip(changes).any(|change| change.on)
}

fn impatient(venue: &Venue, name: &str) -> Config {
    Config { catch_up_within: Duration::from_millis(500), ..venue.config(name) }
}

#[tokio::test]
async fn a_worker_that_restarts_cut_off_switches_off_what_is_due_and_nothing_on_until_the_log_is_back() {
    let venue = Venue::open().await;
    let (lamp, lamp_id) = venue.plug(Model::plug("lamp").without_countdown()).await;
    let (sign, sign_id) = venue.plug(Model::plug("sign").without_countdown()).await;
    let (fan, fan_id) = venue.plug(Model::plug("fan")).await;
    venue.automation(every(2, on_play_started(&[fan_id], Action::On { seconds: 1 }))).await;
    let worker = venue.start(impatient(&venue, "a")).await;
    let standby = venue.start_beside(impatient(&venue, "b"));
    let asked = Instant::now();
    venue.ask(lamp_id, RelayState::On, Some(2)).await;
    venue.ask(sign_id, RelayState::On, Some(600)).await;
    for (plug, id) in [(&lamp, lamp_id), (&sign, sign_id)] {
        plug.until(true).await;
        let is_it = |report: &serde_json::Value| report["plug_id"] == id.to_string();
        venue.sink.report("switched", is_it).await;
    }
    // Both have read of it.
    sleep(Duration::from_millis(300)).await;
    standby.kill().await;
    worker.kill().await;
    assert!(lamp.is_on(), "it was killed too late");
    let (killed, fan_before) = (Instant::now(), fan.changes().len());
    venue.be_cut_off(true);
    tokio::time::sleep_until(asked + Duration::from_millis(2_100)).await;
    // Another worker may lead, and this one did not.
    let standby = venue.start_beside(impatient(&venue, "b"));
    // It waits for the log for half a second.
    sleep(Duration::from_secs(1)).await;
    assert!(lamp.is_on() && lamp.changes().len() == 1);
    standby.kill().await;
    let worker = venue.start_beside(impatient(&venue, "a"));
    lamp.until(false).await;
    assert!(sign.is_on(), "what it knows of lives still");
    // A worker that took over may have released it: what is off stays off, also what time alone would switch on.
    sign.press(0, false);
    // The fan would have come on by now.
    tokio::time::sleep_until(killed + Duration::from_secs(6)).await;
    assert!(!came_on_after(&fan, fan_before), "{:?}", fan.changes());
    assert!(!sign.is_on() && !lamp.is_on());
    venue.be_cut_off(false);
    sign.until(true).await;
    fan.until(true).await;
    venue.ask(lamp_id, RelayState::On, Some(600)).await;
    lamp.until(true).await;
    let is_off =
        |report: &serde_json::Value| report["plug_id"] == lamp_id.to_string() && report["state"] == "off";
    let off = venue.sink.report("switched", is_off).await;
    assert_eq!(off["cause"]["reason"], "the time it was asked for is over");
    worker.stop().await;
    assert!(!sign.is_on() && !lamp.is_on() && !fan.is_on());
}

#[tokio::test]
async fn a_worker_that_stops_after_a_restart_cut_off_leaves_its_plugs_off() {
    let venue = Venue::open().await;
    let (sign, id) = venue.plug(Model::plug("sign").without_countdown()).await;
    let worker = venue.start(impatient(&venue, "a")).await;
    venue.ask(id, RelayState::On, Some(600)).await;
    sign.until(true).await;
    venue.sink.report("switched", |_| true).await;
    worker.kill().await;
    venue.be_cut_off(true);
    sign.forget();
    let worker = venue.start_beside(impatient(&venue, "a"));
    while sign.heard().is_empty() {
        sleep(Duration::from_millis(10)).await;
    }
    assert!(sign.is_on());
    worker.stop().await;
    assert!(!sign.is_on());
}

#[tokio::test]
async fn a_worker_that_is_cut_off_goes_on_and_reports_later() {
    let venue = Venue::open().await;
    let (lamp, lamp_id) = venue.plug(Model::plug("lamp").without_countdown()).await;
    let (fan, fan_id) = venue.plug(Model::plug("fan").without_countdown()).await;
    let worker = venue.start(venue.config("a")).await;
    venue.ask(lamp_id, RelayState::On, Some(2)).await;
    venue.automation(every(3, on_play_started(&[fan_id], Action::On { seconds: 1 }))).await;
    lamp.until(true).await;
    // The rule is known once its plug is looked at as one to be off.
    venue.sink.report("switched", |report| report["plug_id"] == lamp_id.to_string()).await;
    sleep(Duration::from_millis(300)).await;
    venue.be_cut_off(true);
    let before = fan.changes().len();
    lamp.until(false).await;
    for on in [true, false] {
        fan.until(on).await;
    }
    assert!(fan.changes().len() >= before + 2);
    // This it cannot know of yet.
    venue.ask(lamp_id, RelayState::On, Some(600)).await;
    sleep(Duration::from_millis(500)).await;
    assert_eq!(lamp.changes().len(), 2);
    venue.be_cut_off(false);
    lamp.until(true).await;
    let states = |plug: &str| {
        let reports = venue.sink.reports("switched");
        let switched = reports.iter().filter(|report| report["plug_id"] == plug);
        // That it is off at first may be reported too.
        switched.map(|report| report["state"] == "on").skip_while(|on| !on).collect::<Vec<_>>()
    };
    while states(&lamp_id.to_string()).len() < 3 {
        sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(states(&lamp_id.to_string()), [true, false, true]);
    worker.stop().await;
    let seen = |plug: &Plug| plug.changes().iter().map(|change| change.on).collect::<Vec<_>>();
    assert_eq!(states(&fan_id.to_string()), seen(&fan), "every switch, once and in order");
    assert!(venue.sink.reports("switched").iter().all(|report| report["cause"]["reason"] != ""));
}

#[tokio::test]
async fn a_rule_of_time_that_is_withheld_is_in_the_log_as_skipped() {
    let venue = Venue::open().await;
    let (fan, fan_id) = venue.plug(Model::plug("fan").without_countdown()).await;
    venue.automation(every(2, on_play_started(&[fan_id], Action::On { seconds: 1 }))).await;
    let worker = venue.start(impatient(&venue, "a")).await;
    for on in [true, false] {
        fan.until(on).await;
    }
    worker.kill().await;
    venue.be_cut_off(true);
    let acted_on = |venue: &Venue| {
        let acted = venue.sink.reports("acted");
        acted.iter().filter(|report| report["action"] == "on").count()
    };
    let before = (acted_on(&venue), fan.changes().len());
    let worker = venue.start_beside(impatient(&venue, "a"));
    // It comes after two seconds at the latest, and would last for one.
    sleep(Duration::from_millis(3_500)).await;
    assert_eq!(fan.changes().len(), before.1);
    venue.be_cut_off(false);
    let is_cut_off = |report: &serde_json::Value| report["reason"].as_str().unwrap().contains("out of reach");
    venue.sink.report("skipped", is_cut_off).await;
    fan.until(true).await;
    worker.stop().await;
    let ons = fan.changes().iter().skip(before.1).filter(|change| change.on).count();
    assert!(acted_on(&venue) - before.0 <= ons + 1, "what did not happen is reported as done");
}
