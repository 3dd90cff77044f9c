//! The problem that a failed command becomes: one exhaustive match.

use std::time::Duration;

use domain::{Refusal, RefusalKind};
use http_api::{FieldError, Problem};

use crate::execute::ExecuteError;

/// The member of a problem that names the thing which stands against it.
pub(super) const EXISTING: &str = "existing_id";

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
            | ExecuteError::StoredAnswer(_)
            | ExecuteError::Key(_)) => Self::internal(error),
        }
    }
}

fn refused(refusal: Refusal) -> Problem {
    let existing = refusal.existing;
    let field = refusal.field.as_ref().map(|field| FieldError {
        field: format!("/{field}"),
        message: refusal.message.clone(),
        code: refusal.code,
    });
    let rule = |refusal: Refusal| Problem::rule(refusal.code, "Not allowed", refusal.message);
    let problem = match refusal.kind {
        // What is missing is what a field names: a wrong value in the body.
        RefusalKind::NotFound if field.is_some() => rule(refusal),
        // The same answer as for a thing of another location: a caller is never told which.
        RefusalKind::NotFound => Problem::not_found(),
        RefusalKind::Conflict => {
            Problem::conflict(refusal.code, "Not possible as things are now", refusal.message)
        }
        RefusalKind::Rule => rule(refusal),
    };
    let problem = match existing {
        Some(existing) => problem.with(EXISTING, existing.to_string()),
        None => problem,
    };
    match field {
        Some(field) => problem.errors(vec![field]),
        None => problem,
    }
}
