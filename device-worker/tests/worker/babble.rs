//! A bus that repeats the whole log with every news of it, out of order.

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use plug_simulator::{Model, Plug};
use shared::{
    bus::{Bus, BusError, BusStatus, EmbeddedBus, Feed, LiveFeed, News},
    domain::{
        automation::Action,
        ids::{LocationId, RoomId},
        plug::RelayState,
    },
    store::{EventLog as _, Position, sqlite::SqliteStore},
};
use tokio::time::sleep;

use crate::venue::{Venue, on_play_started};

struct Babble {
    store: Arc<SqliteStore>,
    bus: Arc<EmbeddedBus>,
    /// How many events it told.
    told: Arc<AtomicUsize>,
}

impl Babble {
    fn about(venue: Venue) -> (Venue, Arc<AtomicUsize>) {
        let (store, told) = (venue.store.clone(), Arc::new(AtomicUsize::new(0)));
        let bus = EmbeddedBus::start(store.clone(), Duration::from_millis(250));
        let this = Self { store, bus, told: told.clone() };
        (venue.with_bus(Arc::new(this)), told)
    }
}

#[async_trait]
impl Bus for Babble {
    fn feed(&self) -> Box<dyn Feed> {
        let (store, told) = (self.store.clone(), self.told.clone());
        Box::new(BabbleFeed { store, told, feed: self.bus.feed(), news: None, queue: VecDeque::new() })
    }

    async fn publish_live(&self, location: LocationId, room: RoomId, body: Bytes) -> Result<(), BusError> {
        self.bus.publish_live(location, room, body).await
    }

    async fn subscribe_live(&self, location: LocationId, room: Option<RoomId>) -> Result<LiveFeed, BusError> {
        self.bus.subscribe_live(location, room).await
    }

    fn status(&self) -> BusStatus {
        self.bus.status()
    }

    async fn close(&self) {
        self.bus.close().await;
    }
}

struct BabbleFeed {
    store: Arc<SqliteStore>,
    told: Arc<AtomicUsize>,
    feed: Box<dyn Feed>,
    news: Option<News>,
    queue: VecDeque<News>,
}

#[async_trait]
impl Feed for BabbleFeed {
    async fn next(&mut self) -> News {
        loop {
            if let Some(news) = self.queue.pop_front() {
                return news;
            }
            if self.news.is_none() {
                self.news = Some(self.feed.next().await);
            }
            let forwards = self.store.read_log(Position(1), 1_000).await.unwrap();
            let backwards = forwards.iter().rev().cloned().collect::<Vec<_>>();
            let swapped = forwards.chunks(2).flat_map(|pair| pair.iter().rev().cloned()).collect::<Vec<_>>();
            self.told.fetch_add(3 * forwards.len(), Ordering::SeqCst);
            self.queue.extend([swapped, backwards, forwards].map(|events| News::Events(events.into())));
            self.queue.push_back(News::Missed);
            self.queue.extend(self.news.take());
        }
    }
}

fn states(plug: &Plug) -> Vec<bool> {
    plug.changes().iter().map(|change| change.on).collect()
}

#[tokio::test]
async fn what_the_log_repeats_takes_effect_once() {
    let (venue, told) = Babble::about(Venue::open().await);
    let (plug, id) = venue.plug(Model::plug("light")).await;
    venue.automation(on_play_started(&[id], Action::Pulse { milliseconds: 1_000 })).await;
    for _ in 0..3 {
        // Each time another run, which goes on from its own checkpoint.
        let worker = venue.start(venue.config("a")).await;
        for _ in 0..2 {
            venue.start_play().await;
            plug.until(true).await;
            plug.until(false).await;
        }
        sleep(Duration::from_millis(300)).await;
        worker.stop().await;
    }
    let head = venue.store.head().await.unwrap().position.0;
    assert!(told.load(Ordering::SeqCst) as u64 > 10 * head, "{told:?} of {head}");
    assert_eq!(states(&plug), [true, false].repeat(6));
    let acted = venue.sink.reports("acted");
    assert_eq!(acted.iter().filter(|report| report["action"] == "pulse").count(), 6, "{acted:#?}");
}

#[tokio::test]
async fn what_the_bus_tells_out_of_order_is_done_in_order() {
    let (venue, _) = Babble::about(Venue::open().await);
    let (left_off, left_off_id) = venue.plug(Model::plug("left off")).await;
    let (left_on, left_on_id) = venue.plug(Model::plug("left on")).await;
    let worker = venue.start(venue.config("a")).await;
    for _ in 0..3 {
        venue.ask(left_off_id, RelayState::On, Some(600)).await;
        venue.ask(left_on_id, RelayState::Off, None).await;
        venue.ask(left_off_id, RelayState::Off, None).await;
        venue.ask(left_on_id, RelayState::On, Some(600)).await;
        left_on.until(true).await;
        left_off.until(false).await;
        sleep(Duration::from_millis(300)).await;
        assert!(left_on.is_on() && !left_off.is_on());
    }
    worker.stop().await;
    assert!(!left_on.is_on() && !left_off.is_on());
}
