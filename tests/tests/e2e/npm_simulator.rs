//! The protocol crate and `aerosports plugs` against the public npm simulator, with python-kasa and the
//! npm client as second opinions on what a relay did.

use std::{net::SocketAddr, time::Duration};

use aerosports_tests::{NpmSimulator, kasa};
use serde_json::{Value, json};
use tokio::time::Instant;
use tplink_hs1xx::{
    Client, Discovery, Error, ErrorCode, NewCountdown, Options, Outlets, Phase, Plug,
    discovery::{Sighting, Target},
};

use crate::plugs::{failed, json_lines, succeeded};

async fn open(address: SocketAddr) -> Plug {
    Plug::open(Client::new(address)).await.unwrap().0
}

/// An address for [`Discovery`], which knows IPv4 only.
fn target(address: SocketAddr) -> Target {
    address.to_string().parse().unwrap()
}

#[tokio::test]
async fn npm_simulator_plugs_switch_and_three_clients_agree() {
    let mut npm = NpmSimulator::start().unwrap();
    for model in ["hs100", "hs105", "hs110", "hs110v2"] {
        let address = npm.device(model, model).await.unwrap();
        let mut plug = open(address).await;
        for on in [true, false, true] {
            plug.set_relay(&Outlets::Whole, on).await.unwrap();
            let ours = plug.sys_info().await.unwrap().relay_on;
            assert_eq!((npm.relay(model, None).await.unwrap(), ours), (on, Some(on)), "{model}");
        }
        let kasa = kasa::run(address, "plug", &["sysinfo"]).await.unwrap();
        assert_eq!(kasa["relay_state"], 1, "{model}: {kasa}");
        kasa::run(address, "plug", &["off"]).await.unwrap();
        assert_eq!(plug.sys_info().await.unwrap().relay_on, Some(false), "{model}");
        let theirs = npm.client(address, Some(true), None).await.unwrap();
        assert_eq!((&theirs["on"], plug.sys_info().await.unwrap().relay_on), (&json!(true), Some(true)));
        npm.call(&json!({"do": "press", "name": model, "on": false})).await.unwrap();
        assert_eq!(plug.sys_info().await.unwrap().relay_on, Some(false), "{model}: the button");
    }
}

#[tokio::test]
async fn npm_simulator_meters_read_the_same_in_both_forms() {
    let mut npm = NpmSimulator::start().unwrap();
    for model in ["hs110", "hs110v2"] {
        let address = npm.device(model, model).await.unwrap();
        let ours = open(address).await.energy(&Outlets::Whole).await.unwrap();
        let theirs = npm.client(address, None, None).await.unwrap()["energy"].clone();
        // The npm client gives the old form beside whichever the device has.
        let near = |ours: f64, name: &str| {
            let theirs = theirs[name].as_f64().unwrap();
            assert!(
                (ours - theirs).abs() < 0.001 * theirs.abs().max(1.0),
                "{model} {name}: {ours} and {theirs}"
            );
        };
        near(ours.power_watts, "power");
        near(ours.voltage_volts, "voltage");
        near(ours.current_amps, "current");
        near(ours.total_watt_hours / 1_000.0, "total");
        let shown = succeeded(&["plugs", "energy", &address.to_string(), "--json"]).await;
        assert_eq!(json_lines(&shown)[0]["power_watts"], json!(ours.power_watts));
    }
    let plain = npm.device("hs100", "hs100").await.unwrap();
    let error = open(plain).await.energy(&Outlets::Whole).await.unwrap_err();
    assert_eq!(error.code(), Some(ErrorCode::ModuleNotSupported));
    let message = failed(&["plugs", "energy", &plain.to_string()]).await;
    assert!(message.contains("no energy meter"), "{message}");
}

