//! What no worker reported when it happened is reported by the next leader, once.

use std::sync::Arc;

use domain::{
    DomainEvent,
    automation::{
        Action, AutomationEvent, AutomationReport, AutomationSpec, DoneAction, Gates, Limits, Trigger,
        TriggerEvent,
    },
    game::Mode,
    ids::{GameId, LocationId, PlayId, RoomId, StreamName, VariantId},
    log::Position,
    play::PlayEvent,
    plug::{PlugEvent, PlugReport, RelayState},
    values::{Name, Reason},
};
use events::reports::ReportContent;
use jiff::SignedDuration;
use uuid::Uuid;

use super::{PLUG, RULE, after, registered, start};
use crate::{
    clock::Moment,
    engine::{Engine, Fact, How, Rules, Stored},
};

/// A standby of a location with one plug and one rule: on when a play starts.
struct Standby {
    engine: Engine,
    position: u64,
    now: Moment,
}

fn spec(action: Action) -> AutomationSpec {
    AutomationSpec {
        name: Name::new("Rule").unwrap(),
        plugs: vec![PLUG],
        trigger: Trigger::Event { event: TriggerEvent::PlayStarted, room: None, variant: None },
        action,
        gates: Gates::default(),
        limits: Limits { min_interval_seconds: 60, ..Limits::default() },
    }
}

impl Standby {
    fn new(action: Action) -> Self {
        let mut this = Self { engine: Engine::new(Rules::default()), position: 0, now: start() };
        this.log(PLUG.stream(), registered(), 0);
        let created =
            AutomationEvent::Created { id: RULE, location: LocationId(Uuid::nil()), spec: spec(action) };
        this.log(RULE.stream(), created, 0);
        this
    }

    /// Something happened that many seconds ago; its position.
    fn log(&mut self, stream: StreamName, event: impl Into<DomainEvent>, seconds_ago: i64) -> u64 {
        self.position += 1;
        let recorded_at = self.now.wall - SignedDuration::from_secs(seconds_ago);
        let (position, event) = (Position(self.position), Arc::new(event.into()));
        self.engine.apply(&Fact { position, recorded_at, stream, event }, How::News, self.now);
        self.position
    }

    fn start_play(&mut self, seconds_ago: i64) -> u64 {
        let id = PlayId(Uuid::from_u128(300 + u128::from(self.position)));
        let started = PlayEvent::Started {
            id,
            location: LocationId(Uuid::nil()),
            room: RoomId(Uuid::nil()),
            game: GameId(Uuid::nil()),
            variant: VariantId(Uuid::nil()),
            mode: Mode::Pvp,
            participants: vec![],
            at: self.now.wall,
            ends_by: self.now.wall + SignedDuration::from_mins(10),
        };
        self.log(id.stream(), started, seconds_ago)
    }

    fn pass(&mut self, seconds: u64) {
        self.now = after(self.now.running.as_secs() + seconds);
        self.engine.tick(self.now);
    }

    /// Through the stored form.
    fn restart(&mut self) {
        let stored = Stored {
            seen: self.engine.seen(),
            location: Some(self.engine.stored_location().unwrap()),
            plugs: vec![(PLUG, self.engine.stored_plug(PLUG).unwrap().unwrap())],
            automations: vec![(RULE, self.engine.stored_automation(RULE).unwrap().unwrap())],
        };
        self.engine = Engine::restore(Rules::default(), &stored, self.now).unwrap();
    }

    /// It leads from here on: what it reports of the rule, and of the plug.
    fn lead(&mut self) -> (Vec<AutomationReport>, Vec<PlugReport>) {
        assert_eq!(self.engine.take_changes().reports, [], "the leader reports that");
        self.engine.lead(self.now);
        self.reports()
    }

    fn reports(&mut self) -> (Vec<AutomationReport>, Vec<PlugReport>) {
        let (mut rule, mut plug) = (Vec::new(), Vec::new());
        for report in self.engine.take_changes().reports {
            match report.content {
                ReportContent::Automation(_, report) => rule.push(report),
                ReportContent::Plug(_, report) => plug.push(report),
            }
        }
        (rule, plug)
    }
}

/// What was skipped: on account of which event, and why.
fn skips(reports: &[AutomationReport]) -> Vec<(u64, &str)> {
    let skip = |report: &'_ AutomationReport| matches!(report, AutomationReport::Skipped { .. });
    assert!(reports.iter().all(skip), "{reports:?}");
    let skips = reports.iter().filter_map(|report| match report {
        AutomationReport::Skipped { reason, occasion } => Some((occasion.event_position?, reason.as_str())),
        _ => None,
    });
    skips.collect()
}

#[test]
fn a_skip_while_no_worker_led_is_reported_by_the_next_leader() {
    let mut worker = Standby::new(Action::On { seconds: 600 });
    let late = worker.start_play(20);
    worker.restart();
    let (rule, _) = worker.lead();
    assert_eq!(skips(&rule), [(late, "late: the event is 20 s old")]);
    worker.engine.follow(worker.now);
    assert_eq!(worker.lead().0, [], "once");
}

