//! `/healthz`: the process runs. `/readyz`: it can do its work now. What can fail registers a named check.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Serialize;
use tokio_util::sync::CancellationToken;
use utoipa::ToSchema;

use super::describe::{DescribeAnswer, OperationDoc};

/// The checks of one process. Cloning shares them.
#[derive(Clone, Debug)]
pub struct Readiness(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    stopping: CancellationToken,
    checks: Mutex<Vec<CheckState>>,
}

/// One check's state, as `/readyz` shows it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CheckState {
    /// What is checked.
    name: &'static str,
    /// Whether it can work.
    ready: bool,
    /// Why it cannot, or what is wrong although it can; a fixed text, without details of the machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
}

/// The answer of `/healthz` and `/readyz`.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Health {
    /// `ok`, `ready`, `not_ready` or `stopping`.
    status: &'static str,
    /// What was checked.
    checks: Vec<CheckState>,
}

/// A named check, held by who knows its state. Not ready until said otherwise.
pub struct Check {
    name: &'static str,
    readiness: Readiness,
}

impl Readiness {
    /// Not ready any more once `stopping` is cancelled.
    #[must_use]
    pub fn new(stopping: CancellationToken) -> Self {
        Self(Arc::new(Inner { stopping, checks: Mutex::default() }))
    }

    /// Adds the check `name`; the process is not ready until it is.
    #[must_use]
    pub fn check(&self, name: &'static str) -> Check {
        self.set(CheckState { name, ready: false, reason: Some("starting") });
        Check { name, readiness: self.clone() }
    }

    /// Whether every check is ready and the process is not stopping.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        !self.0.stopping.is_cancelled() && self.states().iter().all(|check| check.ready)
    }

    /// Every check, as `/readyz` shows it.
    #[must_use]
    pub fn checks(&self) -> Vec<CheckState> {
        self.states()
    }

    fn states(&self) -> Vec<CheckState> {
        self.0.checks.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, state: CheckState) {
        let mut checks = self.0.checks.lock().unwrap_or_else(PoisonError::into_inner);
        match checks.iter_mut().find(|check| check.name == state.name) {
            Some(check) => *check = state,
            None => checks.push(state),
        }
    }

    /// Answers `/readyz`.
    pub(super) fn answer(&self) -> ReadyAnswer {
        let checks = self.states();
        let stopping = self.0.stopping.is_cancelled();
        let (code, status) = match (stopping, checks.iter().all(|check| check.ready)) {
            (true, _) => (StatusCode::SERVICE_UNAVAILABLE, "stopping"),
            (false, false) => (StatusCode::SERVICE_UNAVAILABLE, "not_ready"),
            (false, true) => (StatusCode::OK, "ready"),
        };
        ReadyAnswer(code, Health { status, checks })
    }
}

/// The answer of `/readyz`: the same body whether the process is ready or not.
#[derive(Debug)]
pub(super) struct ReadyAnswer(StatusCode, Health);

impl IntoResponse for ReadyAnswer {
    fn into_response(self) -> Response {
        (self.0, Json(self.1)).into_response()
    }
}

impl DescribeAnswer for ReadyAnswer {
    fn describe(doc: &mut OperationDoc) {
        doc.answer::<Health>(StatusCode::OK, "Ready.");
        doc.answer::<Health>(StatusCode::SERVICE_UNAVAILABLE, "Not now; the checks say why.");
    }
}

impl Check {
    /// It can work.
    pub fn ready(&self) {
        self.readiness.set(CheckState { name: self.name, ready: true, reason: None });
    }

    /// It can work, but something is wrong; `reason` is shown to everybody who asks.
    pub fn degraded(&self, reason: &'static str) {
        self.readiness.set(CheckState { name: self.name, ready: true, reason: Some(reason) });
    }

    /// It cannot; `reason` is shown to everybody who asks.
    pub fn failed(&self, reason: &'static str) {
        self.readiness.set(CheckState { name: self.name, ready: false, reason: Some(reason) });
    }
}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Check({})", self.name)
    }
}

/// Answers `/healthz`.
pub(super) fn alive() -> Json<Health> {
    Json(Health { status: "ok", checks: Vec::new() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ready_when_every_check_is_and_nobody_stops() {
        let stopping = CancellationToken::new();
        let readiness = Readiness::new(stopping.clone());
        assert!(readiness.is_ready());
        let store = readiness.check("store");
        assert!(!readiness.is_ready());
        store.ready();
        assert_eq!((readiness.is_ready(), readiness.answer().0.as_u16()), (true, 200));
        store.failed("the store does not answer");
        assert_eq!((readiness.is_ready(), readiness.answer().0.as_u16()), (false, 503));
        store.degraded("the bus is not used");
        assert_eq!((readiness.is_ready(), readiness.answer().0.as_u16()), (true, 200));
        assert_eq!(readiness.answer().1.checks[0].reason, Some("the bus is not used"));
        stopping.cancel();
        assert_eq!((readiness.is_ready(), readiness.answer().0.as_u16()), (false, 503));
    }
}
