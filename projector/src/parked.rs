//! Events set aside: kept with their reason until an operator wishes to retry or to skip, which the
//! projection's owner then does, so that nobody writes behind its back.

use shared::domain::log::Position;
use shared::{
    domain::ids::StreamName,
    sql::{
        Generation, ReadStore, Record as _, Row, SqlError, Tx,
        catalog::{ParkedRow, ProjectionRow},
    },
};

/// Why a wish cannot be noted.
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

pub(crate) const RETRY: &str = "retry";
pub(crate) const SKIP: &str = "skip";

const COLUMNS: &str = "p.projection, p.version, p.run, p.position, p.stream, p.stream_version, \
                       p.event_type, p.error, p.tries, p.wish, p.parked_at";

/// All events parked in active generations, in order of projection and position.
///
/// # Errors
/// `Unavailable`.
pub async fn list_parked(db: &ReadStore) -> Result<Vec<ParkedRow>, SqlError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM {{parked_events}} p INNER JOIN {{projections}} a \
         ON a.name = p.projection AND a.version = p.version AND a.run = p.run AND a.state = ?1 \
         ORDER BY p.projection, p.position"
    );
    rows(&db.query(&sql, &[ProjectionRow::ACTIVE.into()]).await?)
}

/// Asks the owner of `projection` to apply what is parked of `stream` again.
///
/// # Errors
/// `NotParked`, `Unavailable`.
pub async fn wish_retry(db: &ReadStore, projection: &str, stream: &StreamName) -> Result<(), ParkError> {
    wish(db, projection, stream, RETRY).await
}

/// Asks the owner of `projection` to give up the first event parked of `stream` for good, and to apply
/// the later ones.
///
/// # Errors
/// `NotParked`, `Unavailable`.
pub async fn wish_skip(db: &ReadStore, projection: &str, stream: &StreamName) -> Result<(), ParkError> {
    wish(db, projection, stream, SKIP).await
}

async fn wish(db: &ReadStore, projection: &str, stream: &StreamName, wish: &str) -> Result<(), ParkError> {
    let mut tx = db.begin_catalog().await?;
    let noted = tx
        .execute(
            "UPDATE {parked_events} SET wish = ?1 WHERE projection = ?2 AND stream = ?3",
            &[wish.into(), projection.into(), stream.clone().into()],
        )
        .await?;
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
    found.iter().map(|row| row.get(0)).collect()
}

/// What was wished for in one generation: stream and wish.
pub(crate) async fn wishes(
    db: &ReadStore,
    name: &str,
    generation: Generation,
) -> Result<Vec<(StreamName, String)>, SqlError> {
    let sql = "SELECT DISTINCT stream, wish FROM {parked_events} \
               WHERE projection = ?1 AND version = ?2 AND run = ?3 AND wish IS NOT NULL";
    let found = db.query(sql, &key(name, generation)).await?;
    found.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}

/// The first event parked of `stream` in one generation.
pub(crate) async fn first(
    db: &ReadStore,
    name: &str,
    generation: Generation,
    stream: &StreamName,
) -> Result<Option<Position>, SqlError> {
    let sql = "SELECT MIN(position) FROM {parked_events} \
               WHERE projection = ?1 AND version = ?2 AND run = ?3 AND stream = ?4";
    let [name, version, run] = key(name, generation);
    let found = db.query(sql, &[name, version, run, stream.clone().into()]).await?;
    found.first().map_or(Ok(None), |row| row.get(0))
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

/// Notes that the first event of `stream` failed again, and that what was wished is done.
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
        &format!("UPDATE {{parked_events}} SET wish = NULL {in_stream}"),
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

fn key(name: &str, generation: Generation) -> [shared::sql::Value; 3] {
    [name.into(), generation.version.into(), generation.run.into()]
}

fn rows(found: &[Row]) -> Result<Vec<ParkedRow>, SqlError> {
    found.iter().map(ParkedRow::from_row).collect()
}
