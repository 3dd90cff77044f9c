//! Which other sites' pages may call: an allow-list that operators change while we run. A page that is not on
//! it gets no CORS header, and so its browser keeps the answer from it; nothing here is ever an error.

use std::{
    collections::HashSet,
    sync::{Arc, PoisonError, RwLock},
};

use axum::{
    body::Body,
    http::{
        HeaderMap, HeaderValue, Method, StatusCode,
        header::{
            ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
            ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN,
        },
    },
    response::Response,
};

const METHODS: HeaderValue = HeaderValue::from_static("GET, POST");
const HEADERS: HeaderValue = HeaderValue::from_static(
    "authorization, content-type, x-api-key, idempotency-key, if-match, if-none-match, x-request-id, \
     traceparent, aero-min-position, aero-max-wait, aero-allow-stale, last-event-id",
);
const EXPOSED: HeaderValue =
    HeaderValue::from_static("etag, retry-after, x-request-id, aero-position, ratelimit, ratelimit-policy");
/// Seconds a browser may remember a preflight, and so how long a removed origin may linger there.
const MAX_AGE: HeaderValue = HeaderValue::from_static("600");

/// The allowed origins, such as `https://admin.example.org`. Cloning shares the list.
#[derive(Clone, Debug, Default)]
pub struct Origins(Arc<RwLock<HashSet<String>>>);

impl Origins {
    /// Replaces the list; the next request sees it.
    pub fn replace(&self, origins: impl IntoIterator<Item = String>) {
        let origins =
            origins.into_iter().map(|origin| origin.trim_end_matches('/').to_ascii_lowercase()).collect();
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = origins;
    }

    /// Whether `origin`, as a browser sends it, is on the list.
    #[must_use]
    pub fn allows(&self, origin: &str) -> bool {
        self.0.read().unwrap_or_else(PoisonError::into_inner).contains(origin)
    }

    /// The request's origin, if it is on the list.
    pub(super) fn allowed(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        headers.get(ORIGIN).filter(|origin| origin.to_str().is_ok_and(|origin| self.allows(origin))).cloned()
    }
}

/// Whether a browser asks if it may ask.
pub(super) fn is_preflight(method: &Method, headers: &HeaderMap) -> bool {
    method == Method::OPTIONS
        && headers.contains_key(ORIGIN)
        && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

/// The answer to a preflight; it allows nothing unless the origin is `allowed`.
pub(super) fn preflight(allowed: bool) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    if allowed {
        let headers = response.headers_mut();
        headers.insert(ACCESS_CONTROL_ALLOW_METHODS, METHODS);
        headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, HEADERS);
        headers.insert(ACCESS_CONTROL_MAX_AGE, MAX_AGE);
    }
    response
}

/// Lets the page at `origin` read the answer.
pub(super) fn allow(headers: &mut HeaderMap, origin: HeaderValue) {
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_changes_while_running() {
        let origins = Origins::default();
        let shared = origins.clone();
        assert!(!origins.allows("https://admin.example.org"));
        shared.replace(["https://Admin.example.org/".into()]);
        assert!(origins.allows("https://admin.example.org"));
        assert!(!origins.allows("http://admin.example.org"));
        assert!(!origins.allows("https://admin.example.org.evil.example"));
        assert!(!origins.allows("null"));
        shared.replace([]);
        assert!(!origins.allows("https://admin.example.org"));
    }
}
