//! Strips: registered outlet by outlet, or as one plug.

use std::{collections::BTreeSet, net::SocketAddr, time::Duration};

use domain::{
    ids::PlugId,
    plug::{HardwareId, PlugEvent, RelayState},
};
use plug_simulator::{Cause, Fault, Model, Plug};

use crate::venue::{Venue, reason, search};

async fn strip() -> Plug {
    Plug::start(Model::strip("strip")).await.unwrap()
}

/// A strip that its venue registered as one plug, in a room.
async fn whole(venue: &Venue) -> (Plug, PlugId) {
    let strip = strip().await;
    let id = venue.register(&strip, None).await;
    venue.bind(id).await;
    (strip, id)
}

#[tokio::test]
async fn a_whole_strip_with_one_outlet_on_is_switched_off_at_the_start() {
    let venue = Venue::open().await;
    let (strip, _) = whole(&venue).await;
    strip.press(1, true);
    let worker = venue.start(venue.config("a")).await;
    strip.until_outlet(1, false).await;
    venue.sink.report("switched", |report| report["cause"]["kind"] == "start").await;
    worker.stop().await;
    // The same worker once more, which knows the strip to be off.
    strip.press(2, true);
    let worker = venue.start(venue.config("a")).await;
    strip.until_outlet(2, false).await;
    worker.kill().await;
}

#[tokio::test]
async fn a_whole_strip_that_a_killed_worker_left_half_on_is_switched_off_by_the_next() {
    let venue = Venue::open().await;
    let (strip, id) = whole(&venue).await;
    let worker = venue.start(venue.config("a")).await;
    venue.ask(id, RelayState::On, Some(600)).await;
    for outlet in 0..3 {
        strip.until_outlet(outlet, true).await;
    }
    venue.sink.report("switched", |report| report["state"] == "on").await;
    worker.kill().await;
    strip.press(0, false);
    venue.ask(id, RelayState::Off, None).await;
    let worker = venue.start(venue.config("a")).await;
    for outlet in 0..3 {
        strip.until_outlet(outlet, false).await;
    }
    worker.stop().await;
}

#[tokio::test]
async fn one_outlet_of_a_whole_strip_is_pressed_on_for_a_while() {
    let venue = Venue::open().await;
    let (strip, _) = whole(&venue).await;
    let mut config = venue.config("a");
    config.rules.override_for = Duration::from_millis(800);
    let worker = venue.start(config).await;
    looked_at(&strip, 3).await;
    strip.forget();
    strip.press(2, true);
    venue.sink.report("overridden", |report| report["state"] == "on").await;
    strip.until_outlet(2, false).await;
    venue.sink.report("switched", |report| report["cause"]["kind"] == "override_end").await;
    let others: Vec<_> = strip.changes().into_iter().filter(|change| change.outlet != 2).collect();
    assert!(others.is_empty(), "nothing wants these on: {others:?}");
    worker.stop().await;
}

#[tokio::test]
async fn a_whole_strip_is_switched_on_whole_and_left_as_people_press_it() {
    let venue = Venue::open().await;
    let (strip, id) = whole(&venue).await;
    let worker = venue.start(venue.config("a")).await;
    looked_at(&strip, 3).await;
    strip.press(1, true);
    venue.sink.report("overridden", |report| report["state"] == "on").await;
    venue.ask(id, RelayState::On, Some(600)).await;
    for outlet in 0..3 {
        strip.until_outlet(outlet, true).await;
    }
    venue.sink.report("switched", |report| report["state"] == "on").await;
    looked_at(&strip, 3).await;
    strip.press(0, false);
    looked_at(&strip, 3).await;
    assert!(!strip.is_outlet_on(0) && strip.is_outlet_on(1), "a person wants one lamp less");
    worker.stop().await;
    assert!(!strip.is_on());
}

