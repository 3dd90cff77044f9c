//! Facts about one venue, and what decisions about it and about things in it need to know.

use super::{LocationError, OpeningSpan, RewardTier, default_reward_tiers};
use crate::{
    Aggregate, DomainEvent,
    ids::LocationId,
    values::{Code, Name, Reason, TimeZoneName},
};

/// What happened to a location.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LocationEvent {
    /// The venue joined.
    Opened {
        /// Its id.
        id: LocationId,
        /// Unique among locations.
        code: Code,
        /// What people call it.
        name: Name,
        /// Zone of its days and hours.
        time_zone: TimeZoneName,
    },
    /// Called otherwise from now on.
    Renamed {
        /// The new name.
        name: Name,
    },
    /// The settings as a whole, after the change.
    SettingsChanged {
        /// Zone of its days and hours.
        time_zone: TimeZoneName,
        /// Rewards, lowest first.
        reward_tiers: Vec<RewardTier>,
        /// When it is open; empty when it never said.
        opening_hours: Vec<OpeningSpan>,
    },
    /// Nothing new may start here.
    Disabled {
        /// Why.
        reason: Reason,
    },
    /// Back to normal.
    Enabled,
}

/// The aggregate.
#[derive(Debug)]
pub struct Location;

/// A venue's phase.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum LocationState {
    /// Never opened.
    #[default]
    Absent,
    /// Opened once; may be disabled.
    Open(OpenLocation),
}

/// A venue that exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenLocation {
    /// What people call it.
    pub name: Name,
    /// Zone of its days and hours.
    pub time_zone: TimeZoneName,
    /// Rewards, lowest first.
    pub reward_tiers: Vec<RewardTier>,
    /// When it is open; empty when it never said.
    pub opening_hours: Vec<OpeningSpan>,
    /// Nothing new may start.
    pub disabled: bool,
}

impl LocationState {
    /// The venue, if it exists.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn existing(&self) -> Result<&OpenLocation, LocationError> {
        match self {
            Self::Open(location) => Ok(location),
            Self::Absent => Err(LocationError::NotFound),
        }
    }

    /// The venue, if something new may start in it.
    ///
    /// # Errors
    /// `NotFound`, `Disabled`.
    pub fn in_business(&self) -> Result<&OpenLocation, LocationError> {
        match self.existing()? {
            location if location.disabled => Err(LocationError::Disabled),
            location => Ok(location),
        }
    }
}

impl Aggregate for Location {
    type Event = LocationEvent;
    type State = LocationState;
    const CATEGORY: &'static str = "location";

    fn evolve(state: LocationState, event: &LocationEvent) -> LocationState {
        match (state, event) {
            (LocationState::Absent, LocationEvent::Opened { id: _, code: _, name, time_zone }) => {
                LocationState::Open(OpenLocation {
                    name: name.clone(),
                    time_zone: time_zone.clone(),
                    reward_tiers: default_reward_tiers(),
                    opening_hours: vec![],
                    disabled: false,
                })
            }
            (LocationState::Open(location), event) => LocationState::Open(changed(location, event)),
            (LocationState::Absent, _) => LocationState::Absent,
        }
    }

    fn event_of(event: &DomainEvent) -> Option<&LocationEvent> {
        match event {
            DomainEvent::Location(event) => Some(event),
            _ => None,
        }
    }
}

fn changed(location: OpenLocation, event: &LocationEvent) -> OpenLocation {
    match event {
        LocationEvent::Opened { .. } => location,
        LocationEvent::Renamed { name } => OpenLocation { name: name.clone(), ..location },
        LocationEvent::SettingsChanged { time_zone, reward_tiers, opening_hours } => OpenLocation {
            time_zone: time_zone.clone(),
            reward_tiers: reward_tiers.clone(),
            opening_hours: opening_hours.clone(),
            ..location
        },
        LocationEvent::Disabled { reason: _ } => OpenLocation { disabled: true, ..location },
        LocationEvent::Enabled => OpenLocation { disabled: false, ..location },
    }
}
