//! `POST /v1/locations/{location}/players/{player}/waivers`.

use axum::extract::State;
use domain::{
    ids::{LocationId, PlayerId},
    player::WaiverVersion,
    values::{InvalidValue, Name},
};
use http_api::{CommandAnswer, CommandRequest, Problem, ValidPath};
use jiff::Timestamp;
use runtime::clock::whole_micros;
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

use crate::{CommandApi, commands::player::SignWaiver, execute::Changed, routes::fields};

/// A signature under a waiver.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignWaiverRequest {
    /// Which text was signed.
    #[schema(value_type = String, min_length = 1, max_length = 40)]
    version: WaiverVersion,
    /// Who signed: the player, or the guardian for a dependant.
    #[schema(value_type = String, min_length = 1, max_length = 100)]
    signed_by: Name,
    /// Until when it shall hold, RFC 3339, at most 5 years; a year when absent.
    #[serde(default, deserialize_with = "optional_instant")]
    #[schema(value_type = Option<String>, format = "date-time")]
    expires_at: Option<Timestamp>,
}

fn optional_instant<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    fields::optional_text(deserializer, instant)
}

fn instant(text: &str) -> Result<Timestamp, InvalidValue> {
    let expected = "an instant such as 2027-05-31T12:00:00Z";
    text.parse().map(whole_micros).map_err(|_| InvalidValue::Malformed { expected })
}

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath((location, id)): ValidPath<(LocationId, PlayerId)>,
    request: CommandRequest<SignWaiverRequest>,
) -> Result<CommandAnswer<Changed>, Problem> {
    let SignWaiverRequest { version, signed_by, expires_at } = request.body;
    app.send(&request.meta, SignWaiver { id, location, version, signed_by, expires_at }).await
}