#[tokio::test]
async fn each_outlet_of_a_whole_strip_goes_off_by_itself_when_its_worker_is_killed() {
    let venue = Venue::open().await;
    let (strip, id) = whole(&venue).await;
    let mut config = venue.config("a");
    config.timing.dead_man = Duration::from_secs(2);
    let worker = venue.start(config.clone()).await;
    venue.ask(id, RelayState::On, Some(600)).await;
    for outlet in 0..3 {
        strip.until_outlet(outlet, true).await;
    }
    strip.forget();
    // They are renewed as long as a worker runs.
    tokio::time::sleep(Duration::from_millis(3_200)).await;
    assert!(strip.changes().is_empty(), "{:?}", strip.changes());
    worker.kill().await;
    for outlet in 0..3 {
        strip.until_outlet(outlet, false).await;
    }
    assert!(strip.changes().iter().all(|change| change.cause == Cause::Countdown), "{:?}", strip.changes());
    // Nor is one left armed on a strip that is off.
    let worker = venue.start(config).await;
    for outlet in 0..3 {
        strip.until_outlet(outlet, true).await;
    }
    worker.stop().await;
    assert!(!strip.is_on() && !strip.has_countdown());
}

#[tokio::test]
async fn an_outlet_that_a_strip_does_not_have_is_reported_and_does_not_delay_the_countdown_of_another() {
    let venue = Venue::open().await;
    let strip = strip().await;
    let good = venue.register(&strip, strip.child_id(0)).await;
    let wrong = venue.register(&strip, Some(format!("{}99", strip.device_id()))).await;
    venue.bind(wrong).await;
    let mut config = venue.config("a");
    config.timing.dead_man = Duration::from_secs(2);
    let worker = venue.start(config).await;
    let refused = venue.sink.report("refused", |report| report["plug_id"] == wrong.to_string()).await;
    assert!(refused["error"].as_str().unwrap().contains("no outlet"), "{refused}");
    let lost = venue.sink.report("unreachable", |report| report["plug_id"] == wrong.to_string()).await;
    assert!(lost["error"].as_str().unwrap().contains("no outlet"), "{lost}");
    venue.ask(good, RelayState::On, Some(600)).await;
    strip.until_outlet(0, true).await;
    strip.forget();
    // Its own timer would have switched it off by now.
    tokio::time::sleep(Duration::from_millis(2_600)).await;
    assert!(strip.changes().is_empty(), "{:?}", strip.changes());
    let requests = strip.heard().len();
    assert!(requests < 260, "{requests} requests in 2.6 s");
    venue.ask(wrong, RelayState::On, Some(600)).await;
    venue.sink.report("refused", |report| report["state"] == "on").await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(venue.sink.reports("refused").len(), 2, "once a desired state");
    assert_eq!(venue.sink.reports("unreachable").len(), 1);
    worker.kill().await;
}

