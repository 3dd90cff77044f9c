//! The rules of an automation, as given / when / then.

use jiff::{Timestamp, civil::time};
use uuid::Uuid;

use super::{
    Action, Automation, AutomationCommand as C, AutomationError, AutomationEvent as E, AutomationReport,
    AutomationSpec, AutomationState, Gates, Limits, Occasion, OccasionKind, PlayersActive, QuietSpan,
    Trigger, TriggerEvent, cron::CronExpression, decide, faults,
};
use crate::{
    Aggregate as _,
    ids::{AutomationId, LocationId, PlugId, RoomId, VariantId},
    plug::{PlugError, RelayState},
    values::{Name, Reason},
};

const AUTOMATION: AutomationId = AutomationId(Uuid::from_u128(1));
const LOCATION: LocationId = LocationId(Uuid::from_u128(2));

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

fn plug(number: u128) -> PlugId {
    PlugId(Uuid::from_u128(number))
}

fn on_event(event: TriggerEvent) -> Trigger {
    Trigger::Event { event, room: None, variant: None }
}

fn fog() -> AutomationSpec {
    AutomationSpec {
        name: Name::new("Fog on start").unwrap(),
        plugs: vec![plug(3)],
        trigger: on_event(TriggerEvent::PlayStarted),
        action: Action::On { seconds: 20 },
        gates: Gates::default(),
        limits: Limits::default(),
    }
}

fn created(spec: AutomationSpec) -> E {
    E::Created { id: AUTOMATION, location: LOCATION, spec }
}

fn create(spec: AutomationSpec) -> C {
    C::Create { id: AUTOMATION, location: LOCATION, spec }
}

fn given(events: &[E]) -> AutomationState {
    events.iter().fold(Automation::evolve(AutomationState::default(), &created(fog())), Automation::evolve)
}

fn disabled() -> E {
    E::Disabled { reason: None }
}

fn force(state: RelayState, until: i64) -> C {
    C::Force { state, until: at(until), at: at(0) }
}

fn forced(state: RelayState, until: i64) -> E {
    E::Forced { state, until: at(until), at: at(0) }
}

fn pulse(milliseconds: Option<u32>) -> C {
    C::Pulse { milliseconds, at: at(0) }
}

/// Where the rule is wrong.
fn wrong(spec: &AutomationSpec) -> Vec<&'static str> {
    faults(spec).iter().map(|fault| fault.field).collect()
}

#[test]
fn an_automation_is_created_once() {
    assert_eq!(decide(&AutomationState::Absent, create(fog())), Ok(vec![created(fog())]));
    assert_eq!(decide(&given(&[]), create(fog())), Err(AutomationError::AlreadyExists));
}

#[test]
fn nothing_can_be_asked_of_an_automation_that_was_never_created() {
    let occasion = Occasion { kind: OccasionKind::Every, event_position: None };
    let report = AutomationReport::Skipped { reason: Reason::new("quiet hours").unwrap(), occasion };
    let commands = [
        C::Change { spec: fog() },
        C::Enable,
        C::Disable { reason: None },
        force(RelayState::On, 60),
        C::Unforce { at: at(0) },
        pulse(None),
        C::Report { report, at: at(0) },
    ];
    for command in commands {
        assert_eq!(decide(&AutomationState::Absent, command), Err(AutomationError::NotFound));
    }
}

#[test]
fn rules_of_every_kind_are_good() {
    let expression = CronExpression::new("30 9 * * Mon-Fri").unwrap();
    let room = Some(RoomId(Uuid::from_u128(5)));
    let of_a_play = Trigger::Event {
        event: TriggerEvent::PlayFinished,
        room,
        variant: Some(VariantId(Uuid::from_u128(6))),
    };
    let scan = Trigger::Event { event: TriggerEvent::WristbandScanned, room, variant: None };
    let good = [
        fog(),
        AutomationSpec { action: Action::WhilePlay, ..fog() },
        AutomationSpec { trigger: of_a_play, action: Action::Off, ..fog() },
        AutomationSpec { trigger: scan, action: Action::Pulse { milliseconds: 100 }, ..fog() },
        AutomationSpec { trigger: Trigger::Cron { expression }, ..fog() },
        AutomationSpec { trigger: Trigger::Every { seconds: 10 }, ..fog() },
        AutomationSpec { plugs: (0..50).map(plug).collect(), ..fog() },
        AutomationSpec {
            gates: Gates {
                players_active: Some(PlayersActive { grace_seconds: 3_600 }),
                quiet_hours: vec![QuietSpan { from: time(22, 0, 0, 0), to: time(7, 0, 0, 0) }; 10],
                opening_hours: true,
            },
            limits: Limits { min_interval_seconds: 86_400, max_on_seconds: 20 },
            ..fog()
        },
    ];
    for spec in good {
        assert_eq!(faults(&spec), [], "{spec:?}");
    }
}

