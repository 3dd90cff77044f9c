//! What every handler of the command API works with, and the list of its routes.

use std::sync::Arc;

use serde::Serialize;
use shared::{
    auth::Authenticator,
    domain::ids::LocationId,
    http::{Api, CommandAnswer, CommandMeta, Problem},
};
use utoipa::ToSchema;

use crate::{
    execute::{Answer, CommandContext, ExecuteError, Executor, Session},
    routes,
};

/// The command API's state. Cheap to clone.
#[derive(Clone)]
pub struct CommandApi {
    /// Runs commands.
    pub executor: Executor,
    /// Knows callers.
    pub authenticator: Arc<Authenticator>,
}

impl AsRef<Authenticator> for CommandApi {
    fn as_ref(&self) -> &Authenticator {
        &self.authenticator
    }
}

impl CommandApi {
    /// Every route, each with the permission it needs.
    #[must_use]
    pub fn api(self) -> Api {
        routes::all(Api::new()).with_state(self)
    }

    /// Runs a handler's decision under the request's command id. `location` is the tenant of every event.
    ///
    /// # Errors
    /// The problem that tells the caller what to change, or to come back.
    pub async fn run<T, const STATUS: u16, F, Fut>(
        &self,
        meta: &CommandMeta,
        location: Option<LocationId>,
        decide: F,
    ) -> Result<CommandAnswer<T, STATUS>, Problem>
    where
        F: Fn(Session) -> Fut + Send,
        Fut: Future<Output = Result<Answer, ExecuteError>> + Send,
    {
        let accepted = self.executor.run(&CommandContext::of(meta, location), decide).await?;
        Ok(CommandAnswer::new(accepted.status, accepted.body, accepted.token))
    }
}

/// What a command answers: where its thing stands now.
#[derive(Debug, Serialize, ToSchema)]
pub struct Changed {
    /// The thing's stream.
    pub stream: String,
    /// Its version after the command; send it as `If-Match` to change exactly this.
    pub version: u64,
}

/// What a command that makes something answers.
#[derive(Debug, Serialize, ToSchema)]
pub struct Created {
    /// The new thing's id.
    pub id: String,
    /// The thing's stream.
    pub stream: String,
    /// Its version after the command; send it as `If-Match` to change exactly this.
    pub version: u64,
}
