//! The simulator through the client that production uses: what it must be able to show is what other
//! tests rely on.

#![expect(clippy::unwrap_used, reason = "a test ends where something is missing")]

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use plug_simulator::{Cause, Fault, Model, Network, Plug};
use tplink_hs1xx::{
    Client, Discovery, Error, ErrorCode, NewCountdown, Options, Outlets, Phase, Plug as Remote, SysInfo,
    discovery::Target,
};

/// A client that gives up soon, for tests whose plug says nothing.
fn client(address: SocketAddr) -> Client {
    let mut options = Options::default();
    options.connect = Duration::from_millis(200);
    options.exchange = Duration::from_millis(300);
    options.firmware_probe = Duration::ZERO;
    Client::with_options(address, options)
}

async fn open(plug: &Plug) -> (Remote, SysInfo) {
    Remote::open(client(plug.address())).await.unwrap()
}

#[tokio::test]
async fn a_relay_obeys_and_every_change_is_recorded() {
    let plug = Plug::start(Model::plug("Fog")).await.unwrap();
    let (mut remote, info) = open(&plug).await;
    assert_eq!((info.alias.as_str(), info.relay_on, info.has_energy_meter), ("Fog", Some(false), false));
    for on in [true, true, false] {
        remote.set_relay(&Outlets::Whole, on).await.unwrap();
        assert_eq!((plug.is_on(), remote.sys_info().await.unwrap().relay_on), (on, Some(on)));
    }
    plug.press(0, true);
    let causes: Vec<_> = plug.changes().iter().map(|change| (change.on, change.cause)).collect();
    assert_eq!(causes, [(true, Cause::Request), (false, Cause::Request), (true, Cause::Button)]);
}

#[tokio::test]
async fn meters_of_both_forms_say_the_same() {
    for model in [Model::old_meter("a"), Model::new_meter("b")] {
        let plug = Plug::start(model.with_load(115.0)).await.unwrap();
        let (mut remote, info) = open(&plug).await;
        assert!(info.has_energy_meter);
        assert!(remote.energy(&Outlets::Whole).await.unwrap().power_watts.abs() < f64::EPSILON);
        plug.press(0, true);
        let energy = remote.energy(&Outlets::Whole).await.unwrap();
        assert!((energy.power_watts - 115.0).abs() < 0.01, "{energy:?}");
        assert!((energy.current_amps - 0.5).abs() < 0.01, "{energy:?}");
    }
}

#[tokio::test]
async fn an_outlet_of_a_strip_is_switched_alone() {
    let plug = Plug::start(Model::metered_strip("Bar")).await.unwrap();
    let (mut remote, info) = open(&plug).await;
    let second = Outlets::from(info.children[1].id.clone());
    remote.set_relay(&second, true).await.unwrap();
    let on: Vec<_> = (0..6).filter(|outlet| plug.is_outlet_on(*outlet)).collect();
    assert_eq!(on, [1]);
    assert!((remote.energy(&second).await.unwrap().power_watts - 40.0).abs() < 0.01);
    let stranger = Outlets::from(format!("{}99", plug.device_id()).parse::<tplink_hs1xx::ChildId>().unwrap());
    let error = remote.set_relay(&stranger, true).await.unwrap_err();
    assert_eq!(error.code(), Some(ErrorCode::EntryNotExist));
}

#[tokio::test]
async fn a_countdown_fires_without_any_client() {
    let plug = Plug::start(Model::plug("Fog")).await.unwrap();
    let (mut remote, _) = open(&plug).await;
    remote.set_relay(&Outlets::Whole, true).await.unwrap();
    remote.add_countdown(&Outlets::Whole, &NewCountdown::off_after(1)).await.unwrap();
    let second = remote.add_countdown(&Outlets::Whole, &NewCountdown::off_after(1)).await;
    assert_eq!(second.unwrap_err().code(), Some(ErrorCode::TableFull));
    drop(remote);
    plug.until(false).await;
    assert_eq!(plug.changes().last().unwrap().cause, Cause::Countdown);
}

/// What the client makes of one request to a plug with this fault.
async fn outcome(fault: Fault) -> Result<SysInfo, Error> {
    let plug = Plug::start(Model::plug("Lamp")).await.unwrap();
    plug.set_fault(fault).await.unwrap();
    Remote::open(client(plug.address())).await.map(|(_, info)| info)
}

#[tokio::test]
async fn every_fault_looks_to_a_client_as_it_should() {
    assert!(matches!(outcome(Fault::Refuse).await, Err(Error::ConnectionRefused { .. })));
    assert!(matches!(outcome(Fault::Mute).await, Err(Error::Timeout { phase: Phase::Read, .. })));
    let drip = Fault::Drip(Duration::from_millis(20));
    assert!(matches!(outcome(drip).await, Err(Error::Timeout { phase: Phase::Read, .. })));
    assert!(matches!(outcome(Fault::Garbage).await, Err(Error::Reply(_))));
    assert!(matches!(outcome(Fault::Oversize).await, Err(Error::Frame(_))));
    assert!(matches!(outcome(Fault::HangUp).await, Err(Error::Disconnected { received: 0 })));
    assert!(matches!(outcome(Fault::HalfClose).await, Err(Error::Disconnected { received: 0 })));
    assert!(matches!(outcome(Fault::Cut(7)).await, Err(Error::Disconnected { received: 7 })));
    let refusal = Fault::Refusal { method: None, code: -3 };
    assert_eq!(outcome(refusal).await.unwrap_err().code(), Some(ErrorCode::InvalidArgument));
    let other = Fault::Refusal { method: Some("set_relay_state"), code: -3 };
    assert!(outcome(other).await.is_ok());
}

