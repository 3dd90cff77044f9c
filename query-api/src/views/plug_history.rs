//! What happened to a plug.

use domain::ids::{LocationId, PlugId};
use jiff::Timestamp;
use read_model::plugs::PlugHistoryRow;
use read_store::{Record as _, Value};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::plugs::{MeterValues, PlugCause};
use crate::{
    QueryError, Tables,
    page::{Page, Paging},
};

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
/// `NotFound` when there is no such plug; `Sql`.
pub async fn list(
    tables: Tables,
    location: LocationId,
    id: PlugId,
    part: HistoryPart,
    paging: &Paging<FactPlace>,
) -> Result<Page<PlugFact>, QueryError> {
    let mut params: Vec<Value> =
        vec![location.into(), id.into(), (part == HistoryPart::Readings).into(), paging.fetch().into()];
    let beyond = match paging.after() {
        Some((at, position)) => {
            params.extend([Value::from(*at), Value::from(*position)]);
            "AND h.happened_at <= ?5 AND (h.happened_at < ?5 OR h.position < ?6) "
        }
        None => "",
    };
    let sql = format!(
        "SELECT {} FROM {{plug_history}} h \
         WHERE h.plug_id = ?2 AND h.is_reading = ?3 AND h.location_id = ?1 {beyond}\
         ORDER BY h.happened_at DESC, h.position DESC {{limit ?4}}",
        PlugHistoryRow::select("h")
    );
    let rows = tables.query(&sql, &params).await?;
    if rows.is_empty() {
        let known = "SELECT plug_id FROM {plugs} WHERE location_id = ?1 AND plug_id = ?2";
        if tables.query(known, &[location.into(), id.into()]).await?.is_empty() {
            return Err(QueryError::NotFound);
        }
    }
    let place = |last: &PlugHistoryRow| (last.happened_at.as_microsecond(), last.position.0);
    Ok(paging.page(rows.decode::<PlugHistoryRow>()?, place))
}

impl From<PlugHistoryRow> for PlugFact {
    fn from(row: PlugHistoryRow) -> Self {
        Self {
            position: row.position.0,
            at: row.happened_at,
            fact: row.fact.to_string(),
            state: row.state.map(|state| state.to_string()),
            until: row.until_at,
            reason: row.reason.map(|reason| reason.to_string()),
            cause: row.cause.map(|cause| cause.0.into()),
            reading: row.reading.map(|reading| reading.0.into()),
            subject: row.subject.map(|subject| subject.to_string()),
            actor: row.actor.map(|actor| actor.to_string()),
        }
    }
}
