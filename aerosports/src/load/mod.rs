//! `aerosports load`: measures this machine's raw limits and, in the same run, what the system makes of
//! them. Everything happens in a temporary folder and on loopback.

mod append;
mod commands;
pub mod history;
mod leaderboard;
mod plugs;
mod process;
mod projection;
mod report;
mod sql_server;
mod startup;
pub mod venue;

use anyhow::{Context as _, Result};
use runtime::clock::SharedClock;

use crate::cli::{Load, Measurement};
use report::Figure;

/// In the order in which they are measured.
const ALL: [Measurement; 7] = [
    Measurement::Append,
    Measurement::Commands,
    Measurement::Leaderboard,
    Measurement::Projection,
    Measurement::Startup,
    Measurement::SqlServer,
    Measurement::Plugs,
];

/// Measures what was asked for and prints it, also when one of them fails.
///
/// # Errors
/// The first of those that failed.
pub async fn run(options: Load, clock: SharedClock) -> Result<()> {
    let (mut figures, mut failed) = (vec![], None);
    for measurement in ALL.into_iter().filter(|measurement| options.wants(*measurement)) {
        match Box::pin(measure(measurement, &options, &clock)).await {
            Ok(some) => figures.extend(some),
            Err(error) if failed.is_none() => failed = Some(error),
            Err(error) => eprintln!("aerosports: {error:#}"),
        }
    }
    report::print(&figures, options.json);
    failed.map_or(Ok(()), Err)
}

async fn measure(what: Measurement, options: &Load, clock: &SharedClock) -> Result<Vec<Figure>> {
    match what {
        Measurement::Append => append::measure(options, clock).await.context("measuring appends"),
        Measurement::Commands => commands::measure(options).await.context("measuring commands"),
        Measurement::Leaderboard => {
            leaderboard::measure(options, clock).await.context("measuring the leaderboard")
        }
        Measurement::Projection => {
            projection::measure(options, clock).await.context("measuring the projection")
        }
        Measurement::Startup => startup::measure(options, clock).await.context("measuring the start"),
        Measurement::SqlServer => {
            sql_server::measure(options, clock).await.context("measuring on SQL Server")
        }
        Measurement::Plugs => plugs::measure(options, clock).await.context("measuring plugs"),
    }
}
