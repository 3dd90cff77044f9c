//! What every command's handler starts from: the typed body, the caller, and what makes the command one.

use std::sync::Arc;

use auth::Principal;
use axum::extract::{FromRequest, Request};
use domain::log::{CommandId, Version};
use serde::de::DeserializeOwned;

use super::{
    context::RequestContext,
    idempotency::{IdempotencyKey, request_hash},
    json,
    precondition::if_match,
    problem::Problem,
};

/// A command as it came: the body as a `T` (which should `deny_unknown_fields`; an empty body counts as `{}`)
/// and everything around it. The last argument of a handler.
#[derive(Clone, Debug)]
pub struct CommandRequest<T> {
    /// What is asked for.
    pub body: T,
    /// By whom, under which name, in which circumstances.
    pub meta: CommandMeta,
}

/// What surrounds a command.
#[derive(Clone, Debug)]
pub struct CommandMeta {
    /// Who asks.
    pub caller: Arc<Principal>,
    /// The request.
    pub context: RequestContext,
    /// From caller and `Idempotency-Key`; without a key, this request's own id.
    pub command: CommandId,
    /// Whether there was a key, so that the command may have been seen before.
    pub has_key: bool,
    /// Of caller, method, path and body: the same command with another is refused.
    pub request_hash: [u8; 32],
    /// The version the caller believes it changes.
    pub if_match: Option<Version>,
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for CommandRequest<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let unguarded = || Problem::misbuilt("a command's route is not behind the guard and the pipeline");
        let caller = request.extensions().get::<Arc<Principal>>().cloned().ok_or_else(unguarded)?;
        let context = request.extensions().get::<RequestContext>().cloned().ok_or_else(unguarded)?;
        let key = IdempotencyKey::find(request.headers())?.map(|key| key.command_of(caller.id));
        let if_match = if_match(request.headers())?;
        let (method, uri) = (request.method().clone(), request.uri().clone());
        let bytes = json::read(request).await?;
        let meta = CommandMeta {
            command: key.unwrap_or(CommandId(context.id)),
            has_key: key.is_some(),
            request_hash: request_hash(caller.id, &method, uri.path(), &bytes),
            if_match,
            caller,
            context,
        };
        Ok(Self { body: json::parse(&bytes)?, meta })
    }
}
