//! Any bytes, as the JSON text of every kind of reply: no panic.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tplink_hs1xx::{NewCountdown, Request, method};

fuzz_target!(|json: &[u8]| {
    let _ = Request::new(method::GetSysInfo {}).parse_reply(json);
    let _ = Request::new(method::SetRelayState::new(true)).parse_reply(json);
    let _ = Request::new(method::GetEnergy {}).parse_reply(json);
    let _ = Request::new(method::GetCountdown {}).parse_reply(json);
    let _ = Request::new(NewCountdown::off_after(1)).parse_reply(json);
});
