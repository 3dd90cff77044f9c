//! An event as a message: its data is the body, everything else is headers.
//!
//! An event that does not fit travels without its body; whoever meets it reads the store.

use std::{borrow::Cow, sync::Arc};

use async_nats::{HeaderMap, HeaderName, HeaderValue, header};
use bytes::Bytes;
use domain::log::{Position, Version};
use events::RecordedEvent;
use serde::Deserialize;

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

/// The headers that [`decode`] and the comparison with the store go by. The rest is for tools.
pub(super) fn believed() -> [&'static HeaderName; 8] {
    [&POSITION, &EVENT_ID, &TYPE, &STREAM, &VERSION, &LOCATION, &RECORDED_AT, &METADATA]
}

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
    // Metadata counts twice: parts of it are repeated. A header cannot hold a line break, which compact
    // JSON never has.
    let fits = event.data.len() + 2 * event.metadata.len() + HEADERS_MOST <= limit;
    let whole = put(&TYPE, &event.event_type) && fits && put(&METADATA, &event.metadata);
    if whole {
        let tracing: Tracing<'_> = serde_json::from_str(&event.metadata).unwrap_or_default();
        for (name, value) in [(&CORRELATION, tracing.correlation_id), (&TRACE_PARENT, tracing.trace_parent)] {
            value.map(|value| put(name, &value));
        }
    }
    let body = if whole { Bytes::copy_from_slice(event.data.as_bytes()) } else { Bytes::new() };
    Outgoing { subject: subject(event, root), headers, body }
}

/// More than all headers but those from the metadata take (a stream's name has at most 200 bytes).
const HEADERS_MOST: usize = 2_048;

/// The event of a message; none when it came without its body. Whether it is one of ours the signature says.
pub(super) fn decode(headers: &HeaderMap, body: &[u8]) -> Option<RecordedEvent> {
    let text = |name: &HeaderName| headers.get(name.clone()).map(HeaderValue::as_str);
    if body.is_empty() {
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
        data: Arc::from(std::str::from_utf8(body).ok()?),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    const LIMIT: usize = 1 << 20;

    fn carried(event: &RecordedEvent, limit: usize) -> Outgoing {
        encode(event, "aero.events", event.position.0 - 1, limit)
    }

    fn read(message: &Outgoing) -> Option<RecordedEvent> {
        decode(&message.headers, &message.body)
    }

    #[test]
    fn event_comes_back_as_it_went() {
        for position in 1..=7 {
            let event = testing::event(Position(position), r#"{"name":"Zoë\n"}"#);
            assert_eq!(read(&carried(&event, LIMIT)), Some(event));
        }
    }

    #[test]
    fn subject_names_location_category_and_fact() {
        let mut event = testing::event(Position(1), "{}");
        let location = event.location.unwrap();
        assert_eq!(carried(&event, LIMIT).subject, format!("aero.events.{location}.wristband.initialized"));
        event.location = None;
        event.stream = domain::ids::StreamName::new("a.b>", 1);
        event.event_type = "odd".into();
        assert_eq!(carried(&event, LIMIT).subject, "aero.events._.a_b_._");
    }

    #[test]
    fn what_does_not_fit_or_would_break_a_header_travels_without_its_body() {
        let event = testing::event(Position(3), "{}");
        let small = carried(&event, event.metadata.len());
        assert_eq!((read(&small), small.body.len()), (None, 0));
        assert_eq!(position(&small.headers), Some(Position(3)));
        let broken = RecordedEvent { metadata: "{\n}".into(), ..event };
        assert_eq!(read(&carried(&broken, LIMIT)), None);
    }

    #[test]
    fn foreign_message_is_no_event() {
        let mut message = carried(&testing::event(Position(3), "{}"), LIMIT);
        message.headers = HeaderMap::new();
        assert_eq!(read(&message), None);
    }
}
