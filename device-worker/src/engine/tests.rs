//! Set times and gates, which need no event, and what is reported.

mod holds;
mod release;
mod stored;
mod unreported;

use std::{sync::Arc, time::Duration};

use domain::{
    automation::{
        Action, AutomationEvent, AutomationReport, AutomationSpec, Gates, Limits, OccasionKind,
        PlayersActive, Trigger, cron::CronExpression,
    },
    ids::{AutomationId, LocationId, PlugId},
    log::Position,
    plug::{CauseKind, PlugEvent, PlugIdentity, PlugReport, RelayState},
    values::Name,
};
use events::reports::ReportContent;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::{Engine, Fact, How, Rules};
use crate::{
    clock::Moment,
    desired::Desired,
    observation::{Observation, ObservationKind},
};

const PLUG: PlugId = PlugId(Uuid::from_u128(1));
const RULE: AutomationId = AutomationId(Uuid::from_u128(2));

fn start() -> Moment {
    Moment { wall: "2026-06-10T07:29:00Z".parse().unwrap(), running: Duration::ZERO }
}

fn after(seconds: u64) -> Moment {
    let now = start();
    Moment {
        wall: now.wall + SignedDuration::from_secs(seconds.cast_signed()),
        running: now.running + Duration::from_secs(seconds),
    }
}

fn registered() -> PlugEvent {
    PlugEvent::Registered {
        id: PLUG,
        location: LocationId(Uuid::nil()),
        identity: PlugIdentity {
            mac: "50:C7:BF:00:00:01".parse().unwrap(),
            device_id: "8006".parse().unwrap(),
            child_id: None,
        },
        model: Name::new("HS103").unwrap(),
        name: Name::new("Plug").unwrap(),
        address: None,
        has_energy_meter: false,
    }
}

/// An engine with one plug and one automation, in UTC.
fn engine(trigger: Trigger, action: Action, gates: Gates) -> Engine {
    let location = LocationId(Uuid::nil());
    let mut engine = Engine::new(Rules::default());
    engine.lead(start());
    let registered = registered();
    let spec = AutomationSpec {
        name: Name::new("Rule").unwrap(),
        plugs: vec![PLUG],
        trigger,
        action,
        gates,
        limits: Limits::default(),
    };
    let created = AutomationEvent::Created { id: RULE, location, spec };
    let facts = [(PLUG.stream(), registered.into()), (RULE.stream(), created.into())];
    for (position, (stream, event)) in (1..).zip(facts) {
        let (recorded_at, event) = (start().wall, Arc::new(event));
        let fact = Fact { position: Position(position), recorded_at, stream, event };
        engine.apply(&fact, How::News, start());
    }
    engine.take_changes();
    engine
}

fn is_on(engine: &Engine) -> bool {
    engine.desired(PLUG).unwrap().0.on
}

fn skips(engine: &mut Engine) -> Vec<String> {
    let reports = engine.take_changes().reports;
    reports
        .into_iter()
        .filter_map(|report| match report.content {
            ReportContent::Automation(_, AutomationReport::Skipped { reason, .. }) => {
                Some(reason.to_string())
            }
            _ => None,
        })
        .collect()
}

fn half_past_seven() -> Trigger {
    Trigger::Cron { expression: CronExpression::new("30 7 * * *").unwrap() }
}

#[test]
fn a_set_time_comes_when_it_is_due() {
    let mut engine = engine(half_past_seven(), Action::On { seconds: 30 }, Gates::default());
    assert_eq!(engine.next_tick(start()), Some(Duration::from_mins(1)));
    engine.tick(after(59));
    assert!(!is_on(&engine));
    engine.tick(after(60));
    assert!(is_on(&engine));
    assert_eq!(engine.next_tick(after(60)), Some(Duration::from_secs(30)));
    engine.tick(after(90));
    assert!(!is_on(&engine));
}

#[test]
fn a_set_time_that_passed_while_no_worker_ran_switches_nothing_on() {
    let mut on = engine(half_past_seven(), Action::On { seconds: 600 }, Gates::default());
    on.tick(after(120));
    assert!(!is_on(&on));
    assert!(skips(&mut on).iter().any(|reason| reason.starts_with("late")));
    // The next one is tomorrow's, also after the clock was set back.
    let tomorrow: Timestamp = "2026-06-11T07:30:00Z".parse().unwrap();
    assert_eq!(on.next_tick(after(120)), Some(tomorrow.duration_since(after(120).wall).unsigned_abs()));
}

#[test]
fn an_interval_comes_again_and_again() {
    let mut engine = engine(Trigger::Every { seconds: 60 }, Action::On { seconds: 20 }, Gates::default());
    for round in 1..4 {
        engine.tick(after(round * 60));
        assert!(is_on(&engine), "round {round}");
        engine.tick(after(round * 60 + 20));
        assert!(!is_on(&engine), "round {round}");
    }
}

#[test]
fn without_players_the_gate_is_closed() {
    let gates = Gates { players_active: Some(PlayersActive { grace_seconds: 60 }), ..Gates::default() };
    let mut engine = engine(Trigger::Every { seconds: 60 }, Action::On { seconds: 20 }, gates);
    engine.tick(after(60));
    assert!(!is_on(&engine));
    assert_eq!(skips(&mut engine), ["no players are active"]);
}

