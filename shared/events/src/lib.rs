//! Stored events: the envelope, the stored form of every domain event, upcasters, snapshots, sealing.
//!
//! Each aggregate has a file with one block a stored version ([`stored_events!`](crate::stored_events)). A
//! stored version is never edited: it gets a successor `<aggregate>.<fact>.v<N+1>`, `encode` writes that from
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
pub mod stored;
mod stored_values;
mod wristband;

pub use envelope::{EventMetadata, NewEvent, RecordedEvent};
pub use sealing::{NoKeys, Opener, SealError, Sealer};

use domain::{
    Aggregate, DomainEvent,
    automation::Automation,
    claim::Claim,
    game::Game,
    ids::{PlayerId, StreamName},
    location::Location,
    play::Play,
    player::Player,
    plug::Plug,
    room::Room,
    setting::Setting,
    values::InvalidValue,
    wristband::Wristband,
};
use stored::{Reading, StoredEvents, Writing};

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
    /// A text that was not read from the log breaks its own rule.
    #[error("a text of {event_type} is refused")]
    Text {
        /// The stored type.
        event_type: String,
        /// The rule.
        #[source]
        source: InvalidValue,
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

/// Every aggregate that has events.
macro_rules! aggregates {
    ($($aggregate:ident),* $(,)?) => {
        /// The stored form of `event`, in its newest version.
        ///
        /// # Errors
        /// `Seal` when a person's key is not at hand.
        pub fn encode(
            event: &DomainEvent,
            sealer: &dyn Sealer,
            stream_id: &str,
        ) -> Result<Encoded, EncodeError> {
            let writing = Writing { sealer, stream_id };
            match event {
                $(DomainEvent::$aggregate(event) => event.encode(&writing),)*
            }
        }

        /// The domain event in `stored`, upcast to the newest version.
        ///
        /// # Errors
        /// See [`DecodeError`].
        pub fn decode(stored: &RecordedEvent, opener: &dyn Opener) -> Result<DomainEvent, DecodeError> {
            let (event_type, json) = (&*stored.event_type, &*stored.data);
            let reading = Reading { event_type, opener, stream_id: stored.stream.id(), trusted: true };
            match event_type.split_once('.').map_or(event_type, |(aggregate, _)| aggregate) {
                $($aggregate::CATEGORY => {
                    <$aggregate as Aggregate>::Event::decode(json, &reading).map(Into::into)
                })*
                _ => Err(DecodeError::UnknownType(event_type.to_owned())),
            }
        }

        /// Every stored type that this build reads.
        pub fn stored_types() -> impl Iterator<Item = &'static str> {
            [$(<$aggregate as Aggregate>::Event::TYPES,)*].into_iter().flatten().copied()
        }
    };
}
aggregates!(Automation, Claim, Game, Location, Play, Player, Plug, Room, Setting, Wristband);

/// Whose key opening `stored` takes, if any: fetch it before [`decode`], unless erased will do.
#[must_use]
pub fn person_in(stored: &RecordedEvent) -> Option<PlayerId> {
    <Player as Aggregate>::Event::is_sealed(&stored.event_type).then(|| stored.stream.id().parse().ok())?
}

/// Whose key writing `event` to `stream` takes, if any: have it before [`encode`].
#[must_use]
pub fn person_of(event: &DomainEvent, stream: &StreamName) -> Option<PlayerId> {
    match event {
        DomainEvent::Player(event) if event.needs_sealing() => stream.id().parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_stored_type_is_there_once_and_names_category_fact_and_version() {
        let types: Vec<_> = stored_types().collect();
        assert_eq!(types.iter().collect::<BTreeSet<_>>().len(), types.len());
        for event_type in types {
            let parts: Vec<_> = event_type.split('.').collect();
            let [_, fact, version] = parts[..] else { panic!("{event_type}") };
            assert!(fact.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{event_type}");
            assert!(version.strip_prefix('v').is_some_and(|n| n.parse::<u32>().is_ok()), "{event_type}");
        }
    }

    #[test]
    fn types_stand_with_the_aggregate_of_their_category() {
        fn types<A: Aggregate<Event: StoredEvents>>() -> bool {
            A::Event::TYPES.iter().all(|event_type| {
                event_type.strip_prefix(A::CATEGORY).is_some_and(|rest| rest.starts_with('.'))
            })
        }
        assert!(types::<Automation>() && types::<Claim>() && types::<Game>() && types::<Location>());
        assert!(types::<Play>() && types::<Player>() && types::<Plug>() && types::<Room>());
        assert!(types::<Setting>() && types::<Wristband>());
    }
}
