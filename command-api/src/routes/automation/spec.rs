//! An automation's rule on the wire: one flat object a part, so that every wrong field is told by name.

use domain::{
    automation::{
        Action, AutomationSpec, Gates, Limits, PlayersActive, QuietSpan, Trigger, TriggerEvent,
        cron::CronExpression, faults,
    },
    ids::{PlugId, RoomId, VariantId},
    values::Name,
};
use http_api::{FieldErrors, Problem};
use jiff::civil::Time;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::routes::fields;

/// A whole rule.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AutomationRequest {
    /// What people call it.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    /// The plugs it switches, each once; plugs of this location.
    #[schema(value_type = Vec<uuid::Uuid>, min_items = 1, max_items = 50)]
    plug_ids: Vec<String>,
    /// What sets it off.
    trigger: TriggerRequest,
    /// What it then does.
    action: ActionRequest,
    /// When it may; always, when absent.
    #[serde(default)]
    gates: GatesRequest,
    /// How often and how long at most.
    #[serde(default)]
    limits: LimitsRequest,
}

/// What sets an automation off.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TriggerRequest {
    /// `event`, `cron` or `every`.
    #[schema(value_type = String, example = "event")]
    r#type: TriggerType,
    /// Of an event, which: `play_started`, `play_finished`, `play_aborted`, `wristband_scanned`,
    /// `room_taken_out_of_service` or `room_returned_to_service`.
    #[schema(value_type = Option<String>, example = "play_started")]
    event: Option<TriggerEvent>,
    /// Of an event: only in this room of the location.
    #[schema(format = "uuid")]
    room_id: Option<String>,
    /// Of a play's event: only for this variant.
    #[schema(format = "uuid")]
    variant_id: Option<String>,
    /// Of cron: minute, hour, day of month, month, day of week, in the location's zone. Where the clock is
    /// put forward, a time that does not exist comes right after the gap; where it is put back, a set time
    /// comes once.
    #[schema(max_length = 100, example = "30 9 * * Mon-Fri")]
    expression: Option<String>,
    /// Of every: the interval.
    #[schema(minimum = 10, maximum = 86_400)]
    seconds: Option<u32>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum TriggerType {
    Event,
    Cron,
    Every,
}

/// What an automation does to its plugs.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ActionRequest {
    /// `on` for a time, `while_play` for as long as the play that set it off runs, `off`, or `pulse`.
    #[schema(value_type = String, example = "on")]
    r#type: ActionType,
    /// Of on: how long, at most `max_on_seconds` of the limits.
    #[schema(minimum = 1, maximum = 86_400)]
    seconds: Option<u32>,
    /// Of pulse: how long.
    #[schema(minimum = 100, maximum = 10_000)]
    milliseconds: Option<u32>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ActionType {
    On,
    WhilePlay,
    Off,
    Pulse,
}

/// What must be so for a trigger to take effect. Switching off passes every gate.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GatesRequest {
    /// Only while a play runs: in the trigger's room if it names one, else anywhere at the location.
    players_active: Option<PlayersActiveRequest>,
    /// Never in these spans of the day.
    #[serde(default)]
    #[schema(max_items = 10)]
    quiet_hours: Vec<QuietSpanRequest>,
    /// Only within the location's opening hours, if it has said any.
    #[serde(default)]
    opening_hours: bool,
}

/// Only while a play runs, or shortly after.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlayersActiveRequest {
    /// How long after the last play ended it still counts.
    #[schema(minimum = 0, maximum = 3_600)]
    grace_seconds: u32,
}

/// A span of every day.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QuietSpanRequest {
    /// First moment of quiet, `HH:MM` or `HH:MM:SS` in the location's zone.
    #[serde(deserialize_with = "fields::time_of_day")]
    #[schema(value_type = String, example = "22:00")]
    from: Time,
    /// First moment after, `24:00` at the end of the day; before `from` when that is the next day.
    #[serde(deserialize_with = "fields::end_of_span")]
    #[schema(value_type = String, example = "07:00")]
    to: Time,
}

/// How often and how long at most.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LimitsRequest {
    /// A trigger this soon after the last that took effect is skipped; 0 when absent.
    #[schema(minimum = 0, maximum = 86_400)]
    min_interval_seconds: Option<u32>,
    /// No plug is on for longer because of this automation; 14 400 when absent.
    #[schema(minimum = 1, maximum = 86_400)]
    max_on_seconds: Option<u32>,
}

