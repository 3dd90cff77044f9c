//! Folds a stretch of the log into tables of a read store of its own: what the tables should hold. Compares that with
//! what stands. Changes nothing of what serves.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use domain::log::Position;
use read_store::{
    Checksum, Generation, ReadStore, Record as _, Snapshot, SqlError, Table, Value,
    catalog::{ProjectionRow, SkippedEvent},
    progress::Progress,
};
use runtime::clock::SharedClock;

use crate::{
    checkpoint::Claim,
    decode::Decode,
    engine::{Config, Engine},
    generations,
    projection::Projection,
    runner::Runner,
    source::{Events, SourceError},
    worker::PrepareError,
};

/// Events read at once.
const PAGE: usize = 4_000;

/// The log, and what reads it.
#[derive(Clone)]
pub struct Log {
    /// Its events.
    pub events: Arc<dyn Events>,
    /// Opens what is sealed.
    pub decode: Arc<dyn Decode>,
    /// For the times of checkpoints.
    pub clock: SharedClock,
}

/// One projection to be folded.
pub struct Fold {
    /// Which.
    pub projection: Arc<dyn Projection>,
    /// The last position that counts.
    pub until: Position,
    /// Events that an operator gave up.
    pub skipped: HashSet<Position>,
}

/// A projection's serving tables beside what the log makes of them.
pub struct Refolded {
    /// Which.
    pub projection: Arc<dyn Projection>,
    /// The generation that serves.
    pub generation: Generation,
    /// Its checkpoint, up to which the log was folded.
    pub position: Position,
    /// Events set aside there.
    pub parked: i64,
    /// The tables that differ: as they stand, and as the log makes them.
    pub differing: Vec<(&'static Table, Checksum, Checksum)>,
}

/// A row that is not what the log makes it.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// In which table.
    pub table: &'static str,
    /// The row's key, by column.
    pub key: BTreeMap<&'static str, Value>,
    /// The columns that differ; empty where the row is on one side only.
    pub columns: Vec<&'static str>,
    /// Whether the row stands.
    pub stands: bool,
    /// Whether the log makes it.
    pub folded: bool,
}

/// Folds the log into the empty read store `scratch`, where the tables are active then.
///
/// # Errors
/// [`PrepareError`]: the log cannot be read that far, or `scratch` cannot be written.
pub async fn fold(log: &Log, scratch: &ReadStore, folds: Vec<Fold>) -> Result<(), PrepareError> {
    let Log { events, decode, clock } = log.clone();
    let config = Config::new("fold");
    let engine = Arc::new(Engine::new(scratch.clone(), events, decode, Progress::default(), clock, config));
    let end = folds.iter().map(|fold| fold.until).max().unwrap_or_default();
    let mut runners = Vec::new();
    for fold in &folds {
        runners.push((start(&engine, &fold.projection).await?, fold));
    }
    let mut next = Position(1);
    while next <= end {
        let page = engine.events.read(next, PAGE).await?;
        let Some(last) = page.last() else {
            return Err(SourceError::Broken(anyhow::anyhow!("position {next} is missing")).into());
        };
        for (runner, fold) in &mut runners {
            runner.fold_page(&page, fold).await?;
        }
        next = last.position.next();
    }
    for (mut runner, _) in runners {
        runner.end_fold().await?;
    }
    Ok(())
}

async fn start(engine: &Arc<Engine>, projection: &Arc<dyn Projection>) -> Result<Runner, PrepareError> {
    let (name, now, ttl) = (projection.name(), engine.clock.now(), engine.config.lease);
    generations::ensure(&engine.db, &**projection, now).await?;
    let generation = folded(&**projection);
    let claim = Claim::take(&engine.db, name, generation, &engine.config.worker, now, ttl).await?;
    let (claim, row) = claim.ok_or(SqlError::Fenced)?;
    Ok(Runner::start(engine.clone(), projection.clone(), claim, &row).await?)
}

/// The generation that a fold writes.
fn folded(projection: &dyn Projection) -> Generation {
    Generation { version: projection.version(), run: 1 }
}

