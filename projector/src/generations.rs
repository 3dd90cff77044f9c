//! Generations of a projection's tables: made, taken over from one another, gone back to, dropped.

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;
use read_store::{
    Checksum, Generation, ReadStore, Record as _, SqlError, Tx, Value,
    catalog::{AppliedEvent, GenerationTable, ProjectionRow},
};

use crate::{engine::Engine, projection::Projection, source::SourceError, worker::PrepareError};

fn rows_sql() -> String {
    format!("SELECT {} FROM {{projections}} p WHERE p.name = ?1", ProjectionRow::select("p"))
}

/// The rows of `projection`'s generations; makes what is missing: the first ever serves while it fills,
/// a newer version's is built beside the one that serves.
pub(crate) async fn ensure(
    db: &ReadStore,
    projection: &dyn Projection,
    now: Timestamp,
) -> Result<Vec<ProjectionRow>, SqlError> {
    let rows = db.query(&rows_sql(), &[projection.name().into()]).await?.decode()?;
    if missing(projection, &rows).is_none() {
        return Ok(rows);
    }
    let mut tx = db.begin(Generation { version: projection.version(), run: 1 }).await?;
    // Asked again under the lock, so that only one worker adds it.
    let rows = locked(&mut tx, projection.name()).await?;
    if let Some(state) = missing(projection, &rows) {
        add(&mut tx, projection, state, now).await?;
    }
    let rows = all(&mut tx, projection.name()).await?;
    tx.commit().await?;
    Ok(rows)
}

/// The rows of the generations of `name`. Until `tx` ends, no other transaction adds, flips or drops one.
async fn locked(tx: &mut Tx, name: &str) -> Result<Vec<ProjectionRow>, SqlError> {
    tx.lock(&format!("projection {name}")).await?;
    all(tx, name).await
}

async fn all(tx: &mut Tx, name: &str) -> Result<Vec<ProjectionRow>, SqlError> {
    tx.query(&rows_sql(), &[name.into()]).await?.decode()
}

/// The state in which a first run of the projection's version must be added, if it must.
fn missing(projection: &dyn Projection, rows: &[ProjectionRow]) -> Option<&'static str> {
    match rows.iter().find(|row| &*row.state == ProjectionRow::ACTIVE) {
        None => Some(ProjectionRow::ACTIVE),
        Some(active) if active.version >= projection.version() => None,
        Some(_) if rows.iter().any(|row| row.version == projection.version()) => None,
        Some(_) => Some(ProjectionRow::BUILDING),
    }
}

