//! Stored events: the envelope, the stored form of every domain event, upcasters, snapshots, sealing.
//!
//! Each aggregate has a file with one serde struct a stored version, `encode` and `decode`. A stored
//! version is never edited: it gets a successor `<aggregate>.<fact>.v<N+1>`, `encode` writes that from
//! then on, and `decode` upcasts the old one. `schema/events/<type>.json` holds a golden of each.

mod automation;
pub mod automation_spec;
mod claim;
pub mod envelope;
mod game;
#[cfg(test)]
mod golden;
mod location;
mod play;
mod player;
mod plug;
pub mod reports;
mod room;
pub mod sealing;
mod setting;
pub mod snapshot;
mod wristband;

pub use envelope::{EventMetadata, NewEvent, RecordedEvent};
pub use sealing::{Opener, SealError, Sealer};

use serde::{Serialize, de::DeserializeOwned};

use domain::{
    DomainEvent,
    ids::{PlayerId, StreamName},
};

/// A stored event's type and JSON.
pub type Encoded = (&'static str, String);

/// Why an event cannot be read. Such an event is parked by projections and fails a command.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// No build so far wrote this type, or a newer one did.
    #[error("unknown event type {0}")]
    UnknownType(String),
    /// The JSON is not of the type's shape.
    #[error("event data does not have the shape of {event_type}")]
    Shape {
        /// The stored type.
        event_type: String,
        /// What serde said.
        #[source]
        source: serde_json::Error,
    },
    /// A stored value breaks its own rule.
    #[error("event data of {event_type} holds an impossible value in {field}")]
    Value {
        /// The stored type.
        event_type: String,
        /// Where.
        field: &'static str,
    },
}

/// Why an event cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum EncodeError {
    /// Personal data could not be sealed.
    #[error("personal data could not be sealed")]
    Seal(#[from] SealError),
    /// The stored struct has no JSON, which its type should make impossible.
    #[error("event has no stored form")]
    Json(#[from] serde_json::Error),
}

/// The stored form of `event`, in its newest version.
///
/// # Errors
/// `Seal` when a person's key is not at hand.
pub fn encode(event: &DomainEvent, sealer: &dyn Sealer, stream_id: &str) -> Result<Encoded, EncodeError> {
    match event {
        DomainEvent::Claim(event) => claim::encode(event),
        DomainEvent::Location(event) => location::encode(event),
        DomainEvent::Game(event) => game::encode(event),
        DomainEvent::Room(event) => room::encode(event),
        DomainEvent::Player(event) => player::encode(event, sealer, stream_id),
        DomainEvent::Wristband(event) => wristband::encode(event),
        DomainEvent::Play(event) => play::encode(event),
        DomainEvent::Setting(event) => setting::encode(event),
        DomainEvent::Plug(event) => plug::encode(event),
        DomainEvent::Automation(event) => automation::encode(event),
    }
}

/// The domain event in `stored`, upcast to the newest version.
///
/// # Errors
/// See [`DecodeError`].
pub fn decode(stored: &RecordedEvent, opener: &dyn Opener) -> Result<DomainEvent, DecodeError> {
    let (event_type, data) = (&*stored.event_type, &*stored.data);
    match event_type.split_once('.').map_or(event_type, |(aggregate, _)| aggregate) {
        "claim" => claim::decode(event_type, data).map(Into::into),
        "location" => location::decode(event_type, data).map(Into::into),
        "game" => game::decode(event_type, data).map(Into::into),
        "room" => room::decode(event_type, data).map(Into::into),
        "player" => player::decode(event_type, data, opener, stored.stream.id()).map(Into::into),
        "wristband" => wristband::decode(event_type, data).map(Into::into),
        "play" => play::decode(event_type, data).map(Into::into),
        "setting" => setting::decode(event_type, data).map(Into::into),
        "plug" => plug::decode(event_type, data).map(Into::into),
        "automation" => automation::decode(event_type, data).map(Into::into),
        _ => Err(DecodeError::UnknownType(event_type.to_owned())),
    }
}

/// Whose key opening `stored` takes, if any: fetch it before [`decode`], unless erased will do.
#[must_use]
pub fn person_in(stored: &RecordedEvent) -> Option<PlayerId> {
    player::is_sealed(&stored.event_type).then(|| stored.stream.id().parse().ok())?
}

/// Whose key writing `event` to `stream` takes, if any: have it before [`encode`].
#[must_use]
pub fn person_of(event: &DomainEvent, stream: &StreamName) -> Option<PlayerId> {
    match event {
        DomainEvent::Player(event) if player::needs_sealing(event) => stream.id().parse().ok(),
        _ => None,
    }
}

/// `stored` as JSON under its type's name.
fn json(event_type: &'static str, stored: &impl Serialize) -> Result<Encoded, EncodeError> {
    Ok((event_type, serde_json::to_string(stored)?))
}

/// The stored struct in `data`.
fn parse<T: DeserializeOwned>(event_type: &str, data: &str) -> Result<T, DecodeError> {
    serde_json::from_str(data)
        .map_err(|source| DecodeError::Shape { event_type: event_type.to_owned(), source })
}
