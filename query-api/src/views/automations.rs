//! The automations of a venue: the rule of each, and how it stands.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use shared::{
    domain::ids::{AutomationId, LocationId},
    http::Problem,
    sql::{Json, ReadStore, Row, SqlError},
};
use utoipa::ToSchema;
use uuid::Uuid;

use super::locations;
use crate::page::{Page, Paging, items};

/// An automation.
#[derive(Debug, Serialize, ToSchema)]
pub struct Automation {
    /// Its id.
    pub id: Uuid,
    /// The rule; its fields are those that `change` takes.
    #[serde(flatten)]
    pub rule: AutomationRule,
    /// Whether its trigger counts.
    pub enabled: bool,
    /// Why not.
    pub disabled_reason: Option<String>,
    /// What somebody forces now, whatever its trigger.
    pub force: Option<AutomationForce>,
    /// What it did last.
    pub last_action: Option<AutomationAction>,
    /// Its latest failure.
    pub last_failure: Option<AutomationFailure>,
    /// When it was created.
    pub created_at: Timestamp,
}

/// What an automation does and when.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct AutomationRule {
    /// What people call it.
    pub name: String,
    /// The plugs it switches.
    pub plug_ids: Vec<Uuid>,
    /// What sets it off.
    pub trigger: RuleTrigger,
    /// What it then does.
    pub action: RuleAction,
    /// When it may.
    pub gates: RuleGates,
    /// How often and how long at most.
    pub limits: RuleLimits,
}

/// What sets an automation off.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct RuleTrigger {
    /// `event`, `cron` or `every`.
    pub r#type: String,
    /// Of an event: which.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// Of an event: only in this room.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub room_id: Option<Uuid>,
    /// Of a play's event: only for this variant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variant_id: Option<Uuid>,
    /// Of cron: minute, hour, day of month, month, day of week, in the location's zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expression: Option<String>,
    /// Of every: the interval.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u32>,
}

/// What an automation does to its plugs.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct RuleAction {
    /// `on`, `while_play`, `off` or `pulse`.
    pub r#type: String,
    /// Of on: how long.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u32>,
    /// Of pulse: how long.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub milliseconds: Option<u32>,
}

/// When an automation may.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct RuleGates {
    /// Only while a play runs, or shortly after.
    pub players_active: Option<RulePlayersActive>,
    /// Never in these spans of the day, in the location's zone.
    pub quiet_hours: Vec<RuleQuietSpan>,
    /// Only within the location's opening hours.
    pub opening_hours: bool,
}

/// Only while a play runs, or shortly after.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct RulePlayersActive {
    /// How long after the last play ended it still counts.
    pub grace_seconds: u32,
}

/// A span of every day.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct RuleQuietSpan {
    /// `HH:MM:SS`.
    pub from: String,
    /// `HH:MM:SS`; before `from` when that is the next day.
    pub to: String,
}

/// How often and how long at most.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct RuleLimits {
    /// A trigger this soon after the last that took effect is skipped.
    pub min_interval_seconds: u32,
    /// No plug is on for longer because of this automation.
    pub max_on_seconds: u32,
}

/// What somebody forces.
#[derive(Debug, Serialize, ToSchema)]
pub struct AutomationForce {
    /// `on` or `off`.
    pub state: String,
    /// When that ends: of on, also when the automation has been on for as long as its limits allow.
    pub until: Timestamp,
}

/// What an automation wants on, as its row has it.
pub(super) struct Wants {
    /// When a force on or off ends, if one is in force.
    pub(super) forced: Option<(String, Timestamp)>,
    /// When that was forced.
    pub(super) forced_at: Option<Timestamp>,
    /// When it last switched plugs on, and when the last of them ends at the latest, if one is on.
    pub(super) held: Option<(Timestamp, Timestamp)>,
}

impl Wants {
    /// Columns of [`Wants::read`].
    pub(super) const COLUMNS: &str = "a.force_state, a.force_until, a.forced_at, a.held_at, a.held_until";

