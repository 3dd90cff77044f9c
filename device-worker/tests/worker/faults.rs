//! Plugs that misbehave, each without harm to the others.

use std::{net::SocketAddr, time::Duration};

use device_worker::FoundPlug;
use domain::{
    automation::Action,
    plug::{PlugEvent, RelayState},
};
use plug_simulator::{Fault, Model, Network};

use crate::venue::{Venue, on_play_started, reason, search};

#[tokio::test]
async fn a_mute_plug_delays_no_other() {
    let venue = Venue::open().await;
    let (mute, mute_id) = venue.plug(Model::plug("mute")).await;
    let mut ids = vec![mute_id];
    let mut others = Vec::new();
    for number in 0..19 {
        let (plug, id) = venue.plug(Model::plug(&format!("light {number}"))).await;
        ids.push(id);
        others.push(plug);
    }
    mute.set_fault(Fault::Mute).await.unwrap();
    venue.automation(on_play_started(&ids, Action::WhilePlay)).await;
    let mut config = venue.config("a");
    config.client.exchange = Duration::from_millis(800);
    let worker = venue.start(config).await;
    venue.start_play().await;
    for plug in &others {
        plug.until(true).await;
    }
    assert!(mute.changes().is_empty());
    venue.sink.report("unreachable", |report| report["plug_id"] == mute_id.to_string()).await;
    venue.sink.report("failed", |report| report["plug_id"] == mute_id.to_string()).await;
    mute.clear_fault().await.unwrap();
    mute.until(true).await;
    venue.sink.report("recovered", |_| true).await;
    worker.stop().await;
    assert!(!mute.is_on() && others.iter().all(|plug| !plug.is_on()));
}

#[tokio::test]
async fn an_off_overtakes_a_look_that_hangs() {
    let venue = Venue::open().await;
    let (plug, id) = venue.plug(Model::plug("light")).await;
    let worker = venue.start(venue.config("a")).await;
    venue.ask(id, RelayState::On, Some(600)).await;
    plug.until(true).await;
    plug.set_fault(Fault::Mute).await.unwrap();
    plug.forget();
    // A look is under way, and hangs.
    while plug.heard().iter().all(|heard| heard.request.is_none()) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let looks = plug.heard().len();
    venue.ask(id, RelayState::Off, None).await;
    let asked = std::time::Instant::now();
    let attempt = loop {
        if let Some(next) = plug.heard().get(looks) {
            break next.at;
        }
        assert!(asked.elapsed() < Duration::from_secs(1), "the OFF waits behind the look");
        tokio::time::sleep(Duration::from_millis(1)).await;
    };
    // The look would have hung for 2 s.
    assert!(attempt.saturating_duration_since(asked) < Duration::from_secs(1));
    plug.clear_fault().await.unwrap();
    plug.until(false).await;
    worker.stop().await;
}

