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
use bus::{Bus, BusError, BusStatus, EmbeddedBus, Feed, LiveFeed, News};
use bytes::Bytes;
use domain::{
    automation::Action,
    ids::{LocationId, RoomId},
    log::Position,
    plug::RelayState,
};
use plug_simulator::{Model, Plug};
use store::{EventLog as _, sqlite::SqliteStore};
use tokio::{sync::watch, time::sleep};

use crate::venue::{Venue, on_play_started};

struct RepeatingBus {
    store: Arc<SqliteStore>,
    bus: Arc<EmbeddedBus>,
    /// How many events it announced.
    announced: Arc<AtomicUsize>,
    /// It is silent for now: what happens meanwhile is announced at once.
    silent: Arc<watch::Sender<bool>>,
}

impl RepeatingBus {
    fn about(venue: Venue) -> (Venue, Arc<AtomicUsize>, Arc<watch::Sender<bool>>) {
        let (store, announced) = (venue.store.clone(), Arc::new(AtomicUsize::new(0)));
        let bus = EmbeddedBus::start(store.clone(), Duration::from_millis(250));
        let silent = Arc::new(watch::Sender::new(false));
        let this = Self { store, bus, announced: announced.clone(), silent: silent.clone() };
        (venue.with_bus(Arc::new(this)), announced, silent)
    }
}

#[async_trait]
impl Bus for RepeatingBus {
    fn feed(&self) -> Box<dyn Feed> {
        let (store, announced, silent) =
            (self.store.clone(), self.announced.clone(), self.silent.subscribe());
        Box::new(RepeatingBusFeed {
            store,
            announced,
            silent,
            feed: self.bus.feed(),
            news: None,
            queue: VecDeque::new(),
        })
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

struct RepeatingBusFeed {
    store: Arc<SqliteStore>,
    announced: Arc<AtomicUsize>,
    silent: watch::Receiver<bool>,
    feed: Box<dyn Feed>,
    news: Option<News>,
    queue: VecDeque<News>,
}

#[async_trait]
impl Feed for RepeatingBusFeed {
    async fn next(&mut self) -> News {
        loop {
            if let Some(news) = self.queue.pop_front() {
                return news;
            }
            if self.news.is_none() {
                self.news = Some(self.feed.next().await);
            }
            self.silent.wait_for(|silent| !silent).await.unwrap();
            let forwards = self.store.read_log(Position(1), 1_000).await.unwrap();
            let backwards = forwards.iter().rev().cloned().collect::<Vec<_>>();
            let swapped = forwards.chunks(2).flat_map(|pair| pair.iter().rev().cloned()).collect::<Vec<_>>();
            self.announced.fetch_add(3 * forwards.len(), Ordering::SeqCst);
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
    let (venue, announced, _) = RepeatingBus::about(Venue::open().await);
    let (plug, id) = venue.plug(Model::plug("light")).await;
    venue.automation(on_play_started(&[id], Action::Pulse { milliseconds: 500 })).await;
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
    assert!(announced.load(Ordering::SeqCst) as u64 > 10 * head, "{announced:?} of {head}");
    assert_eq!(states(&plug), [true, false].repeat(6));
    let acted = venue.sink.reports("acted");
    assert_eq!(acted.iter().filter(|report| report["action"] == "pulse").count(), 6, "{acted:#?}");
}

#[tokio::test]
async fn what_the_bus_tells_out_of_order_is_done_in_order() {
    let (venue, _, silent) = RepeatingBus::about(Venue::open().await);
    let mut plugs = Vec::new();
    for number in 0..4 {
        plugs.push(venue.plug(Model::plug(&format!("light {number}"))).await);
    }
    let worker = venue.start(venue.config("a")).await;
    for _ in 0..3 {
        for state in [RelayState::On, RelayState::Off] {
            // All of them are news at once: of each pair the later is announced first.
            silent.send_replace(true);
            for (_, id) in &plugs {
                venue.ask(*id, state, None).await;
            }
            silent.send_replace(false);
            for (plug, _) in &plugs {
                plug.until(state == RelayState::On).await;
            }
            sleep(Duration::from_millis(300)).await;
            assert!(plugs.iter().all(|(plug, _)| plug.is_on() == (state == RelayState::On)));
        }
    }
    worker.stop().await;
    assert!(plugs.iter().all(|(plug, _)| !plug.is_on()));
}
