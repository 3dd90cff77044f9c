//! What a command tells its caller: a struct that is serialised once, stored with the events, and given back as it
//! was stored whenever the command is sent again.

use std::marker::PhantomData;

use domain::{ids::StreamName, log::Token};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{ExecuteError, UnitOfWork};

/// What a command's decision comes to.
pub type Decided<T> = Result<Answer<T>, ExecuteError>;

/// A command's answer, before it is stored with the events.
#[derive(Clone, Debug)]
pub struct Answer<T> {
    pub(super) status: u16,
    /// The stream that `If-Match` speaks of.
    pub(super) stream: StreamName,
    pub(super) body: T,
}

impl<T> Answer<T> {
    /// 200: `stream` changed, or was already as asked.
    #[must_use]
    pub fn ok(stream: StreamName, body: T) -> Self {
        Self { status: 200, stream, body }
    }

    /// 201: something new was made.
    #[must_use]
    pub fn created(stream: StreamName, body: T) -> Self {
        Self { status: 201, stream, body }
    }
}

/// What a command answers: where its thing stands now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Changed {
    /// The thing's stream.
    pub stream: String,
    /// Its version after the command; send it as `If-Match` to change exactly this.
    pub version: u64,
}

/// What a command that makes something answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Created {
    /// The new thing's id.
    #[schema(value_type = String)]
    pub id: Uuid,
    /// The thing's stream.
    pub stream: String,
    /// Its version after the command; send it as `If-Match` to change exactly this.
    pub version: u64,
}

impl UnitOfWork {
    /// Where `stream` stands after everything recorded so far.
    #[must_use]
    pub fn standing(&self, stream: &StreamName) -> Changed {
        Changed { stream: stream.to_string(), version: self.version_after(stream).0 }
    }

    /// 200, with where `stream` stands after everything recorded so far.
    #[must_use]
    pub fn changed(&self, stream: StreamName) -> Answer<Changed> {
        let standing = self.standing(&stream);
        Answer::ok(stream, standing)
    }

    /// 201: the new thing `id` has its history, or a part of it, in `stream`.
    #[must_use]
    pub fn created(&self, stream: StreamName, id: Uuid) -> Answer<Created> {
        let Changed { stream: name, version } = self.standing(&stream);
        Answer::created(stream, Created { id, stream: name, version })
    }
}

/// A command that took effect, now or when it was first sent. Its answer is a `T` as it was serialised then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted<T> {
    /// 200 or 201.
    pub status: u16,
    /// The answer as JSON, without the token.
    pub body: String,
    /// Where in the log.
    pub token: Token,
    /// True when this is the stored answer of an earlier try.
    pub replayed: bool,
    pub(super) answer: PhantomData<fn() -> T>,
}

impl<T: DeserializeOwned> Accepted<T> {
    /// The answer, for callers in this process.
    ///
    /// # Errors
    /// When an older build stored an answer of another shape.
    pub fn answer(&self) -> Result<T, ExecuteError> {
        serde_json::from_str(&self.body).map_err(ExecuteError::StoredAnswer)
    }
}

impl<T: Serialize + DeserializeOwned> Accepted<T> {
    /// With what the stored answer must not hold. An answer of another shape, which an older build stored, stays.
    #[must_use]
    pub fn map(self, change: impl FnOnce(T) -> T) -> Self {
        let changed = self.answer().ok().map(change).and_then(|answer| serde_json::to_string(&answer).ok());
        match changed {
            Some(body) => Self { body, ..self },
            None => self,
        }
    }
}
