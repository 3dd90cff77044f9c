//! Events set aside: kept with their reason until an operator requests to retry or to skip them. The projection's
//! owner does what is requested, so that nobody writes behind its back.

use domain::{ids::StreamName, log::Position};
use jiff::Timestamp;
use read_store::{
    Generation, ReadStore, Record as _, SqlError, Tx,
    catalog::{ParkedRow, ProjectionRow, SkippedEvent},
};

/// Why a request cannot be noted.
#[derive(Debug, thiserror::Error)]
pub enum ParkError {
    /// Nothing of that stream is parked there.
    #[error("nothing of {stream} is parked in {projection}")]
    NotParked {
        /// The projection asked for.
        projection: String,
        /// The stream asked for.
        stream: StreamName,
    },
    /// The read store failed.
    #[error("the parked events cannot be reached")]
    Sql(#[from] SqlError),
}

const RETRY: &str = "retry";
pub(crate) const SKIP: &str = "skip";

/// Who gives an event up, and why.
#[derive(Clone, Debug)]
pub struct SkipNote {
    /// Who, such as `anna@server`.
    pub by: String,
    /// Why.
    pub reason: String,
    /// When.
    pub at: Timestamp,
}

fn parked_sql() -> String {
    format!(
        "SELECT {} FROM {{parked_events}} p INNER JOIN {{projections}} a \
         ON a.name = p.projection AND a.version = p.version AND a.run = p.run AND a.state = ?1",
        ParkedRow::select("p")
    )
}

/// All events parked in active generations, in order of projection and position.
///
/// # Errors
/// `Unavailable`.
pub async fn list_parked(db: &ReadStore) -> Result<Vec<ParkedRow>, SqlError> {
    let sql = format!("{} ORDER BY p.projection, p.position", parked_sql());
    db.query(&sql, &[ProjectionRow::ACTIVE.into()]).await?.decode()
}

/// What operators gave up in every generation, in order of projection and position.
///
/// # Errors
/// `Unavailable`.
pub async fn list_skipped(db: &ReadStore) -> Result<Vec<SkippedEvent>, SqlError> {
    let columns = SkippedEvent::select("s");
    let sql = format!(
        "SELECT {columns} FROM {{skipped_events}} s ORDER BY s.projection, s.position, s.version, s.run"
    );
    db.query(&sql, &[]).await?.decode()
}

/// Asks the owner of `projection` to apply what is parked of `stream` again.
///
/// # Errors
/// `NotParked`, `Unavailable`.
pub async fn request_retry(db: &ReadStore, projection: &str, stream: &StreamName) -> Result<(), ParkError> {
    let mut tx = db.begin_catalog().await?;
    request(&mut tx, projection, stream, RETRY).await?;
    let sql = "DELETE FROM {skipped_events} WHERE projection = ?1 AND stream = ?2 AND skipped_at IS NULL";
    tx.execute(sql, &[projection.into(), stream.clone().into()]).await?;
    Ok(tx.commit().await?)
}

/// Asks the owner of `projection` to give up the first event parked of `stream` for good, and to apply
/// the later ones. Which event that is, who gave it up and why is kept.
///
/// # Errors
/// `NotParked`, `Unavailable`.
pub async fn request_skip(
    db: &ReadStore,
    projection: &str,
    stream: &StreamName,
    note: &SkipNote,
) -> Result<Position, ParkError> {
    let mut tx = db.begin_catalog().await?;
    request(&mut tx, projection, stream, SKIP).await?;
    let sql = format!("{} WHERE p.projection = ?2 AND p.stream = ?3", parked_sql());
    let params = [ProjectionRow::ACTIVE.into(), projection.into(), stream.clone().into()];
    let parked: Vec<ParkedRow> = tx.query(&sql, &params).await?.decode()?;
    let Some(first) = parked.into_iter().min_by_key(|row| row.position) else {
        return Err(not_parked(projection, stream));
    };
    let position = first.position;
    tx.put(&[skipped(first, note)]).await?;
    tx.commit().await?;
    Ok(position)
}

fn skipped(row: ParkedRow, note: &SkipNote) -> SkippedEvent {
    SkippedEvent {
        projection: row.projection,
        version: row.version,
        run: row.run,
        position: row.position,
        stream: row.stream,
        event_type: row.event_type,
        error: row.error,
        reason: note.reason.as_str().into(),
        requested_by: note.by.as_str().into(),
        requested_at: note.at,
        skipped_at: None,
    }
}

fn not_parked(projection: &str, stream: &StreamName) -> ParkError {
    ParkError::NotParked { projection: projection.to_owned(), stream: stream.clone() }
}

async fn request(
    tx: &mut Tx,
    projection: &str,
    stream: &StreamName,
    what: &'static str,
) -> Result<(), ParkError> {
    let requested = ParkedRow::REQUESTED;
    let sql = format!("UPDATE {{parked_events}} SET {requested} = ?1 WHERE projection = ?2 AND stream = ?3");
    let noted = tx.execute(&sql, &[what.into(), projection.into(), stream.clone().into()]).await?;
    if noted == 0 { Err(not_parked(projection, stream)) } else { Ok(()) }
}

/// The event of `stream` that is to be given up in one generation, if one is.
pub(crate) async fn to_skip(
    db: &ReadStore,
    name: &str,
    generation: Generation,
    stream: &StreamName,
) -> Result<Option<Position>, SqlError> {
    let sql = "SELECT MIN(position) AS first FROM {skipped_events} \
               WHERE projection = ?1 AND version = ?2 AND run = ?3 AND stream = ?4 AND skipped_at IS NULL";
    let [name, version, run] = key(name, generation);
    let found = db.query(sql, &[name, version, run, stream.clone().into()]).await?;
    Ok(found.cell::<Option<Position>>("first")?.flatten())
}

/// Notes that the event was given up.
pub(crate) async fn note_skipped(
    tx: &mut Tx,
    name: &str,
    generation: Generation,
    position: Position,
    now: Timestamp,
) -> Result<(), SqlError> {
    let sql = "UPDATE {skipped_events} SET skipped_at = ?5 \
               WHERE projection = ?1 AND version = ?2 AND run = ?3 AND position = ?4";
    let [name, version, run] = key(name, generation);
    tx.execute(sql, &[name, version, run, position.into(), now.into()]).await.map(drop)
}

/// The streams with something parked in one generation.
pub(crate) async fn streams(
    db: &ReadStore,
    name: &str,
    generation: Generation,
) -> Result<Vec<StreamName>, SqlError> {
    let sql =
        "SELECT DISTINCT stream FROM {parked_events} WHERE projection = ?1 AND version = ?2 AND run = ?3";
    let found = db.query(sql, &key(name, generation)).await?;
    found.column("stream")
}

read_store::record! {
    /// What an operator asked for.
    pub(crate) struct Request {
        /// Of which stream.
        stream: StreamName,
        /// `retry` or `skip`.
        requested: String,
    }
}

/// What was requested in one generation.
pub(crate) async fn requests(
    db: &ReadStore,
    name: &str,
    generation: Generation,
) -> Result<Vec<Request>, SqlError> {
    let requested = ParkedRow::REQUESTED;
    let sql = format!(
        "SELECT DISTINCT stream, {requested} AS requested FROM {{parked_events}} \
         WHERE projection = ?1 AND version = ?2 AND run = ?3 AND {requested} IS NOT NULL"
    );
    db.query(&sql, &key(name, generation)).await?.decode()
}

/// The first event parked of `stream` in one generation.
pub(crate) async fn first(
    db: &ReadStore,
    name: &str,
    generation: Generation,
    stream: &StreamName,
) -> Result<Option<Position>, SqlError> {
    let sql = "SELECT MIN(position) AS first FROM {parked_events} \
               WHERE projection = ?1 AND version = ?2 AND run = ?3 AND stream = ?4";
    let [name, version, run] = key(name, generation);
    let found = db.query(sql, &[name, version, run, stream.clone().into()]).await?;
    Ok(found.cell::<Option<Position>>("first")?.flatten())
}

/// Takes an event out of the parked ones.
pub(crate) async fn unpark(
    tx: &mut Tx,
    name: &str,
    generation: Generation,
    position: Position,
) -> Result<(), SqlError> {
    let row_key = (name.into(), generation.version, generation.run, position);
    tx.delete(ParkedRow::TABLE, &[ParkedRow::key_values(&row_key)]).await
}

/// Notes that the first event of `stream` failed again, and that what was requested is done.
pub(crate) async fn failed_again(
    tx: &mut Tx,
    name: &str,
    generation: Generation,
    stream: &StreamName,
    failed: (Position, &str),
) -> Result<(), SqlError> {
    let [name, version, run] = key(name, generation);
    let in_stream = "WHERE projection = ?1 AND version = ?2 AND run = ?3 AND stream = ?4";
    let stream = stream.clone().into();
    tx.execute(
        &format!("UPDATE {{parked_events}} SET {} = NULL {in_stream}", ParkedRow::REQUESTED),
        &[name.clone(), version.clone(), run.clone(), stream],
    )
    .await?;
    tx.execute(
        "UPDATE {parked_events} SET error = ?4, tries = tries + 1 \
         WHERE projection = ?1 AND version = ?2 AND run = ?3 AND position = ?5",
        &[name, version, run, failed.1.into(), failed.0.into()],
    )
    .await?;
    Ok(())
}

fn key(name: &str, generation: Generation) -> [read_store::Value; 3] {
    [name.into(), generation.version.into(), generation.run.into()]
}
