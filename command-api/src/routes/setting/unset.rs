//! `POST /v1/settings/{key}/unset` and `POST /v1/locations/{location}/settings/{key}/unset`.

use axum::extract::State;
use domain::{
    ids::LocationId,
    setting::{Scope, SettingCommand},
};
use http_api::{CommandAnswer, CommandRequest, FieldErrors, Problem, ValidPath};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{KeyText, scope};
use crate::{CommandApi, commands::setting::ChangeSetting, execute::Changed, routes::NothingRequest};

/// Where a setting shall hold no more.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UnsetSettingRequest {
    /// Only in this room.
    #[schema(format = "uuid")]
    room_id: Option<String>,
    /// Only for this variant.
    #[schema(format = "uuid")]
    variant_id: Option<String>,
}

impl UnsetSettingRequest {
    fn checked(&self, location: LocationId, key: &KeyText) -> Result<ChangeSetting, Problem> {
        let mut errors = FieldErrors::default();
        let key = key.key(&mut errors);
        let scope = scope(&mut errors, location, self.room_id.as_deref(), self.variant_id.as_deref());
        let (scope, key) = errors.finish((scope, key))?;
        Ok(ChangeSetting(SettingCommand::Unset { scope, key }))
    }
}

pub(super) async fn global(
    State(app): State<CommandApi>,
    ValidPath(key): ValidPath<KeyText>,
    request: CommandRequest<NothingRequest>,
) -> Result<CommandAnswer<Changed>, Problem> {
    let mut errors = FieldErrors::default();
    let key = key.key(&mut errors);
    let key = errors.finish(key)?;
    let unset = SettingCommand::Unset { scope: Scope::Global, key };
    app.send(&request.meta, ChangeSetting(unset)).await
}

pub(super) async fn local(
    State(app): State<CommandApi>,
    ValidPath((location, key)): ValidPath<(LocationId, KeyText)>,
    request: CommandRequest<UnsetSettingRequest>,
) -> Result<CommandAnswer<Changed>, Problem> {
    let unset = request.body.checked(location, &key)?;
    app.send(&request.meta, unset).await
}
