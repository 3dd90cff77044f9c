//! Ordered delivery from a checkpoint on: catches up from the store, then follows the bus. What the bus
//! repeats is dropped, what it skips is read from the store, and a hole in the store is an error: no
//! event is ever passed over. On a new timeline a follower goes on only if the last event it gave is still in the log.

use std::{cmp::Ordering, collections::VecDeque, sync::Arc, time::Duration};

use domain::{ids::EventId, log::Position};
use events::RecordedEvent;
use store::{EventLog, StoreError};
use tokio::time::{Instant, timeout_at};
use tokio_util::task::AbortOnDropHandle;

use super::{Bus, Feed, News};

/// Fewest events asked of the store at once: a call costs far more than a row.
const CHUNK: usize = 1_000;

type Chunk = Vec<Arc<RecordedEvent>>;

/// Why a follower cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum FollowError {
    /// The store failed; when it is transient, call again.
    #[error("the log could not be read")]
    Store(#[from] StoreError),
    /// The log has a hole. Nobody may pass it: an operator must look.
    #[error("the log is corrupt: position {missing} is missing, the log reaches to {head}")]
    Hole {
        /// The first position that is not there.
        missing: Position,
        /// The last position known.
        head: Position,
    },
    /// The checkpoint is past the end of the log: the store was restored to an earlier state.
    #[error("the checkpoint {checkpoint} is past the end of the log, {head}")]
    Ahead {
        /// Where the follower wanted to go on from.
        checkpoint: Position,
        /// The last position in the store.
        head: Position,
    },
    /// The log was restored, a new timeline was started, and what was followed is not known to be in it. Begin again
    /// at a checkpoint of that timeline.
    #[error("the log was restored: it is on timeline {timeline}, and was followed on {followed}")]
    Restored {
        /// The timeline that was followed.
        followed: u32,
        /// The log's.
        timeline: u32,
    },
}

impl FollowError {
    /// Whether calling again can help.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_transient())
    }
}

/// See the module. Every call may be cancelled without losing an event.
pub struct Follower {
    store: Arc<dyn EventLog>,
    /// Kept alive for `feed`, which falls silent without it.
    _bus: Arc<dyn Bus>,
    feed: Box<dyn Feed>,
    /// The first position that is neither delivered nor in `buffer`.
    next: Position,
    buffer: VecDeque<Arc<RecordedEvent>>,
    /// The store may hold `next`: read it before listening.
    behind: bool,
    /// The furthest position that was heard of: a read that ends before it has not seen everything.
    heard: Position,
    reading: Option<Reading>,
    /// The log's timeline; 0 until it is known.
    timeline: u32,
    /// The last event before `next`; none until there was one.
    last: Option<(Position, EventId)>,
}

struct Reading {
    limit: usize,
    task: AbortOnDropHandle<Result<Chunk, StoreError>>,
}

impl Follower {
    /// Follows the log after the checkpoint `from`.
    #[must_use]
    pub fn new(store: Arc<dyn EventLog>, bus: Arc<dyn Bus>, from: Position) -> Self {
        // The feed is subscribed to before the first read, so that nothing falls between them.
        let feed = bus.feed();
        let timeline = store.watch_head().borrow().timeline;
        Self {
            store,
            _bus: bus,
            feed,
            next: from.next(),
            buffer: VecDeque::new(),
            behind: true,
            heard: from,
            reading: None,
            timeline,
            last: None,
        }
    }

    /// Waits for events and gives the next ones in order: at most `max`, at least one. After the first it
    /// waits up to `linger` for more.
    ///
    /// # Errors
    /// Any [`FollowError`]; calling again goes on from the same place.
    pub async fn next_batch(&mut self, max: usize, linger: Duration) -> Result<Chunk, FollowError> {
        let max = max.max(1);
        self.same_history().await?;
        while self.buffer.is_empty() {
            self.gather(max).await?;
        }
        let deadline = Instant::now() + linger;
        while self.buffer.len() < max && !linger.is_zero() {
            // An error comes up again at the next call, after what is good was delivered.
            let Ok(Ok(())) = timeout_at(deadline, self.gather(max)).await else { break };
        }
        if self.behind && self.buffer.len() <= max {
            // The store reads on while the caller works.
            self.reading(max);
        }
        let count = max.min(self.buffer.len());
        Ok(self.buffer.drain(..count).collect())
    }

