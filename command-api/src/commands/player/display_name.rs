//! What the venue calls a person on screens. For answers only: it is never stored with them, so that erasing the person
//! leaves nothing of it.

use domain::{
    ids::{LocationId, PlayerId},
    setting::{DISPLAY_NAMES, DisplayNames, SettingValue},
};

use super::today_at;
use crate::{
    commands::setting::nearest,
    execute::{ExecuteError, Executor},
};

/// The display name of `player`; none once erased, or while the store cannot be read.
pub async fn display_name(executor: &Executor, location: LocationId, player: PlayerId) -> Option<String> {
    match look_up(executor, location, player).await {
        Ok(name) => name,
        Err(error) => {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(%location, %player, error, "an answer goes without the name of its person");
            None
        }
    }
}

async fn look_up(
    executor: &Executor,
    location: LocationId,
    player: PlayerId,
) -> Result<Option<String>, ExecuteError> {
    let work = executor.look();
    let Some(details) = work.details(&[player]).await?.pop().flatten() else { return Ok(None) };
    let how = match nearest(&work, location, DISPLAY_NAMES).await? {
        Some(SettingValue::Text(text)) => text.parse().unwrap_or_default(),
        _ => DisplayNames::default(),
    };
    let is_adult = details.is_adult_on(today_at(&work, location).await?);
    let last = details.last_name.as_ref().map(domain::values::Name::as_str);
    Ok(Some(how.of(details.first_name.as_str(), last, is_adult)))
}
