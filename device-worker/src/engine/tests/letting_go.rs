//! Plugs that are ours no longer: switched off once, and then left alone by everybody.

use std::sync::Arc;

use shared::domain::log::Position;
use shared::{
    domain::{
        DomainEvent,
        ids::RoomId,
        plug::{Cause, CauseKind, PlugEvent, PlugReport, RelayState},
        values::Reason,
    },
    reports::ReportContent,
};
use uuid::Uuid;

use super::{PLUG, after, registered, start};
use crate::{
    clock::Moment,
    engine::{Engine, Fact, How, Report, Rules},
    wish::{Happening, What, Wish},
};

/// Two workers of one location: one leads, the other keeps up.
struct Workers {
    leader: Engine,
    follower: Engine,
    position: u64,
    now: Moment,
}

impl Workers {
    /// With one plug, which nobody manages.
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

    /// The leader hears it from the plug's actor, and what it reports is recorded.
    fn hear(&mut self, what: What) -> Vec<PlugReport> {
        self.leader.observe(&Happening { plug: PLUG, at: self.now.wall, what }, self.now);
        let reports = told(self.leader.take_changes().reports);
        for (report, at) in &reports {
            self.log(PlugEvent::Reported { report: report.clone(), at: *at });
        }
        reports.into_iter().map(|(report, _)| report).collect()
    }

    fn wish(&self) -> Wish {
        wish(&self.leader)
    }

    /// The follower is the one that leads from here on; whether it has anything to do with the plug.
    fn take_over(&mut self) -> bool {
        self.leader.follow(self.now);
        self.follower.lead(self.now);
        self.follower.wish(PLUG).is_some()
    }
}

fn told(reports: Vec<Report>) -> Vec<(PlugReport, jiff::Timestamp)> {
    let of_plugs = |report: Report| match report.content {
        ReportContent::Plug(_, content) => Some((content, report.at)),
        ReportContent::Automation(..) => None,
    };
    reports.into_iter().filter_map(of_plugs).collect()
}

fn wish(engine: &Engine) -> Wish {
    let (current, serial) = engine.wish(PLUG).unwrap();
    Wish { serial, on: current.on, until: None, by_hand: false, cause: Arc::new(current.why.cause()) }
}

#[test]
fn who_keeps_up_knows_what_the_leader_has_let_go() {
    let mut workers = Workers::new();
    workers.ask(RelayState::On);
    workers.hear(What::Switched(workers.wish()));
    workers.log(PlugEvent::Released { at: workers.now.wall });
    let off = workers.wish();
    let told = workers.hear(What::Switched(off.clone()));
    assert!(matches!(told[..], [PlugReport::Switched { state: RelayState::Off, .. }]), "{told:?}");
    assert_eq!(workers.hear(What::StaysOff { serial: off.serial }), [], "that was told");
    assert_eq!(workers.leader.wish(PLUG), None, "it is let go");
    assert!(!workers.take_over(), "somebody may have switched it on since");
}

#[test]
fn who_keeps_up_hears_of_a_plug_that_was_off_already_when_it_was_let_go() {
    let mut workers = Workers::new();
    workers.log(PlugEvent::Bound { room: RoomId(Uuid::nil()) });
    workers.log(PlugEvent::Unbound);
    let serial = workers.wish().serial;
    let told = workers.hear(What::StaysOff { serial });
    let [PlugReport::Switched { state: RelayState::Off, cause }] = &told[..] else { panic!("{told:?}") };
    assert_eq!(cause.kind, CauseKind::Unbound);
    assert_eq!(workers.hear(What::StaysOff { serial }), [], "once");
    assert!(!workers.take_over());
}

#[test]
fn what_the_leader_switched_on_later_than_its_last_off_is_still_to_be_switched_off() {
    let mut workers = Workers::new();
    workers.ask(RelayState::On);
    let on = workers.wish();
    workers.log(PlugEvent::Released { at: workers.now.wall });
    // Reports come late: of an OFF of before the ask, and of the ON.
    workers.hear(What::Switched(Wish { serial: 0, on: false, ..on.clone() }));
    workers.hear(What::Switched(on));
    assert!(workers.take_over());
}

