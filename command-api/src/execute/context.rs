//! Who asks for a command, under which id, and for how long. Transports build it from their requests.

use std::time::Duration;

use domain::{
    ids::EventId,
    log::{CommandId, Version},
};
use runtime::clock::Clock;
use tokio::time::Instant;
use uuid::Uuid;

/// Who asks, and under which command id.
#[derive(Clone, Debug)]
pub struct CommandContext {
    /// `key:<uuid>`, `user:<uuid>` or `system:<task>`.
    pub actor: String,
    /// From the caller's `Idempotency-Key`, or fresh.
    pub command: CommandId,
    /// The caller sent an `Idempotency-Key`: an earlier answer may exist.
    pub repeatable: bool,
    /// SHA-256 of caller, route and body.
    pub request_hash: [u8; 32],
    /// Ties together everything one outside request caused.
    pub correlation_id: Uuid,
    /// The event that made a policy issue this command.
    pub causation_id: Option<EventId>,
    /// W3C `traceparent`.
    pub trace_parent: Option<String>,
    /// The request's `X-Request-Id`, where it is not the correlation.
    pub request_id: Option<String>,
    /// From `If-Match`.
    pub if_match: Option<Version>,
    /// When the caller stops waiting.
    pub deadline: Instant,
}

impl CommandContext {
    /// A command that the system's own `task` issues once, and waits `patience` for.
    #[must_use]
    pub fn system(task: &str, clock: &dyn Clock, patience: Duration) -> Self {
        let id = clock.new_uuid();
        Self {
            actor: format!("system:{task}"),
            command: CommandId(id),
            repeatable: false,
            request_hash: [0; 32],
            correlation_id: id,
            causation_id: None,
            trace_parent: None,
            request_id: None,
            if_match: None,
            deadline: Instant::now() + patience,
        }
    }

    /// A command of the same caller and request under an id of its own, which may have been seen before.
    #[must_use]
    pub fn part(&self, command: CommandId, request_hash: [u8; 32]) -> Self {
        Self { command, repeatable: true, request_hash, if_match: None, ..self.clone() }
    }
}
