//! How far each projection is.

use jiff::Timestamp;
use serde::Serialize;
use shared::domain::log::Position;
use shared::{
    http::Problem,
    sql::{
        Generation, ReadStore, Row, SqlError,
        progress::{Progress, Watermark},
    },
    store::EventLog,
};
use utoipa::ToSchema;

use crate::page::{Page, items};

/// One generation of a projection.
#[derive(Debug, Serialize, ToSchema)]
pub struct Projection {
    /// Its name.
    pub name: String,
    /// The version of its code.
    pub version: u32,
    /// How often this version was built.
    pub run: u32,
    /// `active` serves readers, `building` is being filled, `retired` is kept to go back to.
    pub state: String,
    /// The last position applied.
    pub position: u64,
    /// The log's last position.
    pub head: u64,
    /// How many events are still to be applied.
    pub lag: u64,
    /// How many events are set aside.
    pub parked: i64,
    /// When its checkpoint last changed.
    pub updated_at: Timestamp,
}

/// Every generation of every projection, by name; `progress` knows of the serving ones a little more than
/// their stored checkpoints.
///
/// # Errors
/// 503, 500.
pub async fn list(
    db: &ReadStore,
    progress: &Progress,
    log: &dyn EventLog,
) -> Result<Page<Projection>, Problem> {
    let sql = "SELECT name, version, run, state, position, parked, updated_at FROM {projections} \
               ORDER BY name, version, run";
    let rows = db.query(sql, &[]).await?;
    // Asked after the checkpoints, so that none is past it.
    let head = log.head().await?.position;
    let items = items(&rows, |row| projection(row, progress.watermark(row.text(0)?), head))?;
    Ok(Page { items, next_cursor: None })
}

fn projection(row: &Row, watermark: Option<Watermark>, head: Position) -> Result<Projection, SqlError> {
    let generation = Generation { version: row.get(1)?, run: row.get(2)? };
    let applied =
        watermark.filter(|watermark| watermark.generation == generation).map(|watermark| watermark.position);
    let position = row.get::<Position>(4)?.max(applied.unwrap_or_default());
    Ok(Projection {
        name: row.get(0)?,
        version: generation.version,
        run: generation.run,
        state: row.get(3)?,
        position: position.0,
        head: head.0.max(position.0),
        lag: head.0.saturating_sub(position.0),
        parked: row.get(5)?,
        updated_at: row.get(6)?,
    })
}
