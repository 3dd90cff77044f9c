//! Why a query has no answer, over whatever transport.

use domain::log::{Position, Token};
use read_store::SqlError;
use store::StoreError;

/// A query without an answer. `Display` leaves the source out.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// There is nothing, or nothing that the caller may know of.
    #[error("there is nothing")]
    NotFound,
    /// A parameter has not the form that it must have.
    #[error("{message}")]
    Parameter {
        /// Which.
        field: &'static str,
        /// Stable, for programs.
        code: &'static str,
        /// A whole sentence for people.
        message: String,
    },
    /// What was asked for is not projected in time.
    #[error("the view is at position {at}, behind {wanted}")]
    NotThereYet {
        /// The position asked for.
        wanted: Position,
        /// How far the view is.
        at: Position,
    },
    /// A position of a log that was restored since.
    #[error("{token} is a position of another timeline")]
    OtherTimeline {
        /// The position asked for.
        token: Token,
        /// The log's timeline.
        timeline: u32,
    },
    /// The read tables cannot be read.
    #[error("the read tables cannot be read")]
    Sql(#[from] SqlError),
    /// The log's end cannot be read.
    #[error("the log's end cannot be read")]
    Log(#[from] StoreError),
    /// The answer has no JSON.
    #[error("the answer cannot be rendered")]
    Render(#[from] serde_json::Error),
}
