//! How fast `up` is ready on a big store, and what it keeps in memory when nothing happens.

use std::{
    path::Path,
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context as _, Result};
use shared::{
    clock::SharedClock,
    store::{EventLog, Position},
};
use tokio::time::{Instant, sleep};

use super::{history::History, report::Figure, venue::fill};
use crate::{client::Client, master_key, place::Database};

/// With some twenty events each: a million events.
const PLAYS: usize = 47_000;

/// Time to ready and resident memory of a process of its own.
///
/// # Errors
/// When it does not get ready.
pub async fn measure(clock: &SharedClock) -> Result<Vec<Figure>> {
    let folder = tempfile::tempdir().context("a temporary folder")?;
    let database = Database::Sqlite(folder.path().to_owned());
    database.migrate(clock).await?;
    let store = database.open(clock.clone()).await?;
    let log: Arc<dyn EventLog> = store.shared();
    let mut history = History::new(5);
    let mut events = fill(&log, &mut history, PLAYS).await?;
    while events < 1_000_000 {
        for _ in 0..100 {
            super::venue::write(&log, history.round()?).await?;
        }
        events = log.head().await?.position.0;
    }
    store.close().await;
    master_key::prepare(&database).await?;
    let (empty, million) = (tempfile::tempdir().context("a temporary folder")?, Position(events));
    let (idle, _) = once(empty.path()).await?;
    let (_, first) = once(folder.path()).await?;
    let (_, again) = once(folder.path()).await?;
    Ok(vec![
        Figure::new("up, idle on an empty store: resident", idle, "MiB"),
        Figure::new(
            format!("up on {million} events: ready, first start"),
            first.as_secs_f64() * 1_000.0,
            "ms",
        ),
        Figure::new(
            format!("up on {million} events: ready, later start"),
            again.as_secs_f64() * 1_000.0,
            "ms",
        ),
    ])
}

/// Starts it, waits until it is ready, lets it rest, stops it.
async fn once(folder: &Path) -> Result<(f64, Duration)> {
    let address = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let begun = Instant::now();
    let mut child = Command::new(std::env::current_exe()?)
        .args(["up", "--listen", &address.to_string(), "--data-dir"])
        .arg(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .context("starting up")?;
    let outcome = observe(&mut child, address, begun).await;
    child.kill().context("stopping up")?;
    child.wait().context("waiting for up")?;
    outcome
}

async fn observe(
    child: &mut Child,
    address: std::net::SocketAddr,
    begun: Instant,
) -> Result<(f64, Duration)> {
    loop {
        let reply = Client::new(address, "").get("/readyz", &[]).await;
        if reply.is_ok_and(|reply| reply.status.is_success()) {
            break;
        }
        anyhow::ensure!(child.try_wait()?.is_none(), "up ended");
        anyhow::ensure!(begun.elapsed() < Duration::from_mins(1), "up does not get ready");
        sleep(Duration::from_millis(2)).await;
    }
    let ready = begun.elapsed();
    sleep(Duration::from_secs(3)).await;
    Ok((resident_mib(child.id())?, ready))
}

/// Resident set size; Source: proc(5), `VmRSS`.
fn resident_mib(process: u32) -> Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).context("reading /proc")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
    let kib: f64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kib / 1_024.0)
}
