//! How a query's error becomes an HTTP answer.

use std::time::Duration;

use axum::http::StatusCode;
use domain::log::{Position, Token};
use http_api::{FieldError, Problem};
use read_store::SqlError;

use crate::QueryError;

/// When to try again for what was not there in time.
const RETRY: Duration = Duration::from_secs(1);

impl From<QueryError> for Problem {
    fn from(error: QueryError) -> Self {
        match error {
            QueryError::NotFound => Self::not_found(),
            QueryError::Parameter { field, code, message } => {
                Self::bad_field(FieldError { field: field.into(), message, code })
            }
            QueryError::NotThereYet { wanted, at } => not_there_yet(wanted, at),
            QueryError::OtherTimeline { token, timeline } => other_timeline(token, timeline),
            QueryError::Sql(
                error @ (SqlError::Unavailable(_) | SqlError::NotBuilt(_) | SqlError::MissingColumn(_)),
            ) => Self::unavailable(error, RETRY),
            QueryError::Sql(error @ (SqlError::Fenced | SqlError::Bug(_))) => Self::internal(error),
            QueryError::Log(error) => error.into(),
            QueryError::Render(error) => Self::internal(error),
        }
    }
}

fn other_timeline(token: Token, timeline: u32) -> Problem {
    let detail = format!(
        "The token {token} is of timeline {}, but the log was restored and is on timeline {timeline}: read \
         without it, and decide from what is there now.",
        token.timeline
    );
    Problem::conflict("other_timeline", "The log was restored", detail).with("timeline", timeline)
}

fn not_there_yet(wanted: Position, at: Position) -> Problem {
    let detail = format!(
        "The view is at position {at}, behind {wanted}. Ask again after the time in Retry-After, wait longer \
         with Aero-Max-Wait, or take an older answer with Aero-Allow-Stale."
    );
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "not_there_yet", "Not there yet", detail)
        .with("position", at.0)
        .retry_after(RETRY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_error_has_its_status() {
        let status = |error: QueryError| Problem::from(error).status_code().as_u16();
        let token = Token { timeline: 2, position: Position(1) };
        let parameter = QueryError::Parameter { field: "limit", code: "out_of_range", message: "x".into() };
        assert_eq!(status(QueryError::NotFound), 404);
        assert_eq!(status(parameter), 400);
        assert_eq!(status(QueryError::NotThereYet { wanted: Position(2), at: Position(1) }), 503);
        assert_eq!(status(QueryError::OtherTimeline { token, timeline: 1 }), 409);
        assert_eq!(status(SqlError::Unavailable(std::io::Error::other("away").into()).into()), 503);
        assert_eq!(status(SqlError::NotBuilt("x".into()).into()), 503);
        assert_eq!(status(SqlError::MissingColumn("x".into()).into()), 503);
        assert_eq!(status(SqlError::Bug("x".into()).into()), 500);
        assert_eq!(status(SqlError::Fenced.into()), 500);
    }
}
