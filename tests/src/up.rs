//! A whole system: `up` in one process, or one process a service over NATS.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
};

use aerosports::{client::Client, demo::Target};
use anyhow::{Context as _, Result};
use tempfile::TempDir;
use tokio::process::Command;

use crate::{NatsServer, Process};

/// A free port of the loopback.
const ANY_PORT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// `up` on a data folder, with an admin key.
#[derive(Debug)]
pub struct Up {
    binary: PathBuf,
    folder: TempDir,
    /// The running process.
    pub process: Process,
    /// A key of kind `admin`.
    pub admin: String,
}

impl Up {
    /// Starts on an empty folder. `binary` is `env!("CARGO_BIN_EXE_aerosports-under-test")`.
    ///
    /// # Errors
    /// When it does not get ready.
    pub async fn start(binary: impl Into<PathBuf>) -> Result<Self> {
        let binary = binary.into();
        let folder = tempfile::tempdir().context("a data folder")?;
        let process = spawn(&binary, folder.path(), ANY_PORT).await?;
        let admin = issue_key(&binary, folder.path(), "admin", None).await?;
        Ok(Self { binary, folder, process, admin })
    }

    /// Starts again on the same folder and port, after a stop or a kill.
    ///
    /// # Errors
    /// When it does not get ready.
    pub async fn restart(&mut self) -> Result<()> {
        let address = self.process.address;
        self.process = spawn(&self.binary, self.folder.path(), address).await?;
        Ok(())
    }

    /// The data folder.
    #[must_use]
    pub fn data_dir(&self) -> &Path {
        self.folder.path()
    }

    /// Issues another key while it runs.
    ///
    /// # Errors
    /// When the command fails.
    pub async fn issue(&self, kind: &str, location: Option<&str>) -> Result<String> {
        issue_key(&self.binary, self.folder.path(), kind, location).await
    }

    /// A connection with the admin key.
    #[must_use]
    pub fn client(&self) -> Client {
        Client::new(self.process.address, &self.admin)
    }

    /// For the demo's clients.
    #[must_use]
    pub fn target(&self) -> Target {
        Target { command: self.process.address, query: self.process.address, api_key: self.admin.clone() }
    }
}

async fn spawn(binary: &Path, folder: &Path, listen: SocketAddr) -> Result<Process> {
    let data = folder.to_str().context("a data folder in UTF-8")?;
    let listen = listen.to_string();
    Process::start(binary, "up", &["up", "--listen", &listen, "--data-dir", data], folder).await
}

/// `keys issue`, which prints the key alone on standard output.
///
/// # Errors
/// When the command fails.
pub async fn issue_key(binary: &Path, folder: &Path, kind: &str, location: Option<&str>) -> Result<String> {
    let mut command = Command::new(binary);
    command.args(["keys", "issue", "--kind", kind, "--data-dir"]).arg(folder);
    if let Some(location) = location {
        command.args(["--location", location]);
    }
    let output = command.output().await.context("keys issue")?;
    anyhow::ensure!(output.status.success(), "keys issue: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

/// One process a service, over a nats-server.
#[derive(Debug)]
pub struct Services {
    folder: TempDir,
    /// The bus.
    pub nats: NatsServer,
    /// Takes `POST`s.
    pub command_api: Process,
    /// Takes `GET`s.
    pub query_api: Process,
    /// Builds the read tables.
    pub projector: Process,
    /// Consumes events.
    pub device_worker: Process,
    /// A key of kind `admin`.
    pub admin: String,
    binary: PathBuf,
}

impl Services {
    /// Starts everything on an empty folder.
    ///
    /// # Errors
    /// When something does not get ready.
    pub async fn start(binary: impl Into<PathBuf>, nats_binary: &Path) -> Result<Self> {
        let binary = binary.into();
        let folder = tempfile::tempdir().context("a data folder")?;
        let nats = NatsServer::start(nats_binary, &folder.path().join("nats")).await?;
        migrate(&binary, folder.path()).await?;
        let admin = issue_key(&binary, folder.path(), "admin", None).await?;
        let start = |service| serve(&binary, folder.path(), nats.url(), service);
        let (command_api, query_api, projector, device_worker) = tokio::try_join!(
            start("command-api"),
            start("query-api"),
            start("projector"),
            start("device-worker")
        )?;
        Ok(Self { folder, nats, command_api, query_api, projector, device_worker, admin, binary })
    }

    /// Starts one service once more, beside or instead of the one that was ended.
    ///
    /// # Errors
    /// When it does not get ready.
    pub async fn serve(&self, service: &'static str) -> Result<Process> {
        serve(&self.binary, self.folder.path(), self.nats.url(), service).await
    }

    /// The data folder.
    #[must_use]
    pub fn data_dir(&self) -> &Path {
        self.folder.path()
    }

    /// For the demo's clients.
    #[must_use]
    pub fn target(&self) -> Target {
        Target {
            command: self.command_api.address,
            query: self.query_api.address,
            api_key: self.admin.clone(),
        }
    }
}

async fn serve(binary: &Path, folder: &Path, nats: String, service: &'static str) -> Result<Process> {
    let data = folder.to_str().context("a data folder in UTF-8")?;
    let arguments = [
        "serve",
        service,
        "--listen",
        "127.0.0.1:0",
        "--nats",
        &nats,
        "--database",
        &format!("sqlite:{data}"),
    ];
    Process::start(binary, service, &arguments, folder).await
}

async fn migrate(binary: &Path, folder: &Path) -> Result<()> {
    let output = Command::new(binary)
        .args(["migrate", "--database", &format!("sqlite:{}", folder.display())])
        .output()
        .await
        .context("migrate")?;
    anyhow::ensure!(output.status.success(), "migrate: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}