#[test]
fn a_skip_that_the_leader_has_reported_is_not_reported_again() {
    let mut worker = Standby::new(Action::On { seconds: 600 });
    let (late, unreported) = (worker.start_play(20), worker.start_play(30));
    let mut leader = Standby::new(Action::On { seconds: 600 });
    leader.engine.lead(leader.now);
    leader.start_play(20);
    let (reports, _) = leader.reports();
    assert_eq!(skips(&reports)[0].0, late);
    for report in reports {
        let at = worker.now.wall;
        worker.log(RULE.stream(), AutomationEvent::Reported { report, at }, 0);
    }
    let (rule, _) = worker.lead();
    assert_eq!(skips(&rule), [(unreported, "late: the event is 30 s old")]);
}

#[test]
fn an_on_that_no_worker_carried_out_is_reported_as_skipped() {
    let mut worker = Standby::new(Action::On { seconds: 5 });
    let on = worker.start_play(0);
    worker.pass(6);
    let (rule, _) = worker.lead();
    assert_eq!(skips(&rule), [(on, "no worker led while it was wanted on")]);
}

#[test]
fn a_pulse_that_the_leader_carried_out_is_not_reported_as_skipped() {
    let mut worker = Standby::new(Action::Pulse { milliseconds: 500 });
    let mut leader = Standby::new(Action::Pulse { milliseconds: 500 });
    leader.engine.lead(leader.now);
    for each in [&mut leader, &mut worker] {
        each.start_play(0);
        each.pass(1);
    }
    let (reports, _) = leader.reports();
    assert!(matches!(reports[0], AutomationReport::Acted { action: DoneAction::Pulse, .. }), "{reports:?}");
    for report in reports {
        // Reports come back later than a pulse lasts.
        let at = worker.now.wall;
        worker.log(RULE.stream(), AutomationEvent::Reported { report, at }, 0);
    }
    assert_eq!(worker.lead().0, []);
}

#[test]
fn a_late_ask_that_nobody_refused_is_refused_by_whoever_leads_next() {
    let mut worker = Standby::new(Action::On { seconds: 5 });
    let (reason, at) = (Reason::new("test").unwrap(), worker.now.wall);
    let asked = PlugEvent::Asked { state: RelayState::On, reason, until: None, at };
    let position = worker.log(PLUG.stream(), asked, 20);
    worker.restart();
    let (_, plug) = worker.lead();
    let [PlugReport::Refused { state: RelayState::On, error, cause }] = &plug[..] else { panic!("{plug:?}") };
    assert_eq!((error.as_str(), cause.event_position), ("late: the event is 20 s old", Some(position)));
}

#[test]
fn each_late_ask_that_nobody_refused_is_refused_by_whoever_leads_next() {
    let mut worker = Standby::new(Action::On { seconds: 5 });
    let asked = [20, 30, 40].map(|seconds_ago| {
        let (reason, at) = (Reason::new("test").unwrap(), worker.now.wall);
        let asked = PlugEvent::Asked { state: RelayState::On, reason, until: None, at };
        worker.log(PLUG.stream(), asked, seconds_ago)
    });
    worker.restart();
    let (_, plug) = worker.lead();
    let refused = plug.iter().filter_map(|report| match report {
        PlugReport::Refused { cause, .. } => cause.event_position,
        _ => None,
    });
    assert_eq!(refused.collect::<Vec<_>>(), asked);
    worker.engine.follow(worker.now);
    assert_eq!(worker.lead().1, [], "once");
}

#[test]
fn what_whoever_led_did_not_do_of_an_automation_is_too_late_though_the_plug_is_on() {
    let mut worker = Standby::new(Action::On { seconds: 600 });
    let (reason, at) = (Reason::new("test").unwrap(), worker.now.wall);
    worker.log(PLUG.stream(), PlugEvent::Asked { state: RelayState::On, reason, until: None, at }, 0);
    let cause = worker.engine.plugs()[&PLUG].transient.current.as_ref().unwrap().cause.clone();
    let report = PlugReport::Switched { state: RelayState::On, cause };
    worker.log(PLUG.stream(), PlugEvent::Reported { report, at }, 0);
    let skipped = worker.start_play(0);
    worker.restart();
    worker.pass(11);
    let (rule, _) = worker.lead();
    assert_eq!(skips(&rule), [(skipped, "the worker was away when it was wanted on")]);
    assert!(worker.engine.desired(PLUG).is_some_and(|(current, _)| current.on), "it was asked for");
    worker.log(PLUG.stream(), PlugEvent::Released { at: worker.now.wall }, 0);
    assert!(worker.engine.desired(PLUG).is_some_and(|(current, _)| !current.on));
}

#[test]
fn an_on_that_is_withheld_is_not_reported_as_done() {
    let mut worker = Standby::new(Action::On { seconds: 5 });
    worker.engine.lead_withholding(worker.now);
    assert_eq!(worker.reports(), (vec![], vec![]), "nothing happened yet");
    let over = worker.start_play(0);
    worker.pass(6);
    let (rule, _) = worker.reports();
    assert_eq!(skips(&rule), [(over, "the event log was out of reach while it was wanted on")]);
    worker.pass(60);
    let on = worker.start_play(0);
    assert_eq!(worker.reports().0, [], "it is not known yet");
    worker.engine.stop_withholding(worker.now);
    let (rule, _) = worker.reports();
    let [AutomationReport::Acted { action: DoneAction::On, occasion, .. }] = &rule[..] else {
        panic!("{rule:?}")
    };
    assert_eq!(occasion.event_position, Some(on));
}
