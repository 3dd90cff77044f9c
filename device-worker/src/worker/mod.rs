//! The worker's loop: events, observations, time, leases and found plugs go in one after the other; after each,
//! what changed is written and then ordered.

mod found;
mod helpers;
mod leadership;
mod log;
mod output;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context as _, Result};
use bus::{Bus, FollowError};
use domain::{ids::LocationId, log::Position};
use runtime::{clock::SharedClock, repeated::Repeated};
use store::{EventLog, Leases};
use tokio::{
    sync::{Notify, mpsc, watch},
    time::{Instant, sleep_until},
};
use tokio_util::sync::CancellationToken;
use tplink_hs1xx::discovery::Found;

use self::{
    found::NotRegistered,
    log::{BATCH, trouble},
};
use crate::{
    actor::Setup,
    clock::Clocks,
    config::Config,
    engine::{Engine, How},
    lease,
    observation::{Observation, ObservationKind},
    sink::ReportSink,
    site::{Gate, Site},
    store::{Batch, DeviceStore, Loaded},
};

/// Most observations taken at once.
const OBSERVATIONS: usize = 256;

/// Longest sleep of the loop.
const IDLE: Duration = Duration::from_secs(1);

/// What a worker works with.
#[derive(Clone)]
pub struct Parts {
    /// The log.
    pub log: Arc<dyn EventLog>,
    /// Which worker leads which location.
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
    if let Some(applied) = loaded.applied
        && worker.is_other_log(applied).await
    {
        return Ok(Ended::LogRestored);
    }
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
    observer: mpsc::UnboundedSender<Observation>,
    observations: mpsc::UnboundedReceiver<Observation>,
    /// What is to be written; kept until it is.
    batch: Batch,
    dirty: bool,
    unwritten: Option<Instant>,
    write_failures: Repeated,
    locations: watch::Sender<BTreeSet<LocationId>>,
    reports: Arc<Notify>,
    search: Arc<Notify>,
    leases: Option<mpsc::UnboundedReceiver<lease::News>>,
    found: Option<mpsc::UnboundedReceiver<Vec<Found>>>,
    not_registered: NotRegistered,
    /// Which orders are given.
    gate: Gate,
    /// Until then all orders wait for the log to be caught up with; none when that is over.
    catching_up: Option<Instant>,
}

impl Worker {
    fn new(config: Config, parts: Parts, store: DeviceStore, led: BTreeSet<LocationId>) -> Self {
        let (observer, observations) = mpsc::unbounded_channel();
        let setup = Setup {
            client: config.client,
            timing: config.timing,
            unconfirmed_for: config.rules.unconfirmed_for,
            plug_networks: config.plug_networks.clone(),
            clock: parts.clock.clone(),
        };
        let only = config.location;
        Self {
            clocks: Clocks::new(parts.clock.clone()),
            setup,
            sites: BTreeMap::new(),
            led,
            observer,
            observations,
            batch: Batch::default(),
            dirty: false,
            unwritten: None,
            write_failures: Repeated::default(),
            // A location of its own is led from the first moment, whether or not the log tells of it.
            locations: watch::Sender::new(only.into_iter().collect()),
            reports: Arc::new(Notify::new()),
            search: Arc::new(Notify::new()),
            leases: None,
            found: None,
            not_registered: NotRegistered::default(),
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
        let site = Site::new(location, engine, self.setup.clone(), self.observer.clone(), self.gate);
        self.sites.insert(location, site);
        self.locations.send_if_modified(|known| known.insert(location));
    }

    fn site(&mut self, location: LocationId) -> Option<&mut Site> {
        if !self.sites.contains_key(&location) {
            self.add_site(location, Engine::new(self.config.rules));
        }
        self.sites.get_mut(&location)
    }

    async fn work(&mut self, from: Position, stop: &CancellationToken) -> Ended {
        self.catching_up = Some(Instant::now() + self.config.catch_up_within);
        if stop.run_until_cancelled(self.settle_leases()).await.is_none() {
            return Ended::Stopped;
        }
        let mut follower = self.follow(from);
        let mut delays = self.config.log_retry.delays();
        // A log that is out of reach must not keep the loop from its timers.
        let mut log_rests: Option<Instant> = None;
        let mut observed = Vec::new();
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
                    Err(FollowError::Ahead { .. } | FollowError::Restored { .. }) => return Ended::LogRestored,
                    Err(error) => log_rests = Some(Instant::now() + trouble(&error, &mut delays)),
                },
                () = sleep_until(log_rests.unwrap_or_else(Instant::now)), if resting => log_rests = None,
                _ = self.observations.recv_many(&mut observed, OBSERVATIONS) => self.observe(&mut observed),
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

    fn observe(&mut self, observed: &mut Vec<Observation>) {
        let now = self.clocks.now();
        for observation in observed.drain(..) {
            if matches!(
                observation.kind,
                ObservationKind::Unreachable { .. } | ObservationKind::IdentityRefused { .. }
            ) {
                self.search.notify_one();
            }
            let plug = observation.plug;
            let of = |site: &&mut Site| site.engine.plugs().contains_key(&plug);
            if let Some(site) = self.sites.values_mut().find(of) {
                site.observe(&observation, now);
            }
        }
    }
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
