//! The loop that everything meets in: events, what actors say, time, leases and discoveries go in one after
//! the other; after each, what changed is written and then ordered.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context as _, Result};
use shared::domain::log::Position;
use shared::{
    bus::{Bus, FollowError, Follower},
    clock::SharedClock,
    domain::ids::LocationId,
    events::RecordedEvent,
    retry::Delays,
    store::{EventLog, Leases},
};
use tokio::{
    sync::{Notify, mpsc, watch},
    time::{Instant, sleep, sleep_until, timeout_at},
};
use tokio_util::{
    sync::{CancellationToken, DropGuard},
    task::TaskTracker,
};
use tplink_hs1xx::discovery::Found;

use crate::{
    actor::Setup,
    clock::Clocks,
    config::Config,
    discovery,
    engine::{Engine, How},
    facts::fact,
    lease::{self, Holding},
    outbox,
    sink::{FoundPlug, ReportSink},
    site::{Gate, Site},
    store::{Batch, DeviceStore, Loaded},
    wish::{Happening, What},
};

/// Most events taken at once.
const BATCH: usize = 500;
/// Most that actors said, taken at once.
const HAPPENINGS: usize = 256;
/// How long a checkpoint that nothing else changed with may wait to be written.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(5);
/// Pauses between tries while the log is out of reach.
const FIRST_RETRY: Duration = Duration::from_millis(100);
const LONGEST_RETRY: Duration = Duration::from_secs(5);
/// Pause after the worker's own file could not be written.
const WRITE_AGAIN: Duration = Duration::from_millis(500);

/// What a worker works with.
#[derive(Clone)]
pub struct Parts {
    /// The log.
    pub log: Arc<dyn EventLog>,
    /// Who holds what.
    pub leases: Arc<dyn Leases>,
    /// The log's news.
    pub bus: Arc<dyn Bus>,
    /// Where reports go.
    pub sink: Arc<dyn ReportSink>,
    /// Time and ids.
    pub clock: SharedClock,
}

/// Works until `stop`; then every managed plug is switched off, within [`Config::stop_within`].
///
/// # Errors
/// When the worker's own file cannot be used, or the log is corrupt.
pub async fn run(config: Config, parts: Parts, stop: CancellationToken) -> Result<()> {
    let store = DeviceStore::open(&config.file).await?;
    let owner = match &config.owner {
        Some(owner) => owner.clone(),
        None => store.owner(parts.clock.new_uuid()).await?,
    };
    let config = Config { owner: Some(owner), ..config };
    while let Ended::LogRestored = run_once(&config, &parts, &store, &stop).await? {
        tracing::error!(
            "the log was restored to an earlier state: what the device worker wants is read anew"
        );
        store.forget().await?;
    }
    store.close().await;
    Ok(())
}

/// Why a run ended.
enum Ended {
    Stopped,
    /// What is remembered may never have happened.
    LogRestored,
}

async fn run_once(
    config: &Config,
    parts: &Parts,
    store: &DeviceStore,
    stop: &CancellationToken,
) -> Result<Ended> {
    let loaded = store.load().await?;
    let led = store.led().await?;
    let mut worker = Worker::new(config.clone(), parts.clone(), store.clone(), led);
    let from = match loaded.checkpoint {
        Some(checkpoint) => {
            worker.restore(&loaded)?;
            checkpoint
        }
        None => match worker.read_history(stop).await {
            Some(head) => head,
            None => return Ok(Ended::Stopped),
        },
    };
    let helpers = worker.start_helpers();
    let ended = worker.work(from, stop).await;
    worker.switch_everything_off().await;
    helpers.stop().await;
    Ok(ended)
}

struct Worker {
    config: Config,
    parts: Parts,
    store: DeviceStore,
    clocks: Clocks,
    sites: BTreeMap<LocationId, Site>,
    /// Locations whose lease was ours when that was last known, be it in an earlier run.
    led: BTreeSet<LocationId>,
    setup: Setup,
    say: mpsc::UnboundedSender<Happening>,
    heard: mpsc::UnboundedReceiver<Happening>,
    /// What is to be written; kept until it is.
    batch: Batch,
    dirty: bool,
    unwritten: Option<Instant>,
    locations: watch::Sender<BTreeSet<LocationId>>,
    reports: Arc<Notify>,
    search: Arc<Notify>,
    leases: Option<mpsc::UnboundedReceiver<lease::News>>,
    found: Option<mpsc::UnboundedReceiver<Vec<Found>>>,
    /// Which orders are given.
    gate: Gate,
    /// Until then all orders wait for the log to be caught up with; none when that is over.
    catching_up: Option<Instant>,
}

