//! The venues with their settings.

use domain::{
    ids::LocationId,
    location::OpeningSpan,
    log::{Position, Version},
    values::{Code, Name, TimeZoneName},
};
use jiff::Timestamp;
use read_store::{Json, ReadModel, Record as _, record};
use serde::{Deserialize, Serialize};

use crate::rewards::TierCell;

/// The venues.
pub const LOCATIONS: ReadModel = ReadModel { name: "locations", tables: &[LocationRow::TABLE] };

record! {
    /// A venue as people see it.
    pub struct LocationRow in "locations" {
        key {
            /// Its id.
            location_id: LocationId,
        }
        /// Unique among locations.
        code: Code,
        /// What people call it.
        name: Name,
        /// Zone of its days and hours.
        time_zone: TimeZoneName,
        /// Whether nothing new may start here.
        disabled: bool,
        /// Rewards, lowest first.
        reward_tiers: Json<Vec<TierCell>>,
        /// When it is open.
        opening_hours: Json<Vec<SpanCell>>,
        /// When it joined.
        opened_at: Timestamp,
        /// Last event of its stream.
        stream_version: Version,
        /// Last event in the log.
        position: Position,
    }
    index "code" (code);
}

/// A span of opening hours as the view shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpanCell {
    /// 1 Monday to 7 Sunday.
    pub weekday: u8,
    /// `HH:MM:SS` in the location's zone.
    pub opens: String,
    /// `HH:MM:SS`; before `opens` when it closes the next morning.
    pub closes: String,
}

impl From<&OpeningSpan> for SpanCell {
    fn from(span: &OpeningSpan) -> Self {
        Self { weekday: span.weekday, opens: span.opens.to_string(), closes: span.closes.to_string() }
    }
}
