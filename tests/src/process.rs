//! A child process that announces itself on a line of its standard output, and never outlives its test.

use std::{
    net::SocketAddr,
    path::Path,
    process::{ExitStatus, Stdio},
    time::Duration,
};

use anyhow::{Context as _, Result, bail};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
    time::timeout,
};

use crate::contract;

/// The longest a start or a stop may take before the test gives up.
const PATIENCE: Duration = Duration::from_mins(4);

/// A running `aerosports` that said where it listens.
#[derive(Debug)]
pub struct Process {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Process {
    /// Starts `binary` and waits for the line that ends in `http://<address>`.
    ///
    /// # Errors
    /// When it ends or stays silent; its standard error is in `<log_dir>/<name>.log`.
    pub async fn start(binary: &Path, name: &str, arguments: &[&str], log_dir: &Path) -> Result<Self> {
        Self::start_with(binary, name, arguments, &[], log_dir).await
    }

    /// As [`Process::start`], with variables of its own in the environment.
    ///
    /// # Errors
    /// As [`Process::start`].
    pub async fn start_with(
        binary: &Path,
        name: &str,
        arguments: &[&str],
        environment: &[(&str, &str)],
        log_dir: &Path,
    ) -> Result<Self> {
        let log = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(log_dir.join(format!("{name}.log")))
            .context("opening the log")?;
        // Tests search no network but the loopback they name.
        let targets = std::env::var("AEROSPORTS_DISCOVERY_TARGETS").unwrap_or_else(|_| "off".to_owned());
        let mut child = Command::new(binary)
            .args(arguments)
            .env("AEROSPORTS_DISCOVERY_TARGETS", targets)
            // Many run beside each other.
            .env("AEROSPORTS_OPERATOR_LISTEN", "off")
            .env("AEROSPORTS_PLUG_NETWORKS", "127.0.0.0/8")
            .env("AEROSPORTS_PLUG_PORTS", "1-65535")
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("starting {name}"))?;
        let output = child.stdout.take().context("no standard output")?;
        match timeout(PATIENCE, announced(output)).await {
            Ok(Ok(address)) => {
                contract::learn(address).await?;
                Ok(Self { child, address })
            }
            outcome => {
                let log = std::fs::read_to_string(log_dir.join(format!("{name}.log"))).unwrap_or_default();
                bail!("{name} did not get ready: {outcome:?}\n{log}")
            }
        }
    }

    /// Sends a signal by name, such as `TERM` or `KILL`.
    ///
    /// # Errors
    /// When the process is gone.
    pub async fn signal(&self, name: &str) -> Result<()> {
        let id = self.child.id().context("the process is gone")?.to_string();
        let status = Command::new("kill").args([&format!("-{name}"), &id]).status().await.context("kill")?;
        anyhow::ensure!(status.success(), "kill -{name} {id}: {status}");
        Ok(())
    }

    /// Waits for the end.
    ///
    /// # Errors
    /// When it takes too long.
    pub async fn wait(&mut self) -> Result<ExitStatus> {
        timeout(PATIENCE, self.child.wait()).await.context("the process does not end")?.context("waiting")
    }

    /// `kill -9`, and waits until it is gone.
    ///
    /// # Errors
    /// When it cannot be killed.
    pub async fn kill(&mut self) -> Result<()> {
        self.child.start_kill().context("kill")?;
        self.wait().await.map(|_| ())
    }

    /// The process id.
    #[must_use]
    pub fn id(&self) -> Option<u32> {
        self.child.id()
    }
}

async fn announced(output: tokio::process::ChildStdout) -> Result<SocketAddr> {
    let mut lines = BufReader::new(output).lines();
    while let Some(line) = lines.next_line().await? {
        if let Some((_, address)) = line.split_once("http://") {
            let address = address.trim().parse().with_context(|| line.clone())?;
            // Whatever it prints later must not fill the pipe.
            tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
            return Ok(address);
        }
    }
    bail!("it ended")
}
