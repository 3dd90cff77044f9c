//! A whole venue in one process, on the embedded database: what `up`, the demo and the measurements run.

use std::{
    fs::{File, TryLockError},
    net::SocketAddr,
    path::Path,
    time::Duration,
};

use anyhow::{Context as _, Result, bail};
use read_store::progress::Progress;
use runtime::{
    config::{Declared as _, Settings},
    lifecycle::{Lifecycle, Outcome},
};
use sealing::MasterKey;

use super::{
    clock,
    core::Core,
    device_worker::{DeviceSettings, plug_networks},
    event_store::EventStore,
    front::Front,
    master_key,
    temporary_key::temporary_admin,
};
use crate::settings::{
    database::Database,
    declared::{DISCOVERY_TARGETS, MASTER_KEY, OPERATOR_LISTEN, PLUG_NETWORKS},
};

/// How long requests under way may take once the stop began.
pub const DRAIN: Duration = Duration::from_secs(15);

/// Everything in one process, started.
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    /// The event store.
    pub store: EventStore,
    core: Core,
    lifecycle: Lifecycle,
    /// Held until the process ends; the system then releases the lock.
    _folder_lock: File,
}

/// Starts everything on `data_dir`, which is made when it is not there.
///
/// # Errors
/// When something does not start; the message says what to change.
pub async fn start(data_dir: &Path, listen: SocketAddr, settings: &Settings) -> Result<Running> {
    let devices = DeviceSettings::read(settings)?;
    // A port that is taken must not leave a folder behind.
    let listener = http_api::listen(listen).await?;
    let database = Database::Sqlite(data_dir.to_owned());
    // Locked first: tables must not change under a running process.
    let folder_lock = lock(data_dir)?;
    database.migrate(&clock()).await?;
    master_key::prepare(&database, settings).await?;
    let master = master_key::load(&database, settings)?;
    let lifecycle = Lifecycle::new().context("taking over signals")?;
    let store = database.open(clock()).await?;
    let core = Core::open(Front::new(lifecycle.tasks(), settings)?, &database, store, None, &master).await?;
    let (db, progress) = (core.read_tables(None).await?, Progress::default());
    // Only one process uses the folder. With the same name at every start it gets its leases back at once.
    let projector = core.projector(db.clone(), progress.clone(), "up".to_owned());
    projector.prepare().await.context("making the read tables")?;
    core.project(projector);
    core.work_devices(&devices)?;
    let api =
        core.command_api(db.clone(), plug_networks(settings)?).merge(core.query_api(db, progress, true));
    core.answer_operators(settings).await?;
    let address = core.answer(api, listener)?;
    Ok(Running { address, store: core.store.clone(), core, lifecycle, _folder_lock: folder_lock })
}

/// Locks the folder against every other `up` while the file is held. `up` takes its projections' leases back at
/// once, which is safe only if no other `up` runs.
///
/// # Errors
/// When one is running, or the file cannot be made.
pub fn lock(data_dir: &Path) -> Result<File> {
    std::fs::create_dir_all(data_dir).with_context(|| format!("making the folder {}", data_dir.display()))?;
    let path = data_dir.join("up.lock");
    let file = File::create(&path).with_context(|| format!("making {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => bail!(
            "{} is in use by another `aerosports up`: stop that one, or choose another --data-dir",
            data_dir.display()
        ),
        Err(TryLockError::Error(error)) => Err(error).with_context(|| format!("locking {}", path.display())),
    }
}

/// Starts on a temporary folder and a free port of the loopback, for the demo and the measurements. Uses none of
/// this machine's settings, and searches for no plugs.
///
/// # Errors
/// As [`start`].
pub async fn start_on_loopback(data_dir: &Path) -> Result<Running> {
    // Nobody is to keep a key of what is thrown away.
    let key = MasterKey::generate().context("making a master key")?.expose_base64();
    let settings = Settings::from_pairs([
        (DISCOVERY_TARGETS.declaration().name, "off"),
        (OPERATOR_LISTEN.declaration().name, "off"),
        // Where the simulated plugs are.
        (PLUG_NETWORKS.declaration().name, "127.0.0.0/8"),
        (MASTER_KEY.declaration().name, &*key),
    ]);
    start(data_dir, SocketAddr::from(([127, 0, 0, 1], 0)), &settings).await
}

impl Running {
    /// A fresh key of kind `admin`.
    ///
    /// # Errors
    /// When it cannot be stored.
    pub async fn admin_key(&self) -> Result<String> {
        temporary_admin(&*self.store, &*clock()).await
    }

    /// Waits for a signal that asks the process to stop.
    pub async fn signalled(&mut self) {
        self.lifecycle.signalled().await;
    }

    /// Runs until a signal, then stops gracefully.
    pub async fn until_stopped(self) -> Outcome {
        let outcome = self.lifecycle.run(DRAIN).await;
        self.core.close().await;
        outcome
    }

    /// Stops gracefully now.
    ///
    /// # Errors
    /// When a task failed or did not finish in time.
    pub async fn stop(self) -> Result<()> {
        self.lifecycle.tasks().soft().cancel();
        match self.until_stopped().await {
            Outcome::Clean => Ok(()),
            Outcome::Failed => anyhow::bail!("it did not stop cleanly"),
        }
    }
}