    /// Whether everything known to be in the log has been delivered.
    #[must_use]
    pub fn caught_up(&self) -> bool {
        !self.behind && self.buffer.is_empty()
    }

    async fn gather(&mut self, max: usize) -> Result<(), FollowError> {
        if self.behind {
            return self.read(max).await;
        }
        let news = self.feed.next().await;
        self.same_history().await?;
        self.hear(&news);
        Ok(())
    }

    /// Whether the log still holds what was followed, asked when it is on another timeline than before.
    async fn same_history(&mut self) -> Result<(), FollowError> {
        let timeline = self.store.watch_head().borrow().timeline;
        if self.timeline == timeline {
            return Ok(());
        }
        let is_kept = match self.last {
            _ if self.timeline == 0 => true,
            Some((position, id)) => {
                let found = self.store.read_log(position, 1).await?;
                found.first().is_some_and(|event| (event.position, event.id) == (position, id))
            }
            None => self.next == Position(1),
        };
        if !is_kept {
            return Err(FollowError::Restored { followed: self.timeline, timeline });
        }
        self.timeline = timeline;
        Ok(())
    }

    fn hear(&mut self, news: &News) {
        match news {
            News::Head(position) => {
                self.heard = self.heard.max(*position);
                self.behind = self.heard >= self.next;
            }
            News::Missed => self.behind = true,
            News::Events(events) => {
                for event in events.iter() {
                    match event.position.cmp(&self.next) {
                        Ordering::Less => {}
                        Ordering::Equal => self.push(event),
                        Ordering::Greater => {
                            self.heard = self.heard.max(event.position);
                            self.behind = true;
                            return;
                        }
                    }
                }
            }
        }
    }

    fn push(&mut self, event: &Arc<RecordedEvent>) {
        self.next = self.next.next();
        self.last = Some((event.position, event.id));
        self.buffer.push_back(event.clone());
    }

    fn reading(&mut self, max: usize) -> &mut Reading {
        let (store, from, limit) = (&self.store, self.next, max.max(CHUNK));
        self.reading.get_or_insert_with(|| {
            let store = store.clone();
            let task = tokio::spawn(async move { store.read_log(from, limit).await });
            Reading { limit, task: AbortOnDropHandle::new(task) }
        })
    }

    async fn read(&mut self, max: usize) -> Result<(), FollowError> {
        let reading = self.reading(max);
        let limit = reading.limit;
        let result = (&mut reading.task).await;
        self.reading = None;
        let events = result.map_err(|stopped| StoreError::Unavailable(stopped.into()))??;
        if events.is_empty() {
            return self.look_at_the_end(limit).await;
        }
        self.accept(&events)?;
        // A short answer may be what the store had at hand, with more behind it from another process.
        self.behind = events.len() >= limit || self.heard >= self.next;
        Ok(())
    }

    fn accept(&mut self, events: &[Arc<RecordedEvent>]) -> Result<(), FollowError> {
        for event in events {
            if event.position != self.next {
                return Err(FollowError::Hole { missing: self.next, head: event.position });
            }
            self.push(event);
        }
        Ok(())
    }

    /// The store had nothing at `next`: it ends there, has grown since, was restored, or has a hole.
    async fn look_at_the_end(&mut self, limit: usize) -> Result<(), FollowError> {
        let head = self.store.head().await?.position;
        if head.next() < self.next {
            return Err(FollowError::Ahead { checkpoint: Position(self.next.0 - 1), head });
        }
        if head >= self.next {
            let events = self.store.read_log(self.next, limit).await?;
            if events.is_empty() {
                return Err(FollowError::Hole { missing: self.next, head });
            }
            return self.accept(&events);
        }
        // Also after a restore, when more had been heard of.
        self.heard = head;
        self.behind = false;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
