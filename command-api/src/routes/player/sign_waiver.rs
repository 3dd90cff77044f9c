//! `POST /v1/locations/{location}/players/{player}/waivers`.

use axum::extract::State;
use domain::{
    ids::{LocationId, PlayerId},
    player::WaiverVersion,
    values::{InvalidValue, Name},
};
use http_api::{CommandAnswer, CommandRequest, FieldErrors, Problem, ValidPath};
use jiff::Timestamp;
use runtime::clock::whole_micros;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{CommandApi, commands::player::SignWaiver, execute::Changed};

/// A signature under a waiver.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignWaiverRequest {
    /// Which text was signed.
    #[schema(min_length = 1, max_length = 40)]
    version: String,
    /// Who signed: the player, or the guardian for a dependant.
    #[schema(min_length = 1, max_length = 100)]
    signed_by: String,
    /// Until when it shall hold, RFC 3339, at most 5 years; a year when absent.
    #[schema(format = "date-time")]
    expires_at: Option<String>,
}

impl SignWaiverRequest {
    fn checked(&self, (location, id): (LocationId, PlayerId)) -> Result<SignWaiver, Problem> {
        let mut errors = FieldErrors::default();
        let version = errors.field("version", WaiverVersion::new(&self.version));
        let signed_by = errors.field("signed_by", Name::new(&self.signed_by));
        let expires_at = errors.field("expires_at", self.expires_at.as_deref().map(instant).transpose());
        let (version, signed_by, expires_at) = errors.finish((version, signed_by, expires_at))?;
        Ok(SignWaiver { id, location, version, signed_by, expires_at })
    }
}

fn instant(text: &str) -> Result<Timestamp, InvalidValue> {
    let expected = "an instant such as 2027-05-31T12:00:00Z";
    text.parse().map(whole_micros).map_err(|_| InvalidValue::Malformed { expected })
}

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath(player): ValidPath<(LocationId, PlayerId)>,
    request: CommandRequest<SignWaiverRequest>,
) -> Result<CommandAnswer<Changed>, Problem> {
    let sign = request.body.checked(player)?;
    app.send(&request.meta, sign).await
}