#[test]
fn a_standby_reports_nothing() {
    let mut engine = engine(Trigger::Every { seconds: 60 }, Action::On { seconds: 20 }, Gates::default());
    engine.follow(start());
    engine.tick(after(60));
    assert!(engine.take_changes().reports.is_empty());
}

fn seen(engine: &mut Engine, on: bool, now: Moment) -> Vec<PlugReport> {
    let serial = engine.desired(PLUG).map(|(_, serial)| serial);
    let observation = Observation { plug: PLUG, at: now.wall, kind: ObservationKind::Seen { on, serial } };
    engine.observe(&observation, now);
    let reports = engine.take_changes().reports.into_iter();
    reports
        .filter_map(|report| match report.content {
            ReportContent::Plug(_, content) => Some(content),
            ReportContent::Automation(..) => None,
        })
        .collect()
}

#[test]
fn a_state_that_was_not_reported_is_reported_once() {
    let mut engine = engine(Trigger::Every { seconds: 60 }, Action::On { seconds: 10 }, Gates::default());
    assert_eq!(seen(&mut engine, false, after(1)), [], "as the log has it");
    let not_ordered = PlugReport::Overridden { state: RelayState::On, until: after(2).wall };
    assert_eq!(seen(&mut engine, true, after(2)), [not_ordered]);
    assert!(!is_on(&engine), "that is not respected");
    let reports = seen(&mut engine, false, after(3));
    assert!(matches!(reports[..], [PlugReport::Switched { state: RelayState::Off, .. }]), "{reports:?}");
    // Its trigger comes, the relay obeys, and the answer is lost.
    engine.tick(after(60));
    assert!(is_on(&engine));
    engine.take_changes();
    let reports = seen(&mut engine, true, after(61));
    let [PlugReport::Switched { state: RelayState::On, cause }] = &reports[..] else { panic!("{reports:?}") };
    assert_eq!((cause.kind, cause.automation), (CauseKind::Automation, Some(RULE)));
    assert_eq!(seen(&mut engine, true, after(62)), []);
}

#[test]
fn an_on_that_began_on_standby_is_in_the_automations_log_once() {
    let mut engine = engine(Trigger::Every { seconds: 60 }, Action::On { seconds: 30 }, Gates::default());
    let acts = |engine: &mut Engine| {
        let acted = |content: &ReportContent| {
            matches!(content, ReportContent::Automation(RULE, AutomationReport::Acted { .. }))
        };
        engine.take_changes().reports.iter().filter(|report| acted(&report.content)).count()
    };
    engine.follow(start());
    engine.tick(after(60));
    assert!(is_on(&engine));
    assert_eq!(acts(&mut engine), 0, "the leader reports that");
    engine.lead(after(62));
    assert_eq!(acts(&mut engine), 1);
    engine.follow(after(62));
    engine.lead(after(64));
    assert_eq!(acts(&mut engine), 0);
}

#[test]
fn reports_of_a_plug_are_in_order_when_the_clock_is_set_back() {
    let mut engine = engine(Trigger::Every { seconds: 60 }, Action::On { seconds: 10 }, Gates::default());
    let mut times = Vec::new();
    for (wall, on) in [(7_200, true), (0, false), (7_300, true)] {
        let now = Moment { wall: after(wall).wall, ..after(10) };
        let kind = ObservationKind::Seen { on, serial: None };
        engine.observe(&Observation { plug: PLUG, at: now.wall, kind }, now);
        times.extend(engine.take_changes().reports.into_iter().map(|report| report.at));
    }
    assert_eq!(times, [after(7_200).wall, after(7_200).wall, after(7_300).wall]);
}

/// What the automation's log says of a desired state that the plug refuses now.
fn failed(engine: &mut Engine, now: Moment) -> Option<OccasionKind> {
    let (current, serial) = engine.desired(PLUG).unwrap();
    let cause = Arc::new(current.cause.clone());
    let desired = Desired { serial, on: current.on, until: None, by_hand: false, cause };
    engine.take_changes();
    let kind = ObservationKind::Failed { desired, error: "it says no".to_owned(), refused: true };
    engine.observe(&Observation { plug: PLUG, at: now.wall, kind }, now);
    engine.take_changes().reports.into_iter().find_map(|report| match report.content {
        ReportContent::Automation(_, AutomationReport::Failed { occasion, .. }) => Some(occasion.kind),
        _ => None,
    })
}

#[test]
fn a_failure_is_logged_with_the_occasion_of_its_automation() {
    for (trigger, occasion) in
        [(half_past_seven(), OccasionKind::Cron), (Trigger::Every { seconds: 60 }, OccasionKind::Every)]
    {
        let mut engine = engine(trigger, Action::On { seconds: 30 }, Gates::default());
        engine.tick(after(60));
        assert!(is_on(&engine));
        assert_eq!(failed(&mut engine, after(61)), Some(occasion));
        engine.tick(after(90));
        assert!(!is_on(&engine));
        assert_eq!(failed(&mut engine, after(91)), Some(OccasionKind::End));
    }
}