/// Refuses a log that has another event where `row`'s generation applied its last one.
pub(crate) async fn same_log(engine: &Engine, row: &ProjectionRow) -> Result<(), PrepareError> {
    let columns = AppliedEvent::select("a");
    let sql = format!(
        "SELECT {columns} FROM {{projection_events}} a WHERE a.projection = ?1 AND a.version = ?2 AND a.run = ?3"
    );
    let params = [(&*row.name).into(), row.version.into(), row.run.into()];
    let applied = engine.db.query(&sql, &params).await?.decode::<AppliedEvent>()?.pop();
    let Some(AppliedEvent { position, event_id, .. }) = applied else { return Ok(()) };
    match engine.events.read(position, 1).await {
        Ok(found)
            if found.first().is_some_and(|event| (event.position, event.id) == (position, event_id)) =>
        {
            Ok(())
        }
        Ok(_) => Err(SourceError::OtherLog { position }.into()),
        // A damaged event says nothing about the log. Who needs it reports it.
        Err(SourceError::Broken(_)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

async fn add(tx: &mut Tx, projection: &dyn Projection, state: &str, now: Timestamp) -> Result<(), SqlError> {
    let Generation { version, run } = tx.generation();
    let name: Arc<str> = projection.name().into();
    tx.create(projection.tables()).await?;
    let tables: Vec<_> = projection
        .tables()
        .iter()
        .map(|table| GenerationTable {
            projection: name.clone(),
            version,
            run,
            table_name: table.name.into(),
        })
        .collect();
    tx.put(&tables).await?;
    tx.put(&[ProjectionRow {
        name,
        version,
        run,
        state: state.into(),
        position: domain::log::Position::default(),
        owner: None,
        epoch: 0,
        lease_until: None,
        parked: 0,
        revision: 0,
        updated_at: now,
    }])
    .await?;
    if state == ProjectionRow::ACTIVE {
        let names: Vec<_> = tables.into_iter().map(|table| table.table_name).collect();
        tx.activate(&names).await?;
    }
    Ok(())
}

/// Has `projection` built anew from the first event, beside the generation that serves until the new
/// one is as far. Any worker that runs projections picks it up.
///
/// # Errors
/// `Unavailable`; `Bug` when one is being built already.
pub async fn request_rebuild(
    db: &ReadStore,
    projection: &dyn Projection,
    now: Timestamp,
) -> Result<Generation, SqlError> {
    ensure(db, projection, now).await?;
    let mut tx = db.begin_catalog().await?;
    let rows = locked(&mut tx, projection.name()).await?;
    if rows.iter().any(|row| &*row.state == ProjectionRow::BUILDING) {
        tx.rollback().await?;
        return Err(SqlError::Bug(format!("{} is being built already", projection.name())));
    }
    let version = projection.version();
    let last = rows.iter().filter(|row| row.version == version).map(|row| row.run).max().unwrap_or(0);
    let generation = Generation { version, run: last + 1 };
    tx.write_in(generation);
    add(&mut tx, projection, ProjectionRow::BUILDING, now).await?;
    tx.commit().await?;
    Ok(generation)
}

/// Keeps the serving generation of `name` the serving one, and where it is, until the transaction ends.
pub(crate) async fn hold_active(
    tx: &mut Tx,
    name: &str,
    now: Timestamp,
) -> Result<Option<ProjectionRow>, SqlError> {
    locked(tx, name).await?;
    let params: [Value; 3] = [now.into(), name.into(), ProjectionRow::ACTIVE.into()];
    tx.execute("UPDATE {projections} SET updated_at = ?1 WHERE name = ?2 AND state = ?3", &params).await?;
    Ok(all(tx, name).await?.into_iter().find(|row| &*row.state == ProjectionRow::ACTIVE))
}

/// Makes `generation` the one that serves; the owner of the other is fenced off. The generations must be locked.
pub(crate) async fn flip(
    tx: &mut Tx,
    name: &str,
    generation: Generation,
    now: Timestamp,
) -> Result<(), SqlError> {
    tx.execute(
        "UPDATE {projections} SET state = ?1, owner = NULL, lease_until = NULL, epoch = epoch + 1, \
         updated_at = ?2 WHERE name = ?3 AND state = ?4",
        &[ProjectionRow::RETIRED.into(), now.into(), name.into(), ProjectionRow::ACTIVE.into()],
    )
    .await?;
    let flipped = tx
        .execute(
            "UPDATE {projections} SET state = ?1, updated_at = ?2 WHERE name = ?3 AND version = ?4 AND run = ?5",
            &[
                ProjectionRow::ACTIVE.into(),
                now.into(),
                name.into(),
                generation.version.into(),
                generation.run.into(),
            ],
        )
        .await?;
    if flipped == 0 {
        return Err(SqlError::Bug(format!("{name} has no generation {generation}")));
    }
    tx.execute(
        "DELETE FROM {active_tables} WHERE table_name IN \
         (SELECT table_name FROM {generation_tables} WHERE projection = ?1)",
        &[name.into()],
    )
    .await?;
    let tables = tables_of(tx, name, generation).await?;
    tx.activate(&tables).await
}

async fn tables_of(tx: &mut Tx, name: &str, generation: Generation) -> Result<Vec<Arc<str>>, SqlError> {
    let sql =
        "SELECT table_name FROM {generation_tables} WHERE projection = ?1 AND version = ?2 AND run = ?3";
    let found = tx.query(sql, &[name.into(), generation.version.into(), generation.run.into()]).await?;
    found.column("table_name")
}

/// Lets the generation that served before serve again, from where it stopped; whoever runs its version
/// goes on from there. Gives none when none is kept.
///
/// # Errors
/// `Unavailable`.
pub async fn go_back(db: &ReadStore, name: &str, now: Timestamp) -> Result<Option<Generation>, SqlError> {
    let mut tx = db.begin_catalog().await?;
    let rows = locked(&mut tx, name).await?;
    let retired = rows.iter().filter(|row| &*row.state == ProjectionRow::RETIRED);
    let Some(last) = retired.max_by_key(|row| row.updated_at) else {
        tx.rollback().await?;
        return Ok(None);
    };
    let generation = last.generation();
    tx.write_in(generation);
    flip(&mut tx, name, generation, now).await?;
    tx.commit().await?;
    Ok(Some(generation))
}

/// Drops generations that stopped serving `before` then. Gives how many.
///
/// # Errors
/// `Unavailable`.
pub async fn drop_retired(db: &ReadStore, before: Timestamp) -> Result<usize, SqlError> {
    let columns = ProjectionRow::select("p");
    let sql = format!("SELECT {columns} FROM {{projections}} p WHERE p.state = ?1 AND p.updated_at < ?2");
    let params = [ProjectionRow::RETIRED.into(), before.into()];
    let mut dropped = 0;
    for row in db.query(&sql, &params).await?.decode::<ProjectionRow>()? {
        let (name, generation) = (&*row.name, row.generation());
        let mut tx = db.begin(generation).await?;
        let rows = locked(&mut tx, name).await?;
        let retired =
            |row: &ProjectionRow| row.generation() == generation && &*row.state == ProjectionRow::RETIRED;
        // Somebody may have gone back to it meanwhile.
        if rows.iter().any(retired) {
            drop_generation(&mut tx, name).await?;
            dropped += 1;
        }
        tx.commit().await?;
    }
    Ok(dropped)
}

/// Drops the tables of the generation that `tx` writes, and all that is known of it.
async fn drop_generation(tx: &mut Tx, name: &str) -> Result<(), SqlError> {
    let generation = tx.generation();
    let tables = tables_of(tx, name, generation).await?;
    tx.drop_tables(&tables).await?;
    for (table, column) in [
        ("generation_tables", "projection"),
        ("projection_locations", "projection"),
        ("projection_events", "projection"),
        ("parked_events", "projection"),
        ("projections", "name"),
    ] {
        let sql = format!("DELETE FROM {{{table}}} WHERE {column} = ?1 AND version = ?2 AND run = ?3");
        tx.execute(&sql, &[name.into(), generation.version.into(), generation.run.into()]).await?;
    }
    // Who gave up what stays on record; what was only requested can no longer be done.
    let undone = "DELETE FROM {skipped_events} \
                  WHERE projection = ?1 AND version = ?2 AND run = ?3 AND skipped_at IS NULL";
    tx.execute(undone, &[name.into(), generation.version.into(), generation.run.into()]).await?;
    Ok(())
}

/// Count and hash of each table of `projection` in two generations, as of one moment.
///
/// # Errors
/// `NotBuilt` when there is no such generation; `Unavailable`.
pub async fn compare(
    db: &ReadStore,
    projection: &dyn Projection,
    (one, other): (Generation, Generation),
) -> Result<BTreeMap<&'static str, (Checksum, Checksum)>, SqlError> {
    let mut snapshot = db.snapshot().await?;
    let mut sums = BTreeMap::new();
    for table in projection.tables() {
        let pair = (snapshot.checksum(table, one).await?, snapshot.checksum(table, other).await?);
        sums.insert(table.name, pair);
    }
    Ok(sums)
}
