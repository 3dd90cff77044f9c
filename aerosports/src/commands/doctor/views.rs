//! The views: none is ahead of the log or of another log, nothing is set aside, all move; and built anew from the log they are
//! the same, table by table.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use anyhow::{Context as _, Result};
use domain::log::Position;
use projector::{Config, PeopleOpeners, Projector, StoreLog, StoredEvents, list_parked, projections};
use read_store::{
    Checksum, Generation, ReadStore, Record as _,
    catalog::{AppliedEvent, ProjectionRow},
    progress::Progress,
};
use runtime::{clock::SharedClock, config::Settings};
use sealing::{Keyring, PersonKeyCache, check_master_key};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{Finding, Findings};
use crate::{
    commands::projections::standings,
    composition::{event_store::EventStore, master_key},
    settings::database::Database,
};

/// Longer logs are built anew only when asked for.
const SHORT: u64 = 200_000;
/// How long views at work are waited for to be as far as the ones built anew.
const PATIENCE: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(200);

const REBUILD: &str = "build it anew with `aerosports projections rebuild <name> --wait`";

/// What is looked at.
#[derive(Clone, Copy)]
pub(super) struct Of<'a> {
    pub(super) database: &'a Database,
    pub(super) settings: &'a Settings,
    pub(super) store: &'a EventStore,
    pub(super) clock: &'a SharedClock,
}

pub(super) async fn look(of: Of<'_>, deep: bool, findings: &mut Findings) {
    if of.database.folder().is_some_and(|folder| !folder.join("read.db").exists()) {
        return findings.note("there are no views yet; they are built at the start");
    }
    let looked = match of.database.open_read_tables(None).await {
        Ok(db) => {
            let looked = views(of, &db, deep, findings).await;
            db.close().await;
            looked
        }
        Err(error) => Err(error),
    };
    if let Err(error) = looked {
        let advice =
            "stop every process, and take read.db and its -wal and -shm away: the views are built anew";
        findings.add(Finding::error("views", format!("{error:#}"), advice));
    }
}

async fn views(of: Of<'_>, db: &ReadStore, deep: bool, findings: &mut Findings) -> Result<()> {
    for view in standings(&**of.store, db, of.clock).await? {
        let name = &view.name;
        if view.state == "stalled" {
            let message = format!(
                "{name} stands still at position {}, {} events behind",
                view.position, view.lag_events
            );
            findings.add(Finding::warning(
                "projection",
                message,
                "start `aerosports up`, or the projector, and read its log",
            ));
        }
    }
    same_log(of.store, db, findings).await?;
    let parked = list_parked(db).await?;
    if let Some(first) = parked.first() {
        let message = format!(
            "{} events are set aside, the first is {} in {}",
            parked.len(),
            first.stream,
            first.projection
        );
        findings.add(Finding::warning("parked", message, "see `aerosports parked list`"));
    }
    if findings.found.iter().any(|finding| finding.severity == "error") {
        findings.note("the views were not built anew to compare them: mend the errors first");
        return Ok(());
    }
    let head = of.store.head().await?.position;
    if head.0 > SHORT && !deep {
        findings.note(format!(
            "the views were not built anew to compare them: {head} events take a while; say --deep"
        ));
        return Ok(());
    }
    refold(of, db, head, findings).await
}

/// A view that is ahead of the log, or that applied another event where the log has this one, is of another log.
async fn same_log(store: &EventStore, db: &ReadStore, findings: &mut Findings) -> Result<()> {
    let advice = "the log lost its end or was restored: take read.db away, and run `aerosports timeline start` if it was restored";
    let head = store.head().await?.position;
    for row in rows(db).await? {
        if row.position > head {
            let message = format!("{} is at position {}, and the log ends at {head}", row.name, row.position);
            findings.add(Finding::error("checkpoint", message, advice));
        }
    }
    let sql = format!("SELECT {} FROM {{projection_events}} a", AppliedEvent::select("a"));
    for applied in db.query(&sql, &[]).await?.decode::<AppliedEvent>()? {
        let found = store.read_log(applied.position, 1).await?;
        let same = found
            .first()
            .is_some_and(|event| (event.position, event.id) == (applied.position, applied.event_id));
        if !same && applied.position <= head {
            let message = format!(
                "{} applied another event at position {} than the log has",
                applied.projection, applied.position
            );
            findings.add(Finding::error("checkpoint", message, advice));
        }
    }
    Ok(())
}

