//! What survives the end of a worker, and what does not.

use std::time::Duration;

use device_worker::store::DeviceStore;
use domain::{
    automation::Action,
    plug::{Cause, CauseKind, PlugEvent, PlugReport, RelayState},
};
use jiff::SignedDuration;
use plug_simulator::Model;
use read_store::ReadStore;
use uuid::Uuid;

use crate::venue::{Venue, now, on_play_started};

#[tokio::test]
async fn the_stop_leaves_managed_plugs_off() {
    let venue = Venue::open().await;
    let mut plugs = Vec::new();
    for number in 0..5 {
        let (plug, id) = venue.plug(Model::plug(&format!("light {number}"))).await;
        venue.automation(on_play_started(&[id], Action::WhilePlay)).await;
        plugs.push(plug);
    }
    let worker = venue.start(venue.config("a")).await;
    venue.start_play().await;
    for plug in &plugs {
        plug.until(true).await;
    }
    worker.stop().await;
    assert!(plugs.iter().all(|plug| !plug.is_on()));
    assert_eq!(venue.sink.reports("switched").iter().filter(|r| r["cause"]["kind"] == "shutdown").count(), 5);
}

#[tokio::test]
async fn a_killed_workers_plug_is_switched_off_by_the_next_start() {
    let venue = Venue::open().await;
    let (plug, id) = venue.plug(Model::plug("light")).await;
    venue.automation(on_play_started(&[id], Action::WhilePlay)).await;
    let worker = venue.start(venue.config("a")).await;
    let play = venue.start_play().await;
    plug.until(true).await;
    venue.sink.report("switched", |report| report["state"] == "on").await;
    worker.kill().await;
    assert!(plug.is_on());
    // While no worker ran the play ended, and a later one came that is too old by now.
    venue.abort_play(play, now() - SignedDuration::from_secs(30)).await;
    venue.start_play_at(now() - SignedDuration::from_secs(20)).await;
    let worker = venue.start(venue.config("a")).await;
    plug.until(false).await;
    venue.sink.report("skipped", |report| report["reason"].as_str().unwrap().starts_with("late")).await;
    assert_eq!(plug.changes().len(), 2);
    worker.stop().await;
}

#[tokio::test]
async fn what_still_lives_goes_on_after_a_restart() {
    let venue = Venue::open().await;
    let (plug, id) = venue.plug(Model::plug("light")).await;
    let worker = venue.start(venue.config("a")).await;
    venue.ask(id, RelayState::On, Some(3)).await;
    plug.until(true).await;
    venue.sink.report("switched", |report| report["state"] == "on").await;
    worker.kill().await;
    let worker = venue.start(venue.config("a")).await;
    plug.until(false).await;
    let changes = plug.changes();
    assert_eq!(changes.len(), 2, "it stayed on across the restart");
    let was_on = changes[1].at.duration_since(changes[0].at);
    assert!(was_on >= Duration::from_secs(2), "{was_on:?}");
    worker.stop().await;
}

#[tokio::test]
async fn a_first_start_switches_nothing_on_and_what_nothing_wants_off() {
    let venue = Venue::open().await;
    let (plug, id) = venue.plug(Model::plug("light")).await;
    let (left_on, left_on_id) = venue.plug(Model::plug("forgotten")).await;
    venue.bind(left_on_id).await;
    left_on.press(0, true);
    venue.automation(on_play_started(&[id], Action::WhilePlay)).await;
    venue.start_play().await;
    let worker = venue.start(venue.config("a")).await;
    left_on.until(false).await;
    let off = venue.sink.report("switched", |_| true).await;
    assert_eq!((&off["cause"]["kind"], &off["plug_id"]), (&"start".into(), &left_on_id.to_string().into()));
    assert!(plug.changes().is_empty(), "history triggers nothing");
    worker.stop().await;
}

#[tokio::test]
async fn a_worker_without_its_file_switches_off_what_was_asked_on_and_releases_it() {
    let venue = Venue::open().await;
    let (lamp, lamp_id) = venue.plug(Model::plug("lamp")).await;
    let (fridge, fridge_id) = venue.plug(Model::plug("fridge")).await;
    for (plug, id) in [(&lamp, lamp_id), (&fridge, fridge_id)] {
        venue.ask(id, RelayState::On, Some(600)).await;
        plug.press(0, true);
    }
    // It was released long before.
    venue.ask(fridge_id, RelayState::Off, None).await;
    let worker = venue.start(venue.config("a")).await;
    lamp.until(false).await;
    let off = venue.sink.report("switched", |report| report["state"] == "off").await;
    assert_eq!((&off["cause"]["kind"], &off["plug_id"]), (&"start".into(), &lamp_id.to_string().into()));
    venue.sink.report("overridden", |report| report["plug_id"] == fridge_id.to_string()).await;
    lamp.press(0, true);
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert!(lamp.is_on() && fridge.is_on(), "they are not managed");
    worker.stop().await;
}

