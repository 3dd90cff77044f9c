//! The local days of venues, for projections that count by them. A later change of a zone moves no day counted before.

use std::collections::{HashMap, HashSet};

use domain::{ids::LocationId, location::LocationEvent, log::Version, values::TimeZoneName};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use read_model::{leaderboards::BoardZone, plays::PlayZone};
use read_store::{Record, SqlError, Tx};

use crate::{ApplyError, Context, Event, Rows};

/// A row that says which zone a venue is in. A read model's table becomes one by `zone_row!`.
pub(super) trait ZoneRow: Record<Key = (LocationId,)> {
    /// The venue's row after the event with this version of its stream.
    fn new(location: LocationId, zone: &TimeZoneName, version: Version) -> Self;
    /// Zone of its days.
    fn zone(&self) -> &TimeZoneName;
    /// Last event of the venue's stream that set the zone.
    fn version(&self) -> Version;
}

macro_rules! zone_row {
    ($name:ident) => {
        impl ZoneRow for $name {
            fn new(location_id: LocationId, zone: &TimeZoneName, stream_version: Version) -> Self {
                Self { location_id, time_zone: zone.clone(), stream_version }
            }

            fn zone(&self) -> &TimeZoneName {
                &self.time_zone
            }

            fn version(&self) -> Version {
                self.stream_version
            }
        }
    };
}
zone_row!(PlayZone);
zone_row!(BoardZone);

/// The zones of a batch's venues, as they are at the event being folded.
pub(super) struct LocalDays<R: ZoneRow> {
    rows: Rows<R>,
    zones: HashMap<TimeZoneName, TimeZone>,
}

/// A fact of a venue that was never opened: it can be retried once that was applied.
#[derive(Debug, thiserror::Error)]
#[error("the event is of no location that was opened before")]
struct NoLocation;

impl<R: ZoneRow> LocalDays<R> {
    /// Zones of every venue in `events`.
    pub(super) async fn load(tx: &mut Tx, context: &mut Context, events: &[Event]) -> Result<Self, SqlError> {
        let mut rows = context.rows::<R>();
        let keys: HashSet<_> = events.iter().filter_map(|event| event.location).map(|id| (id,)).collect();
        rows.load(tx, keys).await?;
        Ok(Self { rows, zones: HashMap::new() })
    }

    /// Takes note of a venue's zone.
    pub(super) fn fold(&mut self, event: &Event, fact: &LocationEvent) -> Result<(), ApplyError> {
        let (LocationEvent::Opened { time_zone, .. } | LocationEvent::SettingsChanged { time_zone, .. }) =
            fact
        else {
            return Ok(());
        };
        let location = event.location.ok_or_else(|| ApplyError::event(event, NoLocation))?;
        let known = self.rows.get(&(location,))?;
        if known.is_none_or(|row| row.version() < event.version) {
            self.rows.put(R::new(location, time_zone, event.version));
        }
        Ok(())
    }

    /// The day that `at` belongs to at the venue of `event`.
    pub(super) fn day(&mut self, event: &Event, at: Timestamp) -> Result<Date, ApplyError> {
        let location = event.location.ok_or_else(|| ApplyError::event(event, NoLocation))?;
        let row = self.rows.get(&(location,))?.ok_or_else(|| ApplyError::event(event, NoLocation))?;
        let zone = match self.zones.get(row.zone()) {
            Some(zone) => zone,
            None => self.zones.entry(row.zone().clone()).or_insert_with_key(TimeZoneName::zone),
        };
        Ok(zone.to_datetime(at).date())
    }

    /// Writes what changed.
    pub(super) async fn flush(self, tx: &mut Tx, context: &mut Context) -> Result<(), SqlError> {
        self.rows.flush(tx, context).await
    }
}
