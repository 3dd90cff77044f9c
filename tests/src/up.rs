//! A whole system: `up` in one process, or one process a service over NATS.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
};

use aerosports::{client::Client, demo::Target};
use anyhow::{Context as _, Result};
use sealing::MasterKey;
use tempfile::TempDir;
use tokio::process::Command;

use crate::{NatsServer, Process, contract};

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
        Self::start_with(binary, &[]).await
    }

    /// Starts on an empty folder, with variables of its own in the environment.
    ///
    /// # Errors
    /// When it does not get ready.
    pub async fn start_with(binary: impl Into<PathBuf>, environment: &[(&str, &str)]) -> Result<Self> {
        let folder = tempfile::tempdir().context("a data folder")?;
        Self::start_in(binary, folder, environment).await
    }

    /// Starts on an empty folder that the test has made.
    ///
    /// # Errors
    /// When it does not get ready.
    pub async fn start_in(
        binary: impl Into<PathBuf>,
        folder: TempDir,
        environment: &[(&str, &str)],
    ) -> Result<Self> {
        let binary = binary.into();
        let process = spawn(&binary, folder.path(), ANY_PORT, environment).await?;
        let admin = issue_key(&binary, folder.path(), "admin", None).await?;
        Ok(Self { binary, folder, process, admin })
    }

    /// Starts again on the same folder and port, after a stop or a kill.
    ///
    /// # Errors
    /// When it does not get ready.
    pub async fn restart(&mut self) -> Result<()> {
        self.restart_with(&[]).await
    }

    /// As [`Self::restart`], with variables of its own in the environment.
    ///
    /// # Errors
    /// As [`Self::restart`].
    pub async fn restart_with(&mut self, environment: &[(&str, &str)]) -> Result<()> {
        let address = self.process.address;
        self.process = spawn(&self.binary, self.folder.path(), address, environment).await?;
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
        contract::client(self.process.address, &self.admin)
    }

    /// For the demo's clients.
    #[must_use]
    pub fn target(&self) -> Target {
        target(self.process.address, self.process.address, &self.admin)
    }
}

/// For the demo's clients, every answer held against the document.
fn target(command: SocketAddr, query: SocketAddr, api_key: &str) -> Target {
    let observers = Some([command, query].map(contract::observer));
    Target { command, query, api_key: api_key.to_owned(), observers }
}

async fn spawn(
    binary: &Path,
    folder: &Path,
    listen: SocketAddr,
    environment: &[(&str, &str)],
) -> Result<Process> {
    let data = folder.to_str().context("a data folder in UTF-8")?;
    let listen = listen.to_string();
    let arguments = ["up", "--listen", &listen, "--data-dir", data];
    Process::start_with(binary, "up", &arguments, environment, folder).await
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
    // Fields are dropped in this order: the services first, then the bus.
    /// Takes `POST`s.
    pub command_api: Process,
    /// Takes `GET`s.
    pub query_api: Process,
    /// Builds the read tables.
    pub projector: Process,
    /// Consumes events.
    pub device_worker: Process,
    /// The bus.
    pub nats: NatsServer,
    /// A key of kind `admin`.
    pub admin: String,
    setup: Setup,
}

/// What the services have in common.
#[derive(Debug)]
struct Setup {
    binary: PathBuf,
    folder: TempDir,
    nats: String,
    /// `sqlite:<folder>` or `mssql://…`.
    database: String,
}

/// Where the master key of services on a server is; `serve` on a folder finds the one in it.
const KEY_FILE: &str = "master.key";
/// The device worker's own file, also where the database is on a server.
const DEVICES_FILE: &str = "devices.db";

impl Services {
    /// Starts everything on an empty folder.
    ///
    /// # Errors
    /// When something does not get ready.
    pub async fn start(binary: impl Into<PathBuf>, nats_binary: &Path) -> Result<Self> {
        let folder = tempfile::tempdir().context("a data folder")?;
        let database = format!("sqlite:{}", folder.path().display());
        Self::start_in(folder, binary.into(), nats_binary, database).await
    }

    /// Starts everything on the database that `url` names, with a master key of its own.
    ///
    /// # Errors
    /// When something does not get ready.
    pub async fn start_on(binary: impl Into<PathBuf>, nats_binary: &Path, url: &str) -> Result<Self> {
        let folder = tempfile::tempdir().context("a folder for logs")?;
        let key = MasterKey::generate().context("a master key")?;
        std::fs::write(folder.path().join(KEY_FILE), key.expose_base64())
            .context("keeping the master key")?;
        Self::start_in(folder, binary.into(), nats_binary, url.to_owned()).await
    }

