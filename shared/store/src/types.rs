//! Values that cross the store's boundary.

use domain::{
    ids::{LocationId, PlayerId, StreamName},
    log::{CommandId, Token, Version},
};
use events::NewEvent;
use jiff::Timestamp;
use uuid::Uuid;

/// One command's whole effect: all of it commits, or none.
#[derive(Clone, Debug)]
pub struct Append {
    /// Takes effect once, whoever retries.
    pub command: CommandId,
    /// SHA-256 of caller, route and body: the same id with another request is refused.
    pub request_hash: [u8; 32],
    /// The tenant of every event here.
    pub location: Option<LocationId>,
    /// [`events::EventMetadata`] as JSON, shared by the events.
    pub metadata: String,
    /// When the command was decided; becomes `recorded_at`.
    pub at: Timestamp,
    /// Streams read or written, each named once.
    pub streams: Vec<StreamAppend>,
    /// HTTP status and JSON object of the answer, kept with the events.
    pub answer: NewAnswer,
    /// Person keys made or destroyed with it.
    pub person_keys: Vec<PersonKeyChange>,
}

/// What a command expects of one stream, and what it adds to it.
#[derive(Clone, Debug)]
pub struct StreamAppend {
    /// The stream.
    pub stream: StreamName,
    /// Its last version, as the decision saw it; 0 for a stream that must not exist yet.
    pub expected: Version,
    /// Empty for a guard: the decision read this stream, so it must not have moved.
    pub events: Vec<NewEvent>,
}

/// An answer to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAnswer {
    /// HTTP status, 2xx.
    pub status: u16,
    /// A JSON object without the token, which the position gives.
    pub body: String,
}

/// An answer as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredAnswer {
    /// Hash of the request that was answered.
    pub request_hash: [u8; 32],
    /// HTTP status, 2xx.
    pub status: u16,
    /// A JSON object without the token.
    pub body: String,
    /// The command's last position, or the head at its time when it yielded no event.
    pub token: Token,
}

/// What became of one append.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Durable. The token holds the command's last position (the head, when it had no event).
    Committed(Token),
    /// The command id is known: nothing was written, this was its answer. The caller compares the hash.
    AlreadyDone(StoredAnswer),
    /// A stream is not at the expected version: nothing was written, decide again.
    Conflict {
        /// The first stream that differs.
        stream: StreamName,
        /// Where the decision saw it.
        expected: Version,
        /// Where it is.
        actual: Version,
    },
}

/// A change of a person's key, inside an append.
#[derive(Clone, Debug)]
pub enum PersonKeyChange {
    /// A new person's key, wrapped by the master key.
    Create(PlayerId, WrappedKey),
    /// Erasure: from now on nobody can open what was sealed with it.
    Destroy(PlayerId),
}

/// A person's key, encrypted with the master key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrappedKey(pub Vec<u8>);

/// A cached fold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The last version folded in.
    pub version: Version,
    /// Changes whenever the state's shape does; an old one is refolded.
    pub schema: u32,
    /// bincode of the state.
    pub state: Vec<u8>,
}

/// A lease that is ours until `until`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// What is leased.
    pub name: String,
    /// Who holds it.
    pub owner: String,
    /// Grows with every change of owner.
    pub epoch: u64,
    /// When it ends unless renewed.
    pub until: Timestamp,
}

/// An API key as stored; the secret itself is shown once and never kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKeyRow {
    /// The key's id, public.
    pub id: Uuid,
    /// SHA-256 of the secret (256 random bits need no slow hash).
    pub secret_hash: [u8; 32],
    /// What people call it.
    pub name: String,
    /// `admin`, `kiosk`, `pos`, … (see `auth::KeyKind`).
    pub kind: String,
    /// The one location it is good for; none only for `admin`.
    pub location: Option<LocationId>,
    /// When it was issued.
    pub created_at: Timestamp,
    /// When it ends, if ever.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Timestamp>,
}