#[test]
fn who_keeps_up_with_a_slower_clock_knows_what_the_leader_has_let_go() {
    let mut workers = Workers::new();
    workers.ask(RelayState::On);
    workers.hear(What::Switched(workers.wish()));
    // The hour is over for one, and then for the other.
    let later = after(3_700);
    workers.leader.tick(later);
    let off = workers.wish();
    workers.hear(What::Switched(off.clone()));
    workers.hear(What::StaysOff { serial: off.serial });
    workers.follower.tick(later);
    assert!(!workers.take_over(), "somebody may have switched it on since");
}

#[test]
fn what_was_wanted_on_since_the_last_report_is_still_to_be_switched_off() {
    let mut workers = Workers::new();
    workers.ask(RelayState::On);
    workers.hear(What::Switched(workers.wish()));
    workers.ask(RelayState::Off);
    workers.hear(What::Switched(workers.wish()));
    workers.ask(RelayState::On);
    workers.log(PlugEvent::Released { at: workers.now.wall });
    assert!(workers.take_over(), "who led may have switched it on and not said so");
}

#[test]
fn what_is_wanted_on_anew_may_have_been_switched_on_since_it_was_told_off() {
    let mut workers = Workers::new();
    workers.ask(RelayState::On);
    let reason = Reason::new("its own timer").unwrap();
    let cause = Cause { kind: CauseKind::Unwanted, automation: None, event_position: None, reason };
    let report = PlugReport::Switched { state: RelayState::Off, cause };
    workers.log(PlugEvent::Reported { report, at: workers.now.wall });
    // Wanted on all the time, and once more.
    workers.ask(RelayState::On);
    workers.log(PlugEvent::Released { at: workers.now.wall });
    assert!(workers.take_over());
}

#[test]
fn an_off_of_an_older_wish_does_not_end_a_letting_go() {
    let mut workers = Workers::new();
    workers.ask(RelayState::On);
    let on = workers.wish();
    workers.log(PlugEvent::Released { at: workers.now.wall });
    let leaving = workers.wish();
    workers.hear(What::Switched(Wish { on: false, ..on.clone() }));
    workers.hear(What::Seen { on: false, serial: Some(on.serial) });
    workers.hear(What::StaysOff { serial: on.serial });
    assert_eq!(workers.wish().serial, leaving.serial, "it is not known to be off since");
    assert_eq!(workers.wish().cause, leaving.cause, "for the same reason");
    workers.hear(What::StaysOff { serial: leaving.serial });
    assert_eq!(workers.leader.wish(PLUG), None);
}

#[test]
fn a_letting_go_ends_only_when_no_on_of_ours_can_arrive_any_more() {
    let mut workers = Workers::new();
    workers.ask(RelayState::On);
    workers.log(PlugEvent::Retired { reason: Reason::new("test").unwrap() });
    let off = workers.wish();
    workers.hear(What::Switched(off.clone()));
    assert_eq!(workers.wish().serial, off.serial, "its ON may still arrive");
    // It does, and is switched off again.
    workers.hear(What::Seen { on: true, serial: Some(off.serial) });
    let told = workers.hear(What::Switched(off.clone()));
    assert!(matches!(&told[..], [PlugReport::Switched { cause, .. }] if cause.kind == CauseKind::Retired));
    workers.hear(What::StaysOff { serial: off.serial });
    assert_eq!(workers.leader.wish(PLUG), None);
    assert!(!workers.take_over());
}

#[test]
fn the_stop_waits_for_an_off_of_its_own() {
    let mut workers = Workers::new();
    workers.log(PlugEvent::Bound { room: RoomId(Uuid::nil()) });
    let before = workers.wish().serial;
    workers.hear(What::StaysOff { serial: before });
    workers.leader.stop(workers.now);
    let (now, at) = (workers.wish().serial, workers.now.wall);
    let rests = |serial| Happening { plug: PLUG, at, what: What::StaysOff { serial } };
    assert!(!workers.leader.is_rest(&rests(before)) && workers.leader.is_rest(&rests(now)));
    let doubtful = Happening { plug: PLUG, at, what: What::Switched(workers.wish()) };
    assert!(!workers.leader.is_rest(&doubtful));
}

