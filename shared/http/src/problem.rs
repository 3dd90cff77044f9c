//! Errors as callers see them: RFC 9457 `application/problem+json`. The one place that chooses their texts for
//! what the plumbing refuses; routes add theirs with [`Problem::new`], [`Problem::conflict`] and
//! [`Problem::rule`].
//!
//! `type` is `/problems/<code>`, stable for ever: programs look at it, people at `title` and `detail`. A 5xx
//! has fixed text; its cause goes to the log, once, with the request's id.

use std::{borrow::Cow, error::Error, fmt, sync::Arc, time::Duration};

use axum::{
    body::Body,
    http::{
        HeaderValue, StatusCode,
        header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE},
    },
    response::{IntoResponse, Response},
};
use serde::Serialize;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::ids::RequestId;

/// The content type of every error.
pub const PROBLEM_JSON: HeaderValue = HeaderValue::from_static("application/problem+json");

/// One field that was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// JSON pointer into the body (`/results/0/points`), or the name of a parameter or header.
    pub field: String,
    /// A whole sentence for people.
    pub message: String,
    /// Stable, for programs: `missing`, `unknown`, `wrong_type`, `out_of_range`, …
    pub code: &'static str,
}

/// An error answer.
#[derive(Clone)]
pub struct Problem(Box<Parts>);

#[derive(Clone)]
struct Parts {
    status: StatusCode,
    code: &'static str,
    title: &'static str,
    detail: Cow<'static, str>,
    errors: Vec<FieldError>,
    members: Vec<(&'static str, Value)>,
    retry_after: Option<Duration>,
    cause: Option<Arc<dyn Error + Send + Sync>>,
}

impl Problem {
    /// Any problem: `code` becomes the end of its `type` and must stay what it is for ever.
    #[must_use]
    pub fn new(
        status: StatusCode,
        code: &'static str,
        title: &'static str,
        detail: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self(Box::new(Parts {
            status,
            code,
            title,
            detail: detail.into(),
            errors: Vec::new(),
            members: Vec::new(),
            retry_after: None,
            cause: None,
        }))
    }

    /// 400: the request has not the shape it must have.
    #[must_use]
    pub fn bad_request(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "malformed", "The request is malformed", detail)
    }

    /// 400 with the field that has not the shape it must have.
    #[must_use]
    pub fn bad_field(error: FieldError) -> Self {
        Self::bad_request(error.message.clone()).errors(vec![error])
    }

    /// 401: who calls is not known.
    #[must_use]
    pub fn unauthenticated(detail: &'static str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthenticated", "No valid API key", detail)
    }

    /// 403: this caller may not do this anywhere.
    #[must_use]
    pub fn forbidden(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", "This caller may not do this", detail)
    }

    /// 404: nothing there, or nothing this caller may know of; always with the same words.
    #[must_use]
    pub fn not_found() -> Self {
        let detail = "There is nothing here, or nothing that this caller may know of.";
        Self::new(StatusCode::NOT_FOUND, "not_found", "Not found, or not visible to this key", detail)
    }

