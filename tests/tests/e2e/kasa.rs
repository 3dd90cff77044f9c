//! The protocol crate understands what real devices answered, from python-kasa's dumps. python-kasa and the
//! npm client understand our simulated plugs.

use aerosports_tests::{NpmSimulator, kasa, plugs};
use serde_json::{Value, json};
use tplink_hs1xx::{Client, Outlets, Plug};

/// A plug that answers as the real one did.
async fn replayed(name: &str) -> (plugs::Plug, Value) {
    let dump = kasa::dump(name).unwrap();
    let plug = plugs::Plug::start(plugs::Model::of_dump(&dump).unwrap()).await.unwrap();
    (plug, dump)
}

#[tokio::test]
async fn kasa_dumps_of_plugs_are_understood_and_switched() {
    for name in ["HS103(US)_2.1_1.1.4", "EP10(US)_1.0_1.0.2", "KP115(EU)_1.0_1.0.16", "HS110(EU)_1.0_1.2.5"] {
        let (device, dump) = replayed(name).await;
        let real = &dump["system"]["get_sysinfo"];
        let (mut plug, info) = Plug::open(Client::new(device.address())).await.unwrap();
        assert_eq!(json!(info.model), real["model"], "{name}");
        assert_eq!(json!(info.alias), real["alias"], "{name}");
        assert_eq!(json!(info.device_id), real["deviceId"], "{name}");
        assert_eq!(json!(info.software_version), real["sw_ver"], "{name}");
        assert_eq!(json!(info.rssi_dbm), real["rssi"], "{name}");
        assert_eq!(info.relay_on, real["relay_state"].as_u64().map(|state| state == 1), "{name}");
        assert_eq!(info.has_energy_meter, dump.get("emeter").is_some(), "{name}");
        for on in [true, false, true] {
            plug.set_relay(&Outlets::Whole, on).await.unwrap();
            let theirs = kasa::run(device.address(), "plug", &["sysinfo"]).await.unwrap();
            assert_eq!((device.is_on(), &theirs["relay_state"]), (on, &json!(u8::from(on))), "{name}");
        }
    }
}

#[tokio::test]
async fn kasa_dumps_of_meters_read_as_kasa_reads_them() {
    for name in ["KP115(EU)_1.0_1.0.16", "KP115(US)_1.0_1.0.21", "HS110(EU)_1.0_1.2.5", "HS110(EU)_4.0_1.0.4"]
    {
        let (device, _) = replayed(name).await;
        let (mut plug, _) = Plug::open(Client::new(device.address())).await.unwrap();
        let ours = plug.energy(&Outlets::Whole).await.unwrap();
        let theirs = kasa::run(device.address(), "plug", &["energy"]).await.unwrap();
        let of = |milli: &str, whole: &str| {
            theirs[milli].as_f64().map(|number| number / 1_000.0).or(theirs[whole].as_f64()).unwrap()
        };
        assert!((ours.power_watts - of("power_mw", "power")).abs() < 0.01, "{name}: {ours:?} and {theirs}");
        assert!(
            (ours.voltage_volts - of("voltage_mv", "voltage")).abs() < 0.01,
            "{name}: {ours:?} and {theirs}"
        );
        assert!(
            (ours.current_amps - of("current_ma", "current")).abs() < 0.01,
            "{name}: {ours:?} and {theirs}"
        );
        let kilowatt_hours = of("total_wh", "total");
        assert!(
            (ours.total_watt_hours / 1_000.0 - kilowatt_hours).abs() < 0.01,
            "{name}: {ours:?} and {theirs}"
        );
    }
}

#[tokio::test]
async fn kasa_dumps_of_strips_have_their_outlets() {
    for name in ["KP303(UK)_1.0_1.0.3", "KP303(US)_2.0_1.0.9", "HS300(US)_2.0_1.0.12"] {
        let (device, dump) = replayed(name).await;
        let real = dump["system"]["get_sysinfo"]["children"].as_array().unwrap();
        let (mut plug, info) = Plug::open(Client::new(device.address())).await.unwrap();
        let states: Vec<_> = info.children.iter().map(|child| u64::from(child.on)).collect();
        assert_eq!(
            states,
            real.iter().map(|child| child["state"].as_u64().unwrap()).collect::<Vec<_>>(),
            "{name}"
        );
        let second = &info.children[1];
        let (outlets, on) = (Outlets::from(second.id.clone()), !second.on);
        plug.set_relay(&outlets, on).await.unwrap();
        let theirs = kasa::run(device.address(), "strip", &["sysinfo"]).await.unwrap();
        assert_eq!(theirs["children"][1]["state"], u8::from(on), "{name}");
        for outlet in (0..states.len()).filter(|outlet| *outlet != 1) {
            assert_eq!(u64::from(device.is_outlet_on(outlet)), states[outlet], "{name}: outlet {outlet}");
        }
    }
}

#[tokio::test]
async fn kasa_and_the_npm_client_take_our_simulated_plugs_for_real() {
    let mut npm = NpmSimulator::start().unwrap();
    for model in
        [plugs::Model::plug("Fog"), plugs::Model::old_meter("Lamp"), plugs::Model::new_meter("Siren")]
    {
        let plug = plugs::Plug::start(model).await.unwrap();
        kasa::run(plug.address(), "plug", &["on"]).await.unwrap();
        assert!(plug.is_on());
        assert_eq!(npm.client(plug.address(), None, None).await.unwrap()["on"], true);
        npm.client(plug.address(), Some(false), None).await.unwrap();
        assert!(!plug.is_on());
    }
    let strip = plugs::Plug::start(plugs::Model::metered_strip("Bar")).await.unwrap();
    kasa::run(strip.address(), "strip", &["on", "--index", "4"]).await.unwrap();
    assert!(strip.is_outlet_on(4) && !strip.is_outlet_on(3));
    let fifth = strip.child_id(4).unwrap();
    let seen = npm.client(strip.address(), Some(false), Some(&fifth)).await.unwrap();
    assert_eq!((&seen["on"], strip.is_on()), (&json!(false), false));
}
