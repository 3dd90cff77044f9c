//! Any bytes, as a TCP frame and as a datagram: no panic, and what decodes encodes again.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tplink_hs1xx::{codec, discovery, Unsupported};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(message) = codec::decode_frame(bytes) {
        assert_eq!(codec::encode_frame(&message).as_deref(), Ok(bytes));
    }
    if let Ok(message) = codec::decode_datagram(bytes) {
        assert_eq!(codec::encode_datagram(&message), bytes);
    }
    let _ = Unsupported::parse(bytes);
    let _ = discovery::parse_datagram(([127, 0, 0, 1], 9999).into(), bytes);
});