impl AutomationRequest {
    /// The rule, or everything that is wrong with it.
    pub(super) fn checked(&self) -> Result<AutomationSpec, Problem> {
        let mut errors = FieldErrors::default();
        let name = errors.field("name", Name::new(&self.name));
        let plug = |(index, text): (usize, &String)| {
            errors.field(format_args!("plug_ids/{index}"), text.parse::<PlugId>())
        };
        let plugs: Vec<PlugId> = self.plug_ids.iter().enumerate().filter_map(plug).collect();
        let every_plug = (plugs.len() == self.plug_ids.len()).then_some(plugs);
        let trigger = self.trigger.checked(&mut errors);
        let action = self.action.checked(&mut errors);
        let (Some(name), Some(plugs), Some(trigger), Some(action)) = (name, every_plug, trigger, action)
        else {
            return errors.finish(None);
        };
        let (gates, limits) = (self.gates.gates(), self.limits.limits());
        let spec = AutomationSpec { name, plugs, trigger, action, gates, limits };
        for fault in faults(&spec) {
            errors.field::<(), _>(fault.field, Err(fault.why));
        }
        errors.finish(Some(spec))
    }
}

impl TriggerRequest {
    fn checked(&self, errors: &mut FieldErrors) -> Option<Trigger> {
        let is = |wanted| std::mem::discriminant(&self.r#type) == std::mem::discriminant(&wanted);
        let of_event = [
            ("event", self.event.is_some()),
            ("room_id", self.room_id.is_some()),
            ("variant_id", self.variant_id.is_some()),
        ];
        for (field, there) in of_event {
            belongs(errors, format_args!("trigger/{field}"), there, is(TriggerType::Event));
        }
        belongs(errors, "trigger/expression", self.expression.is_some(), is(TriggerType::Cron));
        belongs(errors, "trigger/seconds", self.seconds.is_some(), is(TriggerType::Every));
        match self.r#type {
            TriggerType::Event => self.event(errors),
            TriggerType::Cron => {
                let text = needed(errors, "trigger/expression", self.expression.as_deref())?;
                let expression = errors.field("trigger/expression", CronExpression::new(text))?;
                Some(Trigger::Cron { expression })
            }
            TriggerType::Every => {
                needed(errors, "trigger/seconds", self.seconds).map(|seconds| Trigger::Every { seconds })
            }
        }
    }

    fn event(&self, errors: &mut FieldErrors) -> Option<Trigger> {
        let event = needed(errors, "trigger/event", self.event);
        let room = self.room_id.as_deref().map(str::parse::<RoomId>).transpose();
        let room = errors.field("trigger/room_id", room);
        let variant = self.variant_id.as_deref().map(str::parse::<VariantId>).transpose();
        let variant = errors.field("trigger/variant_id", variant);
        Some(Trigger::Event { event: event?, room: room?, variant: variant? })
    }
}

impl ActionRequest {
    fn checked(&self, errors: &mut FieldErrors) -> Option<Action> {
        let is = |wanted| std::mem::discriminant(&self.r#type) == std::mem::discriminant(&wanted);
        belongs(errors, "action/seconds", self.seconds.is_some(), is(ActionType::On));
        belongs(errors, "action/milliseconds", self.milliseconds.is_some(), is(ActionType::Pulse));
        match self.r#type {
            ActionType::On => {
                needed(errors, "action/seconds", self.seconds).map(|seconds| Action::On { seconds })
            }
            ActionType::WhilePlay => Some(Action::WhilePlay),
            ActionType::Off => Some(Action::Off),
            ActionType::Pulse => needed(errors, "action/milliseconds", self.milliseconds)
                .map(|milliseconds| Action::Pulse { milliseconds }),
        }
    }
}

impl GatesRequest {
    fn gates(&self) -> Gates {
        let players = self.players_active.as_ref();
        let span = |span: &QuietSpanRequest| QuietSpan { from: span.from, to: span.to };
        Gates {
            players_active: players.map(|active| PlayersActive { grace_seconds: active.grace_seconds }),
            quiet_hours: self.quiet_hours.iter().map(span).collect(),
            opening_hours: self.opening_hours,
        }
    }
}

impl LimitsRequest {
    fn limits(&self) -> Limits {
        let usual = Limits::default();
        Limits {
            min_interval_seconds: self.min_interval_seconds.unwrap_or(usual.min_interval_seconds),
            max_on_seconds: self.max_on_seconds.unwrap_or(usual.max_on_seconds),
        }
    }
}

/// A field that this type needs.
fn needed<T>(errors: &mut FieldErrors, path: &str, value: Option<T>) -> Option<T> {
    if value.is_none() {
        let name = path.rsplit('/').next().unwrap_or(path);
        errors.refuse(path, "missing", format!("`{name}` is missing; this type needs it"));
    }
    value
}

/// Refuses a field that is there although another type has it: whoever sent it expects something of it.
fn belongs(errors: &mut FieldErrors, path: impl std::fmt::Display, there: bool, wanted: bool) {
    if there && !wanted {
        let path = path.to_string();
        let name = path.rsplit('/').next().unwrap_or(&path);
        errors.refuse(&path, "not_applicable", format!("`{name}` is nothing of this type; leave it out"));
    }
}
