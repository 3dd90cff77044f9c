//! `aerosports projections`: how far the views are, built anew, and beside what the log makes of them. Works beside
//! running services.

use std::{process::ExitCode, sync::Arc};

use anyhow::{Context as _, Result, bail};
use domain::log::Position;
use projector::{
    Difference, Projection, Refolded, Status, differences, go_back, list_projections, projections::all,
    refold, request_rebuild,
};
use read_store::{Generation, ReadStore};
use runtime::{clock::SharedClock, config::Settings};
use serde_json::{Value, json};

use super::opened::{LOOK_EVERY, Opened};
use crate::cli::Projections;

/// Carries out `command`.
///
/// # Errors
/// When the database cannot be read, or there is no such projection.
pub async fn run(command: Projections, settings: &Settings, clock: SharedClock) -> Result<ExitCode> {
    let opened = Opened::open(settings, clock).await?;
    let outcome = match command {
        Projections::List { json } => list(&opened, None, json).await,
        Projections::Show { name, json } => list(&opened, Some(&named(&name)?), json).await,
        Projections::Rebuild { name, wait } => rebuild(&opened, &*named(&name)?, wait).await,
        Projections::Back { name } => back(&opened, &*named(&name)?).await,
        Projections::Diff { name, limit, json } => {
            diff(&opened, settings, named(&name)?, Printed { limit, json }).await
        }
    };
    opened.close().await;
    outcome
}

fn named(name: &str) -> Result<Arc<dyn Projection>> {
    let all = all();
    let names: Vec<_> = all.iter().map(|projection| projection.name()).collect();
    let names = names.join(", ");
    all.into_iter()
        .find(|projection| projection.name() == name)
        .with_context(|| format!("there is no projection {name}; there are {names}"))
}

async fn statuses(opened: &Opened) -> Result<Vec<Status>> {
    Ok(list_projections(&opened.db, &opened.events(), opened.clock.now()).await?)
}

async fn list(opened: &Opened, only: Option<&Arc<dyn Projection>>, json: bool) -> Result<ExitCode> {
    let wanted = |status: &Status| only.is_none_or(|only| &*status.row.name == only.name());
    for status in statuses(opened).await?.iter().filter(|status| wanted(status)) {
        if json {
            println!("{}", as_json(status));
        } else {
            println!("{}", as_line(status));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn as_json(status: &Status) -> Value {
    let row = &status.row;
    json!({
        "name": &*row.name,
        "version": row.version,
        "run": row.run,
        "position": row.position.0,
        "lag_events": status.lag_events,
        "lag_seconds": status.lag_seconds,
        "state": status.state,
        "parked": row.parked,
        "owner": row.owner.as_deref(),
        "lease_until": row.lease_until,
        "updated_at": row.updated_at,
    })
}

fn as_line(status: &Status) -> String {
    let Status { row, state, lag_events, lag_seconds } = status;
    let (name, position, parked) = (&row.name, row.position.0, row.parked);
    let version = row.generation().to_string();
    format!(
        "{name:<14} {version:>6}  {state:<9} position {position:>9}  {lag_events} behind ({lag_seconds} s)  {parked} parked"
    )
}

async fn rebuild(opened: &Opened, projection: &dyn Projection, wait: bool) -> Result<ExitCode> {
    let generation = request_rebuild(&opened.db, projection, opened.clock.now()).await?;
    println!(
        "{} is built anew as generation {generation}, beside the one that serves; whoever runs projections does it",
        projection.name()
    );
    while wait && !serves(&opened.db, projection, generation).await? {
        tokio::time::sleep(LOOK_EVERY).await;
    }
    if wait {
        println!("generation {generation} serves");
    }
    Ok(ExitCode::SUCCESS)
}

async fn serves(db: &ReadStore, projection: &dyn Projection, generation: Generation) -> Result<bool> {
    db.refresh_active().await?;
    Ok(projection.tables().iter().all(|table| db.active_generation(table.name) == Some(generation)))
}

async fn back(opened: &Opened, projection: &dyn Projection) -> Result<ExitCode> {
    let name = projection.name();
    match go_back(&opened.db, name, opened.clock.now()).await? {
        Some(generation) => println!("generation {generation} of {name} serves again"),
        None => bail!("no earlier generation of {name} is kept"),
    }
    Ok(ExitCode::SUCCESS)
}

/// How much of a comparison is shown.
struct Printed {
    limit: usize,
    json: bool,
}

/// Exit 1 when a row differs.
async fn diff(
    opened: &Opened,
    settings: &Settings,
    projection: Arc<dyn Projection>,
    printed: Printed,
) -> Result<ExitCode> {
    let log = opened.log(settings)?;
    let folder = tempfile::tempdir().context("a folder for the comparison")?;
    let scratch = ReadStore::open(&folder.path().join("read.db"), 1).await?;
    let name = projection.name();
    let found = refold(&log, &opened.db, &scratch, vec![projection]).await?;
    let Some(found) = found.into_iter().next() else {
        bail!("{name} is not served by this release's code: start it first")
    };
    let rows = rows(opened, &scratch, &found).await?;
    scratch.close().await;
    for row in rows.iter().take(printed.limit) {
        println!("{}", if printed.json { difference_json(row).to_string() } else { difference_line(row) });
    }
    eprintln!("{}", summary(name, found.position, found.parked, rows.len()));
    Ok(if rows.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn rows(opened: &Opened, scratch: &ReadStore, found: &Refolded) -> Result<Vec<Difference>> {
    let made = Generation { version: found.projection.version(), run: 1 };
    let mut rows = Vec::new();
    for (table, ..) in &found.differing {
        rows.extend(differences(table, (&opened.db, found.generation), (scratch, made)).await?);
    }
    Ok(rows)
}

fn summary(name: &str, position: Position, parked: i64, rows: usize) -> String {
    let parked = if parked == 0 { String::new() } else { format!("; {parked} events are parked there") };
    format!("{name} at position {position}: {rows} rows are not what the log makes them{parked}")
}

fn difference_json(row: &Difference) -> Value {
    json!({"table": row.table, "key": row.key, "columns": row.columns, "stands": row.stands, "folded": row.folded})
}

fn difference_line(row: &Difference) -> String {
    let key = serde_json::to_string(&row.key).unwrap_or_default();
    let what = match (row.stands, row.folded) {
        (true, true) => format!("differs in {}", row.columns.join(", ")),
        (true, false) => "stands and does not follow from the log".to_owned(),
        _ => "is missing".to_owned(),
    };
    format!("{} {key} {what}", row.table)
}