/// Tasks beside the loop.
struct Helpers {
    tasks: TaskTracker,
    stop: CancellationToken,
    _stop_on_drop: DropGuard,
}

impl Helpers {
    async fn stop(&self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

impl Worker {
    fn new(config: Config, parts: Parts, store: DeviceStore, led: BTreeSet<LocationId>) -> Self {
        let (say, heard) = mpsc::unbounded_channel();
        let setup = Setup {
            client: config.client,
            timing: config.timing,
            doubt_for: config.rules.doubt_for,
            clock: parts.clock.clone(),
        };
        let only = config.location;
        Self {
            clocks: Clocks::new(parts.clock.clone()),
            setup,
            sites: BTreeMap::new(),
            led,
            say,
            heard,
            batch: Batch::default(),
            dirty: false,
            unwritten: None,
            // A location of its own is led from the first moment, whether or not the log tells of it.
            locations: watch::Sender::new(only.into_iter().collect()),
            reports: Arc::new(Notify::new()),
            search: Arc::new(Notify::new()),
            leases: None,
            found: None,
            gate: Gate::Shut,
            catching_up: None,
            config,
            parts,
            store,
        }
    }

    fn restore(&mut self, loaded: &Loaded) -> Result<()> {
        let now = self.clocks.now();
        for (location, stored) in &loaded.locations {
            if self.config.location.is_some_and(|only| only != *location) {
                continue;
            }
            let engine = Engine::restore(self.config.rules, stored, now).with_context(|| {
                format!("the state of location {location} in {}", self.config.file.display())
            })?;
            self.add_site(*location, engine);
        }
        self.batch = Batch::at(loaded.checkpoint.unwrap_or_default());
        Ok(())
    }

    fn add_site(&mut self, location: LocationId, engine: Engine) {
        let site = Site::new(location, engine, self.setup.clone(), self.say.clone(), self.gate);
        self.sites.insert(location, site);
        self.locations.send_if_modified(|known| known.insert(location));
    }

    fn site(&mut self, location: LocationId) -> Option<&mut Site> {
        if !self.sites.contains_key(&location) {
            self.add_site(location, Engine::new(self.config.rules));
        }
        self.sites.get_mut(&location)
    }

    /// Reads a log that this worker never saw, up to its end: what happened so far is history, and
    /// triggers nothing. None when it was told to stop first.
    async fn read_history(&mut self, stop: &CancellationToken) -> Option<Position> {
        let reading = async {
            let head = self.head().await;
            let mut delays = Delays::new(FIRST_RETRY, LONGEST_RETRY);
            let mut follower = self.follow(Position(0));
            while self.batch.checkpoint < head {
                match follower.next_batch(BATCH, Duration::ZERO).await {
                    Ok(events) => {
                        delays.reset();
                        for event in &events {
                            self.apply(event, How::History);
                        }
                    }
                    Err(error) => sleep(trouble(&error, &mut delays)).await,
                }
            }
            let now = self.clocks.now();
            for site in self.sites.values_mut() {
                site.engine.know_history(now);
            }
            self.write().await;
            head
        };
        stop.run_until_cancelled(reading).await
    }

    async fn head(&self) -> Position {
        let mut delays = Delays::new(FIRST_RETRY, LONGEST_RETRY);
        loop {
            match self.parts.log.head().await {
                Ok(head) => return head.position,
                Err(error) => {
                    tracing::warn!(%error, "the log's end is not known");
                    sleep(delays.next_delay()).await;
                }
            }
        }
    }

    fn follow(&self, from: Position) -> Follower {
        Follower::new(self.parts.log.clone(), self.parts.bus.clone(), from)
    }

    fn apply(&mut self, event: &Arc<RecordedEvent>, how: How) {
        self.batch.checkpoint = event.position;
        self.unwritten.get_or_insert_with(|| Instant::now() + CHECKPOINT_EVERY);
        let Some((location, fact)) = fact(event, self.config.location) else { return };
        let now = self.clocks.now();
        if let Some(site) = self.site(location) {
            if how == How::News {
                site.engine.tick(now);
            }
            site.engine.apply(&fact, how, now);
        }
    }

    fn start_helpers(&mut self) -> Helpers {
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        let (sender, leases) = mpsc::unbounded_channel();
        self.leases = Some(leases);
        let holding =
            Holding { owner: self.config.owner.clone().unwrap_or_default(), ttl: self.config.lease_ttl };
        let (holders, clock) = (self.parts.leases.clone(), self.parts.clock.clone());
        let locations = self.locations.subscribe();
        tasks.spawn(lease::run(holders, clock, holding, locations, sender, stop.clone()));
        let (store, sink, news) = (self.store.clone(), self.parts.sink.clone(), self.reports.clone());
        tasks.spawn(outbox::run(store, sink, news, stop.clone()));
        let (sender, found) = mpsc::unbounded_channel();
        if let Some(search) = self.config.search.clone() {
            tasks.spawn(discovery::run(search, self.search.clone(), sender, stop.clone()));
        }
        self.found = Some(found);
        Helpers { tasks, _stop_on_drop: stop.clone().drop_guard(), stop }
    }

    async fn work(&mut self, from: Position, stop: &CancellationToken) -> Ended {
        self.catching_up = Some(Instant::now() + self.config.catch_up_within);
        if stop.run_until_cancelled(self.settle_leases()).await.is_none() {
            return Ended::Stopped;
        }
        let mut follower = self.follow(from);
        let mut delays = Delays::new(FIRST_RETRY, LONGEST_RETRY);
        // A log that is out of reach must not keep the loop from its timers.
        let mut log_rests: Option<Instant> = None;
        let mut heard = Vec::new();
        loop {
            let (mut leases, mut found) = (self.leases.take(), self.found.take());
            let next = self.next_moment();
            let resting = log_rests.is_some();
            tokio::select! {
                () = stop.cancelled() => return Ended::Stopped,
                events = follower.next_batch(BATCH, Duration::ZERO), if !resting => match events {
                    Ok(events) => {
                        delays.reset();
                        for event in &events {
                            self.apply(event, How::News);
                        }
                    }
                    Err(FollowError::Ahead { .. }) => return Ended::LogRestored,
                    Err(error) => log_rests = Some(Instant::now() + trouble(&error, &mut delays)),
                },
                () = sleep_until(log_rests.unwrap_or_else(Instant::now)), if resting => log_rests = None,
                _ = self.heard.recv_many(&mut heard, HAPPENINGS) => self.observe(&mut heard),
                Some(news) = receive(&mut leases) => self.lead(news),
                Some(plugs) = receive(&mut found) => self.found_plugs(&plugs),
                () = sleep_until(next) => {}
            }
            (self.leases, self.found) = (leases, found);
            self.tick();
            self.write().await;
            self.open(follower.caught_up()).await;
        }
    }

    /// Waits until it is known which locations are ours: what the log has to say is then reported by whom
    /// it concerns. When nobody can tell in time, those are that were ours last: the venue must not depend on
    /// the store. The others may be switched by somebody who is there, and wait for the lease.
    async fn settle_leases(&mut self) {
        let deadline = Instant::now() + self.config.catch_up_within;
        let mut unknown: BTreeSet<LocationId> = self.sites.keys().copied().collect();
        let mut leases = self.leases.take();
        while !unknown.is_empty() {
            let Ok(Some(news)) = timeout_at(deadline, receive(&mut leases)).await else { break };
            unknown.remove(&news.location);
            self.lead(news);
        }
        for location in unknown {
            if self.led.contains(&location) {
                self.lead(lease::News { location, ours: true });
            } else {
                tracing::warn!(%location, "the lease is out of reach and was not ours last: others switch its plugs");
            }
        }
        self.leases = leases;
    }

    /// When the loop has something to do by itself.
    fn next_moment(&self) -> Instant {
        let now = self.clocks.now();
        let ticks = self.sites.values().filter_map(|site| site.engine.next_tick(now));
        // A jump of the wall clock shows at the latest then.
        let tick = ticks.min().unwrap_or(IDLE).min(IDLE);
        let moments = [self.unwritten, self.catching_up].into_iter().flatten();
        moments.fold(Instant::now() + tick, Instant::min)
    }

    fn tick(&mut self) {
        let now = self.clocks.now();
        for site in self.sites.values_mut() {
            site.engine.tick(now);
        }
    }

    fn observe(&mut self, heard: &mut Vec<Happening>) {
        let now = self.clocks.now();
        for happening in heard.drain(..) {
            if matches!(happening.what, What::Unreachable { .. } | What::IdentityRefused { .. }) {
                self.search.notify_one();
            }
            let plug = happening.plug;
            let of = |site: &&mut Site| site.engine.plugs().contains_key(&plug);
            if let Some(site) = self.sites.values_mut().find(of) {
                site.observe(&happening, now);
            }
        }
    }

    fn lead(&mut self, news: lease::News) {
        let now = self.clocks.now();
        let changed =
            if news.ours { self.led.insert(news.location) } else { self.led.remove(&news.location) };
        if changed {
            self.batch.lead(news.location, news.ours);
            self.dirty = true;
        }
        if let Some(site) = self.site(news.location) {
            site.lead(news.ours, now);
        }
    }

    fn found_plugs(&mut self, found: &[Found]) {
        let now = self.clocks.now();
        let mut unknown: Option<Vec<FoundPlug>> = None;
        for site in self.sites.values_mut().filter(|site| site.engine.is_leading()) {
            let here = site.found(found, now);
            // Unknown to one location may be known to another.
            unknown = Some(match unknown {
                None => here,
                Some(others) => others.into_iter().filter(|plug| here.contains(plug)).collect(),
            });
        }
        let mut locations = self.sites.keys();
        if let (Some(location), None, Some(unknown)) = (locations.next().copied(), locations.next(), unknown)
        {
            self.register(location, unknown);
        }
    }

    /// Plugs that nobody knows belong here when this is the only location.
    fn register(&self, location: LocationId, unknown: Vec<FoundPlug>) {
        if unknown.is_empty() {
            return;
        }
        let sink = self.parts.sink.clone();
        tokio::spawn(async move {
            for plug in unknown {
                if let Err(error) = sink.register(location, &plug).await {
                    let error = format!("{error:#}");
                    tracing::warn!(error, address = %plug.address, "a plug that was found is not registered");
                }
            }
        });
    }

    /// Writes what changed, then gives the orders that waited for it.
    async fn write(&mut self) {
        for site in self.sites.values_mut() {
            match site.collect(&mut self.batch, &self.clocks) {
                Ok(something) => self.dirty |= something,
                Err(error) => tracing::error!(error = format!("{error:#}"), "a state has no stored form"),
            }
        }
        let overdue = self.unwritten.is_some_and(|at| at <= Instant::now());
        if self.dirty || overdue {
            if let Err(error) = self.store.save(&self.batch).await {
                // Nothing is switched on meanwhile.
                tracing::error!(error = format!("{error:#}"), "the device worker's file cannot be written");
                self.unwritten = Some(Instant::now() + WRITE_AGAIN);
                return;
            }
            if !self.batch.reports.is_empty() {
                self.reports.notify_one();
            }
            self.batch = Batch::at(self.batch.checkpoint);
            (self.dirty, self.unwritten) = (false, None);
        }
        for site in self.sites.values_mut() {
            site.say_all(&self.clocks);
        }
    }

    /// Lets orders out once the log is caught up with; those for OFF also when that takes too long, for a plug
    /// must not stay on because the store is away.
    async fn open(&mut self, caught_up: bool) {
        let too_long = self.catching_up.is_some_and(|at_the_latest| at_the_latest <= Instant::now());
        let gate = match self.gate {
            Gate::Open => return,
            _ if caught_up => Gate::Open,
            Gate::Shut if too_long => Gate::OffOnly,
            Gate::Shut | Gate::OffOnly => return,
        };
        if gate == Gate::OffOnly {
            tracing::warn!("the log is out of reach: plugs are switched off as they are due, and none on");
        }
        (self.gate, self.catching_up) = (gate, None);
        let now = self.clocks.now();
        for site in self.sites.values_mut() {
            site.set_gate(gate, now);
        }
        self.write().await;
    }

    /// The stop: off, read back, for every managed plug, as far as the time allows.
    async fn switch_everything_off(&mut self) {
        let now = self.clocks.now();
        let deadline = Instant::now() + self.config.stop_within;
        let mut pending: BTreeSet<_> = self.sites.values_mut().flat_map(|site| site.stop(now)).collect();
        self.write().await;
        while !pending.is_empty() {
            let Ok(Some(happening)) = timeout_at(deadline, self.heard.recv()).await else { break };
            // An OFF of before says nothing of an ON that came between.
            if self.sites.values().any(|site| site.engine.is_rest(&happening)) {
                pending.remove(&happening.plug);
            }
            self.observe(&mut vec![happening]);
            self.write().await;
        }
        for plug in &pending {
            tracing::error!(%plug, "it is not known to be off, and the device worker stops");
        }
        self.dirty = true;
        self.write().await;
        self.sites.clear();
    }
}

/// Longest sleep of the loop.
const IDLE: Duration = Duration::from_secs(1);

/// Says why the log cannot be read; how long to wait before the next try.
fn trouble(error: &FollowError, delays: &mut Delays) -> Duration {
    let source = error as &dyn std::error::Error;
    if matches!(error, FollowError::Hole { .. }) {
        tracing::error!(error = source, "the log cannot be followed; plugs go on by what is known");
    } else {
        tracing::warn!(error = source, "the log is out of reach; plugs go on by what is known");
    }
    delays.next_delay()
}

async fn receive<T>(channel: &mut Option<mpsc::UnboundedReceiver<T>>) -> Option<T> {
    match channel {
        Some(channel) => match channel.recv().await {
            Some(item) => Some(item),
            None => std::future::pending().await,
        },
        None => std::future::pending().await,
    }
}
