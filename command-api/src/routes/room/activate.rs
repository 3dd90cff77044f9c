//! `POST /v1/locations/{location}/rooms/{room}/variants/{variant}/activate`.

use std::collections::BTreeMap;

use axum::extract::State;
use domain::ids::{LocationId, RoomId, VariantId};
use http_api::{CommandAnswer, CommandRequest, Problem, ValidPath};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{CommandApi, commands::room::ActivateVariant, execute::Changed};

/// A variant's settings in one room.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ActivateVariantRequest {
    /// Free settings for the game engine, all of them: at most 50, keys of 1 to 80 characters, values of at
    /// most 1 000; none when absent.
    #[serde(default)]
    custom: BTreeMap<String, String>,
}

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath((location, room, variant)): ValidPath<(LocationId, RoomId, VariantId)>,
    request: CommandRequest<ActivateVariantRequest>,
) -> Result<CommandAnswer<Changed>, Problem> {
    let activate = ActivateVariant { location, room, variant, custom: request.body.custom };
    app.send(&request.meta, activate).await
}
