//! What can be asked of a venue, and what is decided on it.

use jiff::civil::Time;

use super::{LocationError, LocationEvent, LocationState, OpenLocation, OpeningSpan, RewardTier};
use crate::{
    ids::LocationId,
    values::{Code, Name, Reason, TimeZoneName},
};

/// A command on a location.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LocationCommand {
    /// Let a venue join.
    Open {
        /// Fresh id.
        id: LocationId,
        /// Unique among locations; claimed in the same append.
        code: Code,
        /// What people call it.
        name: Name,
        /// Zone of its days and hours.
        time_zone: TimeZoneName,
    },
    /// Call it otherwise.
    Rename {
        /// The new name.
        name: Name,
    },
    /// Change some settings; what is absent stays.
    ChangeSettings {
        /// Zone of its days and hours.
        time_zone: Option<TimeZoneName>,
        /// Rewards, in any order.
        reward_tiers: Option<Vec<RewardTier>>,
        /// When it is open.
        opening_hours: Option<Vec<OpeningSpan>>,
    },
    /// Let nothing new start here.
    Disable {
        /// Why.
        reason: Reason,
    },
    /// Back to normal.
    Enable,
}

/// What `command` makes of `state`. A command already in effect yields nothing.
///
/// # Errors
/// The first rule it breaks.
pub fn decide(state: &LocationState, command: LocationCommand) -> Result<Vec<LocationEvent>, LocationError> {
    match (state, command) {
        (LocationState::Absent, LocationCommand::Open { id, code, name, time_zone }) => {
            Ok(vec![LocationEvent::Opened { id, code, name, time_zone }])
        }
        (LocationState::Open(_), LocationCommand::Open { .. }) => Err(LocationError::AlreadyOpen),
        (LocationState::Absent, _) => Err(LocationError::NotFound),
        (LocationState::Open(location), LocationCommand::Rename { name }) => {
            Ok(if location.name == name { vec![] } else { vec![LocationEvent::Renamed { name }] })
        }
        (
            LocationState::Open(location),
            LocationCommand::ChangeSettings { time_zone, reward_tiers, opening_hours },
        ) => {
            let event = LocationEvent::SettingsChanged {
                time_zone: time_zone.unwrap_or_else(|| location.time_zone.clone()),
                reward_tiers: reward_tiers
                    .map_or_else(|| Ok(location.reward_tiers.clone()), checked_tiers)?,
                opening_hours: opening_hours
                    .map_or_else(|| Ok(location.opening_hours.clone()), checked_hours)?,
            };
            Ok(if in_effect(location, &event) { vec![] } else { vec![event] })
        }
        (LocationState::Open(location), LocationCommand::Disable { reason }) => {
            Ok(if location.disabled { vec![] } else { vec![LocationEvent::Disabled { reason }] })
        }
        (LocationState::Open(location), LocationCommand::Enable) => {
            Ok(if location.disabled { vec![LocationEvent::Enabled] } else { vec![] })
        }
    }
}

fn in_effect(location: &OpenLocation, event: &LocationEvent) -> bool {
    matches!(event, LocationEvent::SettingsChanged { time_zone, reward_tiers, opening_hours }
        if *time_zone == location.time_zone
            && *reward_tiers == location.reward_tiers
            && *opening_hours == location.opening_hours)
}

/// The tiers, lowest first.
fn checked_tiers(mut tiers: Vec<RewardTier>) -> Result<Vec<RewardTier>, LocationError> {
    if !(1..=20).contains(&tiers.len()) {
        return Err(LocationError::TierCount { count: tiers.len() });
    }
    tiers.sort_by_key(|tier| tier.over_points);
    let doubled = tiers.windows(2).find_map(|pair| match pair {
        [low, high] if low.over_points == high.over_points => Some(low.over_points),
        _ => None,
    });
    doubled.map_or(Ok(tiers), |over_points| Err(LocationError::SameTierTwice { over_points }))
}

/// The spans in weekday order, none empty, none overlapping another of its day. From midnight to midnight is a whole
/// day.
fn checked_hours(mut hours: Vec<OpeningSpan>) -> Result<Vec<OpeningSpan>, LocationError> {
    hours.sort_by_key(|span| (span.weekday, span.opens));
    let bad = |span: &OpeningSpan| {
        !(1..=7).contains(&span.weekday) || (span.opens == span.closes && span.opens != Time::midnight())
    };
    if let Some(span) = hours.iter().find(|span| bad(span)) {
        return Err(LocationError::OpeningHours { weekday: span.weekday });
    }
    let overlapping = hours.windows(2).find_map(|pair| match pair {
        // A span that closes before it opens runs past midnight, so nothing may follow it that day.
        [first, second]
            if first.weekday == second.weekday
                && (first.closes <= first.opens || second.opens < first.closes) =>
        {
            Some(first.weekday)
        }
        _ => None,
    });
    overlapping.map_or(Ok(hours), |weekday| Err(LocationError::OpeningHours { weekday }))
}
