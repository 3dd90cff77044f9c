//! One JetStream consumer a process, shared by its followers. What it misses while the server is away,
//! the followers find in the store.

use std::{sync::Arc, time::Duration};

use async_nats::jetstream;
use async_trait::async_trait;
use domain::log::Position;
use events::RecordedEvent;
use futures::StreamExt as _;
use runtime::{repeated::Repeated, retry::Delays};
use tokio::sync::broadcast::{self, error::RecvError};

use crate::{Feed, News, head::HeadSubscription};

use super::{
    link::Link,
    message,
    signature::Origin,
    stream::{EventStream, Standing, StreamError},
};

/// Most messages handed to the followers at once.
const CHUNK: usize = 256;

/// What a message is good for.
enum Read {
    /// One of our events.
    Event(RecordedEvent),
    /// The store has something new.
    Hint,
    /// The same, from somebody else.
    Unsigned,
}

/// See the module.
pub(super) struct Consumer {
    stream: EventStream,
    link: Link,
    news: broadcast::Sender<News>,
    sweep: Duration,
    /// The last position handed on; going on from here spares the store.
    seen: Option<Position>,
    unsigned: Repeated,
}

impl Consumer {
    pub(super) fn new(
        stream: EventStream,
        link: Link,
        news: broadcast::Sender<News>,
        sweep: Duration,
    ) -> Self {
        Self { stream, link, news, sweep, seen: None, unsigned: Repeated::default() }
    }

    /// Consumes until dropped.
    pub(super) async fn run(mut self) {
        let mut delays = Delays::new(Duration::from_millis(50), self.sweep);
        loop {
            self.link.up().await;
            match self.session(&mut delays).await {
                Ok(()) => tracing::debug!("the consumer begins again"),
                Err(error) => {
                    tracing::debug!(error = &error as &dyn std::error::Error, "the consumer failed");
                }
            }
            tokio::time::sleep(delays.next_delay()).await;
        }
    }

    /// Consumes until the stream or the connection goes away.
    async fn session(&mut self, delays: &mut Delays) -> Result<(), StreamError> {
        let Standing::Agrees(cursor) = self.stream.inspect().await? else { return Ok(()) };
        // After a loss the stream may end before what was seen: then it is seen again, and dropped.
        let from = self.seen.map_or(cursor.last, |seen| seen.min(cursor.last)).next();
        let messages = self.stream.messages(cursor.sequence(from)).await?;
        delays.reset();
        self.tell(News::Head(cursor.last));
        let mut chunks = messages.ready_chunks(CHUNK);
        loop {
            let chunk = tokio::select! {
                chunk = chunks.next() => chunk,
                () = self.link.down() => None,
            };
            let Some(chunk) = chunk else { return Ok(()) };
            self.hand_on(chunk, cursor.timeline)?;
        }
    }

    fn hand_on<E>(
        &mut self,
        chunk: Vec<Result<jetstream::Message, E>>,
        timeline: u32,
    ) -> Result<(), StreamError>
    where
        E: std::error::Error + Send + Sync + 'static,
    {
        let mut events: Vec<Arc<RecordedEvent>> = Vec::with_capacity(chunk.len());
        let mut problem = Ok(());
        let (mut missed, mut unsigned) = (false, 0);
        for message in chunk {
            match message {
                Ok(message) => match self.read(&message, timeline) {
                    Read::Event(event) => events.push(Arc::new(event)),
                    Read::Hint => missed = true,
                    Read::Unsigned => {
                        missed = true;
                        unsigned += 1;
                    }
                },
                Err(error) => problem = Err(StreamError::nats(error)),
            }
        }
        if let Some(last) = events.last() {
            self.seen = Some(last.position);
            self.tell(News::Events(events.into()));
        }
        if missed {
            self.tell(News::Missed);
        }
        self.warn_of(unsigned);
        problem
    }

    fn read(&self, message: &async_nats::Message, timeline: u32) -> Read {
        let (Some(headers), body) = (&message.headers, &message.payload) else { return Read::Unsigned };
        match self.stream.signatures.judge(timeline, headers, body) {
            Origin::Ours => message::decode(headers, body).map_or(Read::Hint, Read::Event),
            Origin::Foreign => Read::Unsigned,
            Origin::Unknown => Read::Hint,
        }
    }

    fn warn_of(&mut self, unsigned: u64) {
        if unsigned > 0
            && let Some(count) = self.unsigned.add(unsigned)
        {
            tracing::warn!(
                count,
                "messages on the bus are not signed by this installation: the store is read instead"
            );
        }
    }

    fn tell(&self, news: News) {
        // An error only says that nobody listens.
        let _ = self.news.send(news);
    }
}

/// One follower's feed: the consumer's events, and the store's head in case it is silent.
pub(super) struct NatsFeed {
    news: broadcast::Receiver<News>,
    head: HeadSubscription,
}

impl NatsFeed {
    pub(super) fn new(news: broadcast::Receiver<News>, head: HeadSubscription) -> Self {
        Self { news, head }
    }
}

#[async_trait]
impl Feed for NatsFeed {
    async fn next(&mut self) -> News {
        tokio::select! {
            biased;
            news = self.news.recv() => match news {
                Ok(news) => news,
                Err(RecvError::Lagged(_)) => News::Missed,
                Err(RecvError::Closed) => self.head.next().await,
            },
            news = self.head.next() => news,
        }
    }
}
