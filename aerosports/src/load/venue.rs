//! A store filled with a made-up history, and many connections at once.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use anyhow::{Context as _, Result};
use futures::future::try_join_all;
use store::{Append, EventLog, Verdict};
use tokio::time::Instant;

use super::history::History;
use crate::client::Client;

/// Families that come before the next plays.
const FAMILIES: usize = 64;

/// Rounds of plays in every room before more families come: four plays a family, with its registration
/// some twenty events a play.
const ROUNDS: usize = 32;

/// Fills `log` with at least `plays` plays; how many events it holds then.
///
/// # Errors
/// When an append fails or conflicts.
pub async fn fill(log: &Arc<dyn EventLog>, history: &mut History, plays: usize) -> Result<u64> {
    write(log, history.opening()?).await?;
    let mut done = 0;
    while done < plays {
        let families = (0..FAMILIES).map(|_| history.family()).collect::<Result<_>>()?;
        write(log, families).await?;
        for _ in 0..ROUNDS {
            let round = history.round()?;
            done += round.len();
            write(log, round).await?;
        }
    }
    Ok(log.head().await?.position.0)
}

/// Appends of different streams, all at once.
///
/// # Errors
/// When an append fails or conflicts.
pub async fn write(log: &Arc<dyn EventLog>, appends: Vec<Append>) -> Result<()> {
    try_join_all(appends.into_iter().map(|append| one(log, append))).await.map(|_| ())
}

async fn one(log: &Arc<dyn EventLog>, append: Append) -> Result<()> {
    match log.append(append).await? {
        Verdict::Committed(_) => Ok(()),
        other => anyhow::bail!("the made-up history was refused: {other:?}"),
    }
}

/// What `connections` clients got in `seconds`.
pub struct Volley {
    /// How long each accepted request took.
    pub latencies: Vec<Duration>,
    /// From the first request to the last answer.
    pub took: Duration,
}

/// Has `connections` clients send one request after the other for `seconds`. `request` gives path and
/// body of a client's n-th request; without a body it is a `GET`.
///
/// # Errors
/// When an answer is not 2xx.
pub async fn volley(
    address: SocketAddr,
    api_key: &str,
    connections: usize,
    seconds: u64,
    request: impl Fn(usize, usize) -> (String, Option<String>) + Sync,
) -> Result<Volley> {
    let begun = Instant::now();
    let end = begun + Duration::from_secs(seconds);
    let clients = (0..connections).map(|number| {
        let request = &request;
        async move {
            let mut client = Client::new(address, api_key);
            let mut latencies = vec![];
            let mut turn = 0;
            while Instant::now() < end {
                let (path, body) = request(number, turn);
                let sent = Instant::now();
                let reply = match body {
                    Some(body) => client.post(&path, &[], body).await?,
                    None => client.get(&path, &[]).await?,
                };
                anyhow::ensure!(reply.status.is_success(), "{path}: {} {}", reply.status, reply.text());
                latencies.push(sent.elapsed());
                turn += 1;
            }
            Ok(latencies)
        }
    });
    let latencies = try_join_all(clients).await.context("the clients")?.concat();
    Ok(Volley { latencies, took: begun.elapsed() })
}
