//! What happens to every request before and after its route, in this order: ids and trace, panics, time-out,
//! body limit, security headers, CORS, compression; then the router, whose guards authenticate and authorize.
//! One function instead of a stack of layers: the order is readable and a request costs few allocations.

use std::{
    any::Any,
    convert::Infallible,
    net::{IpAddr, Ipv4Addr},
    panic::AssertUnwindSafe,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::Request,
    http::{
        HeaderMap, HeaderName, HeaderValue, Method, StatusCode,
        header::{
            CACHE_CONTROL, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY,
            STRICT_TRANSPORT_SECURITY, VARY, X_CONTENT_TYPE_OPTIONS,
        },
        response,
    },
    response::{IntoResponse, Response},
};
use futures::FutureExt as _;
use hyper::body::Body as _;
use runtime::clock::SharedClock;
use tokio::time::{Instant, timeout_at};
use tower::Service;
use tracing::Instrument as _;

use super::{
    compress,
    context::{BodyLimits, RequestContext},
    cors::{self, Origins},
    freshness::LONGEST_WAIT,
    ids::REQUEST_ID,
    json::refuse_large,
    problem::{PROBLEM_JSON, Problem},
    proxy::{self, Network},
};

/// Limits of requests and of the connections they come on.
#[derive(Clone, Debug)]
pub struct HttpConfig {
    /// A request that takes longer is answered 503.
    pub request_timeout: Duration,
    /// What a body may be.
    pub body: BodyLimits,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<Network>,
    /// How long a connection may take for a request's head once that has begun, and for its first.
    pub head_timeout: Duration,
    /// How long a connection may be idle between requests. Clients are told; longer than proxies keep theirs.
    pub keep_alive: Duration,
    /// A peer that takes next to nothing of an answer for this long is given up.
    pub write_timeout: Duration,
    /// Most headers of a request; more is 431.
    pub max_headers: usize,
    /// Most connections at once, where the system lets us have as many; more wait for a free place.
    pub max_connections: usize,
    /// How long new connections are still taken after the stop began, so that balancers see `/readyz` first.
    pub drain_grace: Duration,
    /// How long connections may go on after that; then they are closed, and the stop is still a clean one.
    pub drain_limit: Duration,
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self {
            // A query that waits as long as it may must still be able to say what it waited for.
            request_timeout: LONGEST_WAIT + Duration::from_secs(2),
            body: BodyLimits::default(),
            trusted_proxies: Vec::new(),
            head_timeout: Duration::from_secs(20),
            // Go's client keeps connections for 90 s, most proxies for 60 s or 75 s.
            keep_alive: Duration::from_mins(2),
            write_timeout: Duration::from_secs(15),
            max_headers: 64,
            max_connections: 4_096,
            drain_grace: Duration::from_millis(200),
            // Longer than a request may take, shorter than the 15 s that the process has for its stop.
            drain_limit: Duration::from_secs(13),
        }
    }
}

/// A router with everything around it. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Pipeline(Arc<Parts>);

struct Parts {
    router: Router,
    config: HttpConfig,
    origins: Origins,
    clock: SharedClock,
}

impl std::fmt::Debug for Parts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Parts").field("config", &self.config).finish_non_exhaustive()
    }
}

impl Pipeline {
    /// Puts `router` (from [`super::Api::finish`]) behind the pipeline.
    #[must_use]
    pub fn new(router: Router, config: HttpConfig, origins: Origins, clock: SharedClock) -> Self {
        Self(Arc::new(Parts { router, config, origins, clock }))
    }

    /// The limits.
    #[must_use]
    pub fn config(&self) -> &HttpConfig {
        &self.0.config
    }

    /// Answers a request that came in from `peer`. Never fails and never panics.
    pub async fn handle(&self, peer: IpAddr, request: Request) -> Response {
        self.handle_unless(None, peer, request).await
    }

    /// As [`Pipeline::handle`], where the request was not `refused` already.
    pub(super) async fn handle_unless(
        &self,
        refused: Option<Problem>,
        peer: IpAddr,
        request: Request,
    ) -> Response {
        let context = self.context(peer, &request);
        // The guard fills in the route: its pattern is logged, never the path, which may hold an e-mail address.
        let span = tracing::info_span!(
            "request",
            request_id = context.request_id.as_str(),
            method = request.method().as_str(),
            route = tracing::field::Empty,
        );
        self.answer(refused, context, request).instrument(span).await
    }

