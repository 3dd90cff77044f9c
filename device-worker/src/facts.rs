//! Reads the events that concern plugs out of the log.

use std::sync::Arc;

use domain::{
    Aggregate as _, automation::Automation, ids::LocationId, location::Location, play::Play, plug::Plug,
    room::Room, wristband::Wristband,
};
use events::{self, RecordedEvent, sealing::NoKeys};

use crate::engine::Fact;

/// The location and the fact in `event`; none when it is of no concern to plugs, or cannot be read.
pub(crate) fn fact(event: &RecordedEvent, only: Option<LocationId>) -> Option<(LocationId, Fact)> {
    let location = event.location.filter(|location| only.is_none_or(|only| only == *location))?;
    if !concerns_plugs(&event.event_type) {
        return None;
    }
    match events::decode(event, &NoKeys) {
        Ok(decoded) => {
            let fact = Fact {
                position: event.position,
                recorded_at: event.recorded_at,
                stream: event.stream.clone(),
                event: Arc::new(decoded),
            };
            Some((location, fact))
        }
        Err(error) => {
            let error = &error as &dyn std::error::Error;
            tracing::error!(
                error,
                position = event.position.0,
                "an event cannot be read; it switches nothing"
            );
            None
        }
    }
}

fn concerns_plugs(event_type: &str) -> bool {
    match event_type.split_once('.') {
        Some((Wristband::CATEGORY, fact)) => fact.starts_with("scanned."),
        Some((category, _)) => {
            [Location::CATEGORY, Room::CATEGORY, Play::CATEGORY, Plug::CATEGORY, Automation::CATEGORY]
                .contains(&category)
        }
        None => false,
    }
}