#[test]
fn the_stop_lets_an_off_that_is_under_way_go_on() {
    let mut workers = Workers::new();
    workers.ask(RelayState::On);
    workers.log(PlugEvent::Released { at: workers.now.wall });
    let off = workers.wish().serial;
    workers.leader.stop(workers.now);
    assert_eq!(workers.wish().serial, off);
}

#[test]
fn the_stop_tells_of_no_letting_go_twice() {
    let mut workers = Workers::new();
    workers.ask(RelayState::On);
    workers.log(PlugEvent::Released { at: workers.now.wall });
    let off = workers.wish();
    workers.leader.stop(workers.now);
    workers.hear(What::Switched(off));
    let serial = workers.wish().serial;
    assert_eq!(workers.hear(What::StaysOff { serial }), []);
    assert_eq!(workers.leader.wish(PLUG), None);
}

#[test]
fn an_answer_that_comes_after_stepping_down_ends_nothing() {
    let mut workers = Workers::new();
    workers.ask(RelayState::On);
    workers.log(PlugEvent::Released { at: workers.now.wall });
    let serial = workers.wish().serial;
    workers.leader.follow(workers.now);
    assert_eq!(workers.hear(What::StaysOff { serial }), []);
    workers.leader.lead(workers.now);
    assert_ne!(workers.wish().serial, serial, "an answer of before is none to what is wanted now");
}

#[test]
fn an_off_that_was_asked_for_is_left_to_who_leads_next() {
    let mut workers = Workers::new();
    workers.ask(RelayState::On);
    workers.log(PlugEvent::Released { at: workers.now.wall });
    let off = workers.wish();
    workers.hear(What::Switched(off.clone()));
    workers.hear(What::StaysOff { serial: off.serial });
    // The leader is dead: nobody tells that somebody turned it on.
    workers.ask(RelayState::Off);
    workers.follower.follow(workers.now);
    assert!(workers.take_over());
}

#[test]
fn a_hand_that_is_told_after_the_ask_that_ended_it_counts_for_nobody() {
    let mut workers = Workers::new();
    workers.log(PlugEvent::Bound { room: RoomId(Uuid::nil()) });
    let pressed = Happening { plug: PLUG, at: workers.now.wall, what: What::Pressed { on: true } };
    workers.leader.observe(&pressed, workers.now);
    let reports = told(workers.leader.take_changes().reports);
    assert!(
        matches!(reports[..], [(PlugReport::Overridden { state: RelayState::On, .. }, _)]),
        "{reports:?}"
    );
    workers.ask(RelayState::Off);
    for (report, at) in reports {
        workers.log(PlugEvent::Reported { report, at });
    }
    assert!(workers.take_over());
    assert!(!wish(&workers.follower).on);
}

/// What the follower is told at that time, whoever leads.
fn reported(workers: &mut Workers, report: PlugReport, at: jiff::Timestamp) {
    workers.log(PlugEvent::Reported { report, at });
}

#[test]
fn a_hand_that_counts_for_nobody_does_not_leave_it_off_for_good() {
    let mut workers = Workers::new();
    let pressed_at = workers.now.wall;
    workers.ask(RelayState::On);
    // Pressed off before the ask, and told after it: whoever leads switches it on.
    reported(
        &mut workers,
        PlugReport::Overridden { state: RelayState::Off, until: after(900).wall },
        pressed_at,
    );
    workers.log(PlugEvent::Retired { reason: Reason::new("test").unwrap() });
    assert!(workers.take_over(), "it may be on");
}

#[test]
fn a_hand_after_an_ask_counts_for_whoever_keeps_up_also_when_the_clock_was_set_back() {
    let mut workers = Workers::new();
    workers.ask(RelayState::On);
    let now = Moment { wall: start().wall, ..workers.now };
    let pressed = Happening { plug: PLUG, at: now.wall, what: What::Pressed { on: false } };
    workers.leader.observe(&pressed, now);
    for (report, at) in told(workers.leader.take_changes().reports) {
        reported(&mut workers, report, at);
    }
    assert!(workers.take_over());
    assert!(!wish(&workers.follower).on, "somebody wants it off");
}

