//! How far each projection is.

use domain::log::Position;
use jiff::Timestamp;
use read_store::{
    ReadStore, Record as _,
    catalog::ProjectionRow,
    progress::{Progress, Watermark},
};
use serde::Serialize;
use store::EventLog;
use utoipa::ToSchema;

use crate::{QueryError, page::Page};

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

/// Every generation of every projection, by name. `progress` knows of the serving ones a little more than
/// their stored checkpoints.
///
/// # Errors
/// `Sql`, `Log`.
pub async fn list(
    store: &ReadStore,
    progress: &Progress,
    log: &dyn EventLog,
) -> Result<Page<Projection>, QueryError> {
    let columns = ProjectionRow::select("p");
    let sql = format!("SELECT {columns} FROM {{projections}} p ORDER BY p.name, p.version, p.run");
    let rows = store.query(&sql, &[]).await?.decode::<ProjectionRow>()?;
    // Asked after the checkpoints, so that none is past it.
    let head = log.head().await?.position;
    let projection = |row: &ProjectionRow| projection(progress.watermark(&row.name), row, head);
    Ok(Page { items: rows.iter().map(projection).collect(), next_cursor: None })
}

fn projection(watermark: Option<Watermark>, row: &ProjectionRow, head: Position) -> Projection {
    let applied = watermark.filter(|watermark| watermark.generation == row.generation());
    let position = row.position.max(applied.map(|applied| applied.position).unwrap_or_default());
    Projection {
        name: row.name.to_string(),
        version: row.version,
        run: row.run,
        state: row.state.to_string(),
        position: position.0,
        head: head.0.max(position.0),
        lag: head.0.saturating_sub(position.0),
        parked: row.parked,
        updated_at: row.updated_at,
    }
}
