//! What automations hold, over several plays and over changes of their rule.

use std::{sync::Arc, time::Duration};

use domain::{
    DomainEvent,
    automation::{
        Action, AutomationEvent, AutomationReport, AutomationSpec, DoneAction, Gates, Limits, Trigger,
        TriggerEvent,
    },
    game::Mode,
    ids::{GameId, LocationId, PlayId, PlugId, RoomId, StreamName, VariantId},
    log::Position,
    play::PlayEvent,
    plug::{PlugEvent, PlugIdentity, RelayState},
    values::{Name, Reason},
};
use events::reports::ReportContent;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::{PLUG, RULE, after, registered, start};
use crate::{
    clock::Moment,
    engine::{Engine, Fact, How, Report, Rules, Stored},
    observation::{Observation, ObservationKind},
};

const OTHER: PlugId = PlugId(Uuid::from_u128(9));

/// A room with a rule for its first plug.
struct Room {
    engine: Engine,
    position: u64,
    now: Moment,
}

fn play(number: u128) -> PlayId {
    PlayId(Uuid::from_u128(300 + number))
}

/// A plug that is on while a play runs, at most five minutes.
fn while_play() -> AutomationSpec {
    AutomationSpec {
        name: Name::new("Light").unwrap(),
        plugs: vec![PLUG],
        trigger: Trigger::Event { event: TriggerEvent::PlayStarted, room: None, variant: None },
        action: Action::WhilePlay,
        gates: Gates::default(),
        limits: Limits { max_on_seconds: 300, ..Limits::default() },
    }
}

impl Room {
    fn new(spec: AutomationSpec) -> Self {
        let mut engine = Engine::new(Rules::default());
        engine.lead(start());
        let mut room = Self { engine, position: 0, now: start() };
        room.log(PLUG.stream(), registered());
        let PlugEvent::Registered { identity, location, model, name, .. } = registered() else { panic!() };
        let identity = PlugIdentity { device_id: "8007".parse().unwrap(), ..identity };
        let (address, has_energy_meter) = (None, false);
        let other =
            PlugEvent::Registered { id: OTHER, location, identity, model, name, address, has_energy_meter };
        room.log(OTHER.stream(), other);
        room.log(RULE.stream(), AutomationEvent::Created { id: RULE, location, spec });
        room
    }

    /// Something happens, a second after what happened before.
    fn log(&mut self, stream: StreamName, event: impl Into<DomainEvent>) {
        self.position += 1;
        self.pass(1);
        let (position, recorded_at) = (Position(self.position), self.now.wall);
        let fact = Fact { position, recorded_at, stream, event: Arc::new(event.into()) };
        self.engine.apply(&fact, How::News, self.now);
    }

    fn pass(&mut self, seconds: u64) {
        self.now.wall += SignedDuration::from_secs(seconds.cast_signed());
        self.now.running += Duration::from_secs(seconds);
        self.engine.tick(self.now);
    }

    fn start(&mut self, number: u128, minutes: i64) {
        let started = PlayEvent::Started {
            id: play(number),
            location: LocationId(Uuid::nil()),
            room: RoomId(Uuid::from_u128(number)),
            game: GameId(Uuid::nil()),
            variant: VariantId(Uuid::nil()),
            mode: Mode::Pvp,
            participants: vec![],
            at: self.now.wall,
            ends_by: self.now.wall + SignedDuration::from_mins(minutes),
        };
        self.log(play(number).stream(), started);
    }

    fn end(&mut self, number: u128) {
        let (reason, at) = (Reason::new("test").unwrap(), self.now.wall);
        self.log(play(number).stream(), PlayEvent::Aborted { reason, at });
    }

    fn change(&mut self, spec: AutomationSpec) {
        self.log(RULE.stream(), AutomationEvent::Changed { spec });
    }

    fn force_on(&mut self) {
        let (until, at) = (self.now.wall + SignedDuration::from_mins(4), self.now.wall);
        self.log(RULE.stream(), AutomationEvent::Forced { state: RelayState::On, until, at });
    }

    fn is_on(&self, plug: PlugId) -> bool {
        self.engine.desired(plug).is_some_and(|(current, _)| current.on)
    }

    /// What the rule's log says it did, since the last call.
    fn acts(&mut self) -> Vec<DoneAction> {
        self.untils().into_iter().map(|(action, _)| action).collect()
    }

    /// The same, each with when what it holds on ends.
    fn untils(&mut self) -> Vec<(DoneAction, Option<Timestamp>)> {
        let reports = self.engine.take_changes().reports.into_iter();
        reports
            .filter_map(|report| match report.content {
                ReportContent::Automation(RULE, AutomationReport::Acted { action, until, .. }) => {
                    Some((action, until))
                }
                _ => None,
            })
            .collect()
    }