#[test]
fn what_a_leader_with_a_slower_clock_has_let_go_is_known_to_who_led_before() {
    let mut workers = Workers::new();
    workers.ask(RelayState::On);
    // The last thing that was told before the clock was set back.
    let what = What::Unreachable { error: "silent".to_owned() };
    workers.leader.observe(&Happening { plug: PLUG, at: after(60).wall, what }, after(60));
    for (report, at) in told(workers.leader.take_changes().reports) {
        reported(&mut workers, report, at);
    }
    workers.leader.follow(workers.now);
    std::mem::swap(&mut workers.leader, &mut workers.follower);
    workers.leader.lead(workers.now);
    workers.log(PlugEvent::Released { at: workers.now.wall });
    let off = workers.wish();
    workers.hear(What::Switched(off));
    assert!(!workers.take_over(), "somebody may have switched it on since");
}

#[test]
fn a_late_ask_that_whoever_leads_has_dropped_is_dropped_by_who_keeps_up() {
    let mut workers = Workers::new();
    workers.ask(RelayState::On);
    let later = after(workers.position + 11);
    workers.leader.lead(later);
    workers.now = later;
    for (report, at) in told(workers.leader.take_changes().reports) {
        workers.log(PlugEvent::Reported { report, at });
    }
    assert!(workers.follower.plugs()[&PLUG].ask.is_none());
}

#[test]
fn an_on_without_an_answer_is_in_doubt_for_who_keeps_up_also_when_a_later_one_was_answered() {
    let mut workers = Workers::new();
    workers.log(PlugEvent::Bound { room: RoomId(Uuid::nil()) });
    // The first may come to pass yet.
    workers.ask(RelayState::On);
    workers.ask(RelayState::Off);
    workers.ask(RelayState::On);
    workers.hear(What::Switched(workers.wish()));
    workers.ask(RelayState::Off);
    assert!(workers.take_over());
    workers.follower.take_changes();
    let serial = Some(wish(&workers.follower).serial);
    let seen = Happening { plug: PLUG, at: workers.now.wall, what: What::Seen { on: true, serial } };
    // The relay was told to be on in between, and off.
    workers
        .follower
        .observe(&Happening { what: What::Seen { on: false, serial }, ..seen.clone() }, workers.now);
    workers.follower.take_changes();
    workers.follower.observe(&seen, workers.now);
    let told = told(workers.follower.take_changes().reports);
    assert!(matches!(&told[..], [(PlugReport::Switched { state: RelayState::On, .. }, _)]), "{told:?}");
}

#[test]
fn an_on_that_whoever_led_may_have_sent_once_more_is_in_doubt_for_the_next() {
    let mut workers = Workers::new();
    workers.log(PlugEvent::Bound { room: RoomId(Uuid::nil()) });
    workers.ask(RelayState::On);
    workers.hear(What::Switched(workers.wish()));
    // Longer than an ON is in doubt.
    workers.position += 120;
    workers.ask(RelayState::Off);
    assert!(workers.take_over());
    let doubt = workers.follower.plugs()[&PLUG].doubt.clone();
    assert!(doubt.is_some_and(|doubt| doubt.is_live(workers.now)));
}

#[test]
fn an_on_that_is_to_be_sent_once_more_is_in_doubt_before_it_is_a_wish() {
    let mut workers = Workers::new();
    workers.ask(RelayState::On);
    let first = workers.wish();
    workers.hear(What::Switched(first.clone()));
    workers.hear(What::Doubts { serial: first.serial, left: None });
    let is_tried = |engine: &Engine| engine.plugs()[&PLUG].doubt.as_ref().is_some_and(|doubt| doubt.trying);
    assert!(!is_tried(&workers.leader));
    workers.leader.take_changes();
    let at = workers.now.wall;
    let tries = Happening { plug: PLUG, at, what: What::Tries(first.clone()) };
    workers.leader.observe(&tries, workers.now);
    let changes = workers.leader.take_changes();
    assert!(changes.plugs.contains(&PLUG) && changes.orders.contains(&PLUG), "{changes:?}");
    assert!(is_tried(&workers.leader));
    let second = workers.wish();
    assert!(second.on && second.serial > first.serial);
    workers.leader.observe(&tries, workers.now);
    assert_eq!(workers.wish().serial, second.serial, "that was heard");
}
