//! `aerosports serve`: one service a process.

use std::{pin::pin, process::ExitCode, sync::Arc, time::Duration};

use anyhow::{Context as _, Result};
use shared::{
    bus::nats::NatsConfig, config::Settings, http::Api, lifecycle::Lifecycle, mssql::MssqlConfig,
    sealing::MasterKey, sql::progress::Progress,
};
use tokio::time::timeout;

use crate::{
    cli::{Serve, Service},
    devices::DeviceSettings,
    later::Later,
    master_key,
    place::Database,
    reachable::Patience,
    system::{self, Core, Front},
    up::DRAIN,
};

/// A device worker whose store was not reached by then starts without it.
const ALONE_AFTER: Duration = Duration::from_secs(3);

/// Starts the service, says where, and runs until it is told to stop.
///
/// # Errors
/// When something does not start.
pub async fn run(options: &Serve) -> Result<ExitCode> {
    let database = options.place.database()?;
    let replica = options.replica(&database)?;
    let master = master_key::load(&database)?;
    let nats = options.nats.as_ref().map(|url| NatsConfig {
        name: format!("aerosports {}", name(options.service)),
        publish: options.service == Service::CommandApi,
        ..NatsConfig::new(url)
    });
    if options.service == Service::DeviceWorker {
        return work_devices(options, database, nats, master).await;
    }
    let patience = Patience::of(Duration::from_secs(options.database_wait));
    let store = patience.with(async || database.open(system::clock()).await).await?;
    let lifecycle = Lifecycle::new().context("taking over signals")?;
    let core = Core::open(Front::new(lifecycle.tasks()), &database, store, nats, &master).await?;
    let api = service(&core, options.service, replica, patience).await?;
    let address = core.listen(api, options.listen).await?;
    println!("{} is ready: http://{address}", name(options.service));
    let outcome = lifecycle.run(DRAIN).await;
    core.close().await;
    Ok(outcome.into())
}

/// The device worker goes on without its store when that is away: what it left on must not stay on that long.
async fn work_devices(
    options: &Serve,
    database: Database,
    nats: Option<NatsConfig>,
    master: MasterKey,
) -> Result<ExitCode> {
    let settings = DeviceSettings::read(&Settings::from_env()?)?;
    let lifecycle = Lifecycle::new().context("taking over signals")?;
    let (tasks, front, later) = (lifecycle.tasks(), Front::new(lifecycle.tasks()), Later::default());
    front.await_store();
    let mut opening = pin!(open(&front, &database, nats.as_ref(), &master));
    let mut core = timeout(ALONE_AFTER, &mut opening).await.ok().transpose()?;
    let parts = match &core {
        Some(core) => core.device_parts(&settings),
        None => without_store(&later, &settings),
    };
    system::work_devices(&tasks, &database, &settings, parts)?;
    let address = front.listen(Api::new(), options.listen).await?;
    println!("{} is ready: http://{address}", name(options.service));
    let stop = tasks.soft();
    let reaching = async {
        if core.is_some() {
            return;
        }
        match stop.run_until_cancelled(opening).await {
            Some(Ok(reached)) => {
                tracing::info!("the event store was reached");
                later.reached(reached.device_parts(&settings));
                core = Some(reached);
            }
            Some(Err(error)) => tasks.spawn("event store", async { Err(error) }),
            None => {}
        }
    };
    let (outcome, ()) = tokio::join!(lifecycle.run(DRAIN), reaching);
    if let Some(core) = &core {
        core.close().await;
    }
    Ok(outcome.into())
}

fn without_store(later: &Later, settings: &DeviceSettings) -> device_worker::Parts {
    tracing::warn!("the event store is out of reach: the device worker goes by what it knows");
    let parts = later.parts(system::clock());
    match settings.command_api() {
        Some(other_process) => device_worker::Parts { sink: Arc::new(other_process), ..parts },
        None => parts,
    }
}

/// Opens the store, however long it is away, and joins the bus.
async fn open(
    front: &Front,
    database: &Database,
    nats: Option<&NatsConfig>,
    master: &MasterKey,
) -> Result<Core> {
    let open = async || {
        let store = database.open(system::clock()).await?;
        Core::open(front.clone(), database, store, nats.cloned(), master).await
    };
    Patience::endless().with(open).await
}

async fn service(
    core: &Core,
    service: Service,
    replica: Option<MssqlConfig>,
    patience: Patience,
) -> Result<Api> {
    let read_tables = async |replica: Option<MssqlConfig>| {
        patience.with(async || core.read_tables(replica.clone()).await).await
    };
    match service {
        Service::CommandApi => Ok(core.command_api(read_tables(None).await?)),
        Service::QueryApi => Ok(core.query_api(read_tables(replica).await?, Progress::default(), false)),
        Service::Projector => {
            let worker = system::clock().new_uuid().to_string();
            let projector = core.projector(read_tables(None).await?, Progress::default(), worker);
            patience.with(async || projector.prepare().await.context("making the read tables")).await?;
            core.project(projector);
            Ok(Api::new())
        }
        Service::DeviceWorker => anyhow::bail!("the device worker has a start of its own"),
    }
}

fn name(service: Service) -> &'static str {
    match service {
        Service::CommandApi => "command-api",
        Service::QueryApi => "query-api",
        Service::Projector => "projector",
        Service::DeviceWorker => "device-worker",
    }
}
