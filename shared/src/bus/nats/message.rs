//! An event as a message: its data is the body, everything else is headers.
//!
//! An event that does not fit travels without its body; whoever meets it reads the store.

use std::{borrow::Cow, sync::Arc};

use async_nats::{HeaderMap, HeaderName, HeaderValue, header};
use bytes::Bytes;
use serde::Deserialize;

use crate::{
    events::RecordedEvent,
    store::{Position, Version},
};

static POSITION: HeaderName = HeaderName::from_static("Aero-Position");
static EVENT_ID: HeaderName = HeaderName::from_static("Aero-Event-Id");
static TYPE: HeaderName = HeaderName::from_static("Aero-Type");
static STREAM: HeaderName = HeaderName::from_static("Aero-Stream");
static VERSION: HeaderName = HeaderName::from_static("Aero-Version");
static LOCATION: HeaderName = HeaderName::from_static("Aero-Location");
static RECORDED_AT: HeaderName = HeaderName::from_static("Aero-Recorded-At");
/// The stored metadata JSON, whole: followers give it on as it was written.
static METADATA: HeaderName = HeaderName::from_static("Aero-Metadata");
/// Repeats a part of the metadata, for tools that look at headers only.
static CORRELATION: HeaderName = HeaderName::from_static("Aero-Correlation-Id");
/// W3C trace context, for the same.
static TRACE_PARENT: HeaderName = HeaderName::from_static("traceparent");

/// A message about to be published.
pub(super) struct Outgoing {
    pub(super) subject: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

/// The parts of the metadata that have headers of their own.
#[derive(Default, Deserialize)]
struct Tracing<'a> {
    #[serde(borrow, default)]
    correlation_id: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    trace_parent: Option<Cow<'a, str>>,
}

/// The message of `event`, to be stored only right after the message numbered `after`. A body that would
/// make the message longer than `limit` bytes is left out.
pub(super) fn encode(event: &RecordedEvent, root: &str, after: u64, limit: usize) -> Outgoing {
    let mut headers = HeaderMap::new();
    headers.insert(header::NATS_EXPECTED_LAST_SEQUENCE, HeaderValue::from(after));
    headers.insert(POSITION.clone(), HeaderValue::from(event.position.0));
    headers.insert(VERSION.clone(), HeaderValue::from(event.version.0));
    let mut put = |name: &HeaderName, value: &str| {
        let value = value.parse::<HeaderValue>();
        value.map(|value| headers.insert(name.clone(), value)).is_ok()
    };
    put(&EVENT_ID, &event.id.to_string());
    put(&STREAM, event.stream.as_str());
    put(&RECORDED_AT, &event.recorded_at.to_string());
    if let Some(location) = event.location {
        put(&LOCATION, &location.to_string());
    }
    let tracing: Tracing<'_> = serde_json::from_str(&event.metadata).unwrap_or_default();
    for (name, value) in [(&CORRELATION, tracing.correlation_id), (&TRACE_PARENT, tracing.trace_parent)] {
        value.map(|value| put(name, &value));
    }
    // A header cannot hold a line break; an event that would need one travels without its body.
    let told = put(&TYPE, &event.event_type) && put(&METADATA, &event.metadata);
    let fits = event.data.len() + event.metadata.len() + HEADERS_MOST <= limit;
    let body = if told && fits { Bytes::copy_from_slice(event.data.as_bytes()) } else { Bytes::new() };
    if !fits {
        headers.insert(METADATA.clone(), HeaderValue::new());
    }
    Outgoing { subject: subject(event, root), headers, body }
}

/// More than all headers but the metadata take (a stream's name has at most 200 bytes).
const HEADERS_MOST: usize = 2_048;

/// The event of a message; none when it came without its body or is not one of ours.
pub(super) fn decode(message: &async_nats::Message) -> Option<RecordedEvent> {
    let headers = message.headers.as_ref()?;
    let text = |name: &HeaderName| headers.get(name.clone()).map(HeaderValue::as_str);
    if message.payload.is_empty() {
        return None;
    }
    Some(RecordedEvent {
        position: position(headers)?,
        id: text(&EVENT_ID)?.parse().ok()?,
        stream: text(&STREAM)?.parse().ok()?,
        version: Version(text(&VERSION)?.parse().ok()?),
        event_type: text(&TYPE)?.into(),
        location: match text(&LOCATION) {
            Some(location) => Some(location.parse().ok()?),
            None => None,
        },
        data: Arc::from(std::str::from_utf8(&message.payload).ok()?),
        metadata: text(&METADATA)?.into(),
        recorded_at: text(&RECORDED_AT)?.parse().ok()?,
    })
}

/// The position a message says it has.
pub(super) fn position(headers: &HeaderMap) -> Option<Position> {
    headers.get(POSITION.clone())?.as_str().parse().ok().map(Position)
}

/// The event id a message says it has.
pub(super) fn event_id(headers: &HeaderMap) -> Option<&str> {
    headers.get(EVENT_ID.clone()).map(HeaderValue::as_str)
}

/// `<root>.<location or _>.<category>.<fact>`.
fn subject(event: &RecordedEvent, root: &str) -> String {
    let location = event.location.map_or_else(|| "_".to_owned(), |location| location.to_string());
    let fact = event.event_type.split('.').nth(1).unwrap_or("_");
    format!("{root}.{location}.{}.{}", token(event.stream.category()), token(fact))
}

/// `text` as one token of a subject.
fn token(text: &str) -> Cow<'_, str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    match text {
        "" => Cow::Borrowed("_"),
        text if text.chars().all(plain) => Cow::Borrowed(text),
        text => Cow::Owned(text.chars().map(|c| if plain(c) { c } else { '_' }).collect()),
    }
}
