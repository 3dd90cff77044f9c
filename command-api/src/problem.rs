//! Which problem a failed command becomes: one exhaustive match.

use std::time::Duration;

use shared::{
    domain::{Refusal, RefusalKind},
    http::Problem,
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
    match refusal.kind {
        // The same answer as for a thing of another location: a caller is never told which.
        RefusalKind::NotFound => Problem::not_found(),
        RefusalKind::Conflict => {
            Problem::conflict(refusal.code, "Something stands against it now", refusal.message)
        }
        RefusalKind::Rule => Problem::rule(refusal.code, "A rule stands against it", refusal.message),
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
