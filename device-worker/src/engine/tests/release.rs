//! The release of plugs that are not managed any more: switched off once, and then left alone by every worker.

use std::sync::Arc;

use domain::{
    DomainEvent,
    ids::RoomId,
    log::Position,
    plug::{CauseKind, PlugEvent, PlugReport, RelayState},
    values::Reason,
};
use events::reports::ReportContent;
use uuid::Uuid;

use super::{PLUG, after, registered, start};
use crate::{
    clock::Moment,
    desired::Desired,
    engine::{Engine, Fact, How, Report, Rules, cause::because},
    observation::{Observation, ObservationKind},
};

/// Two workers of one location: a leader and a standby.
struct Workers {
    leader: Engine,
    follower: Engine,
    position: u64,
    now: Moment,
}

impl Workers {
    /// With one plug, which is not managed.
    fn new() -> Self {
        let (mut leader, follower) = (Engine::new(Rules::default()), Engine::new(Rules::default()));
        leader.lead(start());
        let mut workers = Self { leader, follower, position: 0, now: start() };
        workers.log(registered());
        workers
    }

    /// A second passes, and both read it in the log.
    fn log(&mut self, event: PlugEvent) {
        self.position += 1;
        self.now = after(self.position);
        let event: Arc<DomainEvent> = Arc::new(event.into());
        let (position, recorded_at) = (Position(self.position), self.now.wall);
        let fact = Fact { position, recorded_at, stream: PLUG.stream(), event };
        for engine in [&mut self.leader, &mut self.follower] {
            engine.apply(&fact, How::News, self.now);
        }
    }

    fn ask(&mut self, state: RelayState) {
        let at = self.now.wall;
        self.log(PlugEvent::Asked { state, reason: Reason::new("test").unwrap(), until: None, at });
    }

    /// The plug's actor observes it, and what the leader reports is recorded.
    fn hear(&mut self, kind: ObservationKind) -> Vec<PlugReport> {
        self.leader.observe(&Observation { plug: PLUG, at: self.now.wall, kind }, self.now);
        let reports = of_plug(self.leader.take_changes().reports);
        for (report, at) in &reports {
            self.log(PlugEvent::Reported { report: report.clone(), at: *at });
        }
        reports.into_iter().map(|(report, _)| report).collect()
    }

    fn desired(&self) -> Desired {
        desired(&self.leader)
    }

    /// The standby leads from here on; whether it wants anything of the plug.
    fn take_over(&mut self) -> bool {
        self.leader.follow(self.now);
        self.follower.lead(self.now);
        self.follower.desired(PLUG).is_some()
    }
}

fn of_plug(reports: Vec<Report>) -> Vec<(PlugReport, jiff::Timestamp)> {
    let of_plugs = |report: Report| match report.content {
        ReportContent::Plug(_, content) => Some((content, report.at)),
        ReportContent::Automation(..) => None,
    };
    reports.into_iter().filter_map(of_plugs).collect()
}

fn desired(engine: &Engine) -> Desired {
    let (current, serial) = engine.desired(PLUG).unwrap();
    Desired { serial, on: current.on, until: None, by_hand: false, cause: Arc::new(current.cause.clone()) }
}

#[test]
fn a_standby_knows_what_the_leader_has_released() {
    let mut workers = Workers::new();
    workers.ask(RelayState::On);
    workers.hear(ObservationKind::Switched(workers.desired()));
    workers.log(PlugEvent::Released { at: workers.now.wall });
    let off = workers.desired();
    let reports = workers.hear(ObservationKind::Switched(off.clone()));
    assert!(matches!(reports[..], [PlugReport::Switched { state: RelayState::Off, .. }]), "{reports:?}");
    assert_eq!(workers.hear(ObservationKind::StaysOff { serial: off.serial }), [], "that was reported");
    assert_eq!(workers.leader.desired(PLUG), None, "it is released");
    assert!(!workers.take_over(), "a person may have switched it on since");
}

#[test]
fn a_standby_learns_of_a_plug_that_was_off_already_when_it_was_released() {
    let mut workers = Workers::new();
    workers.log(PlugEvent::Bound { room: RoomId(Uuid::nil()) });
    workers.log(PlugEvent::Unbound);
    let serial = workers.desired().serial;
    let reports = workers.hear(ObservationKind::StaysOff { serial });
    let [PlugReport::Switched { state: RelayState::Off, cause }] = &reports[..] else {
        panic!("{reports:?}")
    };
    assert_eq!(cause.kind, CauseKind::Unbound);
    assert_eq!(workers.hear(ObservationKind::StaysOff { serial }), [], "once");
    assert!(!workers.take_over());
}

