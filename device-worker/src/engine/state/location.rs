//! What is remembered of the location itself.

use std::collections::BTreeMap;

use domain::{
    ids::{PlayId, RoomId, VariantId},
    location::OpeningSpan,
    values::TimeZoneName,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The location, as far as it matters to plugs.
#[derive(Clone, Debug, PartialEq)]
pub struct LocationState {
    /// Zone of its days and hours.
    pub time_zone: TimeZoneName,
    /// When it is open; empty when that is not known.
    pub opening_hours: Vec<OpeningSpan>,
    /// Nothing new starts.
    pub disabled: bool,
    /// Plays that run.
    pub plays: BTreeMap<PlayId, RunningPlay>,
    /// When the last play of a room ended.
    pub ended: BTreeMap<RoomId, Timestamp>,
}

impl Default for LocationState {
    fn default() -> Self {
        Self {
            time_zone: TimeZoneName::stored("Etc/UTC"),
            opening_hours: Vec::new(),
            disabled: false,
            plays: BTreeMap::new(),
            ended: BTreeMap::new(),
        }
    }
}

/// A play that runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunningPlay {
    /// Where.
    pub room: RoomId,
    /// What.
    pub variant: VariantId,
    /// When it is over at the latest.
    pub ends_by: Timestamp,
}