#[tokio::test]
async fn a_switch_that_is_overtaken_before_its_answer_is_in_the_log() {
    let venue = Venue::open().await;
    let (plug, id) = venue.plug(Model::plug("light")).await;
    venue.bind(id).await;
    let worker = venue.start(venue.config("a")).await;
    plug.set_fault(Fault::Delay(Duration::from_millis(300))).await.unwrap();
    for _ in 0..2 {
        venue.ask(id, RelayState::On, Some(600)).await;
        plug.until(true).await;
        venue.ask(id, RelayState::Off, None).await;
        plug.until(false).await;
    }
    venue.ask(id, RelayState::On, Some(600)).await;
    plug.until(true).await;
    let states = loop {
        let states: Vec<_> = venue.sink.reports("switched").iter().map(|r| r["state"].clone()).collect();
        if states.iter().filter(|state| *state == "on").count() == 3 {
            break states;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    };
    let changes = states.iter().skip_while(|state| *state == "off").collect::<Vec<_>>();
    assert_eq!(changes, ["on", "off", "on", "off", "on"]);
    worker.stop().await;
}

#[tokio::test]
async fn whatever_it_answers_it_ends_off_and_it_is_in_the_log() {
    let faults = [
        Fault::Refuse,
        Fault::Garbage,
        Fault::HangUp,
        Fault::Cut(3),
        Fault::StuckRelay,
        Fault::Refusal { method: Some("set_relay_state"), code: -3 },
        Fault::HalfOpen,
        Fault::Drip(Duration::from_millis(200)),
    ];
    for fault in faults {
        let venue = Venue::open().await;
        let (plug, id) = venue.plug(Model::plug("light")).await;
        let mut config = venue.config("a");
        config.client.exchange = Duration::from_millis(400);
        let worker = venue.start(config).await;
        venue.ask(id, RelayState::On, Some(600)).await;
        plug.until(true).await;
        plug.set_fault(fault.clone()).await.unwrap();
        venue.ask(id, RelayState::Off, None).await;
        let half_open = fault == Fault::HalfOpen;
        if !half_open {
            loop {
                let (unreachable, refused) =
                    (venue.sink.reports("unreachable"), venue.sink.reports("refused"));
                if !unreachable.is_empty() || !refused.is_empty() {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
        plug.clear_fault().await.unwrap();
        plug.until(false).await;
        venue.sink.report("switched", |report| report["state"] == "off").await;
        worker.stop().await;
        assert!(!plug.is_on(), "{fault:?}");
    }
}

#[tokio::test]
async fn many_slow_answers_do_not_add_up() {
    let venue = Venue::open().await;
    let (plug, id) = venue.plug(Model::plug("light")).await;
    let mut config = venue.config("a");
    config.timing.switching = Duration::from_millis(700);
    let worker = venue.start(config).await;
    // Each in time, and four or five to switch on.
    plug.set_fault(Fault::Delay(Duration::from_millis(500))).await.unwrap();
    venue.ask(id, RelayState::On, Some(600)).await;
    let lost = venue.sink.report("unreachable", |_| true).await;
    assert_eq!(lost["error"], "it did not answer as a plug");
    plug.clear_fault().await.unwrap();
    plug.until(true).await;
    venue.sink.report("recovered", |_| true).await;
    worker.stop().await;
    assert!(!plug.is_on());
}

#[tokio::test]
async fn a_plug_that_comes_back_from_a_power_loss_is_as_wanted() {
    let venue = Venue::open().await;
    let (on, on_id) = venue.plug(Model::plug("on").starting_off()).await;
    let (off, off_id) = venue.plug(Model::plug("off")).await;
    venue.bind(off_id).await;
    let mut config = venue.config("a");
    config.client.exchange = Duration::from_millis(500);
    let worker = venue.start(config).await;
    venue.ask(on_id, RelayState::On, Some(600)).await;
    on.until(true).await;
    for plug in [&on, &off] {
        plug.lose_power().await.unwrap();
    }
    for id in [on_id, off_id] {
        venue.sink.report("unreachable", |report| report["plug_id"] == id.to_string()).await;
    }
    off.press(0, true);
    for plug in [&on, &off] {
        plug.restore_power().await.unwrap();
    }
    on.until(true).await;
    off.until(false).await;
    worker.stop().await;
}

#[tokio::test]
async fn a_plug_that_moved_is_found_and_a_stranger_at_its_address_is_left_alone() {
    let venue = Venue::open().await;
    let (plug, id) = venue.plug(Model::plug("light")).await;
    let network = Network::start(0).await.unwrap();
    network.join(&plug);
    let mut config = venue.config("a");
    config.search = Some(search([network.address()]));
    let worker = venue.start(config).await;
    venue.bind(id).await;
    let SocketAddr::V4(old) = plug.address() else { panic!("not IPv4") };
    let aside = plug_simulator::Plug::start(Model::plug("aside")).await.unwrap();
    let SocketAddr::V4(new) = aside.address() else { panic!("not IPv4") };
    drop(aside);
    tokio::time::sleep(Duration::from_millis(50)).await;
    plug.move_to(new).await.unwrap();
    let stranger = plug_simulator::Plug::start_at(Model::plug("stranger"), old).await.unwrap();
    venue.ask(id, RelayState::On, Some(600)).await;
    plug.until(true).await;
    venue.sink.report("moved", |report| report["address"] == new.to_string()).await;
    assert!(stranger.changes().is_empty());
    assert!(
        stranger
            .heard()
            .iter()
            .all(|heard| { heard.request.as_deref().is_none_or(|request| request.contains("get_sysinfo")) })
    );
    worker.stop().await;
}

#[tokio::test]
async fn a_swapped_identity_is_refused() {
    let venue = Venue::open().await;
    let (plug, id) = venue.plug(Model::plug("light")).await;
    venue.bind(id).await;
    let mut config = venue.config("a");
    // Its own plug is not there to be seen off.
    config.stop_within = Duration::from_millis(500);
    let worker = venue.start(config).await;
    plug.replace_with(Model::plug("stranger")).await.unwrap();
    plug.press(0, true);
    venue.ask(id, RelayState::Off, None).await;
    let refused = venue.sink.report("identity_refused", |_| true).await;
    assert_eq!(refused["found_mac"], plug.mac());
    assert!(plug.is_on(), "another device's relay is not ours");
    worker.stop().await;
}

#[tokio::test]
async fn a_new_plug_is_registered_where_there_is_one_location() {
    let venue = Venue::open().await;
    let plug = plug_simulator::Plug::start(Model::new_meter("new")).await.unwrap();
    let SocketAddr::V4(address) = plug.address() else { panic!("not IPv4") };
    let mut config = venue.config("a");
    config.search = Some(search([address]));
    let worker = venue.start(config).await;
    let found = loop {
        if let Some(found) = venue.sink.registered.lock().unwrap().first() {
            break found.clone();
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    };
    assert_eq!(found.identity.device_id.as_str(), plug.device_id());
    assert_eq!((found.name.as_str(), found.has_energy_meter), ("new", true));
    worker.stop().await;
}

#[tokio::test]
async fn a_plug_whose_name_shows_nothing_is_called_by_its_model() {
    let venue = Venue::open().await;
    let plug = plug_simulator::Plug::start(Model::plug("\u{3164}")).await.unwrap();
    let SocketAddr::V4(address) = plug.address() else { panic!("not IPv4") };
    let mut config = venue.config("a");
    config.search = Some(search([address]));
    let worker = venue.start(config).await;
    registered(&venue, &plug, 1).await;
    worker.stop().await;
    let found = venue.sink.registered.lock().unwrap()[0].clone();
    assert_eq!((found.name.to_string(), found.model.to_string()), (plug.model(), plug.model()));
}

#[tokio::test]
async fn a_retired_plug_is_not_registered_anew() {
    let venue = Venue::open().await;
    let (retired, id) = venue.plug(Model::plug("retired")).await;
    let new = plug_simulator::Plug::start(Model::plug("new")).await.unwrap();
    let addresses = [&retired, &new].map(|plug| match plug.address() {
        SocketAddr::V4(address) => address,
        SocketAddr::V6(_) => panic!("not IPv4"),
    });
    venue.append(&id.stream(), PlugEvent::Retired { reason: reason("broken") }).await;
    let mut config = venue.config("a");
    config.search = Some(search(addresses));
    let worker = venue.start(config.clone()).await;
    // Nothing here makes the new one known, so that it is found again and again.
    registered(&venue, &new, 3).await;
    worker.stop().await;
    // Neither does a worker that starts again with what it remembers.
    let worker = venue.start(config).await;
    registered(&venue, &new, 6).await;
    assert!(venue.sink.registered.lock().unwrap().iter().all(|found| found.name.as_str() == "new"));
    // A person may register it: then it is followed.
    let again = venue.register(&retired, None).await;
    venue.ask(again, RelayState::On, Some(600)).await;
    retired.until(true).await;
    worker.stop().await;
}

async fn registered(venue: &Venue, plug: &plug_simulator::Plug, times: usize) {
    let is_it = |found: &&FoundPlug| found.identity.device_id.as_str() == plug.device_id();
    while venue.sink.registered.lock().unwrap().iter().filter(is_it).count() < times {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
