//! The automations of a venue: the rule of each, and how it stands.

use domain::{
    automation::{Action, AutomationSpec, Gates, Limits, QuietSpan, Trigger},
    ids::{AutomationId, LocationId},
};
use jiff::{SignedDuration, Timestamp};
use read_model::automations::AutomationRow;
use read_store::Record as _;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::locations;
use crate::{
    QueryError, Tables,
    page::{Page, Paging},
};

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
#[derive(Debug, Serialize, ToSchema)]
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
#[derive(Debug, Serialize, ToSchema)]
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
#[derive(Debug, Serialize, ToSchema)]
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
#[derive(Debug, Serialize, ToSchema)]
pub struct RuleGates {
    /// Only while a play runs, or shortly after.
    pub players_active: Option<RulePlayersActive>,
    /// Never in these spans of the day, in the location's zone.
    pub quiet_hours: Vec<RuleQuietSpan>,
    /// Only within the location's opening hours.
    pub opening_hours: bool,
}

/// Only while a play runs, or shortly after.
#[derive(Debug, Serialize, ToSchema)]
pub struct RulePlayersActive {
    /// How long after the last play ended it still counts.
    pub grace_seconds: u32,
}

/// A span of every day.
#[derive(Debug, Serialize, ToSchema)]
pub struct RuleQuietSpan {
    /// `HH:MM:SS`.
    pub from: String,
    /// `HH:MM:SS`; before `from` when that is the next day.
    pub to: String,
}

