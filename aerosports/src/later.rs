//! Stands in for the event store, the bus and the way of reports until the store was reached: a device worker
//! starts without it, because its plugs must not stay on that long. Whatever is asked of it meanwhile fails as it
//! does while a store is away.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use device_worker::{Answer, FoundPlug, Parts, ReportSink};
use jiff::Timestamp;
use shared::domain::log::{CommandId, Head, Position, Version};
use shared::{
    bus::{Bus, BusError, BusStatus, Feed, LiveFeed, News},
    clock::SharedClock,
    domain::ids::{EventId, LocationId, RoomId, StreamName},
    events::RecordedEvent,
    store::{Append, EventLog, Lease, Leases, StoreError, StoredAnswer, Verdict},
};
use tokio::sync::{SetOnce, watch};

/// See the module. Cloning shares it.
#[derive(Clone)]
pub struct Later(Arc<Inner>);

struct Inner {
    reached: SetOnce<Parts>,
    heads: watch::Sender<Head>,
}

impl Default for Later {
    /// Nothing was reached yet.
    fn default() -> Self {
        let nothing = Head { timeline: 0, position: Position(0) };
        Self(Arc::new(Inner { reached: SetOnce::new(), heads: watch::Sender::new(nothing) }))
    }
}

impl Later {
    /// What a device worker works with, of which it notices only that it can be reached some time.
    #[must_use]
    pub fn parts(&self, clock: SharedClock) -> Parts {
        let this = Arc::new(self.clone());
        Parts { log: this.clone(), leases: this.clone(), bus: this.clone(), sink: this, clock }
    }

    /// From now on `parts` are what is used. Those of the first call remain.
    pub fn reached(&self, parts: Parts) {
        let mut head = parts.log.watch_head();
        if self.0.reached.set(parts).is_err() {
            return;
        }
        let inner = self.0.clone();
        tokio::spawn(async move {
            loop {
                let now = *head.borrow_and_update();
                inner.heads.send_replace(now);
                if head.changed().await.is_err() {
                    return;
                }
            }
        });
    }

    fn store(&self) -> Result<&Parts, StoreError> {
        let away = || StoreError::Unavailable(anyhow::anyhow!("it was not reached yet"));
        self.0.reached.get().ok_or_else(away)
    }

    fn bus(&self) -> Result<&dyn Bus, BusError> {
        let away = || BusError::Unavailable(anyhow::anyhow!("the store was not reached yet"));
        Ok(&*self.0.reached.get().ok_or_else(away)?.bus)
    }
}

#[async_trait]
impl EventLog for Later {
    async fn append(&self, append: Append) -> Result<Verdict, StoreError> {
        self.store()?.log.append(append).await
    }

    async fn answer(&self, command: CommandId) -> Result<Option<StoredAnswer>, StoreError> {
        self.store()?.log.answer(command).await
    }

    async fn read_stream(
        &self,
        stream: &StreamName,
        from: Version,
        limit: usize,
    ) -> Result<Vec<RecordedEvent>, StoreError> {
        self.store()?.log.read_stream(stream, from, limit).await
    }

    async fn read_streams(
        &self,
        wanted: Vec<(StreamName, Version)>,
    ) -> Result<Vec<Vec<RecordedEvent>>, StoreError> {
        self.store()?.log.read_streams(wanted).await
    }

    async fn read_log(&self, from: Position, limit: usize) -> Result<Vec<Arc<RecordedEvent>>, StoreError> {
        self.store()?.log.read_log(from, limit).await
    }

    async fn read_event(&self, id: EventId) -> Result<Option<RecordedEvent>, StoreError> {
        self.store()?.log.read_event(id).await
    }

    async fn head(&self) -> Result<Head, StoreError> {
        self.store()?.log.head().await
    }

    fn watch_head(&self) -> watch::Receiver<Head> {
        self.0.heads.subscribe()
    }
}

#[async_trait]
impl Leases for Later {
    async fn acquire_lease(
        &self,
        name: &str,
        owner: &str,
        now: Timestamp,
        ttl: Duration,
    ) -> Result<Option<Lease>, StoreError> {
        self.store()?.leases.acquire_lease(name, owner, now, ttl).await
    }

