//! Starts the services on an open store. `up` runs all of them in one process, `serve` each in its own.

use std::{
    net::SocketAddr,
    path::Path,
    sync::{Arc, OnceLock},
    time::Duration,
};

use ::mssql::MssqlConfig;
use anyhow::{Context as _, Result};
use auth::Authenticator;
use bus::{
    EmbeddedBus, SharedBus,
    nats::{NatsBus, NatsConfig},
};
use command_api::{CommandApi, execute::Executor};
use device_worker::ReportSink;
use domain::plug::PlugNetworks;
use http_api::Api;
use projector::{BusLog, PeopleOpeners, Projector, StoredEvents, projections};
use query_api::{QueryApi, Sources, app::CACHE_BYTES};
use read_store::{ReadStore, progress::Progress};
use runtime::{
    clock::{Clock as _, SharedClock},
    config::Settings,
    lifecycle::Tasks,
    log_clock::LogClock,
};
use sealing::{Keyring, MasterKey, PersonKeyCache, check_master_key};
use tokio::net::TcpListener;

use super::{
    clock_watch::learn_newest,
    device_worker::{DeviceSettings, work_devices},
    event_store::EventStore,
    front::Front,
    operator,
    overdue_plays::OverdueInReadTables,
    report_sinks::InProcess,
};
use crate::settings::database::Database;

/// How often appends of other processes to the same file are looked for.
const LOOK_FOR_OTHERS: Duration = Duration::from_millis(250);

/// What every process has: its tasks, the store, the keys and the bus.
pub struct Core {
    front: Front,
    tasks: Tasks,
    clock: Arc<LogClock>,
    /// The event store.
    pub store: EventStore,
    keys: Arc<PersonKeyCache>,
    authenticator: Arc<Authenticator>,
    bus: SharedBus,
    database: Database,
    /// Opened by the services that need them.
    read_tables: OnceLock<ReadStore>,
}

impl Core {
    /// Checks that the master key is the store's, and joins the bus.
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
        let clock = LogClock::new(super::clock());
        let shared = store.shared();
        let head = shared.head().await.context("reading where the log ends")?;
        if let Err(error) = learn_newest(&*shared, head, &clock).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "the newest event cannot be read");
        }
        let keyring = Arc::new(Keyring::new(master).context("the master key")?);
        check_master_key(&*store, &keyring, clock.now()).await.context("checking the master key")?;
        let bus: SharedBus = match nats {
            Some(config) => NatsBus::start(config, store.shared()).await.context("joining the bus")?,
            None => EmbeddedBus::start(store.shared(), LOOK_FOR_OTHERS),
        };
        let tasks = front.tasks();
        let keys = Arc::new(PersonKeyCache::new(keyring, clock.clone()));
        let authenticator = Arc::new(Authenticator::new(store.shared(), clock.clone()));
        let database = database.clone();
        let read_tables = OnceLock::new();
        let core = Self { front, tasks, clock, store, keys, authenticator, bus, database, read_tables };
        core.front.watch_dependencies(core.store.shared(), core.bus.clone(), core.clock.clone());
        core.note_key_use();
        Ok(core)
    }

    /// The routes that take commands, and the scheduler that belongs to them. Plugs may be in `plug_networks`.
    #[must_use]
    pub fn command_api(&self, db: ReadStore, plug_networks: PlugNetworks) -> Api {
        let executor = self.executor();
        let overdue = Arc::new(OverdueInReadTables::new(db));
        let owner = self.clock.new_uuid().to_string();
        let (scheduled, stop) = (executor.clone(), self.tasks.soft());
        self.tasks.spawn("scheduler", async move {
            command_api::scheduler::run(scheduled, overdue, owner, stop).await;
            Ok(())
        });
        let (authenticator, plug_networks) = (self.authenticator.clone(), Arc::new(plug_networks));
        CommandApi { executor, authenticator, plug_networks }.api()
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
        self.front.watch_read_tables(db.clone());
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
        // Who stores its reports itself shares the time of what is stored.
        let (sink, clock): (Arc<dyn ReportSink>, SharedClock) = match settings.command_api() {
            Some(other_process) => (Arc::new(other_process), super::clock()),
            None => (Arc::new(InProcess(self.executor())), self.clock.clone()),
        };
        device_worker::Parts {
            log: self.store.shared(),
            leases: self.store.shared(),
            bus: self.bus.clone(),
            sink,
            clock,
        }
    }

    /// Answers operators, once the read tables are open.
    ///
    /// # Errors
    /// When the address that a setting gives cannot be listened on.
    pub async fn answer_operators(&self, settings: &Settings) -> Result<()> {
        let Some(db) = self.read_tables.get() else { return Ok(()) };
        let sources = operator::Sources {
            store: self.store.shared(),
            db: db.clone(),
            readiness: self.front.readiness(),
            clock: self.clock.clone(),
            folder: self.database.folder().map(Path::to_owned),
        };
        operator::answer_operators(settings, &self.tasks, sources).await
    }

    fn executor(&self) -> Executor {
        Executor::new(self.store.shared(), self.clock.clone(), self.keys.clone())
    }

    /// As [`Front::answer`].
    ///
    /// # Errors
    /// As [`Front::answer`].
    pub fn answer(&self, api: Api, listener: TcpListener) -> Result<SocketAddr> {
        self.front.answer(api, listener)
    }

    /// After every task has ended: empties the bus and the store's queue, and closes all files.
    pub async fn close(&self) {
        self.bus.close().await;
        self.store.close().await;
        if let Some(db) = self.read_tables.get() {
            db.close().await;
        }
    }

    fn note_key_use(&self) {
        let (authenticator, stop) = (self.authenticator.clone(), self.tasks.soft());
        self.tasks.spawn("key use", async move {
            authenticator.note_use(stop).await;
            Ok(())
        });
    }
}