#[test]
fn a_plug_that_the_leader_switched_on_later_than_its_last_off_is_still_to_be_switched_off() {
    let mut workers = Workers::new();
    workers.ask(RelayState::On);
    let on = workers.desired();
    workers.log(PlugEvent::Released { at: workers.now.wall });
    // Reports come late: of an OFF of before the ask, and of the ON.
    workers.hear(ObservationKind::Switched(Desired { serial: 0, on: false, ..on.clone() }));
    workers.hear(ObservationKind::Switched(on));
    assert!(workers.take_over());
}

#[test]
fn a_standby_with_a_slower_clock_knows_what_the_leader_has_released() {
    let mut workers = Workers::new();
    workers.ask(RelayState::On);
    workers.hear(ObservationKind::Switched(workers.desired()));
    // The hour is over for one, and then for the other.
    let later = after(3_700);
    workers.leader.tick(later);
    let off = workers.desired();
    workers.hear(ObservationKind::Switched(off.clone()));
    workers.hear(ObservationKind::StaysOff { serial: off.serial });
    workers.follower.tick(later);
    assert!(!workers.take_over(), "a person may have switched it on since");
}

#[test]
fn a_plug_wanted_on_since_the_last_report_is_still_to_be_switched_off() {
    let mut workers = Workers::new();
    workers.ask(RelayState::On);
    workers.hear(ObservationKind::Switched(workers.desired()));
    workers.ask(RelayState::Off);
    workers.hear(ObservationKind::Switched(workers.desired()));
    workers.ask(RelayState::On);
    workers.log(PlugEvent::Released { at: workers.now.wall });
    assert!(workers.take_over(), "the leader may have switched it on and not reported it");
}

#[test]
fn a_plug_wanted_on_again_may_have_been_switched_on_since_it_was_reported_off() {
    let mut workers = Workers::new();
    workers.ask(RelayState::On);
    let cause = because(CauseKind::Unwanted, "its own timer");
    let report = PlugReport::Switched { state: RelayState::Off, cause };
    workers.log(PlugEvent::Reported { report, at: workers.now.wall });
    // Wanted on all the time, and once more.
    workers.ask(RelayState::On);
    workers.log(PlugEvent::Released { at: workers.now.wall });
    assert!(workers.take_over());
}

#[test]
fn an_off_of_an_older_desired_state_does_not_end_a_release() {
    let mut workers = Workers::new();
    workers.ask(RelayState::On);
    let on = workers.desired();
    workers.log(PlugEvent::Released { at: workers.now.wall });
    let release = workers.desired();
    workers.hear(ObservationKind::Switched(Desired { on: false, ..on.clone() }));
    workers.hear(ObservationKind::Seen { on: false, serial: Some(on.serial) });
    workers.hear(ObservationKind::StaysOff { serial: on.serial });
    assert_eq!(workers.desired().serial, release.serial, "it is not known to be off since");
    assert_eq!(workers.desired().cause, release.cause, "for the same reason");
    workers.hear(ObservationKind::StaysOff { serial: release.serial });
    assert_eq!(workers.leader.desired(PLUG), None);
}

#[test]
fn a_release_ends_only_when_no_on_of_ours_can_arrive_any_more() {
    let mut workers = Workers::new();
    workers.ask(RelayState::On);
    workers.log(PlugEvent::Retired { reason: Reason::new("test").unwrap() });
    let off = workers.desired();
    workers.hear(ObservationKind::Switched(off.clone()));
    assert_eq!(workers.desired().serial, off.serial, "its ON may still arrive");
    // It does, and is switched off again.
    workers.hear(ObservationKind::Seen { on: true, serial: Some(off.serial) });
    let reports = workers.hear(ObservationKind::Switched(off.clone()));
    assert!(matches!(&reports[..], [PlugReport::Switched { cause, .. }] if cause.kind == CauseKind::Retired));
    workers.hear(ObservationKind::StaysOff { serial: off.serial });
    assert_eq!(workers.leader.desired(PLUG), None);
    assert!(!workers.take_over());
}

#[test]
fn the_stop_waits_for_an_off_of_its_own() {
    let mut workers = Workers::new();
    workers.log(PlugEvent::Bound { room: RoomId(Uuid::nil()) });
    let before = workers.desired().serial;
    workers.hear(ObservationKind::StaysOff { serial: before });
    workers.leader.stop(workers.now);
    let (now, at) = (workers.desired().serial, workers.now.wall);
    let rests = |serial| Observation { plug: PLUG, at, kind: ObservationKind::StaysOff { serial } };
    assert!(!workers.leader.is_rest(&rests(before)) && workers.leader.is_rest(&rests(now)));
    let switched = Observation { plug: PLUG, at, kind: ObservationKind::Switched(workers.desired()) };
    assert!(!workers.leader.is_rest(&switched));
}

