//! `aerosports up`: a whole venue in one process.

use std::{
    fs::{File, TryLockError},
    net::SocketAddr,
    path::Path,
    process::ExitCode,
    time::Duration,
};

use anyhow::{Context as _, Result, bail};
use shared::{
    config::Settings,
    lifecycle::{Lifecycle, Outcome},
    sql::progress::Progress,
};

use crate::{
    cli::Up,
    devices::DeviceSettings,
    event_store::EventStore,
    keys, master_key,
    place::Database,
    system::{self, Core, Front},
};

/// How long requests under way may take once the stop began.
pub const DRAIN: Duration = Duration::from_secs(15);

/// Starts, says where, and runs until it is told to stop.
///
/// # Errors
/// When something does not start.
pub async fn run(options: &Up) -> Result<ExitCode> {
    let Database::Sqlite(data_dir) = options.place.database()? else {
        bail!(
            "`up` keeps a venue on the embedded database, and the database given is in SQL Server: run \
             `aerosports serve` for each service instead, or give --data-dir"
        )
    };
    let devices = DeviceSettings::read(&Settings::from_env()?)?;
    let running = start(&data_dir, options.listen, &devices).await?;
    println!("AeroSports is ready: http://{}", running.address);
    greet(&running, &data_dir).await?;
    Ok(running.until_stopped().await.into())
}

/// The first start has no key yet; say how to get one.
async fn greet(running: &Running, data_dir: &Path) -> Result<()> {
    if running.store.list_api_keys().await?.is_empty() {
        println!("Nobody has a key yet. The first one:");
        // As it was called, so that the line can be copied.
        let program = std::env::args().next().unwrap_or_else(|| "aerosports".to_owned());
        println!("  {program} keys issue --kind admin --data-dir {}", data_dir.display());
    }
    println!("Routes: http://{}/docs", running.address);
    Ok(())
}

/// Everything in one process, started.
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    /// The event store.
    pub store: EventStore,
    core: Core,
    lifecycle: Lifecycle,
    /// Held as long as the process runs; the system gives it up with the process.
    _folder_lock: File,
}

/// Starts everything on `data_dir`, which is made when it is not there.
///
/// # Errors
/// When something does not start; the message says what to change.
pub async fn start(data_dir: &Path, listen: SocketAddr, devices: &DeviceSettings) -> Result<Running> {
    let database = Database::Sqlite(data_dir.to_owned());
    // Nobody changes tables under a running one.
    let folder_lock = lock(data_dir)?;
    database.migrate(&system::clock()).await?;
    master_key::prepare(&database).await?;
    let master = master_key::load(&database)?;
    let lifecycle = Lifecycle::new().context("taking over signals")?;
    let store = database.open(system::clock()).await?;
    let core = Core::open(Front::new(lifecycle.tasks()), &database, store, None, &master).await?;
    let (db, progress) = (core.read_tables(None).await?, Progress::default());
    // One process alone opens the folder, so that it takes its own leases back at once.
    let projector = core.projector(db.clone(), progress.clone(), "up".to_owned());
    projector.prepare().await.context("making the read tables")?;
    core.project(projector);
    core.work_devices(devices)?;
    let api = core.command_api(db.clone()).merge(core.query_api(db, progress, true));
    let address = core.listen(api, listen).await?;
    Ok(Running { address, store: core.store.clone(), core, lifecycle, _folder_lock: folder_lock })
}

/// Keeps every other `up` off the folder as long as the file is held: `up` takes its projections' leases back
/// at once, which is right only while it is alone.
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

/// Starts on a temporary folder and a free port of the loopback, for the demo and the measurements. Leaves
/// the plugs of the network alone.
///
/// # Errors
/// As [`start`].
pub async fn start_on_loopback(data_dir: &Path) -> Result<Running> {
    let devices = DeviceSettings::read(&Settings::from_env()?)?.without_search();
    start(data_dir, SocketAddr::from(([127, 0, 0, 1], 0)), &devices).await
}

impl Running {
    /// A fresh key of kind `admin`.
    ///
    /// # Errors
    /// When it cannot be stored.
    pub async fn admin_key(&self) -> Result<String> {
        keys::temporary_admin(&*self.store, &*system::clock()).await
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
