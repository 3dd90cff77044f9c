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

/// Measures what was asked for and prints it.
///
/// # Errors
/// When something that is measured does not work at all.
pub async fn run(options: Load, clock: SharedClock) -> Result<()> {
    let wanted = |measurement| options.only.is_empty() || options.only.contains(&measurement);
    let mut figures: Vec<Figure> = vec![];
    if wanted(Measurement::Append) {
        figures.extend(append::measure(&options, &clock).await.context("measuring appends")?);
    }
    if wanted(Measurement::Commands) {
        figures.extend(commands::measure(&options).await.context("measuring commands")?);
    }
    if wanted(Measurement::Leaderboard) {
        figures.extend(leaderboard::measure(&options, &clock).await.context("measuring the leaderboard")?);
    }
    if wanted(Measurement::Projection) {
        figures.extend(projection::measure(&options, &clock).await.context("measuring the projection")?);
    }
    if wanted(Measurement::Startup) {
        figures.extend(startup::measure(&clock).await.context("measuring the start")?);
    }
    let asked_for_all = options.only.is_empty();
    if wanted(Measurement::SqlServer) && !(asked_for_all && options.database.is_none()) {
        figures.extend(sql_server::measure(&options, &clock).await.context("measuring on SQL Server")?);
    }
    if wanted(Measurement::Plugs) {
        figures.extend(plugs::measure(&clock).await.context("measuring plugs")?);
    }
    report::print(&figures, options.json);
    Ok(())
}
