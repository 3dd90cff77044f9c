//! Services of this build as processes of their own, for what a process alone can show.

use std::{
    ffi::OsStr,
    net::{SocketAddr, TcpListener},
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use tokio::time::{Instant, sleep};

use crate::client::Client;

/// A running child; killed when dropped.
pub struct Process {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
    begun: Instant,
}

impl Process {
    /// Starts this binary with `arguments` on a free port of the loopback. Searches no network for plugs.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Result<Self> {
        Self::start_with(arguments, &[])
    }

    /// The same with `settings` in its environment.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start_with<A: AsRef<OsStr>>(
        arguments: impl IntoIterator<Item = A>,
        settings: &[(&str, String)],
    ) -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command
            .args(arguments)
            .env("AEROSPORTS_DISCOVERY_TARGETS", "off")
            .env("AEROSPORTS_OPERATOR_LISTEN", "off");
        // Where the simulated plugs are.
        command.env("AEROSPORTS_PLUG_NETWORKS", "127.0.0.0/8");
        command.envs(settings.iter().map(|(name, value)| (*name, value)));
        Self::spawn(command, |command, address| {
            command.args(["--listen", &address.to_string()]);
        })
    }

    /// Starts `command` after `listen` told it where to listen.
    fn spawn(mut command: Command, listen: impl FnOnce(&mut Command, SocketAddr)) -> Result<Self> {
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        listen(&mut command, address);
        let begun = Instant::now();
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let program = || format!("starting {}", command.get_program().to_string_lossy());
        Ok(Self { child: child.with_context(program)?, address, begun })
    }

    /// Waits until it says that it is ready; how long that took from its start.
    ///
    /// # Errors
    /// When it ends, or takes longer than a minute.
    pub async fn ready(&mut self) -> Result<Duration> {
        loop {
            let reply = Client::new(self.address, "").get("/readyz", &[]).await;
            if reply.is_ok_and(|reply| reply.status.is_success()) {
                return Ok(self.begun.elapsed());
            }
            self.go_on().await?;
        }
    }

    /// Between two looks at a child that is not ready.
    async fn go_on(&mut self) -> Result<()> {
        if let Some(status) = self.child.try_wait()? {
            anyhow::bail!("it ended: {status}");
        }
        ensure!(self.begun.elapsed() < Duration::from_mins(1), "it does not get ready");
        sleep(Duration::from_millis(2)).await;
        Ok(())
    }

    /// Resident set size in MiB. Source: proc(5), `VmRSS`.
    ///
    /// # Errors
    /// When the process is gone.
    pub fn resident_mib(&self) -> Result<f64> {
        let status = self.look("status")?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
        let kib: f64 = line.trim().trim_end_matches("kB").trim().parse()?;
        Ok(kib / 1_024.0)
    }

    /// Time on a processor so far, in user and system mode. Source: proc(5), `utime` and `stime`, in
    /// hundredths of a second on Linux.
    ///
    /// # Errors
    /// When the process is gone.
    pub fn busy(&self) -> Result<Duration> {
        let stat = self.look("stat")?;
        // The name before may hold anything, spaces and brackets too.
        let (_, fields) = stat.rsplit_once(") ").context("no name in stat")?;
        let mut ticks = 0;
        for field in fields.split(' ').skip(11).take(2) {
            ticks += field.parse::<u64>().context("stat")?;
        }
        Ok(Duration::from_millis(ticks * 10))
    }

    fn look(&self, file: &str) -> Result<String> {
        std::fs::read_to_string(format!("/proc/{}/{file}", self.child.id())).context("reading /proc")
    }

    /// A `nats-server` with `JetStream` in `store`; none when there is none on the path.
    ///
    /// # Errors
    /// When there is one that cannot be started.
    pub async fn nats(store: &Path) -> Result<Option<Self>> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::env::split_paths(&path).chain(["/usr/sbin".into()]);
        let Some(server) = folders.map(|folder| folder.join("nats-server")).find(|file| file.is_file())
        else {
            return Ok(None);
        };
        let mut command = Command::new(server);
        command.args(["--jetstream", "--addr", "127.0.0.1", "--store_dir"]).arg(store);
        let mut process = Self::spawn(command, |command, address| {
            command.args(["--port", &address.port().to_string()]);
        })?;
        while tokio::net::TcpStream::connect(process.address).await.is_err() {
            process.go_on().await?;
        }
        Ok(Some(process))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Gone already is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
