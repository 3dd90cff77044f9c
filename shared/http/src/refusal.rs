//! How errors of the layers below become answers: each in one exhaustive match.

use std::time::Duration;

use auth::{AuthError, Denied};
use store::StoreError;

use super::problem::Problem;

/// How long a caller waits before trying a broken store again.
const STORE_RETRY: Duration = Duration::from_secs(1);

/// How long a caller waits before trying a store that cannot be written.
const NOT_WRITABLE_RETRY: Duration = Duration::from_secs(5);

impl From<AuthError> for Problem {
    fn from(error: AuthError) -> Self {
        match error {
            AuthError::Missing => Self::unauthenticated(
                "Send an API key as `X-API-Key: <key>` or `Authorization: Bearer <key>`.",
            ),
            AuthError::Ambiguous => Self::unauthenticated("Two different API keys were sent; send one."),
            AuthError::Invalid => {
                Self::unauthenticated("The API key is not valid: it is unknown, revoked or expired.")
            }
            AuthError::TooMany(wait) => {
                Self::too_many_requests("Too many unknown API keys came from this address.", wait)
            }
            AuthError::Store(error) => error.into(),
        }
    }
}

impl From<Denied> for Problem {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Permission(permission) => {
                Self::forbidden(format!("It needs the permission `{permission}`."))
                    .with("permission", permission.as_str())
            }
            Denied::Location => Self::not_found(),
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(_) | StoreError::OutcomeUnknown(_) => {
                Self::unavailable(error, STORE_RETRY)
            }
            // The store says why, once a minute and in `/readyz`: callers that are refused have no news of it.
            StoreError::NotWritable { .. } => Self::not_writable(NOT_WRITABLE_RETRY),
            StoreError::Corrupt(_) | StoreError::Misuse(_) | StoreError::Schema(_) => Self::internal(error),
        }
    }
}

#[cfg(test)]
mod tests {

    use auth::Permission;

    use super::*;

    #[test]
    fn each_error_has_its_status() {
        let status = |problem: Problem| problem.status_code().as_u16();
        assert_eq!(status(AuthError::Missing.into()), 401);
        assert_eq!(status(AuthError::Invalid.into()), 401);
        assert_eq!(status(AuthError::Ambiguous.into()), 401);
        assert_eq!(status(AuthError::TooMany(Duration::ZERO).into()), 429);
        assert_eq!(status(Denied::Permission(Permission::GAME_ADD).into()), 403);
        assert_eq!(status(Denied::Location.into()), 404);
        assert_eq!(status(StoreError::Unavailable(anyhow::anyhow!("x")).into()), 503);
        assert_eq!(status(StoreError::OutcomeUnknown(anyhow::anyhow!("x")).into()), 503);
        let full = StoreError::NotWritable { why: "the disk is full", source: anyhow::anyhow!("x") };
        assert_eq!(status(full.into()), 503);
        assert_eq!(status(StoreError::Corrupt("x".into()).into()), 500);
        assert_eq!(status(StoreError::Misuse("x".into()).into()), 500);
    }

    #[test]
    fn another_location_looks_exactly_like_nothing() {
        assert_eq!(Problem::from(Denied::Location).to_json(None), Problem::not_found().to_json(None));
    }
}
