//! Replies of several models, and replies that are none.

use tplink_hs1xx::method::{GetCountdown, GetEnergy, GetSysInfo, SetAlias, SetRelayState};
use tplink_hs1xx::request::{MAX_REQUEST_LEN, Method, RequestError};
use tplink_hs1xx::{Energy, ErrorCode, Mac, Outlets, ReplyError, Request, SysInfo};

fn parse<M: Method>(method: M, json: &str) -> Result<M::Reply, ReplyError> {
    Request::new(method).parse_reply(json.as_bytes())
}

fn sysinfo(fields: &str) -> Result<SysInfo, ReplyError> {
    let json = format!(r#"{{"system":{{"get_sysinfo":{{{fields}}}}}}}"#);
    parse(GetSysInfo {}, &json)
}

fn energy(fields: &str) -> Result<Energy, ReplyError> {
    let json = format!(r#"{{"emeter":{{"get_realtime":{{{fields},"err_code":0}}}}}}"#);
    parse(GetEnergy {}, &json)
}

#[test]
fn a_plug_has_one_relay() {
    let info = sysinfo(
        r#""deviceId":"A1","mac":"50:C7:BF:00:00:01","alias":"L","relay_state":1,"on_time":7,
           "rssi":-60,"feature":"TIM","unknown":[{}],"err_code":0"#,
    )
    .unwrap();
    assert_eq!(info.relay_on, Some(true));
    assert_eq!(info.on_time_seconds, Some(7));
    assert_eq!(info.rssi_dbm, Some(-60));
    assert!(!info.has_energy_meter);
    assert_eq!(info.is_on(&Outlets::Whole), Some(true));
    assert_eq!(info.identity().to_string(), "A1 (50:C7:BF:00:00:01)");
}

#[test]
fn a_strip_has_children_whose_short_ids_get_the_device_id() {
    let info = sysinfo(
        r#""deviceId":"A1","mic_mac":"50C7BF000001","feature":"TIM:ENE",
           "children":[{"id":"00","alias":"a","state":1},{"id":"A101","state":0}]"#,
    )
    .unwrap();
    assert_eq!(info.mac, Some(Mac([0x50, 0xC7, 0xBF, 0, 0, 1])));
    assert!(info.has_energy_meter);
    assert_eq!(info.relay_on, None);
    let ids: Vec<_> = info.children.iter().map(|child| child.id.as_str()).collect();
    assert_eq!(ids, ["A100", "A101"]);
    let [first, second] = [0, 1].map(|at: usize| Outlets::from(info.children[at].id.clone()));
    assert_eq!(info.is_on(&first), Some(true));
    assert_eq!(info.is_on(&second), Some(false));
    assert_eq!(info.is_on(&Outlets::Whole), None, "they differ");
    assert_eq!(info.is_any_on(&Outlets::Whole), Some(true));
    assert_eq!(info.is_any_on(&second), Some(false));
    let stranger = Outlets::from("A109".parse::<tplink_hs1xx::ChildId>().unwrap());
    assert_eq!(info.is_on(&stranger), None);
    assert_eq!(info.is_any_on(&stranger), None);
}

#[test]
fn cosmetic_faults_are_tolerated_and_faults_of_state_are_not() {
    let info = sysinfo(r#""deviceId":"A1","rssi":"x","alias":3,"mac":"?","on_time":-1"#).unwrap();
    assert_eq!((info.rssi_dbm, info.mac, info.on_time_seconds), (None, None, None));
    for fields in [
        r#""alias":"no id""#,
        r#""deviceId":"""#,
        r#""deviceId":"A 1""#,
        r#""deviceId":"A1","relay_state":2"#,
        r#""deviceId":"A1","children":[{"id":"00"}]"#,
        r#""deviceId":"A1","children":[7]"#,
    ] {
        let outcome = sysinfo(fields);
        assert!(matches!(outcome, Err(ReplyError::Field { .. })), "{fields}");
    }
}

#[test]
fn a_name_cut_within_a_character_does_not_hide_the_state() {
    let mut json = br#"{"system":{"get_sysinfo":{"deviceId":"A1","relay_state":1,"alias":"caf"#.to_vec();
    json.extend(b"\xc3\"}}}\0\0");
    let info = Request::new(GetSysInfo {}).parse_reply(&json).unwrap();
    assert_eq!(info.relay_on, Some(true));
}

#[test]
fn both_forms_of_a_reading_are_one() {
    let old = energy(r#""current":0.05,"voltage":230.1,"power":11.5,"total":1.234"#).unwrap();
    let new = energy(r#""current_ma":50,"voltage_mv":230100,"power_mw":11500,"total_wh":1234"#).unwrap();
    for reading in [old, new] {
        let near = |value: f64, wanted: f64| (value - wanted).abs() < 1e-9;
        assert!(near(reading.power_watts, 11.5), "{reading:?}");
        assert!(near(reading.voltage_volts, 230.1), "{reading:?}");
        assert!(near(reading.current_amps, 0.05), "{reading:?}");
        assert!(near(reading.total_watt_hours, 1234.0), "{reading:?}");
    }
    let partial = energy(r#""power_mw":1,"voltage_mv":1,"current_ma":1"#);
    assert!(matches!(partial, Err(ReplyError::Field { name: "total" })));
}

#[test]
fn every_error_code_has_its_name() {
    for (code, name) in [
        (-1, ErrorCode::ModuleNotSupported),
        (-2, ErrorCode::MemberNotSupported),
        (-3, ErrorCode::InvalidArgument),
        (-5, ErrorCode::NotEnoughMemory),
        (-7, ErrorCode::UnknownError),
        (-10, ErrorCode::TableFull),
        (-14, ErrorCode::EntryNotExist),
        (-10_002, ErrorCode::MissingArgument),
        (-99, ErrorCode::Other(-99)),
    ] {
        let error = format!(r#"{{"err_code":{code},"err_msg":"why"}}"#);
        let on_method = format!(r#"{{"system":{{"set_relay_state":{error}}}}}"#);
        let on_module = format!(r#"{{"system":{error}}}"#);
        for json in [on_method, on_module] {
            let outcome = parse(SetRelayState::new(true), &json);
            let Err(ReplyError::Refused(refusal)) = outcome else {
                panic!("{json}: {outcome:?}");
            };
            assert_eq!(refusal.code, name);
            assert_eq!(refusal.message.as_deref(), Some("why"));
            assert!(!refusal.to_string().contains("why"));
        }
    }
}

#[test]
fn a_reply_to_something_else_is_no_success() {
    for json in [
        "{}",
        "[]",
        "1",
        r#"{"system":{}}"#,
        r#"{"system":null}"#,
        r#"{"system":{"err_code":0}}"#,
        r#"{"system":{"get_sysinfo":{"err_code":0}}}"#,
        r#"{"system":{"set_relay_state":0}}"#,
    ] {
        let outcome = parse(SetRelayState::new(true), json);
        assert!(matches!(outcome, Err(ReplyError::NoAnswer { .. })), "{json}");
    }
    let odd = parse(SetRelayState::new(true), r#"{"system":{"set_relay_state":{"err_code":"0"}}}"#);
    assert!(matches!(odd, Err(ReplyError::Field { name: "err_code" })));
    let cut = parse(SetRelayState::new(true), r#"{"system":"#);
    assert!(matches!(cut, Err(ReplyError::Json(_))));
}

#[test]
fn countdown_rules_are_read() {
    let json = r#"{"count_down":{"get_rules":{"rule_list":[
        {"id":"R","name":"n","enable":1,"delay":60,"act":0,"remain":12}],"err_code":0}}}"#;
    let rules = parse(GetCountdown {}, json).unwrap();
    assert_eq!(rules.len(), 1);
    assert!(rules[0].enabled && !rules[0].turns_on);
    assert_eq!(rules[0].remaining_seconds, Some(12));
    let none = r#"{"count_down":{"get_rules":{"rule_list":[]}}}"#;
    assert_eq!(parse(GetCountdown {}, none).unwrap(), []);
}

#[test]
fn requests_that_crash_devices_or_name_nobody_are_refused() {
    let overhead = Request::new(SetAlias::new("")).to_json().unwrap().len();
    let fits = "x".repeat(MAX_REQUEST_LEN - overhead);
    assert!(Request::new(SetAlias::new(fits.as_str())).to_json().is_ok());
    let long = Request::new(SetAlias::new(fits + "x")).to_json();
    assert!(matches!(long, Err(RequestError::TooLong { bytes: 769, limit: 768 })));
    let no_outlet = Request::to(SetRelayState::new(true), Outlets::Children(Vec::new())).to_json();
    assert!(matches!(no_outlet, Err(RequestError::NoOutlet)));
}
