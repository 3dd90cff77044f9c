//! What the pipeline knows about a request before anybody looks into it: its ids, its trace, where it came
//! from, how long it may take.

use std::{net::IpAddr, time::Duration};

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, request::Parts},
};
use tokio::time::Instant;
use uuid::Uuid;

use super::{
    ids::{REQUEST_ID, RequestId, TRACE_PARENT, TraceParent},
    problem::Problem,
};

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

    /// What an error answer names the request by: its name and its trace's id.
    pub(super) fn ids(&self) -> (&RequestId, Uuid) {
        (&self.request_id, self.correlation_id())
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

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use axum::http::HeaderName;

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
}