async fn rows(db: &ReadStore) -> Result<Vec<ProjectionRow>> {
    let sql = format!("SELECT {} FROM {{projections}} p", ProjectionRow::select("p"));
    Ok(db.query(&sql, &[]).await?.decode()?)
}

/// Builds all views in a folder of its own, and compares them.
async fn refold(of: Of<'_>, db: &ReadStore, head: Position, findings: &mut Findings) -> Result<()> {
    let master = match master_key::load(of.database, of.settings) {
        Ok(master) => master,
        Err(error) => {
            findings.add(Finding::error(
                "master_key",
                format!("{error:#}"),
                "put the venue's master key back",
            ));
            return Ok(());
        }
    };
    let keyring = Arc::new(Keyring::new(&master).context("the master key")?);
    if let Err(error) = check_master_key(&**of.store, &keyring, of.clock.now()).await {
        let error = anyhow::Error::from(error);
        findings.add(Finding::error("master_key", format!("{error:#}"), "put the venue's master key back"));
        return Ok(());
    }
    let folder = tempfile::tempdir().context("making a folder for views built anew")?;
    let scratch = ReadStore::open(&folder.path().join("read.db"), 2).await?;
    let keys = Arc::new(PersonKeyCache::new(keyring, of.clock.clone()));
    let openers = PeopleOpeners::new(keys, of.store.shared());
    let (progress, stop) = (Progress::default(), CancellationToken::new());
    let projector = Projector::new(
        scratch.clone(),
        Arc::new(StoreLog::new(of.store.shared(), POLL)),
        Arc::new(StoredEvents::new(Arc::new(openers))),
        progress.clone(),
        of.clock.clone(),
        Config { rebuild_rate: u32::MAX, ..Config::new("doctor") },
        projections::all(),
    );
    projector.prepare().await.context("preparing views built anew")?;
    let running = tokio::spawn(projector.run(stop.clone()));
    let reached = |name: &str| progress.watermark(name).is_some_and(|watermark| watermark.position >= head);
    while !projections::all().iter().all(|projection| reached(projection.name())) && !running.is_finished() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let compared = compare(db, &scratch, findings).await;
    stop.cancel();
    let _ended = running.await;
    scratch.close().await;
    compared
}

/// Views at work move on: what differs is looked at again until both are as far.
async fn compare(db: &ReadStore, scratch: &ReadStore, findings: &mut Findings) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    for projection in projections::all() {
        loop {
            let serving = look_at(db, projection.name(), projection.tables()).await?;
            let anew = look_at(scratch, projection.name(), projection.tables()).await?;
            let (Some(serving), Some(anew)) = (serving, anew) else { break };
            let differs = anew.sums.iter().find(|(table, sum)| serving.sums.get(*table) != Some(*sum));
            let Some((table, _)) = differs else { break };
            if serving.position == anew.position {
                let message = format!("{table} of {} is not what the log makes of it", projection.name());
                findings.add(Finding::error("view", message, REBUILD));
                break;
            }
            if Instant::now() > deadline {
                findings.note(format!("{} was not compared: it is too busy", projection.name()));
                break;
            }
            tokio::time::sleep(POLL).await;
        }
    }
    Ok(())
}

struct Looked {
    position: Position,
    sums: BTreeMap<&'static str, Checksum>,
}

/// The serving tables of a view with their checksums, as of one moment.
async fn look_at(
    db: &ReadStore,
    name: &str,
    tables: &'static [&'static read_store::Table],
) -> Result<Option<Looked>> {
    let mut snapshot = db.snapshot().await?;
    let sql = format!(
        "SELECT {} FROM {{projections}} p WHERE p.name = ?1 AND p.state = ?2",
        ProjectionRow::select("p")
    );
    let rows = snapshot.query(&sql, &[name.into(), ProjectionRow::ACTIVE.into()]).await?;
    let Some(row) = rows.decode::<ProjectionRow>()?.pop() else { return Ok(None) };
    let generation: Generation = row.generation();
    let mut sums = BTreeMap::new();
    for table in tables {
        sums.insert(table.name, snapshot.checksum(table, generation).await?);
    }
    Ok(Some(Looked { position: row.position, sums }))
}
