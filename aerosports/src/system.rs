//! Puts the services together: the same pieces for `up`, where one process has all of them, and for
//! `serve`, where each has its own.

use std::{
    net::SocketAddr,
    path::Path,
    sync::{Arc, OnceLock},
    time::Duration,
};

use anyhow::{Context as _, Result};
use command_api::{CommandApi, execute::Executor};
use device_worker::ReportSink;
use projector::{BusLog, PeopleOpeners, Projector, StoredEvents, projections};
use query_api::{QueryApi, Sources, app::CACHE_BYTES};
use shared::{
    auth::Authenticator,
    bus::{
        EmbeddedBus, SharedBus,
        nats::{NatsBus, NatsConfig},
    },
    clock::{SharedClock, SystemClock},
    http::{About, Api, Check, HttpConfig, Origins, Pipeline, Readiness, Server},
    lifecycle::Tasks,
    mssql::MssqlConfig,
    sealing::{Keyring, MasterKey, PersonKeyCache, check_master_key},
    sql::{ReadStore, progress::Progress},
    store::EventLog,
};
use tokio::time::timeout;

use crate::{
    devices::{self, DeviceSettings, InProcess},
    event_store::EventStore,
    place::Database,
};

/// How often appends of other processes to the same file are looked for.
const LOOK_FOR_OTHERS: Duration = Duration::from_millis(250);
/// A store that needs longer than this for its head is not ready.
const LONGEST_LOOK: Duration = Duration::from_secs(3);
/// How often the dependencies behind `/readyz` are looked at.
const CHECK_EVERY: Duration = Duration::from_secs(1);

/// The check of the store, and what it says while that is away.
const EVENT_STORE: &str = "event_store";
const AWAY: &str = "the event store cannot be reached";

const ABOUT: About = About {
    title: "AeroSports",
    version: env!("CARGO_PKG_VERSION"),
    description: "The central backend of activity venues. Commands are `POST`s that answer once they are \
                  durable, with a token; queries are `GET`s that can wait for a token.",
};

/// What every process has: its tasks, the store, the keys and the bus.
pub struct Core {
    tasks: Tasks,
    readiness: Readiness,
    clock: SharedClock,
    /// The event store.
    pub store: EventStore,
    keys: Arc<PersonKeyCache>,
    authenticator: Arc<Authenticator>,
    bus: SharedBus,
    database: Database,
    /// Opened by the services that need them.
    read_tables: OnceLock<ReadStore>,
}

/// What of a process there is before its store.
#[derive(Clone)]
pub struct Front {
    tasks: Tasks,
    readiness: Readiness,
}

impl Front {
    /// Of a process with these tasks.
    #[must_use]
    pub fn new(tasks: Tasks) -> Self {
        let readiness = Readiness::new(tasks.soft());
        Self { tasks, readiness }
    }

    /// Answers `api`, health and the document at `listen`; where it listens.
    ///
    /// # Errors
    /// When the address cannot be listened on.
    pub async fn listen(&self, api: Api, listen: SocketAddr) -> Result<SocketAddr> {
        let (router, _) = api.finish(ABOUT, self.readiness.clone());
        let pipeline = Pipeline::new(router, HttpConfig::default(), Origins::default(), clock());
        let server = Server::bind(listen, pipeline).await?;
        let address = server.local_address().context("asking for the port")?;
        let (soft, hard) = (self.tasks.soft(), self.tasks.hard());
        self.tasks.spawn("http", async move {
            server.serve(soft, hard).await;
            Ok(())
        });
        Ok(address)
    }

    /// Not ready until the store was reached.
    pub fn await_store(&self) {
        self.readiness.check(EVENT_STORE).failed(AWAY);
    }
}

/// Switches plugs with `parts` until the process stops.
///
/// # Errors
/// When another worker uses the same file.
pub fn work_devices(
    tasks: &Tasks,
    database: &Database,
    settings: &DeviceSettings,
    parts: device_worker::Parts,
) -> Result<()> {
    let config = settings.config(database.folder().unwrap_or(Path::new("data")));
    let lock = devices::lock(&config.file)?;
    let stop = tasks.soft();
    tasks.spawn("device-worker", async move {
        let worked = device_worker::run(config, parts, stop).await;
        drop(lock);
        worked.context("working the devices")
    });
    Ok(())
}

/// The machine's own clock, shared.
#[must_use]
pub fn clock() -> SharedClock {
    Arc::new(SystemClock)
}

impl Core {
    /// Joins the bus. Fails at once when the master key is not the store's.
    ///
    /// # Errors
    /// When the store cannot be read or a setting cannot be used.
    pub async fn open(
        front: Front,
        database: &Database,
        store: EventStore,
        nats: Option<NatsConfig>,
        master: &MasterKey,
    ) -> Result<Self> {
        let clock = clock();
        let keyring = Arc::new(Keyring::new(master).context("the master key")?);
        check_master_key(&*store, &keyring, clock.now()).await.context("checking the master key")?;
        let bus: SharedBus = match nats {
            Some(config) => NatsBus::start(config, store.shared()).await.context("joining the bus")?,
            None => EmbeddedBus::start(store.shared(), LOOK_FOR_OTHERS),
        };
        let Front { tasks, readiness } = front;
        let keys = Arc::new(PersonKeyCache::new(keyring, clock.clone()));
        let authenticator = Arc::new(Authenticator::new(store.shared(), clock.clone()));
        let database = database.clone();
        let read_tables = OnceLock::new();
        let core = Self { tasks, readiness, clock, store, keys, authenticator, bus, database, read_tables };
        core.watch_dependencies();
        core.note_key_use();
        Ok(core)
    }

