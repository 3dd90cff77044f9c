//! What happened to a plug.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use shared::{
    domain::ids::{LocationId, PlugId},
    http::Problem,
    sql::{Json, ReadStore, Row, SqlError, Value},
};
use utoipa::ToSchema;

use super::plugs::{MeterValues, PlugCause};
use crate::page::{Page, Paging, items};

/// Something that happened to a plug.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlugFact {
    /// The event's position in the log.
    pub position: u64,
    /// When: at the device, for a report.
    pub at: Timestamp,
    /// `registered`, `bound`, `unbound`, `renamed`, `asked`, `released`, `retired`, `switched`, `refused`,
    /// `unreachable`, `recovered`, `overridden`, `moved`, `reading` or `identity_refused`.
    pub fact: String,
    /// `on` or `off`, where it is about that.
    pub state: Option<String>,
    /// Until when, where it has an end.
    pub until: Option<Timestamp>,
    /// Why it happened, or what went wrong.
    pub reason: Option<String>,
    /// What made the worker do it.
    pub cause: Option<PlugCause>,
    /// What the meter showed.
    pub reading: Option<MeterValues>,
    /// The room's id, the name or the address, where it is about that.
    pub subject: Option<String>,
    /// Who caused it: `key:<id>` or `system:<task>`.
    pub actor: Option<String>,
}

/// Which part of a history.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum HistoryPart {
    /// Everything but readings.
    #[default]
    Facts,
    /// Readings of the meter.
    Readings,
}

/// A fact's place in the list: its time in microseconds, and its position.
pub type FactPlace = (i64, u64);

/// What happened to the plug `id` of `location`, latest first.
///
/// # Errors
/// 404 when there is no such plug; 503, 500.
pub async fn list(
    db: &ReadStore,
    location: LocationId,
    id: PlugId,
    part: HistoryPart,
    paging: &Paging<FactPlace>,
) -> Result<Page<PlugFact>, Problem> {
    let mut params: Vec<Value> =
        vec![location.into(), id.into(), (part == HistoryPart::Readings).into(), paging.fetch().into()];
    let beyond = match paging.after() {
        Some((at, position)) => {
            params.extend([Value::from(*at), Value::from(*position)]);
            "AND happened_at <= ?5 AND (happened_at < ?5 OR position < ?6) "
        }
        None => "",
    };
    let sql = format!(
        "SELECT position, happened_at, fact, state, until_at, reason, cause, reading, subject, actor \
         FROM {{plug_history}} WHERE plug_id = ?2 AND is_reading = ?3 AND location_id = ?1 {beyond}\
         ORDER BY happened_at DESC, position DESC {{limit ?4}}"
    );
    let rows = db.query(&sql, &params).await?;
    if rows.is_empty() {
        let known = "SELECT plug_id FROM {plugs} WHERE location_id = ?1 AND plug_id = ?2";
        db.query(known, &[location.into(), id.into()]).await?.first().ok_or_else(Problem::not_found)?;
    }
    let place = |last: &PlugFact| (last.at.as_microsecond(), last.position);
    Ok(paging.page(items(&rows, fact)?, place))
}

fn fact(row: &Row) -> Result<PlugFact, SqlError> {
    Ok(PlugFact {
        position: row.get(0)?,
        at: row.get(1)?,
        fact: row.get(2)?,
        state: row.get(3)?,
        until: row.get(4)?,
        reason: row.get(5)?,
        cause: row.get::<Option<Json<_>>>(6)?.map(|Json(cause)| cause),
        reading: row.get::<Option<Json<_>>>(7)?.map(|Json(reading)| reading),
        subject: row.get(8)?,
        actor: row.get(9)?,
    })
}
