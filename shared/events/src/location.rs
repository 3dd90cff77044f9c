//! Stored form of location events.

use domain::{
    ids::LocationId,
    location::{LocationEvent, OpeningSpan, RewardTier},
    values::{Code, Name, Reason, TimeZoneName},
};
use jiff::civil::Time;

use crate::{stored_events, stored_struct};

stored_events! {
    LocationEvent {
        "location.opened.v1" {
            id as "location_id": LocationId,
            code: Code,
            name: Name,
            time_zone: TimeZoneName,
        } => Opened,
        "location.renamed.v1" { name: Name } => Renamed,
        "location.settings_changed.v1" {
            time_zone: TimeZoneName,
            reward_tiers: Vec<RewardTier>,
            opening_hours: Vec<OpeningSpan>,
        } => SettingsChanged,
        "location.disabled.v1" { reason: Reason } => Disabled,
        "location.enabled.v1" {} => Enabled,
    }
}

stored_struct! {
    RewardTier { name: Name, over_points: u64 }
}

stored_struct! {
    OpeningSpan { weekday: u8, opens: Time, closes: Time }
}

#[cfg(test)]
mod tests {
    use domain::location::default_reward_tiers;
    use jiff::civil::time;
    use uuid::Uuid;

    use super::*;
    use crate::golden::assert_golden;

    #[test]
    fn locations_match_their_goldens() {
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
