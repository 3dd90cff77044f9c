//! The services as processes of their own, on a folder.

use std::{net::SocketAddr, path::Path};

use anyhow::{Context as _, Result};
use runtime::{clock::SharedClock, config::Settings};

use super::super::process::Process;
use crate::{
    composition::{master_key, temporary_key::temporary_admin},
    settings::database::Database,
};

/// Running services; they end when dropped.
pub struct Services {
    running: Vec<Process>,
    /// A key of kind `admin`.
    pub admin: String,
    folder: String,
    /// Ended after everybody who uses it.
    nats: Option<Process>,
}

impl Services {
    /// All four, over a `nats-server`; none when there is none on the path.
    ///
    /// # Errors
    /// When something does not start.
    pub async fn over_nats(folder: &Path, clock: &SharedClock) -> Result<Option<Self>> {
        let Some(nats) = Process::nats(&folder.join("nats")).await.context("nats-server")? else {
            return Ok(None);
        };
        let mut services = Self::prepare(folder, clock, Some(nats)).await?;
        for service in ["command-api", "query-api", "projector", "device-worker"] {
            services.serve(service).await?;
        }
        Ok(Some(services))
    }

    /// The command API alone, without a bus.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn command_api_alone(folder: &Path, clock: &SharedClock) -> Result<Self> {
        let mut services = Self::prepare(folder, clock, None).await?;
        services.serve("command-api").await?;
        Ok(services)
    }

    async fn prepare(folder: &Path, clock: &SharedClock, nats: Option<Process>) -> Result<Self> {
        let database = Database::Sqlite(folder.to_owned());
        database.migrate(clock).await?;
        master_key::prepare(&database, &Settings::default()).await?;
        let store = database.open(clock.clone()).await?;
        let admin = temporary_admin(&*store, &**clock).await?;
        store.close().await;
        let folder = folder.to_str().context("a folder in UTF-8")?.to_owned();
        Ok(Self { running: Vec::new(), admin, folder, nats })
    }

    /// Starts one more.
    ///
    /// # Errors
    /// When it does not get ready.
    pub async fn serve(&mut self, service: &'static str) -> Result<&Process> {
        let mut arguments =
            vec!["serve".to_owned(), service.to_owned(), "--data-dir".to_owned(), self.folder.clone()];
        if let Some(nats) = &self.nats {
            arguments.extend(["--nats".to_owned(), format!("nats://{}", nats.address)]);
        }
        // The device worker reports as at a venue far from the store.
        let settings = match self.running.first() {
            Some(command_api) if service == "device-worker" => vec![
                ("AEROSPORTS_COMMAND_API", command_api.address.to_string()),
                ("AEROSPORTS_API_KEY", self.admin.clone()),
            ],
            _ => vec![],
        };
        let mut process = Process::start_with(&arguments, &settings)?;
        process.ready().await.with_context(|| format!("starting {service}"))?;
        self.running.push(process);
        self.running.last().context("nothing runs")
    }

    /// Where the command API listens.
    pub fn command_api(&self) -> SocketAddr {
        self.running[0].address
    }
}
