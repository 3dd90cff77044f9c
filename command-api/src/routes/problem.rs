//! Which problem a failed command becomes: one exhaustive match.

use std::time::Duration;

use shared::{
    domain::{Refusal, RefusalKind},
    http::{FieldError, Problem},
};

use crate::execute::ExecuteError;

impl From<ExecuteError> for Problem {
    fn from(error: ExecuteError) -> Self {
        match error {
            ExecuteError::Refused(refusal) => refused(refusal),
            ExecuteError::PreconditionFailed { expected, actual } => {
                Self::precondition_failed(expected.0, actual.0)
            }
            ExecuteError::KeyReused => Self::key_reused(),
            ExecuteError::InFlight => Self::in_flight(),
            error @ ExecuteError::Contended { .. } => Self::unavailable(error, Duration::from_secs(1)),
            ExecuteError::Store(error) => error.into(),
            error @ (ExecuteError::Decode(_)
            | ExecuteError::Encode(_)
            | ExecuteError::NotLoaded(_)
            | ExecuteError::Key(_)) => Self::internal(error),
        }
    }
}

fn refused(refusal: Refusal) -> Problem {
    let field = refusal.field.as_ref().map(|field| FieldError {
        field: format!("/{field}"),
        message: refusal.message.clone(),
        code: refusal.code,
    });
    let problem = match refusal.kind {
        // The same answer as for a thing of another location: a caller is never told which.
        RefusalKind::NotFound => Problem::not_found(),
        RefusalKind::Conflict => {
            Problem::conflict(refusal.code, "Something stands against it now", refusal.message)
        }
        RefusalKind::Rule => Problem::rule(refusal.code, "A rule stands against it", refusal.message),
    };
    match field {
        Some(field) if refusal.kind != RefusalKind::NotFound => problem.errors(vec![field]),
        _ => problem,
    }
}

/// The status of an item refused among many: that of the item alone.
pub(crate) fn item_status(kind: RefusalKind) -> u16 {
    match kind {
        RefusalKind::NotFound => 404,
        RefusalKind::Conflict => 409,
        RefusalKind::Rule => 422,
    }
}