    /// Through the stored form.
    fn restart(&mut self) {
        let engine = &self.engine;
        let plugs = [PLUG, OTHER].map(|id| (id, engine.stored_plug(id).unwrap().unwrap()));
        let stored = Stored {
            seen: engine.seen(),
            location: Some(engine.stored_location().unwrap()),
            plugs: plugs.into(),
            automations: vec![(RULE, engine.stored_automation(RULE).unwrap().unwrap())],
        };
        self.now.running = Duration::ZERO;
        self.engine = Engine::restore(Rules::default(), &stored, self.now).unwrap();
        self.engine.lead(self.now);
    }
}

#[test]
fn of_two_plays_the_last_to_end_lets_go() {
    for (first, last) in [(1, 2), (2, 1)] {
        let mut room = Room::new(while_play());
        room.start(1, 10);
        room.start(2, 10);
        room.acts();
        room.end(first);
        assert!(room.is_on(PLUG), "play {last} still runs");
        assert_eq!(room.acts(), [], "nothing ended");
        room.restart();
        assert!(room.is_on(PLUG), "also after a restart");
        room.end(last);
        assert!(!room.is_on(PLUG));
        assert_eq!(room.acts(), [DoneAction::Off]);
    }
}

#[test]
fn a_play_that_nobody_ends_holds_no_longer_than_it_may_take() {
    let mut room = Room::new(while_play());
    room.start(1, 1);
    room.start(2, 3);
    room.pass(60);
    assert!(room.is_on(PLUG), "the second may take longer");
    room.end(2);
    assert!(!room.is_on(PLUG), "and the first is over");
}

#[test]
fn many_plays_in_a_row_hold_no_longer_than_the_rule_may() {
    let mut room = Room::new(while_play());
    room.start(1, 10);
    room.pass(200);
    room.start(2, 10);
    room.end(1);
    assert!(room.is_on(PLUG));
    room.pass(100);
    assert!(!room.is_on(PLUG), "five minutes after it came on");
}

#[test]
fn a_rule_that_is_renamed_goes_on_holding() {
    let mut room = Room::new(while_play());
    room.start(1, 10);
    room.acts();
    room.change(AutomationSpec { name: Name::new("Lamp").unwrap(), ..while_play() });
    assert!(room.is_on(PLUG));
    assert_eq!(room.acts(), []);
    room.end(1);
    assert!(!room.is_on(PLUG), "its play still ends it");
    room.force_on();
    room.change(while_play());
    assert!(room.is_on(PLUG), "as the views say");
    room.log(RULE.stream(), AutomationEvent::Unforced { at: after(0).wall });
    assert!(!room.is_on(PLUG));
}

#[test]
fn what_a_changed_rule_would_not_have_switched_on_is_let_go() {
    let mut room = Room::new(AutomationSpec { plugs: vec![PLUG, OTHER], ..while_play() });
    room.start(1, 10);
    room.acts();
    room.change(while_play());
    assert!(room.is_on(PLUG) && !room.is_on(OTHER), "only the plug that is no longer named");
    assert_eq!(room.acts(), [DoneAction::Off]);
    room.change(AutomationSpec { action: Action::On { seconds: 20 }, ..while_play() });
    assert!(!room.is_on(PLUG));
    // A force is not of the rule.
    room.start(2, 10);
    room.pass(10);
    room.force_on();
    room.change(while_play());
    assert!(room.is_on(PLUG));
    room.pass(250);
    assert!(!room.is_on(PLUG), "it ends when the force does");
}

#[test]
fn a_plug_that_a_forced_rule_gets_is_on_as_well() {
    let mut room = Room::new(while_play());
    room.force_on();
    room.change(AutomationSpec { plugs: vec![PLUG, OTHER], ..while_play() });
    assert!(room.is_on(PLUG) && room.is_on(OTHER));
    room.pass(240);
    assert!(!room.is_on(PLUG) && !room.is_on(OTHER));
}

#[test]
fn a_changed_maximum_counts_from_when_it_came_on() {
    let limits = |max_on_seconds| Limits { max_on_seconds, ..Limits::default() };
    let mut room = Room::new(while_play());
    room.start(1, 60);
    room.pass(100);
    room.change(AutomationSpec { limits: limits(150), ..while_play() });
    room.pass(40);
    assert!(room.is_on(PLUG));
    room.change(AutomationSpec { limits: limits(400), ..while_play() });
    room.pass(200);
    assert!(room.is_on(PLUG));
    room.change(AutomationSpec { limits: limits(60), ..while_play() });
    assert!(!room.is_on(PLUG), "it has been on for longer already");
    assert!(room.acts().contains(&DoneAction::Off));
}

