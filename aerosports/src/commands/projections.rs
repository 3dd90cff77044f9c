//! `aerosports projections`: how far the views are, and building them anew. What is asked for here is done by whoever runs
//! the projections, so that nobody writes behind its back.

use std::{sync::Arc, time::Duration};

use anyhow::{Context as _, Result, bail};
use domain::log::Position;
use jiff::Timestamp;
use projector::{Projection, compare, go_back, projections, request_rebuild};
use read_store::{Generation, ReadStore, Record as _, catalog::ProjectionRow};
use runtime::{clock::SharedClock, config::Settings};
use serde::Serialize;
use serde_json::json;
use store::EventLog;

use crate::{cli::Projections, composition::event_store::EventStore, settings::database::Database};

/// Between the two looks that a rate is measured with.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// A view that is behind and has not moved for so long stands still.
const STALLED_AFTER: i64 = 5;

/// How often it is looked whether a new view serves.
const POLL: Duration = Duration::from_millis(200);

/// Carries out `command`.
///
/// # Errors
/// When the store or the read tables cannot be read, or there is no such view.
pub async fn run(command: Projections, settings: &Settings, clock: SharedClock) -> Result<()> {
    let database = Database::of(settings)?;
    let store = database.open(clock.clone()).await?;
    let db = database.open_read_tables(None).await?;
    let views = Views { store: &store, db: &db, clock: &clock };
    let outcome = match command {
        Projections::List { json } => views.list(None, json).await,
        Projections::Show { name, json } => views.list(Some(&name), json).await,
        Projections::Rebuild { name, wait } => views.rebuild(&name, wait).await,
        Projections::Diff { name, json } => views.diff(&name, json).await,
        Projections::Back { name } => views.back(&name).await,
    };
    db.close().await;
    store.close().await;
    outcome
}

/// How far a view is.
#[derive(Debug, Serialize)]
pub(super) struct Standing {
    pub(super) name: String,
    version: u32,
    run: u32,
    pub(super) position: u64,
    head: u64,
    pub(super) lag_events: u64,
    lag_seconds: i64,
    events_per_second: u64,
    pub(super) state: &'static str,
    pub(super) parked: i64,
    updated_at: Timestamp,
}

struct Views<'a> {
    store: &'a EventStore,
    db: &'a ReadStore,
    clock: &'a SharedClock,
}

impl Views<'_> {
    async fn list(&self, name: Option<&str>, json: bool) -> Result<()> {
        let standings = standings(&**self.store, self.db, self.clock).await?;
        let wanted: Vec<_> =
            standings.into_iter().filter(|view| name.is_none_or(|name| view.name == name)).collect();
        if let (Some(name), true) = (name, wanted.is_empty()) {
            bail!("there is no view {name}; `aerosports projections list` names them");
        }
        if !json {
            println!(
                "{:<14} {:>7} {:<9} {:>10} {:>9} {:>7} {:>9} {:>7}",
                "view", "version", "state", "position", "behind", "seconds", "events/s", "parked"
            );
        }
        for view in wanted {
            if json {
                println!("{}", serde_json::to_string(&view)?);
            } else {
                println!(
                    "{:<14} {:>7} {:<9} {:>10} {:>9} {:>7} {:>9} {:>7}",
                    view.name,
                    format!("{}.{}", view.version, view.run),
                    view.state,
                    view.position,
                    view.lag_events,
                    view.lag_seconds,
                    view.events_per_second,
                    view.parked
                );
            }
        }
        Ok(())
    }

    async fn rebuild(&self, name: &str, wait: bool) -> Result<()> {
        let projection = named(name)?;
        let generation = request_rebuild(self.db, &*projection, self.clock.now())
            .await
            .with_context(|| format!("{name} cannot be built anew"))?;
        println!("{name} is built anew as {generation}; the one that serves goes on meanwhile");
        while wait && !self.serves(name, generation).await? {
            tokio::time::sleep(POLL).await;
        }
        if wait {
            println!(
                "{generation} of {name} serves; `aerosports projections back {name}` lets the one before serve again"
            );
        }
        Ok(())
    }

    async fn serves(&self, name: &str, generation: Generation) -> Result<bool> {
        let rows = rows(self.db).await?;
        let row = rows.iter().find(|row| &*row.name == name && row.generation() == generation);
        let row = row.with_context(|| format!("{generation} of {name} was given up"))?;
        Ok(&*row.state == ProjectionRow::ACTIVE)
    }

    async fn diff(&self, name: &str, json: bool) -> Result<()> {
        let projection = named(name)?;
        let rows: Vec<_> = rows(self.db).await?.into_iter().filter(|row| &*row.name == name).collect();
        let of =
            |state: &str| rows.iter().filter(|row| &*row.state == state).max_by_key(|row| row.updated_at);
        let active = of(ProjectionRow::ACTIVE).with_context(|| format!("{name} does not serve yet"))?;
        let other = of(ProjectionRow::BUILDING).or_else(|| of(ProjectionRow::RETIRED));
        let Some(other) = other else {
            bail!("there is nothing to compare {name} with: build it anew first")
        };
        let sums = compare(self.db, &*projection, (active.generation(), other.generation())).await?;
        for (table, (serving, compared)) in sums {
            let equal = serving == compared;
            if json {
                let row = json!({
                    "table": table, "equal": equal, "positions": [active.position, other.position],
                    "serving": format!("{serving:?}"), "compared": format!("{compared:?}"),
                });
                println!("{row}");
            } else {
                println!("{table:<24} {}", if equal { "equal" } else { "differs" });
            }
        }
        if active.position != other.position && !json {
            println!(
                "they are at positions {} and {}: what differs may be events in between",
                active.position, other.position
            );
        }
        Ok(())
    }

    async fn back(&self, name: &str) -> Result<()> {
        named(name)?;
        match go_back(self.db, name, self.clock.now()).await? {
            Some(generation) => println!("{generation} of {name} serves again"),
            None => bail!("nothing is kept of {name} to go back to"),
        }
        Ok(())
    }
}

