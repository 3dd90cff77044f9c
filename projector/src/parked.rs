//! Events set aside: kept with their reason until an operator requests to retry or to skip them. The projection's
//! owner does what is requested, so that nobody writes behind its back.

use domain::{ids::StreamName, log::Position};
use read_store::{
    Generation, ReadStore, Record as _, SqlError, Tx,
    catalog::{ParkedRow, ProjectionRow},
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

/// All events parked in active generations, in order of projection and position.
///
/// # Errors
/// `Unavailable`.
pub async fn list_parked(db: &ReadStore) -> Result<Vec<ParkedRow>, SqlError> {
    let sql = format!(
        "SELECT {} FROM {{parked_events}} p INNER JOIN {{projections}} a \
         ON a.name = p.projection AND a.version = p.version AND a.run = p.run AND a.state = ?1 \
         ORDER BY p.projection, p.position",
        ParkedRow::select("p")
    );
    db.query(&sql, &[ProjectionRow::ACTIVE.into()]).await?.decode()
}

/// Asks the owner of `projection` to apply what is parked of `stream` again.
///
/// # Errors
/// `NotParked`, `Unavailable`.
pub async fn request_retry(db: &ReadStore, projection: &str, stream: &StreamName) -> Result<(), ParkError> {
    request(db, projection, stream, RETRY).await
}

/// Asks the owner of `projection` to give up the first event parked of `stream` for good, and to apply
/// the later ones.
///
/// # Errors
/// `NotParked`, `Unavailable`.
pub async fn request_skip(db: &ReadStore, projection: &str, stream: &StreamName) -> Result<(), ParkError> {
    request(db, projection, stream, SKIP).await
}

async fn request(
    db: &ReadStore,
    projection: &str,
    stream: &StreamName,
    what: &'static str,
) -> Result<(), ParkError> {
    let mut tx = db.begin_catalog().await?;
    let requested = ParkedRow::REQUESTED;
    let sql = format!("UPDATE {{parked_events}} SET {requested} = ?1 WHERE projection = ?2 AND stream = ?3");
    let noted = tx.execute(&sql, &[what.into(), projection.into(), stream.clone().into()]).await?;
    if noted == 0 {
        tx.rollback().await?;
        return Err(ParkError::NotParked { projection: projection.to_owned(), stream: stream.clone() });
    }
    tx.commit().await?;
    Ok(())
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