    /// 404: the API has no such route, whoever asks.
    #[must_use]
    pub fn no_such_route(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "no_such_route", "There is no such route", detail)
    }

    /// 405: the path has no such method. The `Allow` header says which it has, `elsewhere` where it may be.
    #[must_use]
    pub(super) fn method_not_allowed(elsewhere: &'static str) -> Self {
        let detail = format!(
            "This path does not answer this method; the Allow header lists those it answers.{elsewhere}"
        );
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "Method not allowed", detail)
    }

    /// 408: the body did not arrive in time.
    #[must_use]
    pub fn body_timeout() -> Self {
        let detail = "The body did not arrive in time.";
        Self::new(StatusCode::REQUEST_TIMEOUT, "body_timeout", "The request was too slow", detail)
    }

    /// 409: another change came first, or the state of things does not allow it now.
    #[must_use]
    pub fn conflict(code: &'static str, title: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::CONFLICT, code, title, detail)
    }

    /// 409: the same `Idempotency-Key` is being worked on.
    #[must_use]
    pub fn in_flight() -> Self {
        let detail = "A request with this Idempotency-Key is being worked on; send it again in a moment.";
        Self::conflict("in_flight", "Already being worked on", detail).retry_after(Duration::from_secs(1))
    }

    /// 412: the thing is not at the version `If-Match` named.
    #[must_use]
    pub fn precondition_failed(expected: u64, actual: u64) -> Self {
        let detail =
            format!("If-Match named version {expected}, but it is at version {actual}: read it again.");
        Self::new(StatusCode::PRECONDITION_FAILED, "stale_version", "Changed since it was read", detail)
            .with("version", actual)
    }

    /// 413: the body is too long.
    #[must_use]
    pub fn too_large(limit: usize) -> Self {
        let detail = format!("The body may have at most {limit} bytes.");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "The body is too large", detail)
    }

    /// 414 or 431: the request's first line or its headers are too long.
    #[must_use]
    pub(super) fn head_too_large(status: StatusCode) -> Self {
        let detail = "The request's first line or its headers are too long, or the headers too many.";
        Self::new(status, "head_too_large", "The request's head is too large", detail)
    }

    /// 415: the body is not JSON by its own account.
    #[must_use]
    pub fn unsupported_media_type(detail: &'static str) -> Self {
        let title = "The body's type is not supported";
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", title, detail)
    }

    /// 422: well-formed, but values are refused.
    #[must_use]
    pub fn invalid_fields(errors: Vec<FieldError>) -> Self {
        let detail = match errors.as_slice() {
            [only] => only.message.clone(),
            many => format!("{} fields were refused.", many.len()),
        };
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_fields", "Fields were refused", detail)
            .errors(errors)
    }

    /// 422: a rule of the business forbids it.
    #[must_use]
    pub fn rule(code: &'static str, title: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, title, detail)
    }

    /// 422: the `Idempotency-Key` was used for another request.
    #[must_use]
    pub fn key_reused() -> Self {
        let detail = "This Idempotency-Key was used for another request; a new request needs a new key.";
        Self::rule("idempotency_key_reused", "The Idempotency-Key was used already", detail)
    }

    /// 429: slow down.
    #[must_use]
    pub fn too_many_requests(detail: &'static str, retry_after: Duration) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", "Too many requests", detail)
            .retry_after(retry_after)
    }

    /// 500: our fault. `cause` is logged, never shown.
    #[must_use]
    pub fn internal(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        let detail = "Something went wrong on our side; the request's id leads to it in the log.";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Internal error", detail).cause(cause)
    }

    /// 500 for a program that was put together wrongly.
    #[must_use]
    pub fn misbuilt(what: &'static str) -> Self {
        Self::internal(what)
    }

    /// 503: not now. `cause` is logged, never shown.
    #[must_use]
    pub fn unavailable(cause: impl Into<Box<dyn Error + Send + Sync>>, retry_after: Duration) -> Self {
        let detail = "The service cannot answer now; try again after the time in Retry-After.";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "Not available now", detail)
            .cause(cause)
            .retry_after(retry_after)
    }

    /// 503: what the request wants written cannot be, and nothing was tried.
    #[must_use]
    pub fn not_writable(retry_after: Duration) -> Self {
        let detail = "Nothing can be stored now; try again after the time in Retry-After.";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "Not available now", detail)
            .retry_after(retry_after)
    }

    /// 503: every place for a connection is taken.
    #[must_use]
    pub(super) fn no_place() -> Self {
        let detail = "There are too many connections, from your address or in all; try again in a moment.";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "too_many_connections", "Too many connections", detail)
            .retry_after(Duration::from_secs(1))
    }

    /// 503: not done in time. With an `Idempotency-Key` the same request can be sent again without harm.
    #[must_use]
    pub fn timed_out() -> Self {
        let detail = "The answer took too long. Send the request again with the same Idempotency-Key.";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "timed_out", "Not answered in time", detail)
            .retry_after(Duration::from_secs(1))
    }

    /// For an error status that somebody else chose.
    #[must_use]
    pub(super) fn of_status(status: StatusCode) -> Self {
        match status {
            StatusCode::NOT_FOUND => Self::not_found(),
            StatusCode::METHOD_NOT_ALLOWED => Self::method_not_allowed(""),
            StatusCode::UNAUTHORIZED => Self::unauthenticated("Send an API key."),
            _ if status.is_server_error() => Self::internal("a bare server error").status(status),
            _ => Self::bad_request("The request was refused.").status(status),
        }
    }

    /// Names the refused fields.
    #[must_use]
    pub fn errors(mut self, errors: Vec<FieldError>) -> Self {
        self.0.errors = errors;
        self
    }

    /// Takes a member away that this caller may not see.
    #[must_use]
    pub fn without(mut self, member: &'static str) -> Self {
        self.0.members.retain(|(name, _)| *name != member);
        self
    }

    /// Adds a member with facts for programs. Must not be one of RFC 9457's own.
    #[must_use]
    pub fn with(mut self, member: &'static str, value: impl Into<Value>) -> Self {
        self.0.members.push((member, value.into()));
        self
    }

    /// Sets `Retry-After`, rounded up to whole seconds.
    #[must_use]
    pub fn retry_after(mut self, after: Duration) -> Self {
        self.0.retry_after = Some(after);
        self
    }

    fn status(mut self, status: StatusCode) -> Self {
        self.0.status = status;
        self
    }

    fn cause(mut self, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.0.cause = Some(cause.into().into());
        self
    }

    /// The HTTP status.
    #[must_use]
    pub fn status_code(&self) -> StatusCode {
        self.0.status
    }

    /// The end of its `type`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.0.code
    }

    /// The refused fields.
    #[must_use]
    pub fn field_errors(&self) -> &[FieldError] {
        &self.0.errors
    }

    /// What went wrong behind a 5xx, for the log.
    pub(super) fn hidden_cause(&self) -> Option<&(dyn Error + Send + Sync + 'static)> {
        self.0.cause.as_deref()
    }

    /// The JSON document, with the request's name and its trace's id once they are known.
    pub(super) fn to_json(&self, ids: Option<(&RequestId, Uuid)>) -> Vec<u8> {
        let parts = &self.0;
        let mut object = Map::new();
        object.insert("type".into(), format!("/problems/{}", parts.code).into());
        object.insert("title".into(), parts.title.into());
        object.insert("status".into(), parts.status.as_u16().into());
        object.insert("detail".into(), parts.detail.as_ref().into());
        if let Ok(errors @ Value::Array(_)) = serde_json::to_value(&parts.errors)
            && !parts.errors.is_empty()
        {
            object.insert("errors".into(), errors);
        }
        if let Some((request, trace)) = ids {
            object.insert("request_id".into(), request.as_str().into());
            object.insert("trace_id".into(), trace.simple().to_string().into());
        }
        for (name, value) in &parts.members {
            object.entry(*name).or_insert_with(|| value.clone());
        }
        Value::Object(object).to_string().into_bytes()
    }
}

