//! The views: how far they are, whether somebody moves them, and whether they are what the log makes them.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use domain::log::Position;
use projector::{
    Log, Projection, Refolded, Status, StoreLog, list_projections, other_log, projections::all, refold,
};
use read_store::{ReadStore, catalog::ProjectionRow};
use runtime::{clock::SharedClock, config::Settings};

use super::report::Report;
use crate::{
    commands::opened::{self, LOOK_EVERY},
    composition::event_store::EventStore,
    settings::database::Database,
};

const DELETE: &str = "stop every process on this database, delete read.db with its -wal and -shm, and start again: the \
                      views are built anew from the log";
/// Rows of people may change between two looks, where a person is erased: looked at once more.
const LOOKS: usize = 2;

pub(super) async fn check(
    settings: &Settings,
    (database, store): (&Database, &EventStore),
    clock: &SharedClock,
    folds: bool,
    report: &mut Report,
) -> Result<()> {
    if let Some(folder) = database.folder()
        && !folder.join("read.db").exists()
    {
        report.info("views", "there are no views yet", "they are made at the next start");
        return Ok(());
    }
    let db = match database.open_read_tables(None).await {
        Ok(db) => db.on_primary(),
        Err(error) => {
            report.error("views", format!("{error:#}"), DELETE);
            return Ok(());
        }
    };
    let log = if folds { Some(opened::log(store, database, settings, clock)?) } else { None };
    if let Err(error) = examine(store, &db, log, clock, report).await {
        report.error("views", format!("{error:#}"), DELETE);
    }
    db.close().await;
    Ok(())
}

async fn examine(
    store: &EventStore,
    db: &ReadStore,
    log: Option<Log>,
    clock: &SharedClock,
    report: &mut Report,
) -> Result<()> {
    for line in db.integrity().await.unwrap_or_else(|error| vec![format!("{:#}", anyhow::Error::from(error))])
    {
        report.error("views", format!("read.db is damaged: {line}"), DELETE);
    }
    let events = StoreLog::new(store.shared(), LOOK_EVERY);
    let statuses = list_projections(db, &events, clock.now()).await?;
    let head = store.head().await?.position;
    for status in &statuses {
        compare_with_log(status, head, clock, report);
    }
    for (name, position) in other_log(db, &events).await? {
        let message = format!("{name} applied another event at position {position} than the log has there");
        report.error("checkpoints", message, DELETE);
    }
    let Some(log) = log else { return Ok(()) };
    let within = |projection: &Arc<dyn Projection>| {
        let of = |status: &&Status| *status.row.name == *projection.name();
        statuses.iter().filter(of).all(|status| status.row.position <= head)
    };
    let mut wanted: Vec<_> = all().into_iter().filter(within).collect();
    for look in 1..=LOOKS {
        let found = differing(&log, db, wanted).await?;
        if look == LOOKS {
            for found in &found {
                report_difference(found, report);
            }
        }
        wanted = found.into_iter().map(|found| found.projection).collect();
        if wanted.is_empty() {
            break;
        }
    }
    Ok(())
}

fn compare_with_log(status: &Status, head: Position, clock: &SharedClock, report: &mut Report) {
    let Status { row, state, lag_events, lag_seconds } = status;
    let name = &row.name;
    if row.position > head {
        let message = format!("{name} is at position {}, past the log's end {head}", row.position);
        report.error("checkpoints", message, DELETE);
    }
    if row.parked > 0 {
        let message = format!("{} events are parked in {name}", row.parked);
        report.warning("parked", message, "aerosports parked list, then retry or skip them");
    }
    if *state == "stalled" {
        let owner = row.owner.as_deref().unwrap_or("nobody");
        let message = format!(
            "{name} stands still at position {}, {lag_events} events and {lag_seconds} s behind; {owner} runs it",
            row.position
        );
        report.warning("projections", message, "start `up` or `serve projector`, or look at its log");
    }
    let ended = row.lease_until.is_some_and(|until| until < clock.now());
    if row.owner.is_some() && ended && *lag_events > 0 && &*row.state != ProjectionRow::RETIRED {
        let message = format!("the lease on {name} has ended and nobody has taken it over");
        report.warning("leases", message, "start `up` or `serve projector`");
    }
}

/// The views whose rows are not what the log makes them.
async fn differing(log: &Log, db: &ReadStore, wanted: Vec<Arc<dyn Projection>>) -> Result<Vec<Refolded>> {
    let folder = tempfile::tempdir().context("a folder for the comparison")?;
    let scratch = ReadStore::open(&folder.path().join("read.db"), 1).await?;
    let found = refold(log, db, &scratch, wanted).await?;
    scratch.close().await;
    Ok(found.into_iter().filter(|found| !found.differing.is_empty()).collect())
}

fn report_difference(found: &Refolded, report: &mut Report) {
    let (name, position) = (found.projection.name(), found.position);
    for (table, stands, made) in &found.differing {
        let message = format!(
            "{} of {name} is not what the log makes it up to position {position}: {} rows stand, {} follow",
            table.name, stands.rows, made.rows
        );
        let advice = format!(
            "aerosports projections diff {name} shows the rows, aerosports projections rebuild {name} makes them anew"
        );
        report.error("views", message, advice);
    }
}
