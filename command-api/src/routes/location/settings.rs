//! `POST /v1/locations/{location}/settings`.

use axum::extract::State;
use domain::{
    ids::LocationId,
    location::{LocationCommand, OpeningSpan, RewardTier},
    values::{Name, TimeZoneName},
};
use http_api::{CommandAnswer, CommandRequest, FieldErrors, Problem, ValidPath};
use jiff::civil::Time;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{CommandApi, commands::location::ChangeLocation, execute::Changed};

/// Settings of a location; what is absent stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LocationSettingsRequest {
    /// IANA time zone of its days and hours.
    time_zone: Option<String>,
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
    #[schema(min_length = 1, max_length = 100)]
    name: String,
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
    /// First minute, `HH:MM:SS` in the location's zone.
    #[schema(value_type = String, example = "09:00:00")]
    opens: Time,
    /// First minute after; before `opens` when it closes the next morning.
    #[schema(value_type = String, example = "22:00:00")]
    closes: Time,
}

impl LocationSettingsRequest {
    fn checked(&self) -> Result<LocationCommand, Problem> {
        let mut errors = FieldErrors::default();
        let zone = self.time_zone.as_deref().map(TimeZoneName::new).transpose();
        let time_zone = errors.field("time_zone", zone);
        let reward_tiers = self.reward_tiers.as_ref().map(|tiers| {
            let tier = |(index, tier): (usize, &RewardTierRequest)| {
                let name = errors.field(format_args!("reward_tiers/{index}/name"), Name::new(&tier.name))?;
                Some(RewardTier { name, over_points: tier.over_points })
            };
            tiers.iter().enumerate().filter_map(tier).collect()
        });
        let span = |span: &OpeningSpanRequest| OpeningSpan {
            weekday: span.weekday,
            opens: span.opens,
            closes: span.closes,
        };
        let opening_hours = self.opening_hours.as_ref().map(|spans| spans.iter().map(span).collect());
        let time_zone = errors.finish(time_zone)?;
        Ok(LocationCommand::ChangeSettings { time_zone, reward_tiers, opening_hours })
    }
}

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath(id): ValidPath<LocationId>,
    request: CommandRequest<LocationSettingsRequest>,
) -> Result<CommandAnswer<Changed>, Problem> {
    let command = request.body.checked()?;
    app.send(&request.meta, ChangeLocation { id, command }).await
}
