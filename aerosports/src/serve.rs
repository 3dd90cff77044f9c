//! `aerosports serve`: one service a process.

use std::process::ExitCode;

use anyhow::{Context as _, Result};
use shared::{bus::nats::NatsConfig, config::Settings, http::Api, lifecycle::Lifecycle, sql::board::Board};

use crate::{
    cli::{Serve, Service},
    devices::DeviceSettings,
    master_key,
    system::{self, Core},
    up::DRAIN,
};

/// Starts the service, says where, and runs until it is told to stop.
///
/// # Errors
/// When something does not start.
pub async fn run(options: &Serve) -> Result<ExitCode> {
    let database = options.place.database()?;
    let master = master_key::load(database.folder())?;
    let lifecycle = Lifecycle::new().context("taking over signals")?;
    let nats = options.nats.as_ref().map(|url| NatsConfig {
        name: format!("aerosports {}", name(options.service)),
        publish: options.service == Service::CommandApi,
        ..NatsConfig::new(url)
    });
    let core = Core::open(lifecycle.tasks(), &database, nats, &master).await?;
    let api = service(&core, options.service).await?;
    let address = core.listen(api, options.listen).await?;
    println!("{} is ready: http://{address}", name(options.service));
    let outcome = lifecycle.run(DRAIN).await;
    core.close().await;
    Ok(outcome.into())
}

async fn service(core: &Core, service: Service) -> Result<Api> {
    match service {
        Service::CommandApi => Ok(core.command_api(core.read_tables().await?)),
        Service::QueryApi => Ok(core.query_api(core.read_tables().await?, Board::default(), false)),
        Service::Projector => {
            let worker = system::clock().new_uuid().to_string();
            core.project(core.read_tables().await?, Board::default(), worker).await?;
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