#[tokio::test]
async fn an_off_of_one_outlet_overtakes_an_on_of_another_that_hangs() {
    let venue = Venue::open().await;
    let strip = strip().await;
    let first = venue.register(&strip, strip.child_id(0)).await;
    let second = venue.register(&strip, strip.child_id(1)).await;
    let mut config = venue.config("a");
    config.timing.poll = (Duration::from_mins(1), Duration::from_mins(1));
    let worker = venue.start(config).await;
    venue.ask(first, RelayState::On, Some(600)).await;
    strip.until_outlet(0, true).await;
    venue.sink.report("switched", |report| report["state"] == "on").await;
    strip.set_fault(Fault::Mute).await.unwrap();
    strip.forget();
    venue.ask(second, RelayState::On, Some(600)).await;
    while strip.heard().iter().all(|heard| heard.request.is_none()) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let requests = strip.heard().len();
    let asked = std::time::Instant::now();
    venue.ask(first, RelayState::Off, None).await;
    let attempt = loop {
        if let Some(next) = strip.heard().get(requests) {
            break next.at;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    };
    // The other's would have hung for 2 s.
    assert!(attempt.saturating_duration_since(asked) < Duration::from_secs(1), "the OFF waits behind the ON");
    strip.clear_fault().await.unwrap();
    strip.until_outlet(0, false).await;
    strip.until_outlet(1, true).await;
    worker.stop().await;
    assert!(!strip.is_on());
}

#[tokio::test]
async fn a_strip_that_is_one_plug_is_followed_and_its_outlets_are_not_registered() {
    let venue = Venue::open().await;
    let (strip, id) = whole(&venue).await;
    let new = Plug::start(Model::plug("new")).await.unwrap();
    let somewhere = Plug::start(Model::plug("gone")).await.unwrap();
    let addresses = [&strip, &new, &somewhere].map(|plug| match plug.address() {
        SocketAddr::V4(address) => address,
        SocketAddr::V6(_) => panic!("not IPv4"),
    });
    drop(somewhere);
    let mut config = venue.config("a");
    config.search = Some(search(addresses));
    let worker = venue.start(config).await;
    let new_found = || venue.sink.registered.lock().unwrap().len();
    while new_found() < 3 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    strip.move_to(addresses[2]).await.unwrap();
    venue.sink.report("moved", |report| report["address"] == addresses[2].to_string()).await;
    venue.ask(id, RelayState::On, Some(600)).await;
    strip.until_outlet(2, true).await;
    worker.stop().await;
    let registered = venue.sink.registered.lock().unwrap();
    assert!(registered.iter().all(|found| found.name.as_str() == "new"), "{registered:?}");
}

#[tokio::test]
async fn the_outlets_of_a_strip_that_nobody_uses_as_one_plug_are_registered() {
    let venue = Venue::open().await;
    let strip = strip().await;
    let SocketAddr::V4(address) = strip.address() else { panic!("not IPv4") };
    let id = venue.register(&strip, None).await;
    let mut config = venue.config("a");
    config.search = Some(search([address]));
    let worker = venue.start(config).await;
    let outlets = || -> BTreeSet<_> {
        let registered = venue.sink.registered.lock().unwrap();
        registered.iter().filter_map(|found| found.identity.child_id.clone()).collect()
    };
    while outlets().len() < 3 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    // One of them took its place; the others are still wanted.
    let first = strip.child_id(0);
    venue.register(&strip, first.clone()).await;
    venue.append(&id.stream(), PlugEvent::Retired { reason: reason("it has outlets") }).await;
    let is_first = |outlet: &HardwareId| Some(outlet.as_str()) == first.as_deref();
    loop {
        venue.sink.registered.lock().unwrap().clear();
        while outlets().len() < 2 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        if !outlets().iter().any(is_first) {
            break;
        }
    }
    worker.stop().await;
}

#[tokio::test]
async fn a_slow_strip_that_is_one_plug_is_switched_on_with_a_timer_for_each_outlet() {
    let venue = Venue::open().await;
    let (strip, id) = whole(&venue).await;
    let mut config = venue.config("a");
    // Not enough for all its timers and the switch.
    config.timing.switching = Duration::from_millis(500);
    let worker = venue.start(config).await;
    looked_at(&strip, 3).await;
    strip.set_fault(Fault::Delay(Duration::from_millis(200))).await.unwrap();
    venue.ask(id, RelayState::On, Some(600)).await;
    for outlet in 0..3 {
        strip.until_outlet(outlet, true).await;
    }
    strip.clear_fault().await.unwrap();
    worker.stop().await;
    assert!(!strip.is_on());
}

/// Waits for so many looks.
async fn looked_at(strip: &Plug, times: usize) {
    let looks = || {
        let heard = strip.heard();
        heard.iter().filter(|heard| heard.request.as_deref().is_some_and(|r| r.contains("sysinfo"))).count()
    };
    let before = looks();
    while looks() < before + times {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