    async fn read_lease(&self, name: &str) -> Result<Option<Lease>, StoreError> {
        self.store()?.leases.read_lease(name).await
    }

    async fn take_over_lease(
        &self,
        seen: &Lease,
        owner: &str,
        now: Timestamp,
        ttl: Duration,
    ) -> Result<Option<Lease>, StoreError> {
        self.store()?.leases.take_over_lease(seen, owner, now, ttl).await
    }

    async fn release_lease(&self, lease: &Lease) -> Result<(), StoreError> {
        self.store()?.leases.release_lease(lease).await
    }
}

#[async_trait]
impl ReportSink for Later {
    async fn send(&self, location: LocationId, reports: &[String]) -> anyhow::Result<Vec<Answer>> {
        self.store()?.sink.send(location, reports).await
    }

    async fn register(&self, location: LocationId, plug: &FoundPlug) -> anyhow::Result<()> {
        self.store()?.sink.register(location, plug).await
    }
}

#[async_trait]
impl Bus for Later {
    fn feed(&self) -> Box<dyn Feed> {
        Box::new(LaterFeed { later: self.clone(), feed: None })
    }

    async fn publish_live(&self, location: LocationId, room: RoomId, body: Bytes) -> Result<(), BusError> {
        self.bus()?.publish_live(location, room, body).await
    }

    async fn subscribe_live(&self, location: LocationId, room: Option<RoomId>) -> Result<LiveFeed, BusError> {
        self.bus()?.subscribe_live(location, room).await
    }

    fn status(&self) -> BusStatus {
        let unknown = BusStatus { kind: "unknown", connected: false, published: None, alarm: None };
        self.bus().map_or(unknown, Bus::status)
    }

    async fn close(&self) {
        if let Ok(bus) = self.bus() {
            bus.close().await;
        }
    }
}

/// Silent until there is a bus to listen to.
struct LaterFeed {
    later: Later,
    feed: Option<Box<dyn Feed>>,
}

#[async_trait]
impl Feed for LaterFeed {
    async fn next(&mut self) -> News {
        if let Some(feed) = &mut self.feed {
            return feed.next().await;
        }
        self.feed = Some(self.later.0.reached.wait().await.bus.feed());
        News::Missed
    }
}

#[cfg(test)]
mod tests {
    use shared::{
        bus::{Follower, testing::FakeLog},
        clock::SystemClock,
    };
    use tokio::time::timeout;

    use super::*;

    /// Nobody asks it anything here.
    struct Nobody;

    #[async_trait]
    impl ReportSink for Nobody {
        async fn send(&self, _: LocationId, _: &[String]) -> anyhow::Result<Vec<Answer>> {
            anyhow::bail!("nobody")
        }

        async fn register(&self, _: LocationId, _: &FoundPlug) -> anyhow::Result<()> {
            anyhow::bail!("nobody")
        }
    }

    #[tokio::test]
    async fn a_follower_that_came_first_hears_of_everything() {
        let later = Later::default();
        let parts = later.parts(Arc::new(SystemClock));
        let mut follower = Follower::new(parts.log.clone(), parts.bus.clone(), Position(0));
        let error = follower.next_batch(10, Duration::ZERO).await.unwrap_err();
        assert!(error.is_transient(), "{error}");
        let log = FakeLog::new();
        log.commit(3);
        let bus = shared::bus::EmbeddedBus::start(log.clone(), Duration::from_millis(50));
        later.reached(Parts {
            log: log.clone(),
            leases: parts.leases.clone(),
            bus,
            sink: Arc::new(Nobody),
            clock: parts.clock.clone(),
        });
        let mut seen = 0;
        for expected in [3, 5] {
            while seen < expected {
                let batch = follower.next_batch(10, Duration::ZERO);
                seen += timeout(Duration::from_secs(20), batch).await.unwrap().unwrap().len();
            }
            if expected == 3 {
                log.commit(2);
            }
        }
        assert_eq!(seen, 5);
        let mut head = parts.log.watch_head();
        head.wait_for(|head| head.position == Position(5)).await.unwrap();
    }
}
