//! Nothing that comes from the network makes the parsers panic.

use std::net::SocketAddr;

use proptest::prelude::*;
use tplink_hs1xx::Unsupported;
use tplink_hs1xx::method::{GetCountdown, GetEnergy, GetSysInfo, SetRelayState};
use tplink_hs1xx::{Mac, Request, codec, discovery};

const REPLY: &str = r#"{"system":{"get_sysinfo":{"deviceId":"A1","mac":"50:C7:BF:00:00:01",
    "alias":"L","relay_state":1,"children":[{"id":"00","alias":"a","state":1}],"err_code":0}}}"#;

fn parse_all(json: &[u8]) {
    let _ = Request::new(GetSysInfo {}).parse_reply(json);
    let _ = Request::new(GetEnergy {}).parse_reply(json);
    let _ = Request::new(GetCountdown {}).parse_reply(json);
    let _ = Request::new(SetRelayState::new(true)).parse_reply(json);
}

fn nowhere() -> SocketAddr {
    ([127, 0, 0, 1], 9999).into()
}

/// A value of any JSON type, as text.
fn any_value() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("null".to_owned()),
        Just("{}".to_owned()),
        Just("[[]]".to_owned()),
        any::<bool>().prop_map(|flag| flag.to_string()),
        any::<i64>().prop_map(|number| number.to_string()),
        any::<f64>().prop_map(|number| serde_json::json!(number).to_string()),
        ".{0,80}".prop_map(|text| serde_json::json!(text).to_string()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn frames_round_trip(message in prop::collection::vec(any::<u8>(), 0..2000)) {
        let frame = codec::encode_frame(&message).unwrap();
        prop_assert_eq!(codec::decode_frame(&frame).unwrap(), message.clone());
        let datagram = codec::encode_datagram(&message);
        prop_assert_eq!(codec::decode_datagram(&datagram).unwrap(), message);
    }

    #[test]
    fn any_bytes_are_a_frame_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = codec::decode_frame(&bytes);
        let _ = discovery::parse_datagram(nowhere(), &bytes);
        let _ = Unsupported::parse(&bytes);
        parse_all(&bytes);
    }

    #[test]
    fn a_damaged_reply_does_not_panic(at in 0..REPLY.len(), byte: u8, cut in 0..REPLY.len()) {
        let mut json = REPLY.as_bytes().to_vec();
        json[at] = byte;
        parse_all(&json);
        json.truncate(cut);
        parse_all(&json);
        let _ = discovery::parse_datagram(nowhere(), &codec::encode_datagram(&json));
    }

    #[test]
    fn fields_of_any_type_do_not_panic(
        names in prop::sample::subsequence(vec![
            "deviceId", "mac", "mic_mac", "alias", "relay_state", "on_time", "rssi", "feature",
            "children", "power", "power_mw", "voltage", "current", "total", "rule_list",
            "err_code", "err_msg",
        ], 0..17),
        values in prop::collection::vec(any_value(), 17),
    ) {
        let fields: Vec<_> = names.iter().zip(&values).map(|(n, v)| format!("\"{n}\":{v}")).collect();
        let fields = fields.join(",");
        for name in ["system\":{\"get_sysinfo", "emeter\":{\"get_realtime", "count_down\":{\"get_rules"] {
            parse_all(format!("{{\"{name}\":{{{fields}}}}}}}").as_bytes());
        }
    }

    #[test]
    fn an_address_survives_its_text(octets: [u8; 6]) {
        let mac = Mac(octets);
        prop_assert_eq!(mac.to_string().parse::<Mac>().unwrap(), mac);
    }
}