#[tokio::test]
async fn a_fault_ends_when_it_is_cleared() {
    let plug = Plug::start(Model::plug("Lamp")).await.unwrap();
    let (mut remote, _) = open(&plug).await;
    for fault in [Fault::Refuse, Fault::Mute, Fault::HalfOpen, Fault::HangUp, Fault::Garbage] {
        plug.set_fault(fault.clone()).await.unwrap();
        assert!(remote.set_relay(&Outlets::Whole, true).await.is_err(), "{fault:?}");
        assert!(!plug.is_on(), "{fault:?}");
        plug.clear_fault().await.unwrap();
        remote.sys_info().await.unwrap();
    }
}

#[tokio::test]
async fn a_stuck_relay_says_yes_and_stays() {
    let plug = Plug::start(Model::plug("Lamp")).await.unwrap();
    plug.set_fault(Fault::StuckRelay).await.unwrap();
    let (mut remote, _) = open(&plug).await;
    remote.set_relay(&Outlets::Whole, true).await.unwrap();
    assert_eq!(remote.sys_info().await.unwrap().relay_on, Some(false));
}

#[tokio::test]
async fn a_plug_without_power_neither_answers_nor_closes_its_connections() {
    let plug = Plug::start(Model::plug("Lamp").starting_off()).await.unwrap();
    let (mut remote, _) = open(&plug).await;
    remote.set_relay(&Outlets::Whole, true).await.unwrap();
    plug.lose_power().await.unwrap();
    let kept = remote.sys_info().await.unwrap_err();
    assert!(matches!(kept, Error::Timeout { phase: Phase::Read, .. }), "{kept:?}");
    let new = Remote::open(client(plug.address())).await.unwrap_err();
    assert!(matches!(new, Error::Timeout { phase: Phase::Connect, .. }), "{new:?}");
    plug.restore_power().await.unwrap();
    assert_eq!(remote.sys_info().await.unwrap().relay_on, Some(false));
    assert_eq!(plug.changes().last().unwrap().cause, Cause::Power);
}

#[tokio::test]
async fn a_restart_asked_for_over_the_network_takes_the_device_away_for_a_while() {
    let plug = Plug::start(Model::plug("Lamp")).await.unwrap();
    let (mut remote, _) = open(&plug).await;
    remote.reboot(0).await.unwrap();
    let begun = Instant::now();
    let mut was_away = false;
    while begun.elapsed() < Duration::from_secs(10) {
        match remote.sys_info().await {
            Err(_) => was_away = true,
            Ok(_) if was_away => return,
            Ok(_) => {}
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("away: {was_away}, and never back");
}

#[tokio::test]
async fn addresses_and_identities_change_hands() {
    let one = Plug::start(Model::plug("One")).await.unwrap();
    let two = Plug::start(Model::plug("Two")).await.unwrap();
    let (mut remote, _) = open(&one).await;
    let (was_one, was_two) = (one.address(), two.address());
    one.swap_addresses(&two).await.unwrap();
    assert_eq!((one.address(), two.address()), (was_two, was_one));
    let error = remote.set_relay(&Outlets::Whole, true).await.unwrap_err();
    assert!(matches!(error, Error::IdentityMismatch { .. }), "{error:?}");
    remote.set_address(one.address());
    remote.set_relay(&Outlets::Whole, true).await.unwrap();
    one.replace_with(Model::plug("Three")).await.unwrap();
    let error = remote.set_relay(&Outlets::Whole, true).await.unwrap_err();
    assert!(matches!(error, Error::IdentityMismatch { .. }), "{error:?}");
}

#[tokio::test]
async fn newer_firmware_says_so_at_the_same_address() {
    let plug = Plug::start(Model::new_meter("New")).await.unwrap();
    plug.set_fault(Fault::NewFirmware).await.unwrap();
    let error = Remote::open(Client::new(plug.address())).await.unwrap_err();
    assert!(matches!(error, Error::UnsupportedFirmware(_)), "{error:?}");
}

#[tokio::test]
async fn five_hundred_plugs_hear_one_broadcast() {
    let network = Network::start(0).await.unwrap();
    let mut plugs = Vec::new();
    for number in 0..500 {
        let plug = Plug::start(Model::plug(&format!("Plug {number}"))).await.unwrap();
        network.join(&plug);
        plugs.push(plug);
    }
    let search = Discovery::new()
        .targets([Target::from(network.address())])
        .packets(5)
        .interval(Duration::from_millis(500))
        .firmware_port(None);
    let found = search.collect().await.unwrap();
    let mut addresses: Vec<_> = found.plugs.iter().map(|found| found.address).collect();
    let mut expected: Vec<_> = plugs.iter().map(Plug::address).collect();
    addresses.sort();
    expected.sort();
    assert_eq!(addresses, expected);
}