/// How often and how long at most.
#[derive(Debug, Serialize, ToSchema)]
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
    /// Of an automation that is on for at most `max_on_seconds`. The device worker holds what is forced on no longer
    /// than that, counted from when it began to hold it: that is as long as it says once it has acted, and by itself
    /// no longer than from when it was forced.
    pub(super) fn of(row: &AutomationRow, max_on_seconds: u32, now: Timestamp) -> Self {
        let most = SignedDuration::from_secs(max_on_seconds.into());
        let ends = |state: &str, until: Timestamp| {
            let Some(forced_at) = row.forced_at.filter(|_| state == "on") else { return until };
            let longest = forced_at.saturating_add(most).map_or(until, |longest| longest.min(until));
            match row.held_at.filter(|held_at| *held_at >= forced_at) {
                Some(held_at) => longest.min(row.held_until.unwrap_or(held_at)),
                None => longest,
            }
        };
        let forced = row.force_state.as_deref().zip(row.force_until);
        let forced = forced.map(|(state, until)| (state.to_owned(), ends(state, until)));
        Self {
            forced: forced.filter(|(_, until)| now < *until),
            forced_at: row.forced_at,
            held: row.held_at.zip(row.held_until.filter(|until| now < *until)),
        }
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

/// Automations of `location` in the order of their ids, as they are at `now`.
///
/// # Errors
/// `NotFound` for a location that never was; `Sql`.
pub async fn list(
    tables: Tables,
    location: LocationId,
    now: Timestamp,
    paging: &Paging<Uuid>,
) -> Result<Page<Automation>, QueryError> {
    let after = paging.after().map(Uuid::to_string).unwrap_or_default();
    let sql = select("a.automation_id > ?2 ORDER BY a.automation_id {limit ?3}");
    let rows = tables.query(&sql, &[location.into(), after.into(), paging.fetch().into()]).await?;
    if rows.is_empty() {
        locations::must_exist(&tables, location).await?;
    }
    let rows = rows.decode::<AutomationRow>()?.into_iter().map(|row| AtInstant { row, now }).collect();
    Ok(paging.page(rows, |last| last.row.automation_id.0))
}

/// One automation of `location`, as it is at `now`.
///
/// # Errors
/// `NotFound` when there is none; `Sql`.
pub async fn one(
    tables: Tables,
    location: LocationId,
    id: AutomationId,
    now: Timestamp,
) -> Result<Automation, QueryError> {
    let rows = tables.query(&select("a.automation_id = ?2"), &[location.into(), id.into()]).await?;
    let row = rows.first::<AutomationRow>()?.ok_or(QueryError::NotFound)?;
    Ok(AtInstant { row, now }.into())
}

fn select(condition: &str) -> String {
    let columns = AutomationRow::select("a");
    format!("SELECT {columns} FROM {{automations}} a WHERE a.location_id = ?1 AND {condition}")
}

/// An automation's row, to be shown as it stands at an instant.
struct AtInstant {
    row: AutomationRow,
    now: Timestamp,
}

impl From<AtInstant> for Automation {
    fn from(AtInstant { row, now }: AtInstant) -> Self {
        let spec = AutomationSpec::from(row.spec.0.clone());
        let wants = Wants::of(&row, spec.limits.max_on_seconds, now);
        let action = row.acted.as_deref().zip(row.acted_at);
        let failure = row.failure.as_ref().zip(row.failed_at);
        Self {
            id: row.automation_id.0,
            rule: spec.into(),
            enabled: row.enabled,
            disabled_reason: row.disabled_reason.map(|reason| reason.to_string()),
            force: wants.forced.map(|(state, until)| AutomationForce { state, until }),
            last_action: action.map(|(action, at)| AutomationAction { action: action.to_owned(), at }),
            last_failure: failure.map(|(error, at)| AutomationFailure { error: error.to_string(), at }),
            created_at: row.created_at,
        }
    }
}

impl From<AutomationSpec> for AutomationRule {
    fn from(spec: AutomationSpec) -> Self {
        Self {
            name: spec.name.to_string(),
            plug_ids: spec.plugs.into_iter().map(|plug| plug.0).collect(),
            trigger: spec.trigger.into(),
            action: spec.action.into(),
            gates: spec.gates.into(),
            limits: spec.limits.into(),
        }
    }
}

impl From<Trigger> for RuleTrigger {
    fn from(trigger: Trigger) -> Self {
        let of = |kind: &str| Self {
            r#type: kind.to_owned(),
            event: None,
            room_id: None,
            variant_id: None,
            expression: None,
            seconds: None,
        };
        match trigger {
            Trigger::Event { event, room, variant } => Self {
                event: Some(event.as_str().to_owned()),
                room_id: room.map(|room| room.0),
                variant_id: variant.map(|variant| variant.0),
                ..of("event")
            },
            Trigger::Cron { expression } => Self { expression: Some(expression.to_string()), ..of("cron") },
            Trigger::Every { seconds } => Self { seconds: Some(seconds), ..of("every") },
        }
    }
}

impl From<Action> for RuleAction {
    fn from(action: Action) -> Self {
        let (kind, seconds, milliseconds) = match action {
            Action::On { seconds } => ("on", Some(seconds), None),
            Action::WhilePlay => ("while_play", None, None),
            Action::Off => ("off", None, None),
            Action::Pulse { milliseconds } => ("pulse", None, Some(milliseconds)),
        };
        Self { r#type: kind.to_owned(), seconds, milliseconds }
    }
}

impl From<Gates> for RuleGates {
    fn from(gates: Gates) -> Self {
        let active = gates.players_active;
        Self {
            players_active: active.map(|active| RulePlayersActive { grace_seconds: active.grace_seconds }),
            quiet_hours: gates.quiet_hours.into_iter().map(Into::into).collect(),
            opening_hours: gates.opening_hours,
        }
    }
}

impl From<QuietSpan> for RuleQuietSpan {
    fn from(span: QuietSpan) -> Self {
        Self { from: span.from.to_string(), to: span.to.to_string() }
    }
}

impl From<Limits> for RuleLimits {
    fn from(limits: Limits) -> Self {
        Self { min_interval_seconds: limits.min_interval_seconds, max_on_seconds: limits.max_on_seconds }
    }
}
