//! What names a request and the trace that it belongs to, as headers and answers show them.

use std::fmt;

use axum::http::{HeaderName, HeaderValue};
use uuid::Uuid;

/// Names a request for people; taken from the caller or made here, and sent back.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Source: W3C Trace Context §3.2.
pub const TRACE_PARENT: HeaderName = HeaderName::from_static("traceparent");
/// Longest request id taken from a caller.
const MAX_REQUEST_ID: usize = 128;

/// A request's name: 1 to 128 of `A-Z a-z 0-9 . _ -` (and so safe in logs and headers).
#[derive(Clone, PartialEq, Eq)]
pub struct RequestId(HeaderValue);

impl RequestId {
    /// The one that a caller sent, if it can be taken.
    pub(super) fn accept(value: &HeaderValue) -> Option<Self> {
        let plain = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
        let bytes = value.as_bytes();
        ((1..=MAX_REQUEST_ID).contains(&bytes.len()) && bytes.iter().all(plain)).then(|| Self(value.clone()))
    }

    /// `id` as text.
    pub(super) fn of(id: Uuid) -> Self {
        let mut text = [0; 36];
        id.as_hyphenated().encode_lower(&mut text);
        Self(HeaderValue::from_bytes(&text).unwrap_or(HeaderValue::from_static("unknown")))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or("unknown")
    }

    /// For the response.
    #[must_use]
    pub fn header(&self) -> HeaderValue {
        self.0.clone()
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Version 00 of a W3C `traceparent`. Displayed in its header form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceParent {
    /// Names the whole trace; never all zero.
    pub trace_id: [u8; 16],
    /// The caller's place in it; never all zero.
    pub parent_id: [u8; 8],
    /// Bit 0: the caller records it.
    pub flags: u8,
}

impl TraceParent {
    /// Reads a header. Later versions are read by their first four fields, as the standard asks.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        let version = *hex::<1>(text.get(..2)?)?.first()?;
        let dashes = [2, 35, 52].iter().all(|at| text.get(*at) == Some(&b'-'));
        let ends = if version == 0 { text.len() == 55 } else { text.get(55).is_none_or(|b| *b == b'-') };
        let trace_id = hex::<16>(text.get(3..35)?)?;
        let parent_id = hex::<8>(text.get(36..52)?)?;
        let [flags] = hex::<1>(text.get(53..55)?)?;
        let valid = version != 0xff && dashes && ends && trace_id != [0; 16] && parent_id != [0; 8];
        valid.then_some(Self { trace_id, parent_id, flags })
    }

    /// A new trace that begins with the request `id`, not recorded by anybody yet.
    #[must_use]
    pub fn start(id: Uuid) -> Self {
        let (_, low) = id.as_u64_pair();
        Self { trace_id: id.into_bytes(), parent_id: low.to_be_bytes(), flags: 0 }
    }
}

impl fmt::Display for TraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (trace, parent) = (u128::from_be_bytes(self.trace_id), u64::from_be_bytes(self.parent_id));
        write!(f, "00-{trace:032x}-{parent:016x}-{:02x}", self.flags)
    }
}

/// Lower-case hexadecimal, as the standard demands.
fn hex<const N: usize>(text: &[u8]) -> Option<[u8; N]> {
    let digit = |b: &u8| match b {
        b'0'..=b'9' => Some(b - b'0'),
        b'a'..=b'f' => Some(b - b'a' + 10),
        _ => None,
    };
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
        *byte = digit(pair.first()?)? << 4 | digit(pair.last()?)?;
    }
    (text.len() == 2 * N).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_trace_reads_back() {
        let new = TraceParent::start(Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001));
        assert_eq!(TraceParent::parse(new.to_string().as_bytes()), Some(new));
    }
}