#[test]
fn the_stop_lets_an_off_that_is_under_way_go_on() {
    let mut workers = Workers::new();
    workers.ask(RelayState::On);
    workers.log(PlugEvent::Released { at: workers.now.wall });
    let off = workers.desired().serial;
    workers.leader.stop(workers.now);
    assert_eq!(workers.desired().serial, off);
}

#[test]
fn the_stop_reports_no_release_twice() {
    let mut workers = Workers::new();
    workers.ask(RelayState::On);
    workers.log(PlugEvent::Released { at: workers.now.wall });
    let off = workers.desired();
    workers.leader.stop(workers.now);
    workers.hear(ObservationKind::Switched(off));
    let serial = workers.desired().serial;
    assert_eq!(workers.hear(ObservationKind::StaysOff { serial }), []);
    assert_eq!(workers.leader.desired(PLUG), None);
}

#[test]
fn an_answer_that_comes_after_stepping_down_ends_nothing() {
    let mut workers = Workers::new();
    workers.ask(RelayState::On);
    workers.log(PlugEvent::Released { at: workers.now.wall });
    let serial = workers.desired().serial;
    workers.leader.follow(workers.now);
    assert_eq!(workers.hear(ObservationKind::StaysOff { serial }), []);
    workers.leader.lead(workers.now);
    assert_ne!(workers.desired().serial, serial, "an answer of before is none to what is wanted now");
}

#[test]
fn an_off_that_was_asked_for_is_left_to_the_next_leader() {
    let mut workers = Workers::new();
    workers.ask(RelayState::On);
    workers.log(PlugEvent::Released { at: workers.now.wall });
    let off = workers.desired();
    workers.hear(ObservationKind::Switched(off.clone()));
    workers.hear(ObservationKind::StaysOff { serial: off.serial });
    // The leader is dead, and it is not reported that a person turned it on.
    workers.ask(RelayState::Off);
    workers.follower.follow(workers.now);
    assert!(workers.take_over());
}

#[test]
fn a_pressed_button_that_is_reported_after_the_ask_that_ended_it_counts_for_no_worker() {
    let mut workers = Workers::new();
    workers.log(PlugEvent::Bound { room: RoomId(Uuid::nil()) });
    let pressed =
        Observation { plug: PLUG, at: workers.now.wall, kind: ObservationKind::Pressed { on: true } };
    workers.leader.observe(&pressed, workers.now);
    let reports = of_plug(workers.leader.take_changes().reports);
    assert!(
        matches!(reports[..], [(PlugReport::Overridden { state: RelayState::On, .. }, _)]),
        "{reports:?}"
    );
    workers.ask(RelayState::Off);
    for (report, at) in reports {
        workers.log(PlugEvent::Reported { report, at });
    }
    assert!(workers.take_over());
    assert!(!desired(&workers.follower).on);
}

/// The follower reads this report in the log.
fn reported(workers: &mut Workers, report: PlugReport, at: jiff::Timestamp) {
    workers.log(PlugEvent::Reported { report, at });
}

#[test]
fn a_pressed_button_that_does_not_count_does_not_leave_it_off_for_good() {
    let mut workers = Workers::new();
    let pressed_at = workers.now.wall;
    workers.ask(RelayState::On);
    // Pressed off before the ask, and reported after it: the leader switches it on.
    reported(
        &mut workers,
        PlugReport::Overridden { state: RelayState::Off, until: after(900).wall },
        pressed_at,
    );
    workers.log(PlugEvent::Retired { reason: Reason::new("test").unwrap() });
    assert!(workers.take_over(), "it may be on");
}

#[test]
fn a_pressed_button_after_an_ask_counts_for_a_standby_also_when_the_clock_was_set_back() {
    let mut workers = Workers::new();
    workers.ask(RelayState::On);
    let now = Moment { wall: start().wall, ..workers.now };
    let pressed = Observation { plug: PLUG, at: now.wall, kind: ObservationKind::Pressed { on: false } };
    workers.leader.observe(&pressed, now);
    for (report, at) in of_plug(workers.leader.take_changes().reports) {
        reported(&mut workers, report, at);
    }
    assert!(workers.take_over());
    assert!(!desired(&workers.follower).on, "a person wants it off");
}

