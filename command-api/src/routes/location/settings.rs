//! `POST /v1/locations/{location}/settings`.

use axum::extract::State;
use domain::{
    ids::LocationId,
    location::{LocationCommand, OpeningSpan, RewardTier},
    values::{Name, TimeZoneName},
};
use http_api::{CommandAnswer, CommandRequest, Problem, ValidPath};
use jiff::civil::Time;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{CommandApi, commands::location::ChangeLocation, execute::Changed, routes::fields};

/// Settings of a location; what is absent stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LocationSettingsRequest {
    /// IANA time zone of its days and hours.
    #[schema(value_type = Option<String>)]
    time_zone: Option<TimeZoneName>,
    /// 1 to 20 rewards, each with points of its own.
    reward_tiers: Option<Vec<RewardTierRequest>>,
    /// When it is open; an empty list for "it does not say".
    opening_hours: Option<Vec<OpeningSpanRequest>>,
}

/// A reward.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RewardTierRequest {
    /// What it is called.
    #[schema(value_type = String, min_length = 1, max_length = 100)]
    name: Name,
    /// Total points must be more than this.
    over_points: u64,
}

/// A span of one weekday.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OpeningSpanRequest {
    /// 1 Monday to 7 Sunday.
    #[schema(minimum = 1, maximum = 7)]
    weekday: u8,
    /// First minute, `HH:MM` or `HH:MM:SS` in the location's zone.
    #[serde(deserialize_with = "fields::time_of_day")]
    #[schema(value_type = String, example = "09:00:00")]
    opens: Time,
    /// First minute after, `24:00` at the end of the day; before `opens` when it closes the next morning.
    #[serde(deserialize_with = "fields::end_of_span")]
    #[schema(value_type = String, example = "22:00:00")]
    closes: Time,
}

impl LocationSettingsRequest {
    fn command(self) -> LocationCommand {
        let Self { time_zone, reward_tiers, opening_hours } = self;
        let tier = |RewardTierRequest { name, over_points }| RewardTier { name, over_points };
        let span = |OpeningSpanRequest { weekday, opens, closes }| OpeningSpan { weekday, opens, closes };
        LocationCommand::ChangeSettings {
            time_zone,
            reward_tiers: reward_tiers.map(|tiers| tiers.into_iter().map(tier).collect()),
            opening_hours: opening_hours.map(|spans| spans.into_iter().map(span).collect()),
        }
    }
}

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath(id): ValidPath<LocationId>,
    request: CommandRequest<LocationSettingsRequest>,
) -> Result<CommandAnswer<Changed>, Problem> {
    let command = request.body.command();
    app.send(&request.meta, ChangeLocation { id, command }).await
}