#[tokio::test]
async fn npm_simulator_strips_switch_one_outlet_alone() {
    let mut npm = NpmSimulator::start().unwrap();
    let address = npm.device("strip", "hs300").await.unwrap();
    let (mut plug, info) = Plug::open(Client::new(address)).await.unwrap();
    assert_eq!(info.children.len(), 6);
    let third = Outlets::from(info.children[2].id.clone());
    plug.set_relay(&third, true).await.unwrap();
    assert!((plug.energy(&third).await.unwrap().power_watts) > 0.0);
    let mut on = Vec::new();
    for outlet in 0..6 {
        on.push(npm.relay("strip", Some(outlet)).await.unwrap());
    }
    assert_eq!(on, [false, false, true, false, false, false]);
    let kasa = kasa::run(address, "strip", &["sysinfo"]).await.unwrap();
    let states: Vec<_> = kasa["children"].as_array().unwrap().iter().map(|child| &child["state"]).collect();
    assert_eq!(states, [0, 0, 1, 0, 0, 0]);
    kasa::run(address, "strip", &["off", "--index", "2"]).await.unwrap();
    assert_eq!(plug.sys_info().await.unwrap().is_on(&third), Some(false));
    succeeded(&["plugs", "switch", &address.to_string(), "on", "--outlet", "2"]).await;
    assert!(npm.relay("strip", Some(1)).await.unwrap());
    let stranger: tplink_hs1xx::ChildId = format!("{}77", info.device_id).parse().unwrap();
    let error = plug.set_relay(&stranger.into(), true).await.unwrap_err();
    assert_eq!(error.code(), Some(ErrorCode::EntryNotExist), "{error:?}");
}

#[tokio::test]
async fn npm_simulator_plugs_are_discovered_each_once() {
    let mut npm = NpmSimulator::start().unwrap();
    let mut addresses = Vec::new();
    for model in ["hs100", "hs110v2", "hs300"] {
        addresses.push(npm.device(model, model).await.unwrap());
    }
    let plan = Discovery::new().targets(addresses.iter().copied().map(target));
    let mut search = plan.interval(Duration::from_millis(300)).start().await.unwrap();
    let mut found = Vec::new();
    while let Some(sighting) = search.next().await {
        let Sighting::Plug(plug) = sighting else { panic!("{sighting:?}") };
        found.push(plug);
    }
    found.sort_by_key(|plug| plug.address);
    addresses.sort();
    assert_eq!(found.iter().map(|plug| plug.address).collect::<Vec<_>>(), addresses);
    for plug in &found {
        // Child ids are short over UDP and full over TCP: both must name the same outlets.
        let (_, info) = Plug::open(Client::new(plug.address)).await.unwrap();
        assert_eq!(info.identity(), plug.info.identity());
        assert_eq!(ids(&info), ids(&plug.info));
    }
}

fn ids(info: &tplink_hs1xx::SysInfo) -> Vec<&tplink_hs1xx::ChildId> {
    info.children.iter().map(|child| &child.id).collect()
}

#[tokio::test]
async fn npm_simulator_error_codes_have_names() {
    let mut npm = NpmSimulator::start().unwrap();
    let address = npm.device("plug", "hs100").await.unwrap();
    for (code, name) in
        [(-3, ErrorCode::InvalidArgument), (-10, ErrorCode::TableFull), (-99, ErrorCode::Other(-99))]
    {
        let refuse = json!({"do": "refuse", "name": "plug", "module": "system", "method": "set_relay_state", "code": code});
        npm.call(&refuse).await.unwrap();
        let error = open(address).await.set_relay(&Outlets::Whole, true).await.unwrap_err();
        assert_eq!((error.code(), error.is_unreachable()), (Some(name), false));
    }
    assert!(!npm.relay("plug", None).await.unwrap());
    let message = failed(&["plugs", "switch", &address.to_string(), "on"]).await;
    assert!(message.contains("refused") && message.contains("-99"), "{message}");
}

#[tokio::test]
async fn npm_simulator_countdown_holds_one_rule() {
    let mut npm = NpmSimulator::start().unwrap();
    let mut plug = open(npm.device("plug", "hs110v2").await.unwrap()).await;
    let rule = NewCountdown::off_after(600);
    let id = plug.add_countdown(&Outlets::Whole, &rule).await.unwrap();
    let again = plug.add_countdown(&Outlets::Whole, &rule).await.unwrap_err();
    assert_eq!(again.code(), Some(ErrorCode::TableFull), "{again:?}");
    let rules = plug.countdown(&Outlets::Whole).await.unwrap();
    assert_eq!((rules.len(), &rules[0].id, rules[0].turns_on), (1, &id, false));
    plug.renew_countdown(&Outlets::Whole, &rule).await.unwrap();
    plug.delete_countdowns(&Outlets::Whole).await.unwrap();
    assert!(plug.countdown(&Outlets::Whole).await.unwrap().is_empty());
}