#[test]
fn a_renamed_interval_keeps_its_time() {
    let every = AutomationSpec {
        trigger: Trigger::Every { seconds: 60 },
        action: Action::On { seconds: 20 },
        ..while_play()
    };
    let mut room = Room::new(every.clone());
    room.pass(50);
    room.change(AutomationSpec { name: Name::new("Fog").unwrap(), ..every });
    room.pass(10);
    assert!(room.is_on(PLUG));
}

#[test]
fn a_force_is_told_to_end_when_the_rule_has_been_on_for_as_long_as_it_may() {
    let mut room = Room::new(while_play());
    room.start(1, 60);
    let began = room.now;
    room.pass(200);
    room.acts();
    room.force_on();
    let longest = began.wall + SignedDuration::from_secs(300);
    assert_eq!(room.untils(), [(DoneAction::On, Some(longest))]);
    room.log(RULE.stream(), AutomationEvent::Unforced { at: after(0).wall });
    assert_eq!(room.untils(), [(DoneAction::On, Some(longest))], "the play still holds it");
    room.change(AutomationSpec {
        limits: Limits { max_on_seconds: 400, ..Limits::default() },
        ..while_play()
    });
    let longer = began.wall + SignedDuration::from_secs(400);
    assert_eq!(room.untils(), [(DoneAction::On, Some(longer))]);
    room.pass(200);
    assert!(!room.is_on(PLUG));
    assert_eq!(room.untils(), [(DoneAction::Off, None)]);
}

#[test]
fn an_ask_for_off_ends_what_a_rule_holds_once_none_of_its_plugs_is_held() {
    let mut room = Room::new(AutomationSpec { plugs: vec![PLUG, OTHER], ..while_play() });
    room.start(1, 60);
    room.acts();
    for (plug, reported) in [(PLUG, vec![]), (OTHER, vec![(DoneAction::Off, None)])] {
        let (reason, at) = (Reason::new("test").unwrap(), room.now.wall);
        room.log(plug.stream(), PlugEvent::Asked { state: RelayState::Off, reason, until: None, at });
        assert_eq!(room.untils(), reported);
    }
}

#[test]
fn what_is_wanted_on_and_kept_off_until_the_same_time_does_not_come_on_then() {
    let mut room = Room::new(while_play());
    room.start(1, 1);
    let pressed = Observation { plug: PLUG, at: room.now.wall, kind: ObservationKind::Pressed { on: false } };
    room.engine.observe(&pressed, room.now);
    let serial = room.engine.desired(PLUG).unwrap().1;
    assert!(!room.is_on(PLUG));
    room.pass(3_600);
    assert_eq!(room.engine.desired(PLUG).unwrap().1, serial, "nothing else is wanted");
}

#[test]
fn a_force_lasts_although_what_held_before_it_ends_later_by_another_clock() {
    let mut room = Room::new(AutomationSpec { action: Action::On { seconds: 60 }, ..while_play() });
    room.start(1, 10);
    // The clock is set forward, and it is forced on for twenty seconds.
    room.now.wall += SignedDuration::from_secs(50);
    let (until, at) = (room.now.wall + SignedDuration::from_secs(20), room.now.wall);
    room.log(RULE.stream(), AutomationEvent::Forced { state: RelayState::On, until, at });
    room.pass(12);
    assert!(room.is_on(PLUG), "by the wall clock its minute is over, and the force is not");
    room.pass(8);
    assert!(!room.is_on(PLUG));
}

#[test]
fn what_a_rule_did_is_told_in_order_when_the_clock_is_set_back() {
    let mut room = Room::new(while_play());
    room.start(1, 60);
    room.now.wall -= SignedDuration::from_hours(2);
    room.engine.tick(room.now);
    room.end(1);
    let acted = |report: &Report| matches!(report.content, ReportContent::Automation(RULE, _));
    let reports = room.engine.take_changes().reports;
    let times: Vec<_> = reports.iter().filter(|report| acted(report)).map(|report| report.at).collect();
    assert!(times.len() == 2 && times.is_sorted(), "{times:?}");
}

#[test]
fn a_rule_that_holds_what_a_hand_turned_on_wants_all_of_it() {
    let mut room = Room::new(while_play());
    let pressed = Observation { plug: PLUG, at: room.now.wall, kind: ObservationKind::Pressed { on: true } };
    room.engine.observe(&pressed, room.now);
    let (current, serial) = room.engine.desired(PLUG).unwrap();
    assert!(current.on && current.by_hand);
    room.start(1, 10);
    let (current, after) = room.engine.desired(PLUG).unwrap();
    assert!(current.on && !current.by_hand && after > serial);
}
