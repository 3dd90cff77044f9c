//! The codec against vectors that two independent clients agree on.

use tplink_hs1xx::codec::{self, FrameError, MAX_MESSAGE_LEN};
use tplink_hs1xx::method::{GetEnergy, GetSysInfo, SetRelayState};
use tplink_hs1xx::request::Method;
use tplink_hs1xx::{NewCountdown, Outlets, Request};

const SYSINFO: &str = "0000001dd0f281f88bff9af7d5ef94b6d1b4c09fec95e68fe187e8caf08bf68bf6";
const ON: &str = "0000002ad0f281f88bff9af7d5ef94b6c5a0d48bf99cf091e8b7c4b0d1a5c0e2d8a381f286e793\
                  f6d4eedfa2dfa2";
const OFF: &str = "0000002ad0f281f88bff9af7d5ef94b6c5a0d48bf99cf091e8b7c4b0d1a5c0e2d8a381f286e793\
                   f6d4eedea3dea3";
const ENERGY: &str = "0000001ed0f297fa9feb8efcdee49fbddabfcb94e683e28efa93fe9bb983f885f885";

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<char> = text.chars().collect();
    let byte = |pair: &[char]| u8::from_str_radix(&pair.iter().collect::<String>(), 16).unwrap();
    digits.chunks(2).map(byte).collect()
}

fn check<M: Method>(request: &Request<M>, json: &str, vector: &str) {
    let frame = hex(vector);
    let message = request.to_json().unwrap();
    assert_eq!(String::from_utf8_lossy(&message), json);
    assert_eq!(codec::encode_frame(&message).unwrap(), frame);
    assert_eq!(codec::encode_datagram(&message), frame[4..]);
    assert_eq!(codec::decode_frame(&frame).unwrap(), message);
    assert_eq!(codec::decode_datagram(&frame[4..]).unwrap(), message);
}

#[test]
fn requests_have_the_bytes_other_clients_send() {
    let switch = |on| Request::new(SetRelayState::new(on));
    check(&Request::new(GetSysInfo {}), r#"{"system":{"get_sysinfo":{}}}"#, SYSINFO);
    check(&switch(true), r#"{"system":{"set_relay_state":{"state":1}}}"#, ON);
    check(&switch(false), r#"{"system":{"set_relay_state":{"state":0}}}"#, OFF);
    check(&Request::new(GetEnergy {}), r#"{"emeter":{"get_realtime":{}}}"#, ENERGY);
    assert_eq!(codec::encode_frame(b"{}").unwrap(), hex("00000002d0ad"));
}

#[test]
fn children_travel_as_context() {
    let outlets = ["AA00", "AA01"].map(|id| id.parse().unwrap());
    let request = Request::to(SetRelayState::new(true), Outlets::from_iter(outlets));
    let json = r#"{"context":{"child_ids":["AA00","AA01"]},"system":{"set_relay_state":{"state":1}}}"#;
    assert_eq!(request.to_json().unwrap(), json.as_bytes());
}

#[test]
fn countdowns_have_the_fields_of_the_protocol() {
    let request = Request::new(NewCountdown::off_after(90).named("safety"));
    let json = r#"{"count_down":{"add_rule":{"enable":1,"delay":90,"act":0,"name":"safety"}}}"#;
    assert_eq!(request.to_json().unwrap(), json.as_bytes());
}

#[test]
fn lengths_are_checked() {
    let oversize = FrameError::Oversize { bytes: MAX_MESSAGE_LEN + 1, limit: MAX_MESSAGE_LEN };
    assert_eq!(codec::body_len([0, 0, 0x40, 0]), Ok(MAX_MESSAGE_LEN));
    assert_eq!(codec::body_len([0, 0, 0x40, 1]), Err(oversize));
    assert!(codec::body_len([0xff; 4]).is_err());
    let long = vec![0; MAX_MESSAGE_LEN + 1];
    assert_eq!(codec::encode_frame(&long), Err(oversize));
    assert_eq!(codec::decode_datagram(&long), Err(oversize));
}

#[test]
fn frames_end_where_they_say() {
    let short = FrameError::Truncated { received: 5, expected: 6 };
    assert_eq!(codec::decode_frame(&hex("00000002d0")), Err(short));
    let long = FrameError::Trailing { bytes: 1 };
    assert_eq!(codec::decode_frame(&hex("00000002d0ad00")), Err(long));
    let header = FrameError::Truncated { received: 2, expected: 4 };
    assert_eq!(codec::decode_frame(&[0, 0]), Err(header));
}
