//! Bodies: read within limits, and turned into a typed request or an answer that says which field is wrong.

use axum::{
    body::Body,
    extract::{FromRequest, Request},
    http::{
        HeaderMap, HeaderValue,
        header::{CONTENT_ENCODING, CONTENT_TYPE, EXPECT},
    },
};
use bytes::{Bytes, BytesMut};
use domain::checked;
use http_body_util::BodyExt as _;
use hyper::body::Body as _;
use serde::de::{DeserializeOwned, IgnoredAny};
use tokio::time::timeout;

use super::{
    context::{BodyLimits, RequestContext},
    fields::refused_field,
    objects::Objects,
    problem::Problem,
    shape::{self, Notation},
    trail::Trail,
};

/// Deepest nesting of a body; the deepest request has four levels.
const MAX_DEPTH: usize = 32;
/// What of an oversized body is read and thrown away, so that its sender gets to read the answer.
const POLITE_DRAIN: usize = 16 * 1024 * 1024;

/// A JSON body of the type `T`, which should `deny_unknown_fields`. An empty body counts as `{}`.
#[derive(Clone, Debug)]
pub struct ValidJson<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for ValidJson<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let bytes = read(request).await?;
        parse(&bytes).map(Self)
    }
}

/// The bytes of a JSON body.
pub(super) async fn read(request: Request) -> Result<Bytes, Problem> {
    let (parts, body) = request.into_parts();
    let limits = parts.extensions.get::<RequestContext>().map(|context| context.limits).unwrap_or_default();
    if !body.is_end_stream() {
        check_type(&parts.headers)?;
    }
    timeout(limits.time, collect(&parts.headers, body, limits)).await.map_err(|_| Problem::body_timeout())?
}

fn check_type(headers: &HeaderMap) -> Result<(), Problem> {
    if !headers.get_all(CONTENT_ENCODING).iter().all(is_identity) {
        return Err(Problem::unsupported_media_type("Send the body without a Content-Encoding."));
    }
    let json = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).is_some_and(is_json);
    json.then_some(()).ok_or_else(|| {
        Problem::unsupported_media_type("Send the body with `Content-Type: application/json`.")
    })
}

/// Whether the body is sent as it is. Codings have no case. Source: RFC 9110 §8.4.1.
fn is_identity(codings: &HeaderValue) -> bool {
    let identity = |coding: &str| coding.trim().eq_ignore_ascii_case("identity");
    codings.to_str().is_ok_and(|codings| codings.split(',').all(identity))
}

fn is_json(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
}

/// Reads the body; the usual one that came in one piece is not copied.
async fn collect(headers: &HeaderMap, mut body: Body, limits: BodyLimits) -> Result<Bytes, Problem> {
    if body.size_hint().lower() > limits.bytes as u64 {
        return Err(refuse_large(headers, body, limits).await);
    }
    let mut first = Bytes::new();
    let mut rest = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let broken = |_| Problem::bad_request("The body did not arrive whole.");
        let Ok(data) = frame.map_err(broken)?.into_data() else { continue };
        if first.len() + rest.len() + data.len() > limits.bytes {
            return Err(refuse_large(headers, body, limits).await);
        }
        if first.is_empty() {
            first = data;
        } else {
            rest.extend_from_slice(&data);
        }
    }
    Ok(if rest.is_empty() { first } else { [first, rest.freeze()].concat().into() })
}

/// The refusal of a body beyond `limits`, given after reading some of what is still on its way: a
/// connection closed on a sender who is still writing may lose the answer.
pub(super) async fn refuse_large(headers: &HeaderMap, mut body: Body, limits: BodyLimits) -> Problem {
    let waits_for_leave = headers.contains_key(EXPECT);
    let drain = async {
        let mut read = 0;
        while read < POLITE_DRAIN
            && let Some(Ok(frame)) = body.frame().await
        {
            read += frame.data_ref().map_or(0, Bytes::len);
        }
    };
    if !waits_for_leave && timeout(limits.time, drain).await.is_err() {
        tracing::debug!("an oversized body was still arriving when it was refused");
    }
    Problem::too_large(limits.bytes)
}

/// `bytes` as a `T`. JSON of another shape is refused with its first mistake; values that break the rule of
/// their type (see [`checked`]) are refused all at once, in the order in which the struct declares them.
pub(super) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let bytes = if bytes.is_empty() { b"{}" } else { bytes };
    if too_deep(bytes) {
        return Err(Problem::bad_request(format!("The body is nested deeper than {MAX_DEPTH} levels.")));
    }
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let trail = Trail::default();
    let (read, refused) = checked::collect(|| T::deserialize(Objects::new(&mut json, &trail)));
    let value = read.map_err(|error| refusal(bytes, &trail, &error))?;
    json.end().map_err(|error| not_json(&error))?;
    if refused.is_empty() {
        return Ok(value);
    }
    let refused = trail.places_of(refused).into_iter();
    Err(Problem::invalid_fields(refused.map(|(place, refused)| refused_field(&place, refused)).collect()))
}

fn bad_field(trail: &Trail, message: &str) -> Problem {
    Problem::bad_field(shape::field_error(trail.failed(), message, Notation::Pointer))
}

/// What is wrong with `bytes`, which gave `error` where `trail` ends.
fn refusal(bytes: &[u8], trail: &Trail, error: &serde_json::Error) -> Problem {
    if let Some(problem) = encoding_problem(bytes) {
        return problem;
    }
    let message = error.to_string();
    // An enum given a number is reported as bad syntax, although the JSON is fine.
    let is_json = || serde_json::from_slice::<IgnoredAny>(bytes).is_ok();
    if error.is_data() || shape::names_a_value(&message) {
        bad_field(trail, &message)
    } else if is_json() {
        bad_field(trail, "invalid type: another type, expected string or map")
    } else {
        not_json(error)
    }
}

/// Why `bytes` are no UTF-8 without a mark, as JSON between systems must be. Source: RFC 8259 §8.1.
fn encoding_problem(bytes: &[u8]) -> Option<Problem> {
    let detail = match bytes {
        [0xef, 0xbb, 0xbf, ..] => {
            "The body begins with a byte-order mark; send UTF-8 without one.".to_owned()
        }
        [0, 0, ..] | [_, 0, 0, ..] => "The body is UTF-32; send it as UTF-8.".to_owned(),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, ..] | [_, 0, ..] => {
            "The body is UTF-16; send it as UTF-8.".to_owned()
        }
        _ => {
            let at = str::from_utf8(bytes).err()?.valid_up_to();
            let byte = bytes.get(at)?;
            format!(
                "The body is not UTF-8: byte 0x{byte:02X} at position {at}. Send it as UTF-8, not Latin-1."
            )
        }
    };
    Some(Problem::bad_request(detail))
}

fn not_json(error: &serde_json::Error) -> Problem {
    Problem::bad_request(format!("The body is not JSON: {error}."))
}

/// Whether brackets outside of texts are nested deeper than allowed; before a parser sees them.
fn too_deep(bytes: &[u8]) -> bool {
    let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
    for byte in bytes {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'[' | b'{' if !in_text => depth += 1,
            b']' | b'}' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_DEPTH {
            return true;
        }
    }
    false
}

#[cfg(test)]
#[path = "json_tests.rs"]
mod tests;