/// The pipeline finds the problem in the extensions, and writes the body again with the request's ids.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.to_json(None)));
        *response.status_mut() = self.0.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, PROBLEM_JSON);
        if self.0.status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"aerosports\""));
        }
        if let Some(after) = self.0.retry_after {
            let seconds = after.as_secs() + u64::from(after.subsec_nanos() > 0);
            headers.insert(RETRY_AFTER, seconds.max(1).into());
        }
        response.extensions_mut().insert(self);
        response
    }
}

impl fmt::Debug for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = &self.0;
        write!(f, "Problem({} {}: {}; {:?})", parts.status.as_u16(), parts.code, parts.detail, parts.errors)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_has_the_members_of_rfc_9457() {
        let field = FieldError { field: "/minutes".into(), message: "m".into(), code: "out_of_range" };
        let problem = Problem::invalid_fields(vec![field]).with("minutes_left", 12).with("status", 200);
        let json: Value = serde_json::from_slice(&problem.to_json(None)).unwrap();
        let expected = serde_json::json!({
            "type": "/problems/invalid_fields", "title": "Fields were refused", "status": 422, "detail": "m",
            "errors": [{"field": "/minutes", "message": "m", "code": "out_of_range"}], "minutes_left": 12,
        });
        assert_eq!(json, expected, "an added member never replaces a standard one");
    }

    #[test]
    fn headers_go_with_their_status() {
        let header = |problem: Problem, name| problem.into_response().headers().get(name).cloned();
        assert!(header(Problem::unauthenticated("x"), WWW_AUTHENTICATE).is_some());
        let slow = |time| header(Problem::too_many_requests("x", time), RETRY_AFTER).unwrap();
        assert_eq!(slow(Duration::from_millis(1_200)), "2");
        assert_eq!(slow(Duration::ZERO), "1");
        assert_eq!(header(Problem::bad_request("x"), CONTENT_TYPE).unwrap(), "application/problem+json");
    }

    #[test]
    fn a_server_error_shows_nothing_of_its_cause() {
        let secret = "no such table: events at /srv/data";
        for problem in [Problem::internal(secret), Problem::unavailable(secret, Duration::from_secs(1))] {
            assert!(!String::from_utf8(problem.to_json(None)).unwrap().contains("table"));
            assert_eq!(problem.hidden_cause().unwrap().to_string(), secret);
        }
    }
}
