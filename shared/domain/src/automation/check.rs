//! Bounds of a rule, and what in it does not go together.

use std::collections::BTreeSet;

use jiff::civil::Time;

use super::{Action, AutomationSpec, Gates, Limits, QuietSpan, Trigger, TriggerEvent};
use crate::{ids::PlugId, values::InvalidValue};

/// One thing that is wrong with a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpecFault {
    /// Where, as a path such as `trigger/seconds`.
    pub field: &'static str,
    /// What is wrong with it.
    pub why: InvalidValue,
}

/// A day in seconds: nothing is longer.
const DAY: u32 = 86_400;

/// The shortest pulse that a relay follows, and the longest that is one, in milliseconds.
pub(super) const PULSE: (u32, u32) = (100, 10_000);

/// Everything that is wrong with `spec`; empty when it is good.
#[must_use]
pub fn faults(spec: &AutomationSpec) -> Vec<SpecFault> {
    let checks = [
        ("plug_ids", plugs(&spec.plugs)),
        trigger(&spec.trigger),
        action(spec.action, &spec.trigger, spec.limits),
        ("gates/players_active/grace_seconds", grace(&spec.gates)),
        ("gates/quiet_hours", quiet_hours(&spec.gates.quiet_hours)),
        ("limits/min_interval_seconds", within(spec.limits.min_interval_seconds, 0, DAY)),
        ("limits/max_on_seconds", within(spec.limits.max_on_seconds, 1, DAY)),
    ];
    checks.into_iter().filter_map(|(field, why)| Some(SpecFault { field, why: why? })).collect()
}

/// Whether `milliseconds` can be the length of a pulse.
pub(super) fn pulse(milliseconds: u32) -> Option<InvalidValue> {
    within(milliseconds, PULSE.0, PULSE.1)
}

fn plugs(plugs: &[PlugId]) -> Option<InvalidValue> {
    let each_once = plugs.iter().collect::<BTreeSet<_>>().len() == plugs.len();
    let good = (1..=50).contains(&plugs.len()) && each_once;
    (!good).then_some(InvalidValue::Malformed { expected: "1 to 50 plugs, each once" })
}

fn trigger(trigger: &Trigger) -> (&'static str, Option<InvalidValue>) {
    match trigger {
        Trigger::Event { event, room: _, variant: Some(_) } if !event.is_of_a_play() => {
            let expected = "absent unless the trigger is play_started, play_finished or play_aborted";
            ("trigger/variant_id", Some(InvalidValue::Malformed { expected }))
        }
        Trigger::Event { .. } | Trigger::Cron { .. } => ("trigger", None),
        Trigger::Every { seconds } => ("trigger/seconds", within(*seconds, 10, DAY)),
    }
}

fn action(action: Action, trigger: &Trigger, limits: Limits) -> (&'static str, Option<InvalidValue>) {
    match action {
        Action::On { seconds } => ("action/seconds", within(seconds, 1, limits.max_on_seconds.clamp(1, DAY))),
        Action::Pulse { milliseconds } => ("action/milliseconds", pulse(milliseconds)),
        Action::WhilePlay => {
            let of_a_start = matches!(trigger, Trigger::Event { event: TriggerEvent::PlayStarted, .. });
            let expected = "another than while_play unless the trigger is play_started";
            ("action/type", (!of_a_start).then_some(InvalidValue::Malformed { expected }))
        }
        Action::Off => ("action", None),
    }
}

fn grace(gates: &Gates) -> Option<InvalidValue> {
    gates.players_active.and_then(|active| within(active.grace_seconds, 0, 3_600))
}

fn quiet_hours(spans: &[QuietSpan]) -> Option<InvalidValue> {
    let good =
        spans.len() <= 10 && spans.iter().all(|span| span.from != span.to || span.from == Time::midnight());
    let expected = "at most 10 spans, each from one time of the day to another";
    (!good).then_some(InvalidValue::Malformed { expected })
}

fn within(actual: u32, min: u32, max: u32) -> Option<InvalidValue> {
    let refused = InvalidValue::OutOfRange { min: min.into(), max: max.into(), actual: actual.into() };
    (!(min..=max).contains(&actual)).then_some(refused)
}
