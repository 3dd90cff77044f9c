//! The log through the leaderboard projection, beside reading and decoding it alone.

use std::{sync::Arc, time::Duration};

use anyhow::{Context as _, Result};
use domain::log::Position;
use events::{decode, sealing::NoKeys};
use projector::{Config, Projection, Projector, StoreLog, StoredEvents, projections};
use read_store::{ReadStore, progress::Progress};
use runtime::clock::SharedClock;
use store::EventLog;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{history::History, report::Figure, venue::fill};
use crate::{cli::Load, settings::database::Database};

/// Plays in the log, with some twenty other events each.
const PLAYS: usize = 25_000;

/// Events a second: read, read and decoded, and projected.
///
/// # Errors
/// When the log cannot be written or read, or the projection does not catch up.
pub async fn measure(options: &Load, clock: &SharedClock) -> Result<Vec<Figure>> {
    let folder = tempfile::tempdir().context("a temporary folder")?;
    let database = Database::Sqlite(folder.path().to_owned());
    database.migrate(clock).await?;
    let store = database.open(clock.clone()).await?;
    let (log, plays): (Arc<dyn EventLog>, _) = (store.shared(), options.scaled(PLAYS));
    let events = fill(&log, &mut History::new(4), plays).await?;
    let count = usize::try_from(events)?;
    let mut figures = vec![];
    for (name, decoding) in [("raw: read the log", false), ("raw: read and decode the log", true)] {
        figures.push(Figure::rate(name, count, read(&*log, decoding).await?, "events/s"));
    }
    let took = project(&log, clock, folder.path(), events).await?;
    let name = format!("leaderboard projection catches up, {plays} plays in {events} events");
    figures.push(Figure::rate(name, count, took, "events/s"));
    store.close().await;
    Ok(figures)
}

async fn read(log: &dyn EventLog, decoding: bool) -> Result<Duration> {
    let begun = Instant::now();
    let mut next = Position(1);
    loop {
        let page = log.read_log(next, 5_000).await?;
        let Some(last) = page.last() else { return Ok(begun.elapsed()) };
        next = last.position.next();
        if decoding {
            for event in &page {
                std::hint::black_box(decode(event, &NoKeys)?);
            }
        }
    }
}

async fn project(
    log: &Arc<dyn EventLog>,
    clock: &SharedClock,
    folder: &std::path::Path,
    head: u64,
) -> Result<Duration> {
    let leaderboards: Vec<Arc<dyn Projection>> =
        projections::all().into_iter().filter(|projection| projection.name() == "leaderboards").collect();
    anyhow::ensure!(leaderboards.len() == 1, "there is no leaderboard projection");
    let db = ReadStore::open(&folder.join("load-read.db"), 2).await?;
    let progress = Progress::default();
    let source = Arc::new(StoreLog::new(log.clone(), Duration::from_millis(100)));
    let decoder = Arc::new(StoredEvents::new(Arc::new(NoKeys)));
    let config = Config::new("load");
    let projector =
        Projector::new(db.clone(), source, decoder, progress.clone(), clock.clone(), config, leaderboards);
    projector.prepare().await?;
    let stop = CancellationToken::new();
    let begun = Instant::now();
    let running = tokio::spawn(projector.run(stop.clone()));
    while progress.watermark("leaderboards").is_none_or(|watermark| watermark.position < Position(head)) {
        anyhow::ensure!(begun.elapsed() < Duration::from_mins(10), "the projection does not catch up");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let took = begun.elapsed();
    stop.cancel();
    running.await.context("the projector")?;
    db.close().await;
    Ok(took)
}
