//! What surrounds an event's data: who, why, when and where in the log. Knows no aggregate.

use std::sync::Arc;

use domain::{
    ids::{EventId, LocationId, StreamName},
    log::{CommandId, Position, Version},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Who caused an event and how it hangs together with others. Stored as JSON beside the data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventMetadata {
    /// Who: `key:<uuid>`, `user:<uuid>` or `system:<task>`.
    pub actor: String,
    /// The command that yielded the event.
    pub command_id: CommandId,
    /// Ties together everything one outside request caused.
    pub correlation_id: Uuid,
    /// The event that made a policy issue the command, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub causation_id: Option<EventId>,
    /// W3C `traceparent` of the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace_parent: Option<String>,
    /// The caller's `X-Request-Id`, where it is not the correlation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

/// An event about to be appended. Its version and position are given by the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEvent {
    /// Unique for ever; made before the first try, so that a retry carries the same.
    pub id: EventId,
    /// `<aggregate>.<fact>.v<N>`.
    pub event_type: &'static str,
    /// The stored JSON object.
    pub data: String,
}

/// An event read back. Cheap to clone behind [`Arc`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedEvent {
    /// Place in the whole log.
    pub position: Position,
    /// Unique id.
    pub id: EventId,
    /// The stream.
    pub stream: StreamName,
    /// Place in the stream.
    pub version: Version,
    /// `<aggregate>.<fact>.v<N>`.
    pub event_type: Arc<str>,
    /// The tenant; none for the catalogue and other global things.
    pub location: Option<LocationId>,
    /// The stored JSON object, as written.
    pub data: Arc<str>,
    /// [`EventMetadata`] as stored JSON, parsed on demand by [`RecordedEvent::metadata`].
    pub metadata: Arc<str>,
    /// When the store committed it, whole microseconds.
    pub recorded_at: Timestamp,
}

impl RecordedEvent {
    /// The parsed metadata.
    ///
    /// # Errors
    /// When the stored text is not this version's metadata, which is corruption.
    pub fn metadata(&self) -> serde_json::Result<EventMetadata> {
        serde_json::from_str(&self.metadata)
    }
}
