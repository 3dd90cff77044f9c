//! Stored form of location events.

use jiff::civil::Time;
use serde::{Deserialize, Serialize};

use super::{DecodeError, EncodeError, Encoded, json, parse};
use domain::{
    ids::LocationId,
    location::{LocationEvent, OpeningSpan, RewardTier},
    values::{Code, Name, Reason, TimeZoneName},
};

const OPENED_V1: &str = "location.opened.v1";
const RENAMED_V1: &str = "location.renamed.v1";
const SETTINGS_CHANGED_V1: &str = "location.settings_changed.v1";
const DISABLED_V1: &str = "location.disabled.v1";
const ENABLED_V1: &str = "location.enabled.v1";

#[derive(Serialize, Deserialize)]
struct OpenedV1 {
    location_id: LocationId,
    code: String,
    name: String,
    time_zone: String,
}

#[derive(Serialize, Deserialize)]
struct RenamedV1 {
    name: String,
}

#[derive(Serialize, Deserialize)]
struct SettingsChangedV1 {
    time_zone: String,
    reward_tiers: Vec<RewardTierV1>,
    opening_hours: Vec<OpeningSpanV1>,
}

#[derive(Serialize, Deserialize)]
struct RewardTierV1 {
    name: String,
    over_points: u64,
}

#[derive(Serialize, Deserialize)]
struct OpeningSpanV1 {
    weekday: u8,
    opens: Time,
    closes: Time,
}

#[derive(Serialize, Deserialize)]
struct DisabledV1 {
    reason: String,
}

#[derive(Serialize, Deserialize)]
struct EnabledV1 {}

pub(super) fn encode(event: &LocationEvent) -> Result<Encoded, EncodeError> {
    match event {
        LocationEvent::Opened { id, code, name, time_zone } => json(
            OPENED_V1,
            &OpenedV1 {
                location_id: *id,
                code: code.to_string(),
                name: name.to_string(),
                time_zone: time_zone.as_str().to_owned(),
            },
        ),
        LocationEvent::Renamed { name } => json(RENAMED_V1, &RenamedV1 { name: name.to_string() }),
        LocationEvent::SettingsChanged { time_zone, reward_tiers, opening_hours } => json(
            SETTINGS_CHANGED_V1,
            &SettingsChangedV1 {
                time_zone: time_zone.as_str().to_owned(),
                reward_tiers: reward_tiers.iter().map(stored_tier).collect(),
                opening_hours: opening_hours.iter().map(stored_span).collect(),
            },
        ),
        LocationEvent::Disabled { reason } => json(DISABLED_V1, &DisabledV1 { reason: reason.to_string() }),
        LocationEvent::Enabled => json(ENABLED_V1, &EnabledV1 {}),
    }
}

pub(super) fn decode(event_type: &str, data: &str) -> Result<LocationEvent, DecodeError> {
    Ok(match event_type {
        OPENED_V1 => {
            let v1: OpenedV1 = parse(event_type, data)?;
            LocationEvent::Opened {
                id: v1.location_id,
                code: Code::stored(&v1.code),
                name: Name::stored(&v1.name),
                time_zone: TimeZoneName::stored(&v1.time_zone),
            }
        }
        RENAMED_V1 => {
            LocationEvent::Renamed { name: Name::stored(&parse::<RenamedV1>(event_type, data)?.name) }
        }
        SETTINGS_CHANGED_V1 => {
            let v1: SettingsChangedV1 = parse(event_type, data)?;
            LocationEvent::SettingsChanged {
                time_zone: TimeZoneName::stored(&v1.time_zone),
                reward_tiers: v1.reward_tiers.iter().map(tier).collect(),
                opening_hours: v1.opening_hours.iter().map(span).collect(),
            }
        }
        DISABLED_V1 => {
            LocationEvent::Disabled { reason: Reason::stored(&parse::<DisabledV1>(event_type, data)?.reason) }
        }
        ENABLED_V1 => {
            let EnabledV1 {} = parse(event_type, data)?;
            LocationEvent::Enabled
        }
        _ => return Err(DecodeError::UnknownType(event_type.to_owned())),
    })
}

fn stored_tier(tier: &RewardTier) -> RewardTierV1 {
    RewardTierV1 { name: tier.name.to_string(), over_points: tier.over_points }
}

fn tier(stored: &RewardTierV1) -> RewardTier {
    RewardTier { name: Name::stored(&stored.name), over_points: stored.over_points }
}

fn stored_span(span: &OpeningSpan) -> OpeningSpanV1 {
    OpeningSpanV1 { weekday: span.weekday, opens: span.opens, closes: span.closes }
}

fn span(stored: &OpeningSpanV1) -> OpeningSpan {
    OpeningSpan { weekday: stored.weekday, opens: stored.opens, closes: stored.closes }
}

#[cfg(test)]
mod tests {
    use jiff::civil::time;
    use uuid::Uuid;

    use super::*;
    use crate::golden::assert_golden;
    use domain::location::default_reward_tiers;

    #[test]
    fn golden_locations() {
        assert_golden(LocationEvent::Opened {
            id: LocationId(Uuid::from_u128(1)),
            code: Code::stored("b1"),
            name: Name::stored("Berlin Mitte"),
            time_zone: TimeZoneName::stored("Europe/Berlin"),
        });
        assert_golden(LocationEvent::Renamed { name: Name::stored("Berlin") });
        assert_golden(LocationEvent::SettingsChanged {
            time_zone: TimeZoneName::stored("America/New_York"),
            reward_tiers: default_reward_tiers(),
            opening_hours: vec![OpeningSpan {
                weekday: 6,
                opens: time(9, 0, 0, 0),
                closes: time(1, 30, 0, 0),
            }],
        });
        assert_golden(LocationEvent::Disabled { reason: Reason::stored("water damage") });
        assert_golden(LocationEvent::Enabled);
    }
}