#[test]
fn a_release_by_a_leader_with_a_slower_clock_is_known_to_the_leader_of_before() {
    let mut workers = Workers::new();
    workers.ask(RelayState::On);
    // The last report before the clock was set back.
    let kind = ObservationKind::Unreachable { error: "silent".to_owned() };
    workers.leader.observe(&Observation { plug: PLUG, at: after(60).wall, kind }, after(60));
    for (report, at) in of_plug(workers.leader.take_changes().reports) {
        reported(&mut workers, report, at);
    }
    workers.leader.follow(workers.now);
    std::mem::swap(&mut workers.leader, &mut workers.follower);
    workers.leader.lead(workers.now);
    workers.log(PlugEvent::Released { at: workers.now.wall });
    let off = workers.desired();
    workers.hear(ObservationKind::Switched(off));
    assert!(!workers.take_over(), "a person may have switched it on since");
}

#[test]
fn a_late_ask_that_the_leader_has_dropped_is_dropped_by_the_standby() {
    let mut workers = Workers::new();
    workers.ask(RelayState::On);
    let later = after(workers.position + 11);
    workers.leader.lead(later);
    workers.now = later;
    for (report, at) in of_plug(workers.leader.take_changes().reports) {
        workers.log(PlugEvent::Reported { report, at });
    }
    assert!(workers.follower.plugs()[&PLUG].wanted.ask.is_none());
}

#[test]
fn an_on_without_an_answer_is_unconfirmed_for_a_standby_also_when_a_later_one_was_answered() {
    let mut workers = Workers::new();
    workers.log(PlugEvent::Bound { room: RoomId(Uuid::nil()) });
    // The first may take effect yet.
    workers.ask(RelayState::On);
    workers.ask(RelayState::Off);
    workers.ask(RelayState::On);
    workers.hear(ObservationKind::Switched(workers.desired()));
    workers.ask(RelayState::Off);
    assert!(workers.take_over());
    workers.follower.take_changes();
    let serial = Some(desired(&workers.follower).serial);
    let seen =
        Observation { plug: PLUG, at: workers.now.wall, kind: ObservationKind::Seen { on: true, serial } };
    // The relay was reported to be on in between, and off.
    workers.follower.observe(
        &Observation { kind: ObservationKind::Seen { on: false, serial }, ..seen.clone() },
        workers.now,
    );
    workers.follower.take_changes();
    workers.follower.observe(&seen, workers.now);
    let reports = of_plug(workers.follower.take_changes().reports);
    assert!(matches!(&reports[..], [(PlugReport::Switched { state: RelayState::On, .. }, _)]), "{reports:?}");
}

#[test]
fn an_on_that_the_leader_may_have_sent_again_is_unconfirmed_for_the_next_leader() {
    let mut workers = Workers::new();
    workers.log(PlugEvent::Bound { room: RoomId(Uuid::nil()) });
    workers.ask(RelayState::On);
    workers.hear(ObservationKind::Switched(workers.desired()));
    // Longer than an ON is unconfirmed.
    workers.position += 120;
    workers.ask(RelayState::Off);
    assert!(workers.take_over());
    let unconfirmed = workers.follower.plugs()[&PLUG].wanted.unconfirmed_on.clone();
    assert!(unconfirmed.is_some_and(|sent| sent.is_live(workers.now)));
}

#[test]
fn an_on_that_is_to_be_sent_again_is_unconfirmed_before_it_is_ordered() {
    let mut workers = Workers::new();
    workers.ask(RelayState::On);
    let first = workers.desired();
    workers.hear(ObservationKind::Switched(first.clone()));
    workers.hear(ObservationKind::UnconfirmedOn { serial: first.serial, left: None });
    let is_tried = |engine: &Engine| {
        engine.plugs()[&PLUG].wanted.unconfirmed_on.as_ref().is_some_and(|sent| sent.trying)
    };
    assert!(!is_tried(&workers.leader));
    workers.leader.take_changes();
    let at = workers.now.wall;
    let retry = Observation { plug: PLUG, at, kind: ObservationKind::NeedsRetry(first.clone()) };
    workers.leader.observe(&retry, workers.now);
    let changes = workers.leader.take_changes();
    assert!(changes.plugs.contains(&PLUG) && changes.orders.contains(&PLUG), "{changes:?}");
    assert!(is_tried(&workers.leader));
    let second = workers.desired();
    assert!(second.on && second.serial > first.serial);
    workers.leader.observe(&retry, workers.now);
    assert_eq!(workers.desired().serial, second.serial, "that was observed");
}
