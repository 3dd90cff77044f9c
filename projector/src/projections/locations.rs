//! The venues with their settings. The template for other projections.

use std::collections::HashSet;

use async_trait::async_trait;
use domain::{
    DomainEvent,
    ids::LocationId,
    location::{LocationEvent, default_reward_tiers},
    values::{Code, Name, TimeZoneName},
};
use read_model::locations::{LOCATIONS, LocationRow};
use read_store::{Json, ReadModel, Tx};

use crate::{ApplyError, Context, Event, Projection, Rows};

/// See the module.
pub struct Locations;

#[async_trait]
impl Projection for Locations {
    fn model(&self) -> &'static ReadModel {
        &LOCATIONS
    }

    fn version(&self) -> u32 {
        1
    }

    fn handles(&self, event_type: &str) -> bool {
        event_type.starts_with("location.")
    }

    async fn apply(&self, tx: &mut Tx, events: &[Event], context: &mut Context) -> Result<(), ApplyError> {
        let mut rows = context.rows::<LocationRow>();
        let keys: HashSet<_> = events.iter().filter_map(|event| event.location).map(|id| (id,)).collect();
        rows.load(tx, keys).await?;
        for event in events {
            if let DomainEvent::Location(fact) = event.fact()? {
                fold(&mut rows, event, fact)?;
            }
        }
        Ok(rows.flush(tx, context).await?)
    }
}

fn fold(rows: &mut Rows<LocationRow>, event: &Event, fact: &LocationEvent) -> Result<(), ApplyError> {
    let id = event.location.ok_or_else(|| ApplyError::event(event, MissingLocation))?;
    let known = rows.get(&(id,))?;
    // What is not newer than the row was applied before.
    if known.is_some_and(|row| row.stream_version >= event.version) {
        return Ok(());
    }
    if let LocationEvent::Opened { id, code, name, time_zone } = fact {
        rows.put(opened(event, *id, code, name, time_zone));
        return Ok(());
    }
    let row = rows.get_mut(&(id,))?.ok_or_else(|| ApplyError::event(event, NotOpened))?;
    (row.stream_version, row.position) = (event.version, event.position);
    match fact {
        LocationEvent::Opened { .. } => {}
        LocationEvent::Renamed { name } => row.name = name.clone(),
        LocationEvent::SettingsChanged { time_zone, reward_tiers, opening_hours } => {
            row.time_zone = time_zone.clone();
            row.reward_tiers = Json(reward_tiers.iter().map(Into::into).collect());
            row.opening_hours = Json(opening_hours.iter().map(Into::into).collect());
        }
        LocationEvent::Disabled { .. } => row.disabled = true,
        LocationEvent::Enabled => row.disabled = false,
    }
    Ok(())
}

/// A location's event without a location.
#[derive(Debug, thiserror::Error)]
#[error("the event names no location")]
struct MissingLocation;

/// An event of a location that was never opened.
#[derive(Debug, thiserror::Error)]
#[error("the location was not opened before")]
struct NotOpened;

fn opened(event: &Event, id: LocationId, code: &Code, name: &Name, time_zone: &TimeZoneName) -> LocationRow {
    LocationRow {
        location_id: id,
        code: code.clone(),
        name: name.clone(),
        time_zone: time_zone.clone(),
        disabled: false,
        reward_tiers: Json(default_reward_tiers().iter().map(Into::into).collect()),
        opening_hours: Json(Vec::new()),
        opened_at: event.recorded_at,
        stream_version: event.version,
        position: event.position,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use domain::{
        location::{OpeningSpan, RewardTier},
        log::{Position, Version},
        values::Reason,
    };
    use events::RecordedEvent;
    use jiff::civil::time;
    use read_model::rewards::TierCell;
    use uuid::Uuid;

    use super::*;
    use crate::testing::{MemoryLog, Stepper, assert_idempotent, assert_rebuild_equal};

    const BERLIN: LocationId = LocationId(Uuid::from_u128(1));
    const PARIS: LocationId = LocationId(Uuid::from_u128(2));

    fn open(id: LocationId, code: &str) -> LocationEvent {
        LocationEvent::Opened {
            id,
            code: Code::stored(code),
            name: Name::stored("Somewhere"),
            time_zone: TimeZoneName::stored("Europe/Berlin"),
        }
    }

    fn history() -> Vec<Arc<RecordedEvent>> {
        let log = MemoryLog::default();
        let say = |id: LocationId, event: LocationEvent| log.append(&id.stream(), Some(id), event);
        say(BERLIN, open(BERLIN, "b1"));
        say(PARIS, open(PARIS, "p1"));
        say(BERLIN, LocationEvent::Renamed { name: Name::stored("Berlin") });
        say(BERLIN, LocationEvent::Disabled { reason: Reason::stored("water") });
        say(
            PARIS,
            LocationEvent::SettingsChanged {
                time_zone: TimeZoneName::stored("Europe/Paris"),
                reward_tiers: vec![RewardTier { name: Name::stored("Or"), over_points: 9 }],
                opening_hours: vec![OpeningSpan {
                    weekday: 6,
                    opens: time(9, 0, 0, 0),
                    closes: time(1, 0, 0, 0),
                }],
            },
        );
        say(PARIS, LocationEvent::Disabled { reason: Reason::stored("strike") });
        say(PARIS, LocationEvent::Enabled);
        log.all()
    }

    #[tokio::test]
    async fn each_location_is_a_row_with_its_last_state() {
        let mut view = Stepper::new(Locations).await;
        view.apply(&history()).await;
        let rows: Vec<LocationRow> = view.rows().await;
        let [berlin, paris] = &rows[..] else { panic!("{rows:?}") };
        assert_eq!((berlin.code.as_str(), berlin.name.as_str(), berlin.disabled), ("b1", "Berlin", true));
        assert_eq!(berlin.reward_tiers.0.len(), 6);
        assert_eq!((paris.time_zone.as_str(), paris.disabled), ("Europe/Paris", false));
        assert_eq!(paris.reward_tiers.0, [TierCell { name: "Or".to_owned(), over_points: 9 }]);
        assert_eq!(paris.opening_hours.0[0].closes, "01:00:00");
        assert_eq!((paris.stream_version, paris.position), (Version(4), Position(7)));
    }

    #[tokio::test]
    async fn locations_applied_twice_change_nothing() {
        assert_idempotent(Locations, &history()).await;
    }

    #[tokio::test]
    async fn locations_rebuilt_are_byte_equal() {
        assert_rebuild_equal(Locations, &history()).await;
    }
}