#[test]
fn a_rule_that_breaks_its_bounds_says_where() {
    let limits = |min_interval_seconds, max_on_seconds| Limits { min_interval_seconds, max_on_seconds };
    let quiet = |spans: usize, to| Gates {
        quiet_hours: vec![QuietSpan { from: time(22, 0, 0, 0), to }; spans],
        ..Gates::default()
    };
    let grace = Gates { players_active: Some(PlayersActive { grace_seconds: 3_601 }), ..Gates::default() };
    let variant = Some(VariantId(Uuid::from_u128(6)));
    let scan = Trigger::Event { event: TriggerEvent::WristbandScanned, room: None, variant };
    let bad = [
        ("plug_ids", AutomationSpec { plugs: vec![], ..fog() }),
        ("plug_ids", AutomationSpec { plugs: vec![plug(3), plug(3)], ..fog() }),
        ("plug_ids", AutomationSpec { plugs: (0..51).map(plug).collect(), ..fog() }),
        ("trigger/variant_id", AutomationSpec { trigger: scan, ..fog() }),
        ("trigger/seconds", AutomationSpec { trigger: Trigger::Every { seconds: 9 }, ..fog() }),
        ("trigger/seconds", AutomationSpec { trigger: Trigger::Every { seconds: 86_401 }, ..fog() }),
        ("action/seconds", AutomationSpec { action: Action::On { seconds: 0 }, ..fog() }),
        ("action/seconds", AutomationSpec { limits: limits(0, 19), ..fog() }),
        ("action/milliseconds", AutomationSpec { action: Action::Pulse { milliseconds: 99 }, ..fog() }),
        ("action/milliseconds", AutomationSpec { action: Action::Pulse { milliseconds: 10_001 }, ..fog() }),
        (
            "action/type",
            AutomationSpec {
                trigger: on_event(TriggerEvent::PlayFinished),
                action: Action::WhilePlay,
                ..fog()
            },
        ),
        (
            "action/type",
            AutomationSpec { trigger: Trigger::Every { seconds: 60 }, action: Action::WhilePlay, ..fog() },
        ),
        ("gates/players_active/grace_seconds", AutomationSpec { gates: grace, ..fog() }),
        ("gates/quiet_hours", AutomationSpec { gates: quiet(11, time(7, 0, 0, 0)), ..fog() }),
        ("gates/quiet_hours", AutomationSpec { gates: quiet(1, time(22, 0, 0, 0)), ..fog() }),
        ("limits/min_interval_seconds", AutomationSpec { limits: limits(86_401, 600), ..fog() }),
        ("limits/max_on_seconds", AutomationSpec { limits: limits(0, 86_401), ..fog() }),
    ];
    for (field, spec) in bad {
        assert_eq!(wrong(&spec), [field], "{spec:?}");
        for command in [create(spec.clone()), C::Change { spec: spec.clone() }] {
            let state =
                if matches!(command, C::Create { .. }) { AutomationState::Absent } else { given(&[]) };
            assert!(
                matches!(decide(&state, command), Err(AutomationError::Spec(fault)) if fault.field == field)
            );
        }
    }
}

#[test]
fn all_faults_of_a_rule_are_told_at_once() {
    let spec = AutomationSpec { plugs: vec![], trigger: Trigger::Every { seconds: 0 }, ..fog() };
    assert_eq!(wrong(&spec), ["plug_ids", "trigger/seconds"]);
}

#[test]
fn a_max_on_of_nothing_is_one_fault_and_not_two() {
    let spec = AutomationSpec {
        action: Action::On { seconds: 1 },
        limits: Limits { min_interval_seconds: 0, max_on_seconds: 0 },
        ..fog()
    };
    assert_eq!(wrong(&spec), ["limits/max_on_seconds"]);
}

#[test]
fn the_same_rule_is_nothing_new() {
    let siren = AutomationSpec { name: Name::new("Siren").unwrap(), ..fog() };
    assert_eq!(decide(&given(&[]), C::Change { spec: fog() }), Ok(vec![]));
    let changed = decide(&given(&[]), C::Change { spec: siren.clone() });
    assert_eq!(changed, Ok(vec![E::Changed { spec: siren }]));
}

