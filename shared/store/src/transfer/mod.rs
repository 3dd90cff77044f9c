//! What moves from one store to another beside the events and the API keys: stored answers and person keys.
//! Snapshots and leases do not: they are made again.

mod proof;

pub use proof::{Proof, prove};

use async_trait::async_trait;
use domain::{
    ids::PlayerId,
    log::{CommandId, Position},
};
use jiff::Timestamp;
use uuid::Uuid;

use super::{Credentials, EventLog, StoreError, WrappedKey};

/// A stored answer with everything that is kept of its command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandRecord {
    /// The command.
    pub id: CommandId,
    /// SHA-256 of caller, route and body.
    pub request_hash: [u8; 32],
    /// HTTP status, 2xx.
    pub status: u16,
    /// A JSON object without the token.
    pub body: String,
    /// The command's last position, or the head at its time when it yielded no event.
    pub position: Position,
    /// When the command was decided.
    pub at: Timestamp,
}

/// A person's key, or that it was destroyed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonKeyRecord {
    /// Whose.
    pub person: PlayerId,
    /// None once it is destroyed.
    pub wrapped: Option<WrappedKey>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was destroyed.
    pub destroyed_at: Option<Timestamp>,
}

/// A place among the answers; the default is before the first. What it holds is the backend's business.
#[derive(Clone, Copy, Debug, Default)]
pub struct CommandMark {
    /// Counts up from 0.
    pub number: u64,
    /// Tells apart what has the same number.
    pub id: Uuid,
}

/// Reads everything that another store needs to go on in this one's place.
#[async_trait]
pub trait Export: EventLog + Credentials {
    /// At most `limit` answers after `after`, in an order of the backend's own in which positions never fall, and
    /// where they end.
    async fn export_commands(
        &self,
        after: CommandMark,
        limit: usize,
    ) -> Result<(Vec<CommandRecord>, CommandMark), StoreError>;

    /// At most `limit` person keys, destroyed ones included, after that of `after`, in an order of the backend's
    /// own.
    async fn export_person_keys(
        &self,
        after: Option<PlayerId>,
        limit: usize,
    ) -> Result<Vec<PersonKeyRecord>, StoreError>;
}
