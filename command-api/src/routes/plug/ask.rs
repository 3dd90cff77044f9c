//! `POST /v1/locations/{location}/plugs/{plug}/ask`.

use axum::extract::State;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use shared::{
    domain::{
        ids::{LocationId, PlugId},
        plug::{PlugCommand, RelayState, ask_end},
        values::Reason,
    },
    http::{CommandAnswer, CommandRequest, FieldErrors, Problem, ValidPath},
};
use utoipa::ToSchema;

use super::apply;
use crate::{
    CommandApi,
    execute::{Answer, ExecuteError, Session},
    routes::end::{End, end},
};

/// What a plug shall be, and until when.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AskPlugRequest {
    /// `on` or `off`.
    #[schema(value_type = String, example = "on")]
    state: RelayState,
    /// Why, for those who read the history.
    #[schema(min_length = 1, max_length = 300)]
    reason: String,
    /// When the ask ends, within 24 hours.
    until: Option<Timestamp>,
    /// The same, from now; send one of both at most.
    #[schema(minimum = 1, maximum = 86_400)]
    for_seconds: Option<u32>,
}

/// What an ask comes to.
#[derive(Debug, Serialize, ToSchema)]
pub struct AskPlugDone {
    /// The plug's stream.
    pub stream: String,
    /// Its version after the command.
    pub version: u64,
    /// When the ask ends; absent for an off without an end.
    pub until: Option<Timestamp>,
}

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath(plug): ValidPath<(LocationId, PlugId)>,
    request: CommandRequest<AskPlugRequest>,
) -> Result<CommandAnswer<AskPlugDone>, Problem> {
    let AskPlugRequest { state, reason, until, for_seconds } = &request.body;
    let mut errors = FieldErrors::default();
    let reason = errors.field("reason", Reason::new(reason));
    let end = end(&mut errors, *until, *for_seconds);
    let (reason, end) = errors.finish((reason, end))?;
    app.run(&request.meta, Some(plug.0), |session| ask(session, plug, *state, reason.clone(), end)).await
}

async fn ask(
    session: Session,
    plug: (LocationId, PlugId),
    state: RelayState,
    reason: Reason,
    end: Option<End>,
) -> Result<Answer, ExecuteError> {
    let at = session.now();
    let until = ask_end(state, end.map(|end| end.after(at)), at);
    let answer = apply(&session, plug, PlugCommand::Ask { state, reason, until, at }).await?;
    Ok(answer.with("until", until.map(|until| until.to_string())))
}
