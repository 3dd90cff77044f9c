//! What the pipeline knows about a request before anybody looks into it: its ids, its trace, where it came
//! from, how long it may take.

use std::{fmt, net::IpAddr, time::Duration};

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderName, HeaderValue, request::Parts},
};
use tokio::time::Instant;
use uuid::Uuid;

use super::problem::Problem;

/// Names a request for people; taken from the caller or made here, and sent back.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Source: W3C Trace Context §3.2.
pub const TRACE_PARENT: HeaderName = HeaderName::from_static("traceparent");
/// Longest request id taken from a caller.
const MAX_REQUEST_ID: usize = 128;

/// A request's identity. In the extensions of every request that came through the pipeline.
#[derive(Clone, Debug)]
pub struct RequestContext {
    /// Drawn here for every request; a command without an `Idempotency-Key` is named by it.
    pub id: Uuid,
    /// The caller's `X-Request-Id`, or `id` as text.
    pub request_id: RequestId,
    /// The caller's trace, or a new one.
    pub trace_parent: TraceParent,
    /// The client's address; behind a configured proxy, the one that the proxy names.
    pub peer: IpAddr,
    /// When the answer "timed out" is given; retries inside must end before.
    pub deadline: Instant,
    /// What its body may be.
    pub limits: BodyLimits,
}

/// What a request's body may be.
#[derive(Clone, Copy, Debug)]
pub struct BodyLimits {
    /// Most bytes.
    pub bytes: usize,
    /// Longest time for all of it to arrive.
    pub time: Duration,
}

impl Default for BodyLimits {
    fn default() -> Self {
        Self { bytes: 256 * 1024, time: Duration::from_secs(5) }
    }
}

impl RequestContext {
    /// Reads the ids a caller sent; what is missing or not well-formed comes from `id`.
    #[must_use]
    pub fn new(id: Uuid, headers: &HeaderMap, peer: IpAddr, deadline: Instant, limits: BodyLimits) -> Self {
        let request_id =
            headers.get(REQUEST_ID).and_then(RequestId::accept).unwrap_or_else(|| RequestId::of(id));
        let trace_parent = headers
            .get(TRACE_PARENT)
            .and_then(|value| TraceParent::parse(value.as_bytes()))
            .unwrap_or_else(|| TraceParent::start(id));
        Self { id, request_id, trace_parent, peer, deadline, limits }
    }

    /// Ties together everything this request causes: the trace's id.
    #[must_use]
    pub fn correlation_id(&self) -> Uuid {
        Uuid::from_bytes(self.trace_parent.trace_id)
    }
}

impl<S: Sync> FromRequestParts<S> for RequestContext {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts
            .extensions
            .get()
            .cloned()
            .ok_or_else(|| Problem::misbuilt("the route is not behind the pipeline"))
    }
}

/// A request's name: 1 to 128 of `A-Z a-z 0-9 . _ -` (and so safe in logs and headers).
#[derive(Clone, PartialEq, Eq)]
pub struct RequestId(HeaderValue);

impl RequestId {
    fn accept(value: &HeaderValue) -> Option<Self> {
        let plain = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
        let bytes = value.as_bytes();
        ((1..=MAX_REQUEST_ID).contains(&bytes.len()) && bytes.iter().all(plain)).then(|| Self(value.clone()))
    }

    fn of(id: Uuid) -> Self {
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
    use std::net::Ipv4Addr;

    use super::*;

    const ID: Uuid = Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001);

    fn context(headers: &[(HeaderName, &str)]) -> RequestContext {
        let headers = headers.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect();
        RequestContext::new(ID, &headers, Ipv4Addr::LOCALHOST.into(), Instant::now(), BodyLimits::default())
    }

    #[test]
    fn a_good_request_id_is_kept_and_another_replaced() {
        assert_eq!(context(&[(REQUEST_ID, "till-7.42")]).request_id.as_str(), "till-7.42");
        for bad in ["", "two words", "a\"b", &"x".repeat(129)] {
            assert_eq!(context(&[(REQUEST_ID, bad)]).request_id.as_str(), ID.to_string(), "{bad}");
        }
    }

    #[test]
    fn a_trace_is_continued() {
        let sent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let context = context(&[(TRACE_PARENT, sent)]);
        assert_eq!(context.trace_parent.to_string(), sent);
        assert_eq!(context.correlation_id().simple().to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
    }

    #[tokio::test]
    async fn a_broken_trace_is_replaced_by_a_new_one() {
        let good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let broken = [
            String::new(),
            good[..54].into(),
            format!("{good}-more"),
            good.to_uppercase(),
            good.replacen("00", "ff", 1),
            good.replace('-', "_"),
            format!("00-{}-00f067aa0ba902b7-01", "0".repeat(32)),
            format!("00-4bf92f3577b34da6a3ce929d0e0e4736-{}-01", "0".repeat(16)),
        ];
        for text in broken {
            assert_eq!(TraceParent::parse(text.as_bytes()), None, "{text}");
            assert_eq!(context(&[(TRACE_PARENT, &text)]).correlation_id(), ID);
        }
        let later = format!("{}-more", good.replacen("00", "01", 1));
        assert!(
            TraceParent::parse(later.as_bytes()).is_some(),
            "a later version is read by its first fields"
        );
    }

    #[test]
    fn a_new_trace_reads_back() {
        let new = TraceParent::start(ID);
        assert_eq!(TraceParent::parse(new.to_string().as_bytes()), Some(new));
    }
}