#[tokio::test]
async fn npm_simulator_silence_ends_at_the_deadline() {
    let mut npm = NpmSimulator::start().unwrap();
    let address = npm.device("plug", "hs100").await.unwrap();
    npm.call(&json!({"do": "delay", "name": "plug", "ms": 3_600_000})).await.unwrap();
    let begun = Instant::now();
    let error = Plug::open(Client::new(address)).await.unwrap_err();
    assert!(matches!(error, Error::Timeout { phase: Phase::Read, .. }), "{error:?}");
    assert!(begun.elapsed() < Options::default().exchange + Duration::from_secs(1));
    let message = failed(&["plugs", "switch", &address.to_string(), "off"]).await;
    assert!(message.contains("says nothing") && message.contains("check"), "{message}");
}

#[tokio::test]
async fn npm_simulator_garbage_is_an_error_and_never_a_state() {
    let mut npm = NpmSimulator::start().unwrap();
    let address = npm.device("plug", "hs100").await.unwrap();
    let mut options = Options::default();
    // Random bytes may announce more than they are; that ends at the deadline.
    options.exchange = Duration::from_millis(300);
    let mut plug = Plug::open(Client::with_options(address, options)).await.unwrap().0;
    npm.call(&json!({"do": "garbage", "name": "plug", "on": true})).await.unwrap();
    for _ in 0..10 {
        let error = plug.sys_info().await.unwrap_err();
        assert!(error.code().is_none(), "{error:?}");
    }
    npm.call(&json!({"do": "garbage", "name": "plug", "on": false})).await.unwrap();
    assert_eq!(plug.sys_info().await.unwrap().relay_on, Some(false));
}

#[tokio::test]
async fn npm_simulator_hang_ups_are_survived_or_said() {
    let mut npm = NpmSimulator::start().unwrap();
    let address = npm.device("polite", "hs100").await.unwrap();
    npm.call(&json!({"do": "hang_up", "name": "polite", "answers": true})).await.unwrap();
    let mut plug = open(address).await;
    for on in [true, false, true] {
        plug.set_relay(&Outlets::Whole, on).await.unwrap();
        assert_eq!(npm.relay("polite", None).await.unwrap(), on);
    }
    let address = npm.device("rude", "hs100").await.unwrap();
    npm.call(&json!({"do": "hang_up", "name": "rude", "answers": false})).await.unwrap();
    let error = Plug::open(Client::new(address)).await.unwrap_err();
    assert!(matches!(error, Error::Disconnected { .. } | Error::Io { .. }), "{error:?}");
    assert!(error.is_unreachable());
    let message = failed(&["plugs", "list", &address.to_string()]).await;
    assert!(message.is_empty(), "a list says it in its rows: {message}");
}

#[tokio::test]
async fn npm_simulator_that_refuses_connections_is_unreachable() {
    let mut npm = NpmSimulator::start().unwrap();
    let address = npm.device("plug", "hs100").await.unwrap();
    npm.call(&json!({"do": "stop", "name": "plug"})).await.unwrap();
    let error = Plug::open(Client::new(address)).await.unwrap_err();
    assert!(matches!(error, Error::ConnectionRefused { .. }), "{error:?}");
    let message = failed(&["plugs", "energy", &address.to_string()]).await;
    assert!(message.contains("nothing listens"), "{message}");
}

#[tokio::test]
async fn npm_simulator_identity_guards_an_address_that_changed_hands() {
    let mut npm = NpmSimulator::start().unwrap();
    let (one, two) = (npm.device("one", "hs100").await.unwrap(), npm.device("two", "hs100").await.unwrap());
    let (mut plug, info) = Plug::open(Client::new(one)).await.unwrap();
    let known: Value = npm.call(&json!({"do": "identity", "name": "one"})).await.unwrap();
    assert_eq!(json!(info.device_id), known["device_id"]);
    plug.set_address(two);
    let error = plug.set_relay(&Outlets::Whole, true).await.unwrap_err();
    assert!(matches!(error, Error::IdentityMismatch { .. }), "{error:?}");
    assert!(!npm.relay("two", None).await.unwrap());
}
