//! `aerosports serve`: one service a process.

use std::{pin::pin, process::ExitCode, sync::Arc, time::Duration};

use ::mssql::MssqlConfig;
use anyhow::{Context as _, Result};
use bus::nats::{MessageKey, NatsConfig};
use http_api::Api;
use read_store::progress::Progress;
use runtime::{config::Settings, lifecycle::Lifecycle};
use sealing::MasterKey;
use tokio::{net::TcpListener, time::timeout};

use crate::{
    cli::Service,
    composition::{
        clock,
        core::Core,
        database_wait::DatabaseWait,
        deferred_parts::DeferredParts,
        device_worker::{DeviceSettings, plug_networks, work_devices},
        front::Front,
        master_key,
        one_process::DRAIN,
    },
    settings::{
        database::Database,
        declared::{DATABASE_REPLICA, DATABASE_WAIT, LISTEN, NATS},
    },
};

/// A device worker waits this long for its store, then starts without it.
const ALONE_AFTER: Duration = Duration::from_secs(3);

/// Starts the service, says where, and runs until it is told to stop.
///
/// # Errors
/// When something does not start.
pub async fn run(service: Service, settings: &Settings) -> Result<ExitCode> {
    let database = Database::of(settings)?;
    let replica = settings.find(&DATABASE_REPLICA)?;
    let master = master_key::load(&database, settings)?;
    let nats = settings.find(&NATS)?.map(|url| NatsConfig {
        name: format!("aerosports {}", name(service)),
        publish: service == Service::CommandApi,
        key: Some(MessageKey::new(&master.bus_key())),
        ..NatsConfig::new(url.expose())
    });
    if service == Service::DeviceWorker {
        return Box::pin(serve_devices(settings, database, nats, master)).await;
    }
    let wait = DatabaseWait::at_most(Duration::from_secs(settings.get(&DATABASE_WAIT)?));
    let store = wait.retry(async || database.open(clock()).await).await?;
    let lifecycle = Lifecycle::new().context("taking over signals")?;
    let core = Core::open(Front::new(lifecycle.tasks(), settings)?, &database, store, nats, &master).await?;
    let api = start(&core, service, settings, replica, wait).await?;
    core.answer_operators(settings).await?;
    let address = core.answer(api, listener(settings).await?)?;
    println!("{} is ready: http://{address}", name(service));
    let outcome = lifecycle.run(DRAIN).await;
    core.close().await;
    Ok(outcome.into())
}

async fn listener(settings: &Settings) -> Result<TcpListener> {
    Ok(http_api::listen(settings.get(&LISTEN)?.resolve().await?).await?)
}

/// Runs a device worker. It starts even while the store cannot be reached: plugs that it left on must go off in time.
async fn serve_devices(
    settings: &Settings,
    database: Database,
    nats: Option<NatsConfig>,
    master: MasterKey,
) -> Result<ExitCode> {
    let devices = DeviceSettings::read(settings)?;
    let lifecycle = Lifecycle::new().context("taking over signals")?;
    let (tasks, front, deferred) =
        (lifecycle.tasks(), Front::new(lifecycle.tasks(), settings)?, DeferredParts::default());
    front.await_store();
    let mut opening = pin!(open(&front, &database, nats.as_ref(), &master));
    let mut core = timeout(ALONE_AFTER, &mut opening).await.ok().transpose()?;
    let parts = match &core {
        Some(core) => core.device_parts(&devices),
        None => without_store(&deferred, &devices),
    };
    work_devices(&tasks, &database, &devices, parts)?;
    let address = front.answer(Api::new(), listener(settings).await?)?;
    println!("{} is ready: http://{address}", name(Service::DeviceWorker));
    let stop = tasks.soft();
    let reaching = async {
        if core.is_some() {
            return;
        }
        match stop.run_until_cancelled(opening).await {
            Some(Ok(reached)) => {
                tracing::info!("the event store was reached");
                deferred.reached(reached.device_parts(&devices));
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

fn without_store(deferred: &DeferredParts, settings: &DeviceSettings) -> device_worker::Parts {
    tracing::warn!("the event store cannot be reached: the device worker goes by what its own file says");
    let parts = deferred.parts(clock());
    match settings.command_api() {
        Some(other_process) => device_worker::Parts { sink: Arc::new(other_process), ..parts },
        None => parts,
    }
}

/// Opens the store, waiting for it without a limit, and joins the bus.
async fn open(
    front: &Front,
    database: &Database,
    nats: Option<&NatsConfig>,
    master: &MasterKey,
) -> Result<Core> {
    let open = async || {
        let store = database.open(clock()).await?;
        Core::open(front.clone(), database, store, nats.cloned(), master).await
    };
    DatabaseWait::endless().retry(open).await
}

/// Starts what `service` does besides answering, and returns the routes it answers.
async fn start(
    core: &Core,
    service: Service,
    settings: &Settings,
    replica: Option<MssqlConfig>,
    wait: DatabaseWait,
) -> Result<Api> {
    let read_tables = async |replica: Option<MssqlConfig>| {
        wait.retry(async || core.read_tables(replica.clone()).await).await
    };
    match service {
        Service::CommandApi => {
            let plug_networks = plug_networks(settings)?;
            Ok(core.command_api(read_tables(None).await?, plug_networks))
        }
        Service::QueryApi => Ok(core.query_api(read_tables(replica).await?, Progress::default(), false)),
        Service::Projector => {
            let worker = clock().new_uuid().to_string();
            let projector = core.projector(read_tables(None).await?, Progress::default(), worker);
            wait.retry(async || projector.prepare().await.context("making the read tables")).await?;
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
