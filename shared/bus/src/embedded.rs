//! The bus of a single process: followers are told where the log ends and read the store, whose recent
//! events are in memory. Other processes on the same file are noticed by a slow poll.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use domain::ids::{LocationId, RoomId};
use futures::StreamExt as _;
use store::EventLog;
use tokio::sync::broadcast;
use tokio_stream::wrappers::BroadcastStream;

use super::{
    Bus, BusError, BusStatus, Feed, LiveFeed, LiveMessage, News,
    head::{HeadPoll, HeadSubscription},
};

/// Live messages kept for a listener that is slow for a moment.
const LIVE_BACKLOG: usize = 256;

/// See the module.
pub struct EmbeddedBus {
    head: Mutex<Option<HeadPoll>>,
    store: Arc<dyn EventLog>,
    live: broadcast::Sender<LiveMessage>,
}

impl EmbeddedBus {
    /// Starts the bus inside a tokio runtime; `poll` is how often the store is asked for appends of other
    /// processes.
    #[must_use]
    pub fn start(store: Arc<dyn EventLog>, poll: Duration) -> Arc<Self> {
        Arc::new(Self {
            head: Mutex::new(Some(HeadPoll::start(store.clone(), poll))),
            store,
            live: broadcast::Sender::new(LIVE_BACKLOG),
        })
    }
}

#[async_trait]
impl Bus for EmbeddedBus {
    fn feed(&self) -> Box<dyn Feed> {
        let head = self.head.lock().unwrap_or_else(PoisonError::into_inner);
        Box::new(EmbeddedFeed(head.as_ref().map(HeadPoll::subscribe)))
    }

    async fn publish_live(&self, location: LocationId, room: RoomId, body: Bytes) -> Result<(), BusError> {
        // An error only says that nobody listens.
        let _ = self.live.send(LiveMessage { location, room, body });
        Ok(())
    }

    async fn subscribe_live(&self, location: LocationId, room: Option<RoomId>) -> Result<LiveFeed, BusError> {
        let messages = BroadcastStream::new(self.live.subscribe());
        Ok(messages
            .filter_map(move |message| {
                let wanted = |m: &LiveMessage| m.location == location && room.is_none_or(|r| r == m.room);
                std::future::ready(message.ok().filter(wanted))
            })
            .boxed())
    }

    fn status(&self) -> BusStatus {
        BusStatus {
            kind: "embedded",
            connected: true,
            published: Some(self.store.watch_head().borrow().position),
            alarm: None,
        }
    }

    async fn close(&self) {
        self.head.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

/// Silent for ever once the bus is closed.
struct EmbeddedFeed(Option<HeadSubscription>);

#[async_trait]
impl Feed for EmbeddedFeed {
    async fn next(&mut self) -> News {
        match &mut self.0 {
            Some(head) => head.next().await,
            None => std::future::pending().await,
        }
    }
}
