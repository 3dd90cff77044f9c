//! A venue for tests: an event store, simulated plugs, workers, and a command API that can be away.

use std::{
    collections::{BTreeSet, HashMap},
    net::SocketAddr,
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use bus::{Bus, EmbeddedBus};
use device_worker::{Answer, Config, FoundPlug, Parts, Pauses, ReportSink, actor::Timing, discovery::Search};
use domain::{
    DomainEvent,
    automation::{Action, AutomationEvent, AutomationSpec, Gates, Limits, QuietSpan, Trigger, TriggerEvent},
    game::Mode,
    ids::{AutomationId, EventId, GameId, LocationId, PlayId, PlugId, RoomId, StreamName, VariantId},
    location::LocationEvent,
    log::{CommandId, Version},
    play::PlayEvent,
    plug::{PlugEvent, PlugIdentity, PlugNetworks, RelayState},
    values::{Code, Name, Reason, TimeZoneName},
};
use events::{self, EventMetadata, NewEvent, sealing::NoKeys};
use jiff::{SignedDuration, Timestamp, civil::Time};
use plug_simulator::{Model, Plug};
use runtime::clock::{Clock as _, SystemClock};
use serde_json::Value;
use store::{
    Append, EventLog as _, Leases as _, NewAnswer, StreamAppend, Verdict,
    sqlite::{SqliteOptions, SqliteStore, migrate},
};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::store::Store;

pub struct Venue {
    pub location: LocationId,
    pub store: Arc<SqliteStore>,
    pub sink: Arc<CommandApi>,
    pub leases: Arc<Store>,
    log: Arc<Store>,
    bus: Arc<dyn Bus>,
    dir: TempDir,
    versions: Mutex<HashMap<StreamName, u64>>,
}

/// Reports as command-api took them, each once.
#[derive(Default)]
pub struct CommandApi {
    away: AtomicBool,
    taken: Mutex<Vec<Value>>,
    ids: Mutex<BTreeSet<String>>,
    pub registered: Mutex<Vec<FoundPlug>>,
}

/// Ends the test's process: a plug that never does what is waited for must not hold up the others.
fn give_up_after(patience: Duration) {
    std::thread::spawn(move || {
        std::thread::sleep(patience);
        eprintln!("gave up after {patience:?}");
        std::process::abort();
    });
}

pub fn now() -> Timestamp {
    SystemClock.now()
}

pub fn reason(text: &str) -> Reason {
    Reason::new(text).unwrap()
}

/// An automation that switches `plugs` on for so many seconds when a play starts.
pub fn on_play_started(plugs: &[PlugId], action: Action) -> AutomationSpec {
    AutomationSpec {
        name: Name::new("Test").unwrap(),
        plugs: plugs.to_vec(),
        trigger: Trigger::Event { event: TriggerEvent::PlayStarted, room: None, variant: None },
        action,
        gates: Gates::default(),
        limits: Limits::default(),
    }
}

/// Quiet all day but for one minute, which is not now.
pub fn always_quiet() -> Gates {
    let all_day = QuietSpan { from: Time::MIN, to: Time::constant(23, 59, 59, 0) };
    Gates { quiet_hours: vec![all_day], ..Gates::default() }
}

/// Searches there, often.
pub fn search(targets: impl IntoIterator<Item = std::net::SocketAddrV4>) -> Search {
    Search {
        targets: targets.into_iter().map(Into::into).collect(),
        every: Duration::from_millis(500),
        at_most_every: Duration::from_millis(50),
        interval: Duration::from_millis(50),
    }
}

impl Venue {
    pub async fn open() -> Self {
        give_up_after(Duration::from_secs(50));
        let dir = tempfile::tempdir().unwrap();
        let options = SqliteOptions::in_dir(dir.path());
        migrate(&options.file, &SystemClock).await.unwrap();
        let store = SqliteStore::open(&options, Arc::new(SystemClock)).await.unwrap();
        let log = Store::of(store.clone());
        let bus = EmbeddedBus::start(log.clone(), Duration::from_millis(250));
        let location = LocationId(SystemClock.new_uuid());
        let sink = Arc::new(CommandApi::default());
        let leases = Store::of(store.clone());
        let venue = Self { location, store, sink, leases, log, bus, dir, versions: Mutex::default() };
        let opened = LocationEvent::Opened {
            id: location,
            code: Code::new("mitte").unwrap(),
            name: Name::new("Mitte").unwrap(),
            time_zone: TimeZoneName::new("Europe/Berlin").unwrap(),
        };
        venue.append(&location.stream(), opened).await;
        venue
    }

    /// With another bus than the store's own.
    pub fn with_bus(self, bus: Arc<dyn Bus>) -> Self {
        Self { bus, ..self }
    }

    /// Keeps workers from the log, the leases and the command API, or lets them reach all that again.
    pub fn be_cut_off(&self, away: bool) {
        self.log.be_away(away);
        self.leases.be_away(away);
        self.sink.be_away(away);
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Appends a fact as of now; its position.
    pub async fn append(&self, stream: &StreamName, event: impl Into<DomainEvent>) -> u64 {
        self.append_at(stream, event, now()).await
    }

    /// Appends a fact as if it had been recorded then.
    pub async fn append_at(&self, stream: &StreamName, event: impl Into<DomainEvent>, at: Timestamp) -> u64 {
        let (event_type, data) = events::encode(&event.into(), &NoKeys, stream.id()).unwrap();
        let version = {
            let mut versions = self.versions.lock().unwrap();
            let version = versions.entry(stream.clone()).or_default();
            *version += 1;
            *version
        };
        let id = SystemClock.new_uuid();
        let metadata = EventMetadata {
            actor: "system:test".to_owned(),
            command_id: CommandId(id),
            correlation_id: id,
            causation_id: None,
            trace_parent: None,
            request_id: None,
        };
        let new = NewEvent { id: EventId(SystemClock.new_uuid()), event_type, data };
        let append = Append {
            command: CommandId(id),
            request_hash: [0; 32],
            location: Some(self.location),
            metadata: serde_json::to_string(&metadata).unwrap(),
            at,
            streams: vec![StreamAppend {
                stream: stream.clone(),
                expected: Version(version - 1),
                events: vec![new],
            }],
            answer: NewAnswer { status: 200, body: "{}".to_owned() },
            person_keys: vec![],
        };
        match self.store.append(append).await.unwrap() {
            Verdict::Committed(token) => token.position.0,
            other => panic!("not committed: {other:?}"),
        }
    }

    /// Starts a simulated plug and registers it.
    pub async fn plug(&self, model: Model) -> (Plug, PlugId) {
        let plug = Plug::start(model).await.unwrap();
        let id = self.register(&plug, None).await;
        (plug, id)
    }

    pub async fn register(&self, plug: &Plug, child_id: Option<String>) -> PlugId {
        self.register_at(plug, child_id, plug.address()).await
    }

    /// As if it had been found at another address.
    pub async fn register_at(&self, plug: &Plug, child_id: Option<String>, address: SocketAddr) -> PlugId {
        let id = PlugId(SystemClock.new_uuid());
        let registered = PlugEvent::Registered {
            id,
            location: self.location,
            identity: PlugIdentity {
                mac: plug.mac().parse().unwrap(),
                device_id: plug.device_id().parse().unwrap(),
                child_id: child_id.map(|child| child.parse().unwrap()),
            },
            model: Name::new("HS103(US)").unwrap(),
            name: Name::new("Plug").unwrap(),
            address: Some(address),
            has_energy_meter: true,
        };
        self.append(&id.stream(), registered).await;
        id
    }

    pub async fn bind(&self, plug: PlugId) {
        self.append(&plug.stream(), PlugEvent::Bound { room: RoomId(SystemClock.new_uuid()) }).await;
    }

    pub async fn automation(&self, spec: AutomationSpec) -> AutomationId {
        let id = AutomationId(SystemClock.new_uuid());
        let created = AutomationEvent::Created { id, location: self.location, spec };
        self.append(&id.stream(), created).await;
        id
    }

    pub async fn ask(&self, plug: PlugId, state: RelayState, seconds: Option<i64>) {
        self.ask_at(plug, state, seconds, now()).await;
    }

    pub async fn ask_at(&self, plug: PlugId, state: RelayState, seconds: Option<i64>, at: Timestamp) {
        let until = seconds.map(|seconds| now() + SignedDuration::from_secs(seconds));
        let asked = PlugEvent::Asked { state, reason: reason("test"), until, at };
        self.append_at(&plug.stream(), asked, at).await;
    }

    pub async fn start_play(&self) -> PlayId {
        self.start_play_at(now()).await
    }

    pub async fn start_play_at(&self, at: Timestamp) -> PlayId {
        let id = PlayId(SystemClock.new_uuid());
        let started = PlayEvent::Started {
            id,
            location: self.location,
            room: RoomId(Uuid::from_u128(1)),
            game: GameId(Uuid::from_u128(2)),
            variant: VariantId(Uuid::from_u128(3)),
            mode: Mode::Pvp,
            participants: vec![],
            at,
            ends_by: now() + SignedDuration::from_mins(10),
        };
        self.append_at(&id.stream(), started, at).await;
        id
    }

    pub async fn abort_play(&self, play: PlayId, at: Timestamp) {
        let aborted = PlayEvent::Aborted { reason: reason("test"), at };
        self.append_at(&play.stream(), aborted, at).await;
    }

    /// A worker's configuration: looks and tries often, so that tests need not wait.
    pub fn config(&self, name: &str) -> Config {
        let mut config = Config::new(self.file(&format!("{name}.db")));
        config.timing = Timing {
            poll: (Duration::from_millis(50), Duration::from_millis(100)),
            first_retry: Duration::from_millis(20),
            longest_retry: Duration::from_millis(200),
            ..Timing::default()
        };
        let retry = Pauses { first: Duration::from_millis(50), longest: Duration::from_millis(200) };
        (config.log_retry, config.report_retry) = (retry, retry);
        config.search = None;
        config.plug_networks =
            PlugNetworks::new(vec!["127.0.0.0/8".parse().unwrap()], vec!["1-65535".parse().unwrap()]);
        config.lease_ttl = Duration::from_millis(900);
        config.client.firmware_probe = Duration::ZERO;
        config
    }

    /// Starts a worker and waits until it has read the log and leads.
    pub async fn start(&self, config: Config) -> Worker {
        let worker = self.start_beside(config);
        let lease = device_worker::lease::name(self.location);
        let nothing = Duration::from_millis(1);
        while self.store.acquire_lease(&lease, "nobody", now(), nothing).await.unwrap().is_some() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        worker
    }

    /// Starts a worker and waits for nothing.
    pub fn start_beside(&self, config: Config) -> Worker {
        let parts = Parts {
            log: self.log.clone(),
            leases: self.leases.clone(),
            bus: self.bus.clone(),
            sink: self.sink.clone(),
            clock: Arc::new(SystemClock),
        };
        let stop = CancellationToken::new();
        let task = tokio::spawn(device_worker::run(config, parts, stop.clone()));
        Worker { stop, task }
    }
}

pub struct Worker {
    stop: CancellationToken,
    task: JoinHandle<anyhow::Result<()>>,
}

impl Worker {
    /// As by SIGTERM.
    pub async fn stop(self) {
        self.stop.cancel();
        self.task.await.unwrap().unwrap();
    }

    /// As by SIGKILL: nothing is switched, nothing is written any more.
    pub async fn kill(self) {
        self.task.abort();
        let _ = self.task.await;
    }
}

#[async_trait]
impl ReportSink for CommandApi {
    async fn send(&self, _: LocationId, reports: &[String]) -> anyhow::Result<Vec<Answer>> {
        anyhow::ensure!(!self.away.load(Ordering::SeqCst), "away");
        let mut answers = Vec::new();
        for report in reports {
            let report: Value = serde_json::from_str(report)?;
            if self.ids.lock().unwrap().insert(report["report_id"].to_string()) {
                self.taken.lock().unwrap().push(report);
            }
            answers.push(Answer { status: 200, code: None });
        }
        Ok(answers)
    }

    async fn register(&self, _: LocationId, plug: &FoundPlug) -> anyhow::Result<()> {
        self.registered.lock().unwrap().push(plug.clone());
        Ok(())
    }
}

impl CommandApi {
    pub fn be_away(&self, away: bool) {
        self.away.store(away, Ordering::SeqCst);
    }

    /// Reports of a type, so far.
    pub fn reports(&self, of: &str) -> Vec<Value> {
        let taken = self.taken.lock().unwrap();
        taken.iter().filter(|report| report["type"] == of).cloned().collect()
    }

    /// Waits for the first report of a type that is as wanted.
    pub async fn report(&self, of: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            if let Some(found) = self.reports(of).into_iter().find(|report| wanted(report)) {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}
