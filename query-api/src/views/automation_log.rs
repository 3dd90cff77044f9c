//! What an automation did, and did not, and why.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use shared::{
    domain::ids::{AutomationId, LocationId},
    http::Problem,
    sql::{Json, ReadStore, Row, SqlError, Value},
};
use utoipa::ToSchema;
use uuid::Uuid;

use super::plug_history::FactPlace;
use crate::page::{Page, Paging, items};

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
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct AutomationOccasion {
    /// `event`, `cron`, `every`, `force`, `pulse`, `end` or `change`.
    pub kind: String,
    /// The position in the log of the event that led to it.
    pub event_position: Option<u64>,
}

/// The log of the automation `id` of `location`, latest first.
///
/// # Errors
/// 404 when there is no such automation; 503, 500.
pub async fn list(
    db: &ReadStore,
    location: LocationId,
    id: AutomationId,
    paging: &Paging<FactPlace>,
) -> Result<Page<AutomationLogEntry>, Problem> {
    let mut params: Vec<Value> = vec![location.into(), id.into(), paging.fetch().into()];
    let beyond = match paging.after() {
        Some((at, position)) => {
            params.extend([Value::from(*at), Value::from(*position)]);
            "AND happened_at <= ?4 AND (happened_at < ?4 OR position < ?5) "
        }
        None => "",
    };
    let sql = format!(
        "SELECT position, happened_at, fact, action, until_at, reason, occasion, plug_id, actor \
         FROM {{automation_log}} WHERE automation_id = ?2 AND location_id = ?1 {beyond}\
         ORDER BY happened_at DESC, position DESC {{limit ?3}}"
    );
    let rows = db.query(&sql, &params).await?;
    if rows.is_empty() {
        let known = "SELECT automation_id FROM {automations} WHERE location_id = ?1 AND automation_id = ?2";
        db.query(known, &[location.into(), id.into()]).await?.first().ok_or_else(Problem::not_found)?;
    }
    let place = |last: &AutomationLogEntry| (last.at.as_microsecond(), last.position);
    Ok(paging.page(items(&rows, entry)?, place))
}

fn entry(row: &Row) -> Result<AutomationLogEntry, SqlError> {
    Ok(AutomationLogEntry {
        position: row.get(0)?,
        at: row.get(1)?,
        fact: row.get(2)?,
        action: row.get(3)?,
        until: row.get(4)?,
        reason: row.get(5)?,
        trigger: row.get::<Option<Json<_>>>(6)?.map(|Json(trigger)| trigger),
        plug_id: row.get(7)?,
        actor: row.get(8)?,
    })
}
