//! Decisions about a location that need its code's claim as well.

use super::{LocationCommand, LocationState, decide};
use crate::{
    Change, Refusal,
    claim::{self, ClaimState},
    ids::{LocationId, StreamName},
    values::{Code, Name, TimeZoneName},
};

/// A venue about to join.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewLocation {
    /// Fresh id.
    pub id: LocationId,
    /// Unique among locations.
    pub code: Code,
    /// What people call it.
    pub name: Name,
    /// Zone of its days and hours.
    pub time_zone: TimeZoneName,
}

/// The stream that keeps `code` unique among locations.
#[must_use]
pub fn code_stream(code: &Code) -> StreamName {
    claim::stream("location_code", code.as_str())
}

/// Opens `new`, whose code must be free; `code` is the state of [`code_stream`].
///
/// # Errors
/// `already_in_use`, `location_already_open`.
pub fn open(code: &ClaimState, location: &LocationState, new: NewLocation) -> Result<Vec<Change>, Refusal> {
    let stream = new.id.stream();
    let claimed = claim::claim(code, &stream, "location code")?;
    let mut changes = Change::all(&code_stream(&new.code), claimed);
    let NewLocation { id, code, name, time_zone } = new;
    let opened = decide(location, LocationCommand::Open { id, code, name, time_zone })?;
    changes.extend(Change::all(&stream, opened));
    Ok(changes)
}