/// Folds the log into the empty read store `scratch` as far as the serving tables of `projections` in `db` are, and
/// compares both. Projections whose serving tables another release built are left out.
///
/// # Errors
/// [`PrepareError`].
pub async fn refold(
    log: &Log,
    db: &ReadStore,
    scratch: &ReadStore,
    projections: Vec<Arc<dyn Projection>>,
) -> Result<Vec<Refolded>, PrepareError> {
    let mut snapshot = db.snapshot().await?;
    let mut standing = Vec::new();
    for projection in projections {
        if let Some(row) = serving(&mut snapshot, &*projection).await? {
            let sums = sums(&mut snapshot, &*projection, row.generation()).await?;
            let skipped = skipped(&mut snapshot, &row).await?;
            standing.push((Fold { projection, until: row.position, skipped }, row, sums));
        }
    }
    drop(snapshot);
    let (folds, standing): (Vec<_>, Vec<_>) =
        standing.into_iter().map(|(fold, row, sums)| (fold, (row, sums))).unzip();
    let projections: Vec<_> = folds.iter().map(|fold| fold.projection.clone()).collect();
    fold(log, scratch, folds).await?;
    let mut snapshot = scratch.snapshot().await?;
    let mut refolded = Vec::new();
    for (projection, (row, stands)) in projections.into_iter().zip(standing) {
        let made = sums(&mut snapshot, &*projection, folded(&*projection)).await?;
        let both = projection.tables().iter().zip(stands).zip(made);
        let differing = both
            .filter(|((_, stands), made)| stands != made)
            .map(|((table, stands), made)| (*table, stands, made))
            .collect();
        let generation = row.generation();
        refolded.push(Refolded {
            projection,
            generation,
            position: row.position,
            parked: row.parked,
            differing,
        });
    }
    Ok(refolded)
}

async fn serving(
    snapshot: &mut Snapshot,
    projection: &dyn Projection,
) -> Result<Option<ProjectionRow>, SqlError> {
    let columns = ProjectionRow::select("p");
    let sql = format!(
        "SELECT {columns} FROM {{projections}} p WHERE p.name = ?1 AND p.state = ?2 AND p.version = ?3"
    );
    let params = [projection.name().into(), ProjectionRow::ACTIVE.into(), projection.version().into()];
    Ok(snapshot.query(&sql, &params).await?.decode::<ProjectionRow>()?.pop())
}

async fn sums(
    snapshot: &mut Snapshot,
    projection: &dyn Projection,
    generation: Generation,
) -> Result<Vec<Checksum>, SqlError> {
    let mut sums = Vec::new();
    for table in projection.tables() {
        sums.push(snapshot.checksum(table, generation).await?);
    }
    Ok(sums)
}

async fn skipped(snapshot: &mut Snapshot, row: &ProjectionRow) -> Result<HashSet<Position>, SqlError> {
    let sql = format!(
        "SELECT s.position AS position FROM {{{}}} s \
         WHERE s.projection = ?1 AND s.version = ?2 AND s.run = ?3 AND s.skipped_at IS NOT NULL",
        SkippedEvent::TABLE.name
    );
    let found = snapshot.query(&sql, &[(&*row.name).into(), row.version.into(), row.run.into()]).await?;
    Ok(found.column::<Position>("position")?.into_iter().collect())
}

/// The rows of one table that differ between what stands in `db` and what was folded into `scratch`, in the order of
/// their keys.
///
/// # Errors
/// `NotBuilt`, `Unavailable`.
pub async fn differences(
    table: &'static Table,
    (db, stands): (&ReadStore, Generation),
    (scratch, made): (&ReadStore, Generation),
) -> Result<Vec<Difference>, SqlError> {
    let stands = db.snapshot().await?.rows(table, stands).await?;
    let mut made: HashMap<_, _> = scratch
        .snapshot()
        .await?
        .rows(table, made)
        .await?
        .into_iter()
        .map(|row| (key(table, &row), row))
        .collect();
    let mut differences = Vec::new();
    for row in stands {
        match made.remove(&key(table, &row)) {
            None => differences.push(difference(table, &row, None, (true, false))),
            Some(other) if other != row => {
                differences.push(difference(table, &row, Some(&other), (true, true)));
            }
            Some(_) => {}
        }
    }
    differences.extend(made.values().map(|row| difference(table, row, None, (false, true))));
    differences.sort_by_key(|difference| format!("{:?}", difference.key));
    Ok(differences)
}

fn key(table: &Table, row: &[Value]) -> String {
    format!("{:?}", row.get(..table.key))
}

fn difference(
    table: &'static Table,
    row: &[Value],
    other: Option<&Vec<Value>>,
    (stands, folded): (bool, bool),
) -> Difference {
    let named = || table.columns.iter().map(|column| column.name).zip(row);
    let key = named().take(table.key).map(|(name, value)| (name, value.clone())).collect();
    let differs = |((name, value), other): ((&'static str, &Value), &Value)| (value != other).then_some(name);
    let columns = other.map(|other| named().zip(other).filter_map(differs).collect()).unwrap_or_default();
    Difference { table: table.name, key, columns, stands, folded }
}
