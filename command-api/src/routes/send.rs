//! From a request to a command and back: the one way from a route to the application layer.

use auth::Authenticator;
use http_api::{Api, CommandAnswer, CommandMeta, Problem};
use serde::Serialize;
use uuid::Uuid;

use crate::{
    CommandApi,
    execute::{Accepted, Command, CommandContext},
};

impl AsRef<Authenticator> for CommandApi {
    fn as_ref(&self) -> &Authenticator {
        &self.authenticator
    }
}

impl CommandApi {
    /// Every route, each with the permission it needs.
    #[must_use]
    pub fn api(self) -> Api {
        super::all(Api::new()).with_state(self)
    }

    /// Executes `command` under the request's command id.
    pub(super) async fn send<C: Command, const STATUS: u16>(
        &self,
        meta: &CommandMeta,
        command: C,
    ) -> Result<CommandAnswer<C::Answer, STATUS>, Problem> {
        Ok(self.executor.execute(&context(meta), command).await?.into())
    }

    /// The id of something new.
    pub(super) fn new_id(&self) -> Uuid {
        self.executor.clock().new_uuid()
    }
}

/// Who asks, by a request.
pub(super) fn context(meta: &CommandMeta) -> CommandContext {
    let (request_id, correlation) = (meta.context.request_id.as_str(), meta.context.correlation_id());
    CommandContext {
        actor: meta.caller.actor(),
        command: meta.command,
        repeatable: meta.has_key,
        request_hash: meta.request_hash,
        correlation_id: correlation,
        causation_id: None,
        trace_parent: Some(meta.context.trace_parent.to_string()),
        request_id: (request_id != correlation.to_string()).then(|| request_id.to_owned()),
        if_match: meta.if_match,
        deadline: meta.context.deadline,
    }
}

impl<T: Serialize, const STATUS: u16> From<Accepted<T>> for CommandAnswer<T, STATUS> {
    fn from(accepted: Accepted<T>) -> Self {
        Self::new(accepted.status, accepted.body, accepted.token)
    }
}
