//! One request and its answer on a connection: what HTTP/1.1 asks of both, around the pipeline.

use std::{
    convert::Infallible,
    net::IpAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum::{
    body::Body,
    http::{
        HeaderMap, HeaderName, HeaderValue, Request, Response, Version,
        header::{CONNECTION, EXPECT, HOST},
        uri::Authority,
    },
};
use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};

use super::{
    connection::Connection,
    pipeline::Pipeline,
    problem::{FieldError, Problem},
    rest,
};

const KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");

/// Answers one request.
pub(super) async fn answer(
    pipeline: Pipeline,
    connection: Arc<Connection>,
    peer: IpAddr,
    request: Request<Incoming>,
) -> Result<Response<Answer>, Infallible> {
    connection.begin();
    let refused = host_problem(&request);
    let keeps = keeps_alive(&request);
    let waits_for_leave = request.headers().contains_key(EXPECT);
    let (parts, body) = request.into_parts();
    let (body, rest) = rest::split(body);
    let mut request = Request::from_parts(parts, body);
    request.extensions_mut().insert(connection.clone());
    let mut response = pipeline.handle_unless(refused, peer, request).await;
    if !rest.finish(waits_for_leave).await {
        connection.read_on();
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    } else if keeps
        && !connection.is_stopping()
        && let Some(kept) = kept(&pipeline)
    {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("keep-alive"));
        response.headers_mut().insert(KEEP_ALIVE, kept);
    }
    Ok(response.map(|body| Answer { body, connection }))
}

/// `Keep-Alive`, in whole seconds; none when there is less than one.
fn kept(pipeline: &Pipeline) -> Option<HeaderValue> {
    let seconds = pipeline.config().keep_alive.as_secs();
    (seconds > 0).then(|| HeaderValue::try_from(format!("timeout={seconds}")).ok()).flatten()
}

/// Whether the client wants to use the connection again.
fn keeps_alive<B>(request: &Request<B>) -> bool {
    let values = request.headers().get_all(CONNECTION).iter().filter_map(|value| value.to_str().ok());
    let closes =
        values.flat_map(|value| value.split(',')).any(|token| token.trim().eq_ignore_ascii_case("close"));
    request.version() == Version::HTTP_11 && !closes
}

/// Why the request names no host, or several. Source: RFC 9112 §3.2.
fn host_problem<B>(request: &Request<B>) -> Option<Problem> {
    let message = match (host(request.headers()), request.version()) {
        (Host::Named, _) | (Host::Missing, Version::HTTP_10 | Version::HTTP_09) => return None,
        (Host::Missing, _) => "`Host` is missing",
        (Host::Several, _) => "`Host` is there twice",
        (Host::Malformed, _) => "`Host` must be a host's name or address, and a port where it has one",
    };
    let code = if message.ends_with("missing") { "missing" } else { "malformed" };
    Some(Problem::bad_field(FieldError { field: "Host".into(), message: message.into(), code }))
}

enum Host {
    Named,
    Missing,
    Several,
    Malformed,
}

fn host(headers: &HeaderMap) -> Host {
    let mut sent = headers.get_all(HOST).iter();
    let Some(value) = sent.next() else { return Host::Missing };
    if sent.next().is_some() {
        return Host::Several;
    }
    let bytes = value.as_bytes();
    let good = bytes.is_empty() || !bytes.contains(&b'@') && Authority::try_from(bytes).is_ok();
    if good { Host::Named } else { Host::Malformed }
}

/// An answer's body. Once it is gone and written, the connection waits for its next request.
pub(super) struct Answer {
    body: Body,
    connection: Arc<Connection>,
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        self.connection.answered();
    }
}