fn named(name: &str) -> Result<Arc<dyn Projection>> {
    let found = projections::all().into_iter().find(|projection| projection.name() == name);
    found.with_context(|| format!("there is no view {name}; `aerosports projections list` names them"))
}

async fn rows(db: &ReadStore) -> Result<Vec<ProjectionRow>> {
    let columns = ProjectionRow::select("p");
    let sql = format!("SELECT {columns} FROM {{projections}} p ORDER BY p.name, p.version, p.run");
    Ok(db.query(&sql, &[]).await?.decode()?)
}

/// How far every view is, from two looks shortly after each other.
pub(super) async fn standings(
    log: &dyn EventLog,
    db: &ReadStore,
    clock: &SharedClock,
) -> Result<Vec<Standing>> {
    let before = rows(db).await?;
    tokio::time::sleep(LOOK_AGAIN).await;
    let after = rows(db).await?;
    // Asked after the checkpoints, so that none is past it because it moved meanwhile.
    let head = log.head().await?.position;
    let mut standings = Vec::with_capacity(after.len());
    for row in after {
        let first = before
            .iter()
            .find(|earlier| (&earlier.name, earlier.generation()) == (&row.name, row.generation()));
        let moved = first.map_or(0, |first| row.position.0.saturating_sub(first.position.0));
        standings.push(standing(log, row, (head, moved), clock.now()).await?);
    }
    Ok(standings)
}

async fn standing(
    log: &dyn EventLog,
    row: ProjectionRow,
    (head, moved): (Position, u64),
    now: Timestamp,
) -> Result<Standing> {
    let lag_events = head.0.saturating_sub(row.position.0);
    let next = if lag_events > 0 { log.read_log(row.position.next(), 1).await?.pop() } else { None };
    let lag_seconds = next.map_or(0, |next| now.duration_since(next.recorded_at).as_secs().max(0));
    let still = now.duration_since(row.updated_at).as_secs();
    let follows = &*row.state != ProjectionRow::RETIRED;
    let state = match &*row.state {
        _ if follows && lag_events > 0 && moved == 0 && still >= STALLED_AFTER => "stalled",
        ProjectionRow::ACTIVE => "active",
        ProjectionRow::BUILDING => "building",
        _ => "retired",
    };
    Ok(Standing {
        name: row.name.to_string(),
        version: row.version,
        run: row.run,
        position: row.position.0,
        head: head.0,
        lag_events,
        lag_seconds,
        events_per_second: moved * 2,
        state,
        parked: row.parked,
        updated_at: row.updated_at,
    })
}