#[test]
fn it_is_enabled_and_disabled_in_turn() {
    let off = given(&[disabled()]);
    assert_eq!(decide(&given(&[]), C::Disable { reason: None }), Ok(vec![disabled()]));
    assert_eq!(decide(&off, C::Disable { reason: None }), Ok(vec![]));
    assert_eq!(decide(&off, C::Enable), Ok(vec![E::Enabled]));
    assert_eq!(decide(&given(&[]), C::Enable), Ok(vec![]));
}

#[test]
fn a_force_ends_within_a_day() {
    let with = |until| decide(&given(&[]), force(RelayState::On, until));
    assert_eq!(with(60), Ok(vec![forced(RelayState::On, 60)]));
    assert!(with(86_400).is_ok());
    let far = AutomationError::End(PlugError::EndTooFar { until: at(86_401) });
    assert_eq!(with(86_401), Err(far));
    let past = AutomationError::End(PlugError::EndNotAhead { until: at(0), now: at(0) });
    assert_eq!(with(0), Err(past));
}

#[test]
fn the_same_force_again_is_nothing_new_while_it_lives() {
    let living = given(&[forced(RelayState::Off, 60)]);
    assert_eq!(decide(&living, force(RelayState::Off, 60)), Ok(vec![]));
    assert_eq!(decide(&living, force(RelayState::On, 60)), Ok(vec![forced(RelayState::On, 60)]));
    assert_eq!(decide(&living, C::Unforce { at: at(1) }), Ok(vec![E::Unforced { at: at(1) }]));
    assert_eq!(decide(&living, C::Unforce { at: at(60) }), Ok(vec![]));
    assert_eq!(decide(&given(&[]), C::Unforce { at: at(0) }), Ok(vec![]));
}

#[test]
fn a_disabled_automation_is_neither_forced_nor_pulsed_and_forgets_its_force() {
    let off = given(&[forced(RelayState::On, 60), disabled()]);
    assert_eq!(decide(&off, force(RelayState::On, 60)), Err(AutomationError::Disabled));
    assert_eq!(decide(&off, pulse(None)), Err(AutomationError::Disabled));
    assert_eq!(decide(&off, C::Unforce { at: at(1) }), Ok(vec![]));
    let again = given(&[forced(RelayState::On, 60), disabled(), E::Enabled]);
    assert_eq!(again.at(LOCATION).unwrap().live_force(at(1)), None);
}

#[test]
fn a_pulse_is_as_long_as_said_or_as_its_rule_or_as_usual() {
    let pulsed = |state: &AutomationState, milliseconds| match decide(state, pulse(milliseconds)).as_deref() {
        Ok([E::Pulsed { milliseconds, .. }]) => Some(*milliseconds),
        _ => None,
    };
    assert_eq!(pulsed(&given(&[]), Some(250)), Some(250));
    assert_eq!(pulsed(&given(&[]), None), Some(800));
    let blink = AutomationSpec { action: Action::Pulse { milliseconds: 1_500 }, ..fog() };
    let blinking = given(&[E::Changed { spec: blink }]);
    assert_eq!(pulsed(&blinking, None), Some(1_500));
    assert_eq!(pulsed(&blinking, Some(250)), Some(250));
    for length in [0, 99, 10_001] {
        let refused = decide(&given(&[]), pulse(Some(length)));
        assert!(matches!(refused, Err(AutomationError::PulseLength(_))), "{length}");
    }
}

#[test]
fn what_the_worker_logs_is_a_fact_also_when_disabled() {
    let occasion = Occasion { kind: OccasionKind::Event, event_position: Some(4) };
    let report = AutomationReport::Skipped { reason: Reason::new("late").unwrap(), occasion };
    let logged = decide(&given(&[disabled()]), C::Report { report: report.clone(), at: at(-5) });
    assert_eq!(logged, Ok(vec![E::Reported { report, at: at(-5) }]));
}

#[test]
fn quiet_hours_may_pass_midnight() {
    let night = QuietSpan { from: time(22, 0, 0, 0), to: time(7, 0, 0, 0) };
    let noon = QuietSpan { from: time(12, 0, 0, 0), to: time(13, 0, 0, 0) };
    for (span, hour, inside) in [
        (night, 22, true),
        (night, 3, true),
        (night, 7, false),
        (night, 12, false),
        (noon, 12, true),
        (noon, 13, false),
    ] {
        assert_eq!(span.contains(time(hour, 0, 0, 0)), inside, "{span:?} {hour}");
    }
}
