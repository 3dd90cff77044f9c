//! A device worker's parts while the event store cannot be reached. The worker starts without it, because its
//! plugs must not stay on that long. Until the store was reached, everything asked of these parts fails as
//! it does during an outage; after that, they pass everything on.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use bus::{Bus, BusError, BusStatus, Feed, LiveFeed, News};
use bytes::Bytes;
use device_worker::{Answer, FoundPlug, Parts, ReportSink};
use domain::{
    ids::{EventId, LocationId, RoomId, StreamName},
    log::{CommandId, Head, Position, Version},
};
use events::RecordedEvent;
use jiff::Timestamp;
use runtime::clock::SharedClock;
use store::{Append, EventLog, Lease, Leases, StoreError, StoredAnswer, Verdict};
use tokio::sync::{SetOnce, watch};

/// See the module. Cloning shares it.
#[derive(Clone)]
pub struct DeferredParts(Arc<Inner>);

struct Inner {
    reached: SetOnce<Parts>,
    heads: watch::Sender<Head>,
}

impl Default for DeferredParts {
    /// Before the store was reached.
    fn default() -> Self {
        let nothing = Head { timeline: 0, position: Position(0) };
        Self(Arc::new(Inner { reached: SetOnce::new(), heads: watch::Sender::new(nothing) }))
    }
}

impl DeferredParts {
    /// Parts for a device worker, which sees no more than an outage until the store is reached.
    #[must_use]
    pub fn parts(&self, clock: SharedClock) -> Parts {
        let this = Arc::new(self.clone());
        Parts { log: this.clone(), leases: this.clone(), bus: this.clone(), sink: this, clock }
    }

    /// Passes everything on to `parts` from now on. Only the first call counts.
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
        let away = || StoreError::Unavailable(anyhow::anyhow!("the event store was not reached yet"));
        self.0.reached.get().ok_or_else(away)
    }

    fn bus(&self) -> Result<&dyn Bus, BusError> {
        let away = || BusError::Unavailable(anyhow::anyhow!("the event store was not reached yet"));
        Ok(&*self.0.reached.get().ok_or_else(away)?.bus)
    }
}

#[async_trait]
impl EventLog for DeferredParts {
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

    fn unwritable(&self) -> Option<&'static str> {
        self.store().ok().and_then(|parts| parts.log.unwritable())
    }
}

#[async_trait]
impl Leases for DeferredParts {
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
impl ReportSink for DeferredParts {
    async fn send(&self, location: LocationId, reports: &[String]) -> anyhow::Result<Vec<Answer>> {
        self.store()?.sink.send(location, reports).await
    }

    async fn register(&self, location: LocationId, plug: &FoundPlug) -> anyhow::Result<()> {
        self.store()?.sink.register(location, plug).await
    }
}

#[async_trait]
impl Bus for DeferredParts {
    fn feed(&self) -> Box<dyn Feed> {
        Box::new(DeferredFeed { parts: self.clone(), feed: None })
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

/// Says nothing until there is a bus to listen to.
struct DeferredFeed {
    parts: DeferredParts,
    feed: Option<Box<dyn Feed>>,
}

#[async_trait]
impl Feed for DeferredFeed {
    async fn next(&mut self) -> News {
        if let Some(feed) = &mut self.feed {
            return feed.next().await;
        }
        self.feed = Some(self.parts.0.reached.wait().await.bus.feed());
        News::Missed
    }
}

#[cfg(test)]
mod tests {
    use bus::{Follower, testing::FakeLog};
    use runtime::clock::SystemClock;
    use tokio::time::timeout;

    use super::*;

    /// A sink that this test does not use.
    struct UnusedSink;

    #[async_trait]
    impl ReportSink for UnusedSink {
        async fn send(&self, _: LocationId, _: &[String]) -> anyhow::Result<Vec<Answer>> {
            anyhow::bail!("not used in this test")
        }

        async fn register(&self, _: LocationId, _: &FoundPlug) -> anyhow::Result<()> {
            anyhow::bail!("not used in this test")
        }
    }

    #[tokio::test]
    async fn a_follower_that_started_before_the_store_was_reached_gets_every_event() {
        let deferred = DeferredParts::default();
        let parts = deferred.parts(Arc::new(SystemClock));
        let mut follower = Follower::new(parts.log.clone(), parts.bus.clone(), Position(0));
        let error = follower.next_batch(10, Duration::ZERO).await.unwrap_err();
        assert!(error.is_transient(), "{error}");
        let log = FakeLog::new();
        log.commit(3);
        let bus = bus::EmbeddedBus::start(log.clone(), Duration::from_millis(50));
        deferred.reached(Parts {
            log: log.clone(),
            leases: parts.leases.clone(),
            bus,
            sink: Arc::new(UnusedSink),
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