    /// Starts everything on the database that `url` names, with the master key in `key_file`.
    ///
    /// # Errors
    /// When something does not get ready.
    pub async fn start_with_key(
        binary: impl Into<PathBuf>,
        nats_binary: &Path,
        url: &str,
        key_file: &Path,
    ) -> Result<Self> {
        let folder = tempfile::tempdir().context("a folder for logs")?;
        std::fs::copy(key_file, folder.path().join(KEY_FILE)).context("copying the master key")?;
        Self::start_in(folder, binary.into(), nats_binary, url.to_owned()).await
    }

    async fn start_in(
        folder: TempDir,
        binary: PathBuf,
        nats_binary: &Path,
        database: String,
    ) -> Result<Self> {
        let nats = NatsServer::start(nats_binary, &folder.path().join("nats")).await?;
        let setup = Setup { binary, folder, nats: nats.url(), database };
        setup.run(&["migrate"]).await?;
        let admin = setup.run(&["keys", "issue", "--kind", "admin"]).await?;
        let (command_api, query_api, projector, device_worker) = tokio::try_join!(
            setup.serve("command-api", ANY_PORT),
            setup.serve("query-api", ANY_PORT),
            setup.serve("projector", ANY_PORT),
            setup.serve("device-worker", ANY_PORT)
        )?;
        Ok(Self { command_api, query_api, projector, device_worker, nats, admin, setup })
    }

    /// Starts one service once more, beside or instead of the one that was ended.
    ///
    /// # Errors
    /// When it does not get ready.
    pub async fn serve(&self, service: &'static str) -> Result<Process> {
        self.setup.serve(service, ANY_PORT).await
    }

    /// Starts one service at the address of the one that was ended.
    ///
    /// # Errors
    /// When it does not get ready.
    pub async fn serve_at(&self, service: &'static str, listen: SocketAddr) -> Result<Process> {
        self.setup.serve(service, listen).await
    }

    /// Starts one service once more, with variables of its own in the environment.
    ///
    /// # Errors
    /// When it does not get ready.
    pub async fn serve_with(&self, service: &'static str, environment: &[(&str, &str)]) -> Result<Process> {
        self.setup.serve_with(service, ANY_PORT, &self.setup.database, environment).await
    }

    /// Starts one service once more, with another way to the database.
    ///
    /// # Errors
    /// When it does not get ready.
    pub async fn serve_on(
        &self,
        service: &'static str,
        url: &str,
        environment: &[(&str, &str)],
    ) -> Result<Process> {
        self.setup.serve_with(service, ANY_PORT, url, environment).await
    }

    /// Issues another key while they run.
    ///
    /// # Errors
    /// When the command fails.
    pub async fn issue(&self, kind: &str, location: &str) -> Result<String> {
        self.setup.run(&["keys", "issue", "--kind", kind, "--location", location]).await
    }

    /// The folder of logs; in a set-up on `SQLite` also of the data.
    #[must_use]
    pub fn data_dir(&self) -> &Path {
        self.setup.folder.path()
    }

    /// For the demo's clients.
    #[must_use]
    pub fn target(&self) -> Target {
        target(self.command_api.address, self.query_api.address, &self.admin)
    }
}

impl Setup {
    async fn serve(&self, service: &'static str, listen: SocketAddr) -> Result<Process> {
        self.serve_with(service, listen, &self.database, &[]).await
    }

    async fn serve_with(
        &self,
        service: &'static str,
        listen: SocketAddr,
        database: &str,
        environment: &[(&str, &str)],
    ) -> Result<Process> {
        let listen = listen.to_string();
        let [key, devices] = [KEY_FILE, DEVICES_FILE].map(|name| self.folder.path().join(name));
        let arguments = ["serve", service, "--listen", &listen, "--nats", &self.nats, "--database", database];
        let files = [("AEROSPORTS_MASTER_KEY_FILE", &key), ("AEROSPORTS_DEVICES_FILE", &devices)];
        let files = files.map(|(name, path)| (name, path.to_string_lossy()));
        let files = files.each_ref().map(|(name, path)| (*name, &**path));
        let environment = [&files, environment].concat();
        Process::start_with(&self.binary, service, &arguments, &environment, self.folder.path()).await
    }

    /// Runs a command to its end; what it printed.
    async fn run(&self, arguments: &[&str]) -> Result<String> {
        let output = Command::new(&self.binary)
            .args(arguments)
            .args(["--database", &self.database])
            .output()
            .await
            .with_context(|| arguments.join(" "))?;
        let message = String::from_utf8_lossy(&output.stderr);
        anyhow::ensure!(output.status.success(), "{}: {message}", arguments.join(" "));
        Ok(String::from_utf8(output.stdout)?.trim().to_owned())
    }
}
