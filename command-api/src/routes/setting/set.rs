//! `POST /v1/settings/{key}/set` and `POST /v1/locations/{location}/settings/{key}/set`.

use axum::extract::State;
use domain::{
    ids::LocationId,
    setting::{Scope, SettingCommand},
};
use http_api::{CommandAnswer, CommandRequest, FieldErrors, Problem, ValidPath};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{
    KeyText, scope,
    value::{SettingType, typed},
};
use crate::{CommandApi, commands::setting::ChangeSetting, execute::Changed};

/// A value for a setting, everywhere.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetGlobalSettingRequest {
    /// A text of at most 10 000 characters, a number, a boolean, or any JSON of at most 64 KiB.
    value: Value,
    /// What the value shall be; follows from the value when absent (an object, an array or `null` is
    /// `json`).
    r#type: Option<SettingType>,
}

/// A value for a setting at a location.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetSettingRequest {
    /// A text of at most 10 000 characters, a number, a boolean, or any JSON of at most 64 KiB.
    value: Value,
    /// What the value shall be; follows from the value when absent (an object, an array or `null` is
    /// `json`).
    r#type: Option<SettingType>,
    /// Only in this room.
    #[schema(format = "uuid")]
    room_id: Option<String>,
    /// Only for this variant.
    #[schema(format = "uuid")]
    variant_id: Option<String>,
}

impl SetGlobalSettingRequest {
    fn checked(&self, key: &KeyText) -> Result<ChangeSetting, Problem> {
        let mut errors = FieldErrors::default();
        let key = key.key(&mut errors);
        let value = typed(&mut errors, &self.value, self.r#type);
        let (key, value) = errors.finish((key, value))?;
        Ok(ChangeSetting(SettingCommand::Set { scope: Scope::Global, key, value }))
    }
}

impl SetSettingRequest {
    fn checked(&self, location: LocationId, key: &KeyText) -> Result<ChangeSetting, Problem> {
        let mut errors = FieldErrors::default();
        let key = key.key(&mut errors);
        let value = typed(&mut errors, &self.value, self.r#type);
        let scope = scope(&mut errors, location, self.room_id.as_deref(), self.variant_id.as_deref());
        let (scope, key, value) = errors.finish((scope, key, value))?;
        Ok(ChangeSetting(SettingCommand::Set { scope, key, value }))
    }
}

pub(super) async fn global(
    State(app): State<CommandApi>,
    ValidPath(key): ValidPath<KeyText>,
    request: CommandRequest<SetGlobalSettingRequest>,
) -> Result<CommandAnswer<Changed>, Problem> {
    let set = request.body.checked(&key)?;
    app.send(&request.meta, set).await
}

pub(super) async fn local(
    State(app): State<CommandApi>,
    ValidPath((location, key)): ValidPath<(LocationId, KeyText)>,
    request: CommandRequest<SetSettingRequest>,
) -> Result<CommandAnswer<Changed>, Problem> {
    let set = request.body.checked(location, &key)?;
    app.send(&request.meta, set).await
}