    async fn answer(&self, refused: Option<Problem>, context: RequestContext, request: Request) -> Response {
        let origin = self.0.origins.allowed(request.headers());
        let method = request.method().clone();
        let gzip = method == Method::GET && compress::accepted(request.headers());
        let mut response = if let Some(problem) = refused {
            problem.into_response()
        } else if cors::is_preflight(&method, request.headers()) {
            cors::preflight(origin.is_some())
        } else {
            self.route(&context, request).await
        };
        if response.status().as_u16() >= 400 {
            complete_problem(&mut response, &context);
        }
        if gzip {
            response = compress::gzip(response).await;
        }
        let headers = response.headers_mut();
        if let Some(origin) = origin {
            cors::allow(headers, origin);
        }
        secure(headers);
        headers.insert(REQUEST_ID, context.request_id.header());
        response
    }

    /// The answer to what could not be read as a request: with `problem` and everything that every answer has.
    pub(super) fn unparsed(&self, peer: IpAddr, problem: &Problem) -> (response::Parts, Vec<u8>) {
        let context = self.context(peer, &Request::new(Body::empty()));
        let mut response = problem.clone().into_response();
        secure(response.headers_mut());
        response.headers_mut().insert(REQUEST_ID, context.request_id.header());
        (response.into_parts().0, problem.to_json(Some(context.ids())))
    }

    fn context(&self, peer: IpAddr, request: &Request) -> RequestContext {
        let config = &self.0.config;
        let client = proxy::client(peer, request.headers(), &config.trusted_proxies);
        let deadline = Instant::now() + config.request_timeout;
        RequestContext::new(self.0.clock.new_uuid(), request.headers(), client, deadline, config.body)
    }

    async fn route(&self, context: &RequestContext, mut request: Request) -> Response {
        let limits = context.limits;
        if request.body().size_hint().lower() > limits.bytes as u64 {
            let (parts, body) = request.into_parts();
            return refuse_large(&parts.headers, body, limits).await.into_response();
        }
        request.extensions_mut().insert(context.clone());
        let answer = AssertUnwindSafe(self.0.router.clone().call(request)).catch_unwind();
        match timeout_at(context.deadline, answer).await {
            Ok(Ok(Ok(response))) => response,
            Ok(Err(panic)) => Problem::internal(format!("panic: {}", panic_text(&*panic))).into_response(),
            Err(_) => Problem::timed_out().into_response(),
        }
    }
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("of an unknown kind")
}

/// Gives an error its ids, and those that are not ours (the router's own) the one form.
fn complete_problem(response: &mut Response, context: &RequestContext) {
    let foreign = || {
        let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        kind.is_none_or(|kind| kind.starts_with("text/plain")).then(|| Problem::of_status(response.status()))
    };
    let Some(problem) = response.extensions().get::<Problem>().cloned().or_else(foreign) else { return };
    if let Some(cause) = problem.hidden_cause() {
        log_cause(cause, &problem, context);
    }
    *response.body_mut() = Body::from(problem.to_json(Some(context.ids())));
    response.headers_mut().remove(CONTENT_LENGTH);
    response.headers_mut().insert(CONTENT_TYPE, PROBLEM_JSON);
}

/// Logs what is hidden from the caller, once, with the whole chain of causes. The span says which request it was.
fn log_cause(cause: &(dyn std::error::Error + 'static), problem: &Problem, context: &RequestContext) {
    let (status, trace) = (problem.status_code().as_u16(), context.correlation_id());
    if problem.status_code() == StatusCode::INTERNAL_SERVER_ERROR {
        tracing::error!(%trace, status, error = cause, "a request failed");
    } else {
        tracing::warn!(%trace, status, error = cause, "a request could not be answered");
    }
}

const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");

/// Source: OWASP ASVS 5.0, 3.4.1 to 3.4.6. A page brings its own content policy and caching.
fn secure(headers: &mut HeaderMap) {
    headers.reserve(10);
    headers
        .insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000; includeSubDomains"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(PERMISSIONS_POLICY, HeaderValue::from_static("camera=(), geolocation=(), microphone=()"));
    let policy = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
    headers.entry(CONTENT_SECURITY_POLICY).or_insert(policy);
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.append(VARY, HeaderValue::from_static("origin, accept-encoding"));
}

/// For tests and other callers in the same process; the peer is the loopback address.
impl Service<Request> for Pipeline {
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let pipeline = self.clone();
        Box::pin(async move { Ok(pipeline.handle(Ipv4Addr::LOCALHOST.into(), request).await) })
    }
}
