//! Stored form of an automation's rule: in its events, and wherever else a rule is kept as JSON.

use domain::{
    automation::{
        Action, AutomationSpec, Gates, Limits, PlayersActive, QuietSpan, Trigger, TriggerEvent,
        cron::CronExpression,
    },
    ids::{PlugId, RoomId, VariantId},
    values::Name,
};
use jiff::civil::Time;
use serde::{Deserialize, Serialize};

/// An [`AutomationSpec`] as it is stored; serde gives its JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpecV1 {
    name: String,
    plug_ids: Vec<PlugId>,
    trigger: TriggerV1,
    action: ActionV1,
    gates: GatesV1,
    limits: LimitsV1,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum TriggerV1 {
    Event { event: TriggerEvent, room_id: Option<RoomId>, variant_id: Option<VariantId> },
    Cron { expression: String },
    Every { seconds: u32 },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum ActionV1 {
    On { seconds: u32 },
    WhilePlay,
    Off,
    Pulse { milliseconds: u32 },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct GatesV1 {
    players_active: Option<PlayersActiveV1>,
    quiet_hours: Vec<QuietSpanV1>,
    opening_hours: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct PlayersActiveV1 {
    grace_seconds: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct QuietSpanV1 {
    from: Time,
    to: Time,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct LimitsV1 {
    min_interval_seconds: u32,
    max_on_seconds: u32,
}

impl From<&AutomationSpec> for SpecV1 {
    fn from(spec: &AutomationSpec) -> Self {
        Self {
            name: spec.name.to_string(),
            plug_ids: spec.plugs.clone(),
            trigger: match &spec.trigger {
                Trigger::Event { event, room, variant } => {
                    TriggerV1::Event { event: *event, room_id: *room, variant_id: *variant }
                }
                Trigger::Cron { expression } => TriggerV1::Cron { expression: expression.to_string() },
                Trigger::Every { seconds } => TriggerV1::Every { seconds: *seconds },
            },
            action: match spec.action {
                Action::On { seconds } => ActionV1::On { seconds },
                Action::WhilePlay => ActionV1::WhilePlay,
                Action::Off => ActionV1::Off,
                Action::Pulse { milliseconds } => ActionV1::Pulse { milliseconds },
            },
            gates: stored_gates(&spec.gates),
            limits: LimitsV1 {
                min_interval_seconds: spec.limits.min_interval_seconds,
                max_on_seconds: spec.limits.max_on_seconds,
            },
        }
    }
}

impl From<SpecV1> for AutomationSpec {
    fn from(stored: SpecV1) -> Self {
        Self {
            name: Name::stored(&stored.name),
            plugs: stored.plug_ids,
            trigger: match stored.trigger {
                TriggerV1::Event { event, room_id, variant_id } => {
                    Trigger::Event { event, room: room_id, variant: variant_id }
                }
                TriggerV1::Cron { expression } => {
                    Trigger::Cron { expression: CronExpression::stored(&expression) }
                }
                TriggerV1::Every { seconds } => Trigger::Every { seconds },
            },
            action: match stored.action {
                ActionV1::On { seconds } => Action::On { seconds },
                ActionV1::WhilePlay => Action::WhilePlay,
                ActionV1::Off => Action::Off,
                ActionV1::Pulse { milliseconds } => Action::Pulse { milliseconds },
            },
            gates: gates(stored.gates),
            limits: Limits {
                min_interval_seconds: stored.limits.min_interval_seconds,
                max_on_seconds: stored.limits.max_on_seconds,
            },
        }
    }
}

fn stored_gates(gates: &Gates) -> GatesV1 {
    GatesV1 {
        players_active: gates
            .players_active
            .map(|active| PlayersActiveV1 { grace_seconds: active.grace_seconds }),
        quiet_hours: gates
            .quiet_hours
            .iter()
            .map(|span| QuietSpanV1 { from: span.from, to: span.to })
            .collect(),
        opening_hours: gates.opening_hours,
    }
}

fn gates(stored: GatesV1) -> Gates {
    Gates {
        players_active: stored
            .players_active
            .map(|active| PlayersActive { grace_seconds: active.grace_seconds }),
        quiet_hours: stored
            .quiet_hours
            .into_iter()
            .map(|span| QuietSpan { from: span.from, to: span.to })
            .collect(),
        opening_hours: stored.opening_hours,
    }
}