    /// The routes that take commands, and the scheduler that belongs to them.
    #[must_use]
    pub fn command_api(&self, db: ReadStore) -> Api {
        let executor = self.executor();
        let overdue = Arc::new(crate::overdue::ReadTable::new(db));
        let owner = self.clock.new_uuid().to_string();
        let (scheduled, stop) = (executor.clone(), self.tasks.soft());
        self.tasks.spawn("scheduler", async move {
            command_api::scheduler::run(scheduled, overdue, owner, stop).await;
            Ok(())
        });
        CommandApi { executor, authenticator: self.authenticator.clone() }.api()
    }

    /// The routes that answer queries. Unless this process projects itself, `progress` follows the checkpoints.
    #[must_use]
    pub fn query_api(&self, db: ReadStore, progress: Progress, projects_itself: bool) -> Api {
        let queries = QueryApi::new(Sources {
            db,
            progress,
            log: self.store.shared(),
            clock: self.clock.clone(),
            authenticator: self.authenticator.clone(),
            cache_bytes: CACHE_BYTES,
        });
        if !projects_itself {
            let (follower, stop) = (queries.clone(), self.tasks.soft());
            self.tasks.spawn("checkpoints", async move {
                follower.follow_checkpoints(stop).await.context("following the checkpoints")
            });
        }
        queries.api()
    }

    /// The read tables of this database, to be read from `replica` if there is one.
    ///
    /// # Errors
    /// When they cannot be opened.
    pub async fn read_tables(&self, replica: Option<MssqlConfig>) -> Result<ReadStore> {
        let db = self.database.open_read_tables(replica).await?;
        Ok(self.read_tables.get_or_init(|| db).clone())
    }

    /// What builds the read tables. `worker` names the process in leases.
    #[must_use]
    pub fn projector(&self, db: ReadStore, progress: Progress, worker: String) -> Projector {
        let events = Arc::new(BusLog::new(self.store.shared(), self.bus.clone()));
        let openers = PeopleOpeners::new(self.keys.clone(), self.store.shared());
        let decoder = Arc::new(StoredEvents::new(Arc::new(openers)));
        let config = projector::Config::new(worker);
        Projector::new(db, events, decoder, progress, self.clock.clone(), config, projections::all())
    }

    /// Builds the read tables until the process stops.
    pub fn project(&self, projector: Projector) {
        let stop = self.tasks.soft();
        self.tasks.spawn("projector", async move {
            projector.run(stop).await;
            Ok(())
        });
    }

    /// Switches plugs until the process stops.
    ///
    /// # Errors
    /// When a setting cannot be used, or another worker uses the same file.
    pub fn work_devices(&self, settings: &DeviceSettings) -> Result<()> {
        work_devices(&self.tasks, &self.database, settings, self.device_parts(settings))
    }

    /// What a device worker works with.
    #[must_use]
    pub fn device_parts(&self, settings: &DeviceSettings) -> device_worker::Parts {
        let sink: Arc<dyn ReportSink> = match settings.command_api() {
            Some(other_process) => Arc::new(other_process),
            None => Arc::new(InProcess(self.executor())),
        };
        device_worker::Parts {
            log: self.store.shared(),
            leases: self.store.shared(),
            bus: self.bus.clone(),
            sink,
            clock: self.clock.clone(),
        }
    }

    fn executor(&self) -> Executor {
        Executor::new(self.store.shared(), self.clock.clone(), self.keys.clone())
    }

    /// As [`Front::listen`].
    ///
    /// # Errors
    /// As [`Front::listen`].
    pub async fn listen(&self, api: Api, listen: SocketAddr) -> Result<SocketAddr> {
        let front = Front { tasks: self.tasks.clone(), readiness: self.readiness.clone() };
        front.listen(api, listen).await
    }

    /// After every task has ended: empties the bus and the store's queue, and closes all files.
    pub async fn close(&self) {
        self.bus.close().await;
        self.store.close().await;
        if let Some(db) = self.read_tables.get() {
            db.close().await;
        }
    }

    /// `/readyz` says whether store and bus can be used.
    fn watch_dependencies(&self) {
        let (store_check, bus_check) = (self.readiness.check(EVENT_STORE), self.readiness.check("bus"));
        let (store, bus, stop) = (self.store.shared(), self.bus.clone(), self.tasks.soft());
        self.tasks.spawn("readiness", async move {
            while !stop.is_cancelled() {
                look(&*store, &store_check).await;
                match bus.status().alarm {
                    Some(_) => bus_check.failed("the bus contradicts the store; an operator must act"),
                    None => bus_check.ready(),
                }
                tokio::select! {
                    () = tokio::time::sleep(CHECK_EVERY) => {}
                    () = stop.cancelled() => {}
                }
            }
            Ok(())
        });
    }

    fn note_key_use(&self) {
        let (authenticator, stop) = (self.authenticator.clone(), self.tasks.soft());
        self.tasks.spawn("key use", async move {
            authenticator.note_use(stop).await;
            Ok(())
        });
    }
}

async fn look(store: &dyn EventLog, check: &Check) {
    match timeout(LONGEST_LOOK, store.head()).await {
        Ok(Ok(_)) => check.ready(),
        Ok(Err(_)) | Err(_) => check.failed(AWAY),
    }
}
