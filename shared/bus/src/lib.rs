//! Delivery of committed events to whoever follows the log, and of live messages that nobody keeps.
//!
//! The bus may lose, repeat or delay anything: the store is the truth, and [`Follower`] turns the two
//! into one ordered sequence without holes. Nothing here decides or stores.

mod embedded;
mod follower;
mod head;
#[cfg(feature = "nats")]
pub mod nats;
#[cfg(feature = "testing")]
pub mod testing;

pub use embedded::EmbeddedBus;
pub use follower::{FollowError, Follower};

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use domain::{
    ids::{LocationId, RoomId},
    log::Position,
};
use events::RecordedEvent;
use futures::stream::BoxStream;

/// A shared bus.
pub type SharedBus = Arc<dyn Bus>;

/// Live messages as they come; one that a slow reader missed is gone.
pub type LiveFeed = BoxStream<'static, LiveMessage>;

/// What a process asks of its bus.
#[async_trait]
pub trait Bus: Send + Sync {
    /// News of the log from now on. Only [`Follower`] needs it.
    fn feed(&self) -> Box<dyn Feed>;

    /// Sends `body` to whoever listens to this room at this moment.
    ///
    /// # Errors
    /// `Unavailable` when the bus cannot take it; it is not kept for later.
    async fn publish_live(&self, location: LocationId, room: RoomId, body: Bytes) -> Result<(), BusError>;

    /// Live messages of one room, or of all rooms of the location.
    ///
    /// # Errors
    /// `Unavailable` when the bus cannot be asked.
    async fn subscribe_live(&self, location: LocationId, room: Option<RoomId>) -> Result<LiveFeed, BusError>;

    /// How the bus is doing.
    fn status(&self) -> BusStatus;

    /// Publishes what is committed, within a bounded time, and stops publishing. Followers may hear nothing
    /// more.
    async fn close(&self);
}

/// What one follower hears of the log.
#[async_trait]
pub trait Feed: Send {
    /// Waits for the next news, for ever if need be. Cancelling it loses nothing.
    async fn next(&mut self) -> News;
}

/// What a feed says. Any of it may come twice, late or not at all.
#[derive(Clone, Debug)]
pub enum News {
    /// Committed events, usually the next ones.
    Events(Arc<[Arc<RecordedEvent>]>),
    /// The log reaches at least to this position.
    Head(Position),
    /// Something was lost on the way; the store has it.
    Missed,
}

/// A message that is delivered to those who listen now, and never stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveMessage {
    /// The tenant.
    pub location: LocationId,
    /// The room it is about.
    pub room: RoomId,
    /// JSON.
    pub body: Bytes,
}

/// How the bus is doing, for `/readyz` and `doctor`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BusStatus {
    /// `embedded` or `nats`.
    pub kind: &'static str,
    /// Whether it can be reached. While it cannot, followers poll the store.
    pub connected: bool,
    /// The last position known to be on the bus; none before the first look at it.
    pub published: Option<Position>,
    /// Why publishing has stopped until an operator acts.
    pub alarm: Option<Alarm>,
}

/// The bus contradicts the store. Publishing stops; followers read the store.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Alarm {
    /// The store was restored to an earlier state than the bus has seen.
    #[error(
        "the bus holds events up to {stream}, the store only up to {head}, as after restoring a backup: run `aerosports timeline start`"
    )]
    Ahead {
        /// Last position on the bus.
        stream: Position,
        /// Last position in the store.
        head: Position,
    },
    /// The same position holds another event: the store was restored and written to since.
    #[error(
        "the bus and the store hold different events at position {position}, as after restoring a backup: run `aerosports timeline start`"
    )]
    Diverged {
        /// The position compared.
        position: Position,
    },
    /// The bus belongs to a later timeline: this store is an older copy.
    #[error(
        "the bus is of timeline {stream}, the store of timeline {store}, an older copy: point the services at the newer one, or, when this one was restored on purpose, run `aerosports timeline start`"
    )]
    OlderStore {
        /// The bus's timeline.
        stream: u32,
        /// The store's timeline.
        store: u32,
    },
    /// Somebody else has put a message into the stream.
    #[error(
        "the last message on the bus, numbered {sequence}, is not one of this installation: run `aerosports bus remake`"
    )]
    Stray {
        /// Sequence of the message.
        sequence: u64,
    },
    /// A message is not where its position says.
    #[error(
        "the message numbered {sequence} on the bus is not position {expected}: run `aerosports bus remake`"
    )]
    Misnumbered {
        /// Sequence of the message.
        sequence: u64,
        /// The position it should have.
        expected: Position,
    },
    /// A stream of that name exists and nothing says how its numbers map to positions.
    #[error(
        "the stream {name} is not ours (no aero.offset in its description): run `aerosports bus remake`, which deletes it and all its messages"
    )]
    Foreign {
        /// The stream's name.
        name: String,
    },
}

impl Alarm {
    /// What an operator should do, in fixed words.
    #[must_use]
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Ahead { .. } | Self::Diverged { .. } => {
                "the bus contradicts the store, as after restoring a backup: run `aerosports timeline start`"
            }
            Self::OlderStore { .. } => {
                "the bus is of a later timeline than the store: point the services at the newer store, or, when this \
                 one was restored on purpose, run `aerosports timeline start`"
            }
            Self::Stray { .. } | Self::Misnumbered { .. } | Self::Foreign { .. } => {
                "the stream on the bus holds what is not of this store, and is not used until it is made anew: run \
                 `aerosports bus remake`"
            }
        }
    }

    /// Whether the log itself may be an older copy of what was followed; if not, only the stream is unusable, and
    /// everybody works by the store.
    #[must_use]
    pub fn concerns_the_log(&self) -> bool {
        matches!(self, Self::Ahead { .. } | Self::Diverged { .. } | Self::OlderStore { .. })
    }

    /// The timeline that ends the alarm when the store's own is `current`; none when another timeline does not help.
    #[must_use]
    pub fn next_timeline(&self, current: u32) -> Option<u32> {
        match self {
            Self::Ahead { .. } | Self::Diverged { .. } => Some(current + 1),
            Self::OlderStore { stream, .. } => Some(current.max(*stream) + 1),
            Self::Stray { .. } | Self::Misnumbered { .. } | Self::Foreign { .. } => None,
        }
    }
}

/// A failed bus operation. `Display` leaves the source out.
#[derive(Debug, thiserror::Error)]
pub enum BusError {
    /// A setting cannot be used as it is.
    #[error("the bus setting {setting} cannot be used: {problem}")]
    Setting {
        /// The setting's name.
        setting: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// Not reachable or overloaded. Retry later.
    #[error("the bus is not available")]
    Unavailable(#[source] anyhow::Error),
}
