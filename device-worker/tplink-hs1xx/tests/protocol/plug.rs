//! A plug's methods, and its refusal to talk to another device.

use crate::support::{Act, FakePlug, Model, model::DEVICE_ID};
use tplink_hs1xx::method::GetSysInfo;
use tplink_hs1xx::{ChildId, Error, ErrorCode, NewCountdown, Outlets, Plug, Request};

async fn open(fake: &FakePlug) -> Plug {
    Plug::open(fake.client()).await.unwrap().0
}

#[tokio::test]
async fn a_plug_switches_and_reads_back() {
    let fake = FakePlug::start(Model::plug(), []).await;
    let mut plug = open(&fake).await;
    for on in [true, false] {
        plug.set_relay(&Outlets::Whole, on).await.unwrap();
        assert_eq!(plug.sys_info().await.unwrap().relay_on, Some(on));
    }
    assert_eq!(fake.connections(), 1);
    assert_eq!(fake.requests().len(), 5);
}

#[tokio::test]
async fn outlets_of_a_strip_switch_alone() {
    let fake = FakePlug::start(Model::strip(), []).await;
    let (mut plug, info) = Plug::open(fake.client()).await.unwrap();
    let second = Outlets::from(info.children[1].id.clone());
    plug.set_relay(&second, true).await.unwrap();
    let states = plug.sys_info().await.unwrap().children;
    let on: Vec<_> = states.iter().map(|child| child.on).collect();
    assert_eq!(on, [false, true, false, false, false, false]);
    plug.set_relay(&Outlets::Whole, true).await.unwrap();
    let info = plug.sys_info().await.unwrap();
    assert_eq!(info.is_on(&Outlets::Whole), Some(true));
}

#[tokio::test]
async fn one_unknown_outlet_stops_the_others() {
    let fake = FakePlug::start(Model::strip(), []).await;
    let (mut plug, info) = Plug::open(fake.client()).await.unwrap();
    let stranger = ChildId::of(&info.device_id, "09").unwrap();
    let both = [info.children[0].id.clone(), stranger].into_iter().collect();
    let error = plug.set_relay(&both, true).await.unwrap_err();
    assert_eq!(error.code(), Some(ErrorCode::EntryNotExist));
    let info = plug.sys_info().await.unwrap();
    assert_eq!(info.is_on(&Outlets::Whole), Some(false));
}

#[tokio::test]
async fn both_kinds_of_meter_read_alike() {
    for model in [Model::plug(), Model::plug().with_old_emeter()] {
        let fake = FakePlug::start(model, []).await;
        let reading = open(&fake).await.energy(&Outlets::Whole).await.unwrap();
        assert!((reading.power_watts - 11.5).abs() < 1e-9);
        assert!((reading.total_watt_hours - 1234.0).abs() < 1e-9);
    }
}

#[tokio::test]
async fn the_timer_holds_one_rule() {
    let fake = FakePlug::start(Model::plug(), []).await;
    let mut plug = open(&fake).await;
    let all = Outlets::Whole;
    let rule = NewCountdown::off_after(60);
    assert_eq!(plug.add_countdown(&all, &rule).await.unwrap(), "RULE1");
    let error = plug.add_countdown(&all, &rule).await.unwrap_err();
    assert_eq!(error.code(), Some(ErrorCode::TableFull));
    let longer = NewCountdown::off_after(120);
    plug.renew_countdown(&all, &longer).await.unwrap();
    let rules = plug.countdown(&all).await.unwrap();
    assert_eq!(rules.len(), 1);
    assert_eq!(rules[0].delay_seconds, 120);
    plug.delete_countdowns(&all).await.unwrap();
    assert!(plug.countdown(&all).await.unwrap().is_empty());
}

#[tokio::test]
async fn it_is_renamed_and_restarted() {
    let mut fake = FakePlug::start(Model::plug(), []).await;
    let mut plug = open(&fake).await;
    plug.set_alias(&Outlets::Whole, "Fog \"2\"").await.unwrap();
    assert_eq!(plug.sys_info().await.unwrap().alias, "Fog \"2\"");
    let long = "x".repeat(1000);
    let error = plug.set_alias(&Outlets::Whole, &long).await;
    assert!(matches!(error, Err(Error::Request(_))));
    plug.reboot(1).await.unwrap();
    fake.all_closed().await;
}

#[tokio::test]
async fn an_address_that_belongs_to_another_device_is_left_alone() {
    let fake = FakePlug::start(Model::plug(), []).await;
    let expected = open(&fake).await.identity().clone();
    for other in [Model::plug().with_device_id("8006BB"), Model::plug().with_mac("50:C7:BF:00:00:99")] {
        fake.replace_model(other);
        let mut plug = Plug::new(fake.client(), expected.clone());
        let before = fake.requests().len();
        let error = plug.set_relay(&Outlets::Whole, true).await;
        assert!(matches!(error, Err(Error::IdentityMismatch { .. })));
        let sent = fake.requests().split_off(before);
        assert!(sent.iter().all(|request| request.contains("get_sysinfo")));
    }
}

#[tokio::test]
async fn a_connection_from_before_proves_nothing() {
    let fake = FakePlug::start(Model::plug(), []).await;
    let mut expected = open(&fake).await.identity().clone();
    expected.device_id = "8006BB".parse().unwrap();
    let mut client = fake.client();
    client.call(&Request::new(GetSysInfo {})).await.unwrap();
    let mut plug = Plug::new(client, expected);
    let error = plug.set_relay(&Outlets::Whole, true).await;
    assert!(matches!(error, Err(Error::IdentityMismatch { .. })));
}

#[tokio::test]
async fn a_reconnection_asks_again_who_is_there() {
    let fake = FakePlug::start(Model::plug(), []).await;
    let mut plug = open(&fake).await;
    fake.then(Act::CloseAfter(std::time::Duration::ZERO));
    fake.replace_model(Model::plug().with_device_id("8006BB"));
    let error = plug.set_relay(&Outlets::Whole, true).await.unwrap_err();
    assert!(matches!(error, Error::IdentityMismatch { .. }), "{error:?}");
    fake.replace_model(Model::plug());
    plug.set_relay(&Outlets::Whole, true).await.unwrap();
    assert_eq!(plug.sys_info().await.unwrap().relay_on, Some(true));
}

#[tokio::test]
async fn a_device_that_closes_after_every_reply_is_switched_all_the_same() {
    let script = (0..8).map(|_| Act::AnswerThenClose);
    let fake = FakePlug::start(Model::plug(), script).await;
    let mut plug = open(&fake).await;
    plug.set_relay(&Outlets::Whole, true).await.unwrap();
    assert_eq!(plug.sys_info().await.unwrap().relay_on, Some(true));
    assert_eq!(plug.identity().device_id.as_str(), DEVICE_ID);
}

#[tokio::test]
async fn a_plug_that_moved_is_followed() {
    let old = FakePlug::start(Model::plug().with_device_id("8006BB"), []).await;
    let new = FakePlug::start(Model::plug(), []).await;
    let mut plug = open(&new).await;
    plug.set_address(old.address);
    assert!(plug.sys_info().await.is_err());
    plug.set_address(new.address);
    plug.set_relay(&Outlets::Whole, true).await.unwrap();
}
