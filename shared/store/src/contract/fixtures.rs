//! Short ways to write appends.

use domain::{
    ids::{EventId, LocationId, StreamName},
    log::{CommandId, Position, Token, Version},
};
use events::{EventMetadata, NewEvent, RecordedEvent};
use jiff::Timestamp;
use runtime::clock::{Clock as _, SystemClock};
use uuid::Uuid;

use crate::{Append, NewAnswer, SharedStore, StreamAppend, Verdict};

/// An instant that survives storing.
pub(crate) fn at() -> Timestamp {
    Timestamp::from_microsecond(1_790_000_000_123_456).expect("within the calendar")
}

pub(crate) fn fresh() -> Uuid {
    SystemClock.new_uuid()
}

pub(crate) fn fresh_stream() -> StreamName {
    StreamName::new("room", fresh())
}

pub(crate) fn event(data: &str) -> NewEvent {
    NewEvent { id: EventId(fresh()), event_type: "room.taken_out_of_service.v1", data: data.to_owned() }
}

/// `count` events for `stream`, which is expected at `expected`.
pub(crate) fn writes(stream: &StreamName, expected: u64, count: usize) -> StreamAppend {
    let events = (0..count).map(|n| event(&format!(r#"{{"n":{n}}}"#))).collect();
    StreamAppend { stream: stream.clone(), expected: Version(expected), events }
}

/// `stream` was read at `expected` and must not have moved.
pub(crate) fn guards(stream: &StreamName, expected: u64) -> StreamAppend {
    StreamAppend { stream: stream.clone(), expected: Version(expected), events: Vec::new() }
}

/// A fresh command.
pub(crate) fn command(streams: Vec<StreamAppend>) -> Append {
    let command = CommandId(fresh());
    let metadata = EventMetadata {
        actor: "system:contract".into(),
        command_id: command,
        correlation_id: fresh(),
        causation_id: None,
        trace_parent: None,
        request_id: None,
    };
    Append {
        command,
        request_hash: [7; 32],
        location: Some(LocationId(Uuid::from_u128(1))),
        metadata: serde_json::to_string(&metadata).expect("metadata is JSON"),
        at: at(),
        streams,
        answer: NewAnswer { status: 201, body: format!(r#"{{"id":"{command}"}}"#) },
        person_keys: Vec::new(),
    }
}

/// Appends and insists on success.
pub(crate) async fn commit(store: &SharedStore, append: Append) -> Token {
    match store.append(append).await.expect("the store works") {
        Verdict::Committed(token) => token,
        other => panic!("expected a commit, got {other:?}"),
    }
}

/// One event on a new stream.
pub(crate) async fn commit_one(store: &SharedStore) -> Token {
    commit(store, command(vec![writes(&fresh_stream(), 0, 1)])).await
}

pub(crate) async fn stream_length(store: &SharedStore, stream: &StreamName) -> u64 {
    let events = store.read_stream(stream, Version(1), usize::MAX).await.expect("readable");
    for (version, event) in (1..).zip(&events) {
        assert_eq!(event.version, Version(version), "versions of {stream} are dense");
    }
    events.len() as u64
}

pub(crate) fn positions<'a>(events: impl IntoIterator<Item = &'a RecordedEvent>) -> Vec<u64> {
    events.into_iter().map(|event| event.position.0).collect()
}

pub(crate) async fn head(store: &SharedStore) -> Position {
    store.head().await.expect("readable").position
}
