//! Golden JSON of every stored event version, in `schema/events`. A missing one is written by running
//! the tests with `AEROSPORTS_WRITE_GOLDEN=1`; a differing one always fails.

use std::{path::PathBuf, sync::Arc};

use domain::{
    DomainEvent,
    ids::{EventId, PlayerId, StreamName},
    log::{Position, Version},
};
use uuid::Uuid;

use super::{Opener, RecordedEvent, SealError, Sealer, decode, encode};

/// Seals nothing, so that goldens can be read and compared.
pub struct PlainText;

impl Sealer for PlainText {
    fn seal(&self, person: PlayerId, plain: &[u8]) -> Result<String, SealError> {
        Ok(format!("{person}|{}", String::from_utf8_lossy(plain)))
    }
}

impl Opener for PlainText {
    fn open(&self, person: PlayerId, sealed: &str) -> Option<Vec<u8>> {
        sealed.strip_prefix(&format!("{person}|")).map(|plain| plain.as_bytes().to_vec())
    }
}

/// The stored form of `event` equals its golden, and the golden reads back as `event`.
pub fn assert_golden(event: impl Into<DomainEvent>) {
    let event = event.into();
    let stream_id = Uuid::from_u128(0xA).to_string();
    let (event_type, data) = encode(&event, &PlainText, &stream_id).unwrap();
    let path =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("../../schema/events/{event_type}.json"));
    let written: serde_json::Value = serde_json::from_str(&data).unwrap();
    if !path.exists() && std::env::var_os("AEROSPORTS_WRITE_GOLDEN").is_some() {
        std::fs::write(&path, format!("{}\n", serde_json::to_string_pretty(&written).unwrap())).unwrap();
    }
    let golden = std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{}: {error}; run with AEROSPORTS_WRITE_GOLDEN=1", path.display()));
    assert_eq!(serde_json::from_str::<serde_json::Value>(&golden).unwrap(), written, "{event_type}");
    let category = event_type.split('.').next().unwrap();
    assert_eq!(
        decode(&recorded(event_type, StreamName::new(category, stream_id), &golden), &PlainText).unwrap(),
        event
    );
}

/// `data` as if read from the log.
pub fn recorded(event_type: &str, stream: StreamName, data: &str) -> RecordedEvent {
    RecordedEvent {
        position: Position(1),
        id: EventId(Uuid::from_u128(2)),
        stream,
        version: Version(1),
        event_type: event_type.into(),
        location: None,
        data: Arc::from(data),
        metadata: Arc::from("{}"),
        recorded_at: jiff::Timestamp::UNIX_EPOCH,
    }
}
