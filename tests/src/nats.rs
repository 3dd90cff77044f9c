//! A real nats-server on loopback with a store of its own.

use std::{
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use anyhow::{Context as _, Result, bail};
use bus::nats::NatsConfig;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
    process::{Child, Command},
    time::sleep,
};

/// A running server.
#[derive(Debug)]
pub struct NatsServer {
    binary: PathBuf,
    store: PathBuf,
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
}

/// The servers to test with: `AEROSPORTS_NATS_SERVERS`, or the one on the path.
///
/// # Panics
/// When there is none, with the command that installs one.
#[must_use]
pub fn binaries() -> Vec<PathBuf> {
    let named = std::env::var("AEROSPORTS_NATS_SERVERS").unwrap_or_default();
    let named: Vec<PathBuf> = named.split(':').filter(|path| !path.is_empty()).map(PathBuf::from).collect();
    if !named.is_empty() {
        return named;
    }
    let path = std::env::var("PATH").unwrap_or_default() + ":/usr/sbin";
    let found =
        path.split(':').map(|folder| Path::new(folder).join("nats-server")).find(|path| path.is_file());
    vec![found.expect("no nats-server: run `apt-get install nats-server`, or ./tests/run, which does it")]
}

impl NatsServer {
    /// Starts `binary` with `JetStream` in `store`.
    ///
    /// # Errors
    /// When it does not come up.
    pub async fn start(binary: &Path, store: &Path) -> Result<Self> {
        let address = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr())?;
        let child = spawn(binary, store, address).await?;
        Ok(Self { binary: binary.to_owned(), store: store.to_owned(), child, address })
    }

    /// The URL for `--nats`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("nats://{}", self.address)
    }

    /// The number of events in the server's stream; `None` while it has no stream.
    ///
    /// # Errors
    /// When it cannot be reached.
    pub async fn events(&self) -> Result<Option<u64>> {
        let mut connection = BufReader::new(TcpStream::connect(self.address).await.context("nats-server")?);
        let stream = NatsConfig::new(self.url()).stream_name();
        let ask = format!(
            "CONNECT {{\"verbose\":false}}\r\nSUB answer 1\r\nPUB $JS.API.STREAM.INFO.{stream} answer 0\r\n\r\n"
        );
        connection.get_mut().write_all(ask.as_bytes()).await.context("asking")?;
        let mut line = String::new();
        while connection.read_line(&mut line).await.context("the answer")? > 0 {
            if let Some(body) = line.trim().strip_prefix('{') {
                let info: serde_json::Value = serde_json::from_str(&format!("{{{body}"))?;
                return Ok(info["state"]["messages"].as_u64());
            }
            line.clear();
        }
        bail!("nats-server hung up")
    }

    /// Ends it at once.
    ///
    /// # Errors
    /// When it cannot be killed.
    pub async fn kill(&mut self) -> Result<()> {
        self.child.kill().await.context("killing nats-server")
    }

    /// Starts it again at the same address and store.
    ///
    /// # Errors
    /// When it does not come up.
    pub async fn restart(&mut self) -> Result<()> {
        self.child = spawn(&self.binary, &self.store, self.address).await?;
        Ok(())
    }
}

async fn spawn(binary: &Path, store: &Path, address: SocketAddr) -> Result<Child> {
    let mut child = Command::new(binary)
        .args(["--jetstream", "--addr", "127.0.0.1", "--port", &address.port().to_string(), "--store_dir"])
        .arg(store)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("starting {}", binary.display()))?;
    for _ in 0..200 {
        if TcpStream::connect(address).await.is_ok() {
            return Ok(child);
        }
        if let Some(status) = child.try_wait()? {
            bail!("{} ended: {status}", binary.display());
        }
        sleep(Duration::from_millis(50)).await;
    }
    bail!("{} does not listen on {address}", binary.display())
}
