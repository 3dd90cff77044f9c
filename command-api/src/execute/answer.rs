//! What a command tells its caller. Stored with the events, so a retry gets the very same.

use std::fmt::Display;

use serde_json::{Map, Value};
use shared::domain::log::{Token, Version};
use shared::{domain::ids::StreamName, store::NewAnswer};

/// A handler's answer, before the store has given it a place in the log.
#[derive(Clone, Debug)]
pub struct Answer {
    status: u16,
    stream: StreamName,
    extra: Map<String, Value>,
}

impl Answer {
    /// 200: `stream` changed, or was already as asked.
    #[must_use]
    pub fn ok(stream: StreamName) -> Self {
        Self { status: 200, stream, extra: Map::new() }
    }

    /// 201: `stream` is the history of the new thing `id`.
    #[must_use]
    pub fn created(stream: StreamName, id: impl Display) -> Self {
        Self { status: 201, stream, extra: Map::new() }.with("id", id.to_string())
    }

    /// Adds what the caller needs to go on.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.extra.insert(name.to_owned(), value.into());
        self
    }

    /// The stream that `If-Match` speaks of.
    pub(super) fn stream(&self) -> &StreamName {
        &self.stream
    }

    pub(super) fn into_stored(self, version: Version) -> NewAnswer {
        let mut body = self.extra;
        body.insert("stream".to_owned(), self.stream.as_str().into());
        body.insert("version".to_owned(), version.0.into());
        NewAnswer { status: self.status, body: Value::Object(body).to_string() }
    }
}

/// A command that took effect, now or when it was first sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// 200 or 201.
    pub status: u16,
    /// The JSON object, without the token.
    pub body: String,
    /// Where in the log.
    pub token: Token,
    /// True when this is the stored answer of an earlier try.
    pub replayed: bool,
}
