//! `POST /v1/locations/{location}/players/{player}/waivers`.

use axum::extract::State;
use domain::{
    ids::{LocationId, PlayerId},
    player::{Drawing, Signature, WaiverVersion},
    values::Name,
};
use http_api::{CommandAnswer, CommandRequest, Problem, ValidPath};
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{CommandApi, commands::player::SignWaiver, execute::Changed, routes::fields};

/// A signature under a waiver.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignWaiverRequest {
    /// Which text was signed.
    #[schema(value_type = String, min_length = 1, max_length = 40)]
    version: WaiverVersion,
    /// Who signed: the player, or an adult of the family for a minor.
    #[schema(value_type = String, min_length = 1, max_length = 100)]
    signed_by: Name,
    /// What was drawn: the path of an SVG picture, or a picture in base64; at most 64 KiB. Kept sealed.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 65536)]
    drawing: Option<Drawing>,
    /// Until when it shall hold, RFC 3339, at most 5 years; a year when absent.
    #[serde(default, deserialize_with = "fields::optional_instant")]
    #[schema(value_type = Option<String>, format = "date-time")]
    expires_at: Option<Timestamp>,
}

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath((location, id)): ValidPath<(LocationId, PlayerId)>,
    request: CommandRequest<SignWaiverRequest>,
) -> Result<CommandAnswer<Changed>, Problem> {
    let SignWaiverRequest { version, signed_by, drawing, expires_at } = request.body;
    let signature = Signature { signed_by, drawing };
    app.send(&request.meta, SignWaiver { id, location, version, signature, expires_at }).await
}