#[tokio::test]
async fn a_worker_without_its_file_switches_off_what_another_left_on() {
    let venue = Venue::open().await;
    let (lamp, lamp_id) = venue.plug(Model::plug("lamp")).await;
    venue.ask(lamp_id, RelayState::On, Some(600)).await;
    let reason = crate::venue::reason("asked for");
    let cause = Cause::new(CauseKind::Ask, reason);
    let report = PlugReport::Switched { state: RelayState::On, cause };
    venue.append(&lamp_id.stream(), PlugEvent::Reported { report, at: now() }).await;
    lamp.press(0, true);
    // The worker is gone when this happens, and so is what it knew.
    venue.append(&lamp_id.stream(), PlugEvent::Released { at: now() }).await;
    let worker = venue.start(venue.config("a")).await;
    lamp.until(false).await;
    let off = venue.sink.report("switched", |report| report["state"] == "off").await;
    assert_eq!(off["cause"]["kind"], "start");
    worker.stop().await;
}

#[tokio::test]
async fn reports_outlast_a_command_api_that_is_away_and_arrive_in_order() {
    let venue = Venue::open().await;
    let (plug, id) = venue.plug(Model::plug("light")).await;
    venue.sink.be_away(true);
    let worker = venue.start(venue.config("a")).await;
    for _ in 0..3 {
        venue.ask(id, RelayState::On, Some(600)).await;
        plug.until(true).await;
        venue.ask(id, RelayState::Off, None).await;
        plug.until(false).await;
    }
    worker.stop().await;
    assert!(venue.sink.reports("switched").is_empty());
    venue.sink.be_away(false);
    let worker = venue.start(venue.config("a")).await;
    while venue.sink.reports("switched").len() < 6 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let states: Vec<_> = venue.sink.reports("switched").iter().map(|r| r["state"].clone()).collect();
    assert_eq!(states, ["on", "off", "on", "off", "on", "off"]);
    worker.stop().await;
}

#[tokio::test]
async fn a_file_of_another_form_is_built_anew_from_the_log_and_keeps_what_only_it_knows() {
    let venue = Venue::open().await;
    let (plug, id) = venue.plug(Model::plug("light")).await;
    venue.bind(id).await;
    venue.sink.be_away(true);
    let worker = venue.start(venue.config("a")).await;
    venue.ask(id, RelayState::On, Some(600)).await;
    plug.until(true).await;
    worker.stop().await;
    let file = venue.file("a.db");
    let kept = async || {
        let store = DeviceStore::open(&file).await.unwrap();
        let owner = store.owner(Uuid::nil()).await.unwrap();
        let kept = (owner, store.led().await.unwrap(), store.oldest(venue.location, 0, 100).await.unwrap());
        store.close().await;
        kept
    };
    let before = kept().await;
    assert!(before.1.contains(&venue.location) && !before.2.is_empty());
    let db = ReadStore::open(&file, 1).await.unwrap();
    let mut tx = db.begin_catalog().await.unwrap();
    tx.execute("UPDATE worker_meta SET state_schema = state_schema - 1", &[]).await.unwrap();
    tx.execute("UPDATE worker_plugs SET state = 'of another form'", &[]).await.unwrap();
    tx.commit().await.unwrap();
    db.close().await;
    let store = DeviceStore::open(&file).await.unwrap();
    let loaded = store.load().await.unwrap();
    assert!(loaded.checkpoint.is_none() && loaded.locations.is_empty());
    store.close().await;
    assert_eq!(kept().await, before);
    // It knows from the log alone that the plug is its own.
    plug.press(0, true);
    venue.sink.be_away(false);
    let worker = venue.start(venue.config("a")).await;
    plug.until(false).await;
    let off = venue.sink.report("switched", |report| report["cause"]["kind"] == "start").await;
    assert_eq!(off["plug_id"], id.to_string());
    assert_eq!(venue.sink.reports("switched")[0]["state"], "on", "what waited was sent first");
    worker.stop().await;
}
