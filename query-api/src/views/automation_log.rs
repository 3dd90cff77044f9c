//! What an automation did, and did not, and why.

use domain::ids::{AutomationId, LocationId};
use jiff::Timestamp;
use read_model::automations::{AutomationLogRow, OccasionCell};
use read_store::{Record as _, Value};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::plug_history::FactPlace;
use crate::{
    QueryError, Tables,
    page::{Page, Paging},
};

/// An entry of an automation's log.
#[derive(Debug, Serialize, ToSchema)]
pub struct AutomationLogEntry {
    /// The event's position in the log of everything.
    pub position: u64,
    /// When: at the worker, for what it reported.
    pub at: Timestamp,
    /// `created`, `changed`, `enabled`, `disabled`, `forced`, `unforced`, `pulsed`, `acted`, `skipped` or
    /// `failed`.
    pub fact: String,
    /// `on`, `off` or `pulse`, where it is about that.
    pub action: Option<String>,
    /// Until when, where it has an end.
    pub until: Option<Timestamp>,
    /// Why it happened, or what went wrong.
    pub reason: Option<String>,
    /// What made the worker look at it.
    pub trigger: Option<AutomationOccasion>,
    /// The plug that could not be switched.
    pub plug_id: Option<Uuid>,
    /// Who caused it: `key:<id>` or `system:<task>`.
    pub actor: Option<String>,
}

/// What made the worker look at an automation.
#[derive(Debug, Serialize, ToSchema)]
pub struct AutomationOccasion {
    /// `event`, `cron`, `every`, `force`, `pulse`, `end` or `change`.
    pub kind: String,
    /// The position in the log of the event that led to it.
    pub event_position: Option<u64>,
}

/// The log of the automation `id` of `location`, latest first.
///
/// # Errors
/// `NotFound` when there is no such automation; `Sql`.
pub async fn list(
    tables: Tables,
    location: LocationId,
    id: AutomationId,
    paging: &Paging<FactPlace>,
) -> Result<Page<AutomationLogEntry>, QueryError> {
    let mut params: Vec<Value> = vec![location.into(), id.into(), paging.fetch().into()];
    let beyond = match paging.after() {
        Some((at, position)) => {
            params.extend([Value::from(*at), Value::from(*position)]);
            "AND l.happened_at <= ?4 AND (l.happened_at < ?4 OR l.position < ?5) "
        }
        None => "",
    };
    let sql = format!(
        "SELECT {} FROM {{automation_log}} l WHERE l.automation_id = ?2 AND l.location_id = ?1 {beyond}\
         ORDER BY l.happened_at DESC, l.position DESC {{limit ?3}}",
        AutomationLogRow::select("l")
    );
    let rows = tables.query(&sql, &params).await?;
    if rows.is_empty() {
        let known = "SELECT automation_id FROM {automations} WHERE location_id = ?1 AND automation_id = ?2";
        if tables.query(known, &[location.into(), id.into()]).await?.is_empty() {
            return Err(QueryError::NotFound);
        }
    }
    let place = |last: &AutomationLogRow| (last.happened_at.as_microsecond(), last.position.0);
    Ok(paging.page(rows.decode::<AutomationLogRow>()?, place))
}

impl From<AutomationLogRow> for AutomationLogEntry {
    fn from(row: AutomationLogRow) -> Self {
        Self {
            position: row.position.0,
            at: row.happened_at,
            fact: row.fact.to_string(),
            action: row.action.map(|action| action.to_string()),
            until: row.until_at,
            reason: row.reason.map(|reason| reason.to_string()),
            trigger: row.occasion.map(|occasion| occasion.0.into()),
            plug_id: row.plug_id.map(|plug| plug.0),
            actor: row.actor.map(|actor| actor.to_string()),
        }
    }
}

impl From<OccasionCell> for AutomationOccasion {
    fn from(cell: OccasionCell) -> Self {
        Self { kind: cell.kind, event_position: cell.event_position }
    }
}
