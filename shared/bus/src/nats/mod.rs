//! The bus over NATS JetStream: publishes the store's log in order, each position once, and delivers it
//! to this process's followers. Any number of processes publish the same log into the same stream; the
//! server's check of the last sequence keeps them from interleaving. Works from nats-server 2.9 on.
//!
//! Losing the stream, in part or whole, loses nothing: it is filled again from the store. Nor is the stream believed:
//! a message without this installation's signature is only a hint to read the store.

mod config;
mod consumer;
mod link;
mod live;
mod message;
mod publisher;
mod signature;
mod stream;
#[cfg(feature = "testing")]
pub mod testing;
#[cfg(test)]
mod tests;

pub use config::{NatsAuth, NatsConfig, NatsTls};
pub use signature::MessageKey;

use std::{
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Duration,
};

use async_nats::jetstream;
use async_trait::async_trait;
use bytes::Bytes;
use domain::{
    ids::{LocationId, RoomId},
    log::Position,
};
use store::EventLog;
use tokio::sync::{broadcast, watch};
use tokio_util::task::AbortOnDropHandle;

use super::{Alarm, Bus, BusError, BusStatus, Feed, LiveFeed, News, head::HeadPoll};
use consumer::{Consumer, NatsFeed};
use link::Link;
use publisher::Publisher;
use stream::{EventStream, Standing, StreamError};

/// Batches kept for a follower that is slow for a moment; one that missed some reads the store.
const BACKLOG: usize = 1_024;
/// How long [`Bus::close`] waits for the last events to be published; after that another process's or
/// the next start's sweep does it.
const LAST_PUBLISH: Duration = Duration::from_secs(2);
/// Longest wait for an answer of the server.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);

/// How far publishing has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Progress {
    published: Option<Position>,
    alarm: Option<Alarm>,
}

/// How the stream stands to `store`: the alarm that publishing would raise, or else the last position on the bus, none
/// where there is no stream that could be used.
///
/// # Errors
/// `Setting` when the configuration cannot work, `Unavailable` when the server or the store cannot be asked.
pub async fn compare(
    config: &NatsConfig,
    store: Arc<dyn EventLog>,
) -> Result<Result<Option<Position>, Alarm>, BusError> {
    let stream = reach(config, store).await?;
    match stream.inspect().await.map_err(unavailable)? {
        Standing::Agrees(cursor) => Ok(Ok(Some(cursor.last))),
        Standing::Missing { .. } => Ok(Ok(None)),
        Standing::Contradicts(alarm) => Ok(Err(alarm)),
    }
}

/// How many messages the stream of the configuration's name holds, whoever made it; none where there is no such stream.
///
/// # Errors
/// As [`compare`].
pub async fn messages(config: &NatsConfig, store: Arc<dyn EventLog>) -> Result<Option<u64>, BusError> {
    reach(config, store).await?.count().await.map_err(unavailable)
}

/// Deletes that stream, if there is one, and makes it anew. The publishers then fill it from the store.
///
/// # Errors
/// As [`compare`].
pub async fn remake(config: &NatsConfig, store: Arc<dyn EventLog>) -> Result<(), BusError> {
    let stream = reach(config, store).await?;
    let remains = stream.count().await.map_err(unavailable)?.is_some();
    stream.make(remains).await.map_err(unavailable)
}

async fn reach(config: &NatsConfig, store: Arc<dyn EventLog>) -> Result<EventStream, BusError> {
    config.check()?;
    let link = Link::open(config).await?;
    if tokio::time::timeout(REQUEST_TIMEOUT, link.up()).await.is_err() {
        return Err(BusError::Unavailable(anyhow::anyhow!("nats-server cannot be reached")));
    }
    let context = jetstream::ContextBuilder::new().timeout(REQUEST_TIMEOUT).build(link.client.clone());
    Ok(EventStream::new(context, store, config))
}

fn unavailable(error: StreamError) -> BusError {
    BusError::Unavailable(error.into())
}

/// See the module.
pub struct NatsBus {
    link: Link,
    store: Arc<dyn EventLog>,
    stream: EventStream,
    news: broadcast::Sender<News>,
    progress: watch::Receiver<Progress>,
    sweep: Duration,
    consumer: OnceLock<AbortOnDropHandle<()>>,
    head: HeadPoll,
    publisher: Mutex<Option<AbortOnDropHandle<()>>>,
}

impl NatsBus {
    /// Starts the bus inside a tokio runtime. A server that is away does not fail it: it is tried again in
    /// the background for as long as the bus lives.
    ///
    /// # Errors
    /// `Setting` when the configuration cannot work.
    pub async fn start(config: NatsConfig, store: Arc<dyn EventLog>) -> Result<Arc<Self>, BusError> {
        config.check()?;
        let link = Link::open(&config).await?;
        let context = jetstream::ContextBuilder::new().timeout(REQUEST_TIMEOUT).build(link.client.clone());
        let stream = EventStream::new(context, store.clone(), &config);
        let (sender, progress) = watch::channel(Progress::default());
        let publisher = config.publish.then(|| {
            let publisher = Publisher::new(&config, stream.clone(), store.clone(), link.clone(), sender);
            AbortOnDropHandle::new(tokio::spawn(publisher.run()))
        });
        Ok(Arc::new(Self {
            head: HeadPoll::start(store.clone(), config.poll),
            news: broadcast::Sender::new(BACKLOG),
            consumer: OnceLock::new(),
            publisher: Mutex::new(publisher),
            sweep: config.sweep,
            link,
            store,
            stream,
            progress,
        }))
    }

    fn start_consumer(&self) -> AbortOnDropHandle<()> {
        let consumer = Consumer::new(self.stream.clone(), self.link.clone(), self.news.clone(), self.sweep);
        AbortOnDropHandle::new(tokio::spawn(consumer.run()))
    }

    async fn all_published(&self) {
        let Ok(head) = self.store.head().await else { return };
        let mut progress = self.progress.clone();
        // An error means that the publisher is gone already.
        let _ = progress.wait_for(|p| p.alarm.is_some() || p.published >= Some(head.position)).await;
    }
}

#[async_trait]
impl Bus for NatsBus {
    fn feed(&self) -> Box<dyn Feed> {
        let feed = NatsFeed::new(self.news.subscribe(), self.head.subscribe());
        self.consumer.get_or_init(|| self.start_consumer());
        Box::new(feed)
    }

    async fn publish_live(&self, location: LocationId, room: RoomId, body: Bytes) -> Result<(), BusError> {
        live::publish(&self.link.client, location, room, body).await
    }

    async fn subscribe_live(&self, location: LocationId, room: Option<RoomId>) -> Result<LiveFeed, BusError> {
        live::subscribe(&self.link.client, location, room).await
    }

    fn status(&self) -> BusStatus {
        let Progress { published, alarm } = self.progress.borrow().clone();
        BusStatus { kind: "nats", connected: self.link.is_up(), published, alarm }
    }

    async fn close(&self) {
        let publishing = self.publisher.lock().unwrap_or_else(PoisonError::into_inner).take();
        if publishing.is_some() && self.link.is_up() {
            // Too late is no loss: the sweep of another process, or of the next start, goes on.
            let _ = tokio::time::timeout(LAST_PUBLISH, self.all_published()).await;
        }
    }
}
