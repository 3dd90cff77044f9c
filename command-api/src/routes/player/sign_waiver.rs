//! `POST /v1/locations/{location}/players/{player}/waivers`.

use axum::extract::State;
use jiff::Timestamp;
use serde::Deserialize;
use shared::{
    clock::whole_micros,
    domain::{
        Change,
        ids::{LocationId, PlayerId},
        player::{Player, PlayerCommand, WaiverVersion, decide},
        values::{InvalidValue, Name},
    },
    http::{CommandAnswer, CommandRequest, FieldErrors, Problem, ValidPath},
};
use utoipa::ToSchema;

use crate::{
    CommandApi,
    app::Changed,
    execute::{Answer, ExecuteError, Session},
};

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

/// A signature, but for when it was given.
#[derive(Clone)]
struct Signature {
    version: WaiverVersion,
    signed_by: Name,
    expires_at: Option<Timestamp>,
}

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath(player): ValidPath<(LocationId, PlayerId)>,
    request: CommandRequest<SignWaiverRequest>,
) -> Result<CommandAnswer<Changed>, Problem> {
    let body = &request.body;
    let mut errors = FieldErrors::default();
    let version = errors.field("version", WaiverVersion::new(&body.version));
    let signed_by = errors.field("signed_by", Name::new(&body.signed_by));
    let expires_at = errors.field("expires_at", body.expires_at.as_deref().map(instant).transpose());
    let (version, signed_by, expires_at) = errors.finish((version, signed_by, expires_at))?;
    let signature = Signature { version, signed_by, expires_at };
    app.run(&request.meta, Some(player.0), |session| sign(session, player, signature.clone())).await
}

fn instant(text: &str) -> Result<Timestamp, InvalidValue> {
    let expected = "an instant such as 2027-05-31T12:00:00Z";
    text.parse().map(whole_micros).map_err(|_| InvalidValue::Malformed { expected })
}

async fn sign(
    session: Session,
    (location, id): (LocationId, PlayerId),
    signature: Signature,
) -> Result<Answer, ExecuteError> {
    let stream = id.stream();
    let player = session.load::<Player>(stream.clone()).await?;
    player.existing_at(location).map_err(ExecuteError::refused)?;
    let Signature { version, signed_by, expires_at } = signature;
    let sign = PlayerCommand::SignWaiver { version, signed_by, signed_at: session.now(), expires_at };
    session.record(Change::all(&stream, decide(&player, sign).map_err(ExecuteError::refused)?));
    Ok(Answer::ok(stream))
}
