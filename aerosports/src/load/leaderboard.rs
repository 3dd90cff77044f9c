//! A leaderboard over 100 000 scores, asked for over HTTP by clients that cache nothing.

use std::{sync::Arc, time::Duration};

use anyhow::{Context as _, Result};
use runtime::clock::SharedClock;
use store::EventLog;
use tokio::time::Instant;

use super::{
    history::History,
    report::Figure,
    venue::{Volley, fill, volley},
};
use crate::{cli::Load, client::Client, composition::one_process, settings::database::Database};

/// Four scores a play.
const PLAYS: usize = 25_000;

/// Answers a second, and how long each took.
///
/// # Errors
/// When `up` does not start or a question is not answered.
pub async fn measure(options: &Load, clock: &SharedClock) -> Result<Vec<Figure>> {
    let folder = tempfile::tempdir().context("a temporary folder")?;
    let database = Database::Sqlite(folder.path().to_owned());
    database.migrate(clock).await?;
    let (mut history, plays) = (History::new(3), options.scaled(PLAYS));
    {
        let store = database.open(clock.clone()).await?;
        let log: Arc<dyn EventLog> = store.shared();
        fill(&log, &mut history, plays).await?;
        store.close().await;
    }
    let running = one_process::start_on_loopback(folder.path()).await?;
    let key = running.admin_key().await?;
    let head = running.store.head().await?.token().to_string();
    let path = format!("/v1/locations/{}/leaderboards?window=all&limit=10", history.location);
    let first = until_it_answers(&mut Client::new(running.address, &key), &path, &head).await?;
    let Volley { latencies, took } =
        volley(running.address, &key, options.connections, options.seconds, |_, _| (path.clone(), None))
            .await?;
    running.stop().await?;
    let name = format!("HTTP: leaderboard of {} scores, {} connections", plays * 4, options.connections);
    let mut figures = vec![Figure::rate(&name, latencies.len(), took, "requests/s")];
    figures.extend(Figure::latencies(&name, &latencies));
    figures.push(Figure::new(
        format!("{name}, first answer after a change"),
        first.as_secs_f64() * 1_000.0,
        "ms",
    ));
    Ok(figures)
}

/// Waits until the view has caught up, then how long the first answer took.
async fn until_it_answers(client: &mut Client, path: &str, token: &str) -> Result<Duration> {
    let deadline = Instant::now() + Duration::from_mins(5);
    loop {
        let sent = Instant::now();
        let reply = client.get(path, &[("aero-min-position", token), ("aero-max-wait", "0")]).await?;
        if reply.status.is_success() {
            return Ok(sent.elapsed());
        }
        anyhow::ensure!(Instant::now() < deadline, "{path}: {} {}", reply.status, reply.text());
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}
