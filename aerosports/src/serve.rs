//! `aerosports serve`: one service a process.

use std::{process::ExitCode, time::Duration};

use anyhow::{Context as _, Result};
use shared::{
    bus::nats::NatsConfig, config::Settings, http::Api, lifecycle::Lifecycle, mssql::MssqlConfig,
    sql::board::Board,
};

use crate::{
    cli::{Serve, Service},
    devices::DeviceSettings,
    master_key,
    reachable::Patience,
    system::{self, Core},
    up::DRAIN,
};

/// Starts the service, says where, and runs until it is told to stop.
///
/// # Errors
/// When something does not start.
pub async fn run(options: &Serve) -> Result<ExitCode> {
    let database = options.place.database()?;
    let replica = options.replica(&database)?;
    let master = master_key::load(&database)?;
    let patience = Patience::of(Duration::from_secs(options.database_wait));
    let store = patience.with(async || database.open(system::clock()).await).await?;
    let lifecycle = Lifecycle::new().context("taking over signals")?;
    let nats = options.nats.as_ref().map(|url| NatsConfig {
        name: format!("aerosports {}", name(options.service)),
        publish: options.service == Service::CommandApi,
        ..NatsConfig::new(url)
    });
    let core = Core::open(lifecycle.tasks(), &database, store, nats, &master).await?;
    let api = service(&core, options.service, replica, patience).await?;
    let address = core.listen(api, options.listen).await?;
    println!("{} is ready: http://{address}", name(options.service));
    let outcome = lifecycle.run(DRAIN).await;
    core.close().await;
    Ok(outcome.into())
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
        Service::QueryApi => Ok(core.query_api(read_tables(replica).await?, Board::default(), false)),
        Service::Projector => {
            let worker = system::clock().new_uuid().to_string();
            let projector = core.projector(read_tables(None).await?, Board::default(), worker);
            patience.with(async || projector.prepare().await.context("making the read tables")).await?;
            core.project(projector);
            Ok(Api::new())
        }
        Service::DeviceWorker => {
            core.work_devices(&DeviceSettings::read(&Settings::from_env()?)?)?;
            Ok(Api::new())
        }
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
