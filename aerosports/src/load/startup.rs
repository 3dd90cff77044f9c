//! How fast `up` is ready on a big store, and what it keeps in memory when nothing happens.

use std::{path::Path, sync::Arc, time::Duration};

use anyhow::{Context as _, Result};
use domain::log::Position;
use runtime::{clock::SharedClock, config::Settings};
use store::EventLog;
use tokio::time::sleep;

use super::{history::History, process::Process, report::Figure, venue::fill};
use crate::{cli::Load, composition::master_key, settings::database::Database};

/// What the store holds at least.
const EVENTS: usize = 1_000_000;
/// A little less than fills it, with some twenty events each.
const PLAYS: usize = 47_000;

/// Time to ready and resident memory of a process of its own.
///
/// # Errors
/// When it does not get ready.
pub async fn measure(options: &Load, clock: &SharedClock) -> Result<Vec<Figure>> {
    let folder = tempfile::tempdir().context("a temporary folder")?;
    let database = Database::Sqlite(folder.path().to_owned());
    database.migrate(clock).await?;
    // The key comes before the first event: a store that has events and no key has lost it.
    master_key::prepare(&database, &Settings::default()).await?;
    let store = database.open(clock.clone()).await?;
    let log: Arc<dyn EventLog> = store.shared();
    let mut history = History::new(5);
    let mut events = fill(&log, &mut history, options.scaled(PLAYS)).await?;
    while events < options.scaled(EVENTS) as u64 {
        for _ in 0..100 {
            super::venue::write(&log, history.round()?).await?;
        }
        events = log.head().await?.position.0;
    }
    store.close().await;
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
    let mut up = Process::start(["up".as_ref(), "--data-dir".as_ref(), folder.as_os_str()])?;
    let ready = up.ready().await.context("starting up")?;
    sleep(Duration::from_secs(3)).await;
    Ok((up.resident_mib()?, ready))
}