    /// From the columns that begin at `first`, of an automation that is on for at most `max_on_seconds`. The device
    /// worker holds what is forced on no longer than that, counted from when it began to hold it: that is as long as
    /// it says once it has acted, and by itself no longer than from when it was forced.
    pub(super) fn read(
        row: &Row,
        first: usize,
        max_on_seconds: u32,
        now: Timestamp,
    ) -> Result<Self, SqlError> {
        let (state, until) = (row.get::<Option<String>>(first)?, row.get::<Option<Timestamp>>(first + 1)?);
        let (forced_at, held_at): (Option<Timestamp>, Option<Timestamp>) =
            (row.get(first + 2)?, row.get(first + 3)?);
        let held_until = row.get::<Option<Timestamp>>(first + 4)?;
        let most = SignedDuration::from_secs(max_on_seconds.into());
        let ends = |state: &str, until: Timestamp| {
            let Some(forced_at) = forced_at.filter(|_| state == "on") else { return until };
            let longest = forced_at.saturating_add(most).map_or(until, |longest| longest.min(until));
            match held_at.filter(|held_at| *held_at >= forced_at) {
                Some(held_at) => longest.min(held_until.unwrap_or(held_at)),
                None => longest,
            }
        };
        let forced = state.zip(until).map(|(state, until)| {
            let until = ends(&state, until);
            (state, until)
        });
        Ok(Self {
            forced: forced.filter(|(_, until)| now < *until),
            forced_at,
            held: held_at.zip(held_until.filter(|until| now < *until)),
        })
    }
}

/// What an automation did.
#[derive(Debug, Serialize, ToSchema)]
pub struct AutomationAction {
    /// `on`, `off` or `pulse`.
    pub action: String,
    /// When, at the worker.
    pub at: Timestamp,
}

/// What went wrong.
#[derive(Debug, Serialize, ToSchema)]
pub struct AutomationFailure {
    /// What.
    pub error: String,
    /// When, at the worker.
    pub at: Timestamp,
}

fn select() -> String {
    let wants = Wants::COLUMNS;
    format!(
        "SELECT a.automation_id, a.spec, a.enabled, a.disabled_reason, a.acted, a.acted_at, a.failure, \
         a.failed_at, a.created_at, {wants} FROM {{automations}} a "
    )
}

/// Automations of `location` in the order of their ids, as they are at `now`.
///
/// # Errors
/// 404 for a location that never was; 503, 500.
pub async fn list(
    db: &ReadStore,
    location: LocationId,
    now: Timestamp,
    paging: &Paging<Uuid>,
) -> Result<Page<Automation>, Problem> {
    let after = paging.after().map(Uuid::to_string).unwrap_or_default();
    let select = select();
    let sql = format!(
        "{select}WHERE a.location_id = ?1 AND a.automation_id > ?2 ORDER BY a.automation_id {{limit ?3}}"
    );
    let rows = db.query(&sql, &[location.into(), after.into(), paging.fetch().into()]).await?;
    if rows.is_empty() {
        locations::must_exist(db, location).await?;
    }
    Ok(paging.page(items(&rows, |row| automation(row, now))?, |last| last.id))
}

/// One automation of `location`, as it is at `now`.
///
/// # Errors
/// 404 when there is none; 503, 500.
pub async fn one(
    db: &ReadStore,
    location: LocationId,
    id: AutomationId,
    now: Timestamp,
) -> Result<Automation, Problem> {
    let select = select();
    let sql = format!("{select}WHERE a.location_id = ?1 AND a.automation_id = ?2");
    let rows = db.query(&sql, &[location.into(), id.into()]).await?;
    let row = rows.first().ok_or_else(Problem::not_found)?;
    Ok(automation(row, now)?)
}

fn automation(row: &Row, now: Timestamp) -> Result<Automation, SqlError> {
    let rule = row.get::<Json<AutomationRule>>(1)?.0;
    let wants = Wants::read(row, 9, rule.limits.max_on_seconds, now)?;
    Ok(Automation {
        id: row.get(0)?,
        rule,
        enabled: row.get(2)?,
        disabled_reason: row.get(3)?,
        force: wants.forced.map(|(state, until)| AutomationForce { state, until }),
        last_action: row
            .get::<Option<String>>(4)?
            .zip(row.get(5)?)
            .map(|(action, at)| AutomationAction { action, at }),
        last_failure: row
            .get::<Option<String>>(6)?
            .zip(row.get(7)?)
            .map(|(error, at)| AutomationFailure { error, at }),
        created_at: row.get(8)?,
    })
}
