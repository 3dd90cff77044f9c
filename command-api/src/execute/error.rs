//! Why a command did not take effect.

use domain::{BrokenRule, Refusal, ids::StreamName, log::Version};
use events::{DecodeError, EncodeError, SealError};
use sealing::KeyError;
use store::StoreError;

/// A command's failure. Each transport maps each variant to one answer.
#[derive(Debug, thiserror::Error)]
pub enum ExecuteError {
    /// A rule says no.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The editor saw an older version than the one in force.
    #[error("the thing is at version {actual}, not at the {expected} of If-Match")]
    PreconditionFailed {
        /// From `If-Match`.
        expected: Version,
        /// Now.
        actual: Version,
    },
    /// The `Idempotency-Key` was used for another request.
    #[error("this Idempotency-Key was used for another request")]
    KeyReused,
    /// The first request with this `Idempotency-Key` is still being worked on.
    #[error("a request with this Idempotency-Key is in progress")]
    InFlight,
    /// The streams kept moving until the tries ran out.
    #[error("too many others changed {stream} at the same time")]
    Contended {
        /// The one that moved last.
        stream: StreamName,
    },
    /// The store could not be reached in time, or is corrupt.
    #[error("the event store failed")]
    Store(#[from] StoreError),
    /// An event in the log cannot be read by this build.
    #[error("a stored event cannot be read")]
    Decode(#[from] DecodeError),
    /// An event or an answer cannot be written.
    #[error("an event or an answer cannot be written")]
    Encode(#[from] EncodeError),
    /// A person's key could not be made or opened.
    #[error("a person's key cannot be used")]
    Key(#[from] KeyError),
    /// A command recorded to a stream it had not loaded.
    #[error("the command recorded to {0} without loading it")]
    NotLoaded(StreamName),
    /// A stored answer has another shape than this build gives such a command.
    #[error("a stored answer cannot be read")]
    StoredAnswer(#[source] serde_json::Error),
}

impl ExecuteError {
    /// A broken rule of any aggregate, so that `?` works on a decider.
    pub fn refused(error: impl BrokenRule) -> Self {
        Self::Refused(error.into())
    }

    /// Whether it was concluded from the states that were loaded, and so is only right if those were the
    /// newest. A missing key is such a conclusion: an erasure elsewhere took it.
    pub(super) fn follows_from_state(&self) -> bool {
        matches!(
            self,
            Self::Refused(_)
                | Self::PreconditionFailed { .. }
                | Self::Encode(EncodeError::Seal(SealError::NoKey))
        )
    }
}
