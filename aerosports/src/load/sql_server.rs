//! Commands over HTTP on a database in SQL Server, beside the best that one row a commit gives on the same
//! server in the same run: eight connections that insert rows of the same size, each its own transaction.

use std::{net::SocketAddr, time::Duration};

use anyhow::{Context as _, Result, bail};
use domain::plug::PlugNetworks;
use runtime::{
    clock::SharedClock,
    config::Settings,
    lifecycle::{Lifecycle, Outcome},
};
use sealing::MasterKey;
use store::{bench::Measured, mssql::bench::OneRow};

use super::{commands::Wristbands, report::Figure};
use crate::{
    cli::Load,
    composition::{core::Core, front::Front, one_process::DRAIN, temporary_key::temporary_admin},
    settings::database::Database,
};

/// The two alternate, so that both meet the machine in the same mood.
const TURNS: u64 = 5;
/// Seconds before the first turn that do not count: what the connections do for the first time takes longest.
const WARM_UP: u64 = 3;
/// Rows inserted in each turn.
const ROWS: usize = 4_000;

/// Commands and rows a second, and the one as a multiple of the other.
///
/// # Errors
/// When `--database` does not name an empty one in SQL Server, or a command is refused.
pub async fn measure(options: &Load, clock: &SharedClock) -> Result<Vec<Figure>> {
    let url = options.database.as_deref().context("sql-server needs --database")?;
    let database = &Database::parse(url).context("--database")?;
    let Database::Mssql(config) = database else {
        bail!("sql-server is measured on an empty database in SQL Server: give --database mssql://…");
    };
    database.migrate(clock).await?;
    let store = database.open(clock.clone()).await?;
    anyhow::ensure!(
        store.head().await?.position.0 == 0,
        "the database has a log: what is measured stays in it, so give an empty one"
    );
    let key = temporary_admin(&*store, &**clock).await?;
    let lifecycle = Lifecycle::new().context("taking over signals")?;
    let core = Core::open(
        Front::new(lifecycle.tasks(), &Settings::default())?,
        database,
        store,
        None,
        &MasterKey::generate()?,
    )
    .await?;
    let api = core.command_api(core.read_tables(None).await?, PlugNetworks::default());
    let address = core.answer(api, http_api::listen(SocketAddr::from(([127, 0, 0, 1], 0))).await?)?;

    let rows = OneRow::create(config, clock.clone()).await?;
    let wristbands = Wristbands::open(address, &key).await?;
    rows.measure(ROWS).await?;
    wristbands.initialise("W", options.connections, WARM_UP).await?;
    let (mut one_row, mut latencies, mut took) = (vec![], vec![], Duration::ZERO);
    for turn in 0..TURNS {
        one_row.push(rows.measure(ROWS).await?);
        let seconds = options.seconds.div_ceil(TURNS);
        let volley = wristbands.initialise(&format!("T{turn}"), options.connections, seconds).await?;
        latencies.extend(volley.latencies);
        took += volley.took;
    }
    rows.drop().await?;
    lifecycle.tasks().soft().cancel();
    let outcome = lifecycle.run(DRAIN).await;
    core.close().await;
    anyhow::ensure!(outcome == Outcome::Clean, "it did not stop cleanly");

    let best = one_row.iter().map(Measured::per_second).fold(0.0, f64::max);
    let name =
        format!("SQL Server, HTTP, durable: initialise a wristband, {} connections", options.connections);
    let commands = Figure::rate(&name, latencies.len(), took, "commands/s");
    let multiple = commands.value / best;
    let mut figures = vec![
        Figure::new("raw: SQL Server, one row a commit, 8 connections, best turn", best, "rows/s"),
        commands,
    ];
    figures.extend(Figure::latencies(&name, &latencies));
    figures.push(Figure::new(format!("{name}, by one row a commit"), multiple, ""));
    Ok(figures)
}
