//! Invariants of the engine, whatever happens in whatever order.

use std::{sync::Arc, time::Duration};

use domain::{
    DomainEvent,
    automation::{Action, AutomationEvent, AutomationSpec, Gates, Limits, Trigger, TriggerEvent},
    game::Mode,
    ids::{AutomationId, GameId, LocationId, PlayId, PlugId, RoomId, VariantId},
    log::Position,
    play::PlayEvent,
    plug::{CauseKind, PlugEvent, PlugIdentity, RelayState},
    values::{Name, Reason},
};
use events::reports::ReportContent;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use uuid::Uuid;

use super::{Engine, Fact, How, Report, Rules, cause::because};
use crate::{
    clock::Moment,
    desired::Desired,
    observation::{Observation, ObservationKind},
};

/// The last is of no automation: it is ours only while it is bound or asked for.
const PLUGS: u128 = 4;
const AUTOMATIONS: u128 = 3;

#[derive(Clone, Debug)]
enum Step {
    Ask(u128, bool, Option<u16>),
    Release(u128),
    Bind(u128, bool),
    Retire(u128),
    Force(u128, bool, u16),
    Unforce(u128),
    Pulse(u128, u16),
    Disable(u128),
    Enable(u128),
    /// Its rule becomes that of another number, at most so many seconds on.
    Change(u128, u128, u32),
    Start(u128),
    End(u128),
    Press(u128, bool),
    /// Its actor meets what is desired now.
    Answer(u128),
    /// An observation of an earlier desired state arrives, by which it was on or off.
    AnswerLate(u128, bool),
    Pass(u32),
    /// The wall clock is set, by so many seconds.
    Jump(i32),
    Restart,
    /// The other worker leads from here on.
    TakeOver,
}

fn step() -> impl Strategy<Value = Step> {
    let plug = || 0..PLUGS;
    let rule = || 0..AUTOMATIONS;
    prop_oneof![
        (plug(), any::<bool>(), proptest::option::of(1..5_000_u16))
            .prop_map(|(p, on, s)| Step::Ask(p, on, s)),
        plug().prop_map(Step::Release),
        (plug(), any::<bool>()).prop_map(|(p, bound)| Step::Bind(p, bound)),
        plug().prop_map(Step::Retire),
        (rule(), any::<bool>(), 1..5_000_u16).prop_map(|(a, on, s)| Step::Force(a, on, s)),
        rule().prop_map(Step::Unforce),
        (rule(), 100..10_000_u16).prop_map(|(a, ms)| Step::Pulse(a, ms)),
        rule().prop_map(Step::Disable),
        rule().prop_map(Step::Enable),
        (rule(), rule(), prop_oneof![Just(300), 1..3_000_u32]).prop_map(|(a, of, s)| Step::Change(a, of, s)),
        (0..3_u128).prop_map(Step::Start),
        (0..3_u128).prop_map(Step::End),
        (plug(), any::<bool>()).prop_map(|(p, on)| Step::Press(p, on)),
        plug().prop_map(Step::Answer),
        (plug(), any::<bool>()).prop_map(|(p, on)| Step::AnswerLate(p, on)),
        (0..2_000_000_u32).prop_map(Step::Pass),
        (-8_000..8_000_i32).prop_map(Step::Jump),
        Just(Step::Restart),
        Just(Step::TakeOver),
    ]
}

fn plug(number: u128) -> PlugId {
    PlugId(Uuid::from_u128(100 + number))
}

fn rule(number: u128) -> AutomationId {
    AutomationId(Uuid::from_u128(200 + number))
}

fn spec(number: u128, max_on_seconds: u32) -> AutomationSpec {
    let action = match number {
        0 => Action::WhilePlay,
        1 => Action::On { seconds: 60 },
        _ => Action::Pulse { milliseconds: 500 },
    };
    AutomationSpec {
        name: Name::new("Rule").unwrap(),
        plugs: vec![plug(number), plug((number + 1) % AUTOMATIONS)],
        trigger: Trigger::Event { event: TriggerEvent::PlayStarted, room: None, variant: None },
        action,
        gates: Gates::default(),
        limits: Limits { max_on_seconds, ..Limits::default() },
    }
}

struct World {
    /// The leader.
    engine: Engine,
    /// The standby.
    follower: Engine,
    now: Moment,
    /// As the follower has it: it has run for another time.
    followers: Moment,
    position: u64,
    /// How old every event is when it arrives.
    age: SignedDuration,
}

impl World {
    fn new(age: SignedDuration) -> Self {
        let now = Moment { wall: Timestamp::from_second(1_780_000_000).unwrap(), running: Duration::ZERO };
        let new = || Engine::new(Rules::default());
        let mut world = Self { engine: new(), follower: new(), now, followers: now, position: 0, age };
        world.engine.lead(now);
        let location = LocationId(Uuid::nil());
        for number in 0..PLUGS {
            let registered = PlugEvent::Registered {
                id: plug(number),
                location,
                identity: PlugIdentity {
                    mac: "50:C7:BF:00:00:01".parse().unwrap(),
                    device_id: format!("8006{number}").parse().unwrap(),
                    child_id: None,
                },
                model: Name::new("HS103").unwrap(),
                name: Name::new("Plug").unwrap(),
                address: None,
                has_energy_meter: false,
            };
            world.plug(number, registered);
        }
        for number in 0..AUTOMATIONS {
            world.rule(
                number,
                AutomationEvent::Created { id: rule(number), location, spec: spec(number, 300) },
            );
        }
        world
    }

    fn fact(&mut self, stream: domain::ids::StreamName, event: impl Into<DomainEvent>) {
        self.position += 1;
        let recorded_at = self.now.wall - self.age;
        let event = Arc::new(event.into());
        let fact = Fact { position: Position(self.position), recorded_at, stream, event };
        self.tick();
        self.apply(&fact);
        self.record();
        self.engine.take_changes();
        self.follower.take_changes();
        self.apply(&fact);
        for engine in [&mut self.engine, &mut self.follower] {
            assert_eq!(engine.take_changes(), super::Changes::default(), "a repeated fact changes nothing");
        }
    }

    fn apply(&mut self, fact: &Fact) {
        self.engine.apply(fact, How::News, self.now);
        self.follower.apply(fact, How::News, self.followers);
    }

    fn tick(&mut self) {
        self.engine.tick(self.now);
        self.follower.tick(self.followers);
        self.record();
    }

    /// What the leader reports is recorded, and read by both.
    fn record(&mut self) {
        assert_eq!(self.follower.take_changes().reports, [], "only the leader reports");
        for Report { at, content } in self.engine.take_changes().reports {
            let (stream, event): (_, DomainEvent) = match content {
                ReportContent::Plug(id, report) => (id.stream(), PlugEvent::Reported { report, at }.into()),
                ReportContent::Automation(id, report) => {
                    (id.stream(), AutomationEvent::Reported { report, at }.into())
                }
            };
            self.position += 1;
            let (position, recorded_at) = (Position(self.position), self.now.wall);
            let fact = Fact { position, recorded_at, stream, event: Arc::new(event) };
            self.apply(&fact);
            assert_eq!(self.engine.take_changes().reports, [], "a report is no news to its maker");
        }
    }

    fn hear(&mut self, number: u128, kind: ObservationKind) {
        self.engine.observe(&Observation { plug: plug(number), at: self.now.wall, kind }, self.now);
        self.record();
    }

    /// Its relay is as desired, and stays so.
    fn answer(&mut self, number: u128) {
        let Some((current, serial)) = self.engine.desired(plug(number)) else { return };
        let desired = Desired {
            serial,
            on: current.on,
            until: None,
            by_hand: false,
            cause: Arc::new(current.cause.clone()),
        };
        let is_off = !desired.on;
        self.hear(number, ObservationKind::Switched(desired));
        if is_off {
            self.hear(number, ObservationKind::StaysOff { serial });
        }
    }

    /// What comes of an earlier desired state settles nothing.
    fn answer_late(&mut self, number: u128, on: bool) {
        let Some((_, serial)) = self.engine.desired(plug(number)) else { return };
        let was_releasing = self.engine.plugs()[&plug(number)].wanted.releasing.is_some();
        let cause = because(CauseKind::Unwanted, "test");
        let earlier = serial - 1;
        self.hear(
            number,
            ObservationKind::Switched(Desired {
                serial: earlier,
                on,
                until: None,
                by_hand: false,
                cause: Arc::new(cause),
            }),
        );
        self.hear(number, ObservationKind::Seen { on, serial: Some(earlier) });
        self.hear(number, ObservationKind::StaysOff { serial: earlier });
        assert_eq!(self.engine.plugs()[&plug(number)].wanted.releasing.is_some(), was_releasing);
    }

    fn plug(&mut self, number: u128, event: PlugEvent) {
        self.fact(plug(number).stream(), event);
    }

    fn rule(&mut self, number: u128, event: AutomationEvent) {
        self.fact(rule(number).stream(), event);
    }

    fn later(&self, seconds: u16) -> Timestamp {
        self.now.wall + SignedDuration::from_secs(seconds.into())
    }

    fn take(&mut self, step: &Step) {
        // No two things happen at once.
        self.pass(Duration::from_millis(1));
        let at = self.now.wall;
        let reason = Reason::new("test").unwrap();
        let state = |on: bool| if on { RelayState::On } else { RelayState::Off };
        match *step {
            Step::Ask(number, on, seconds) => {
                let until = seconds.map(|seconds| self.later(seconds));
                self.plug(number, PlugEvent::Asked { state: state(on), reason, until, at });
            }
            Step::Release(number) => self.plug(number, PlugEvent::Released { at }),
            Step::Bind(number, true) => self.plug(number, PlugEvent::Bound { room: RoomId(Uuid::nil()) }),
            Step::Bind(number, false) => self.plug(number, PlugEvent::Unbound),
            Step::Retire(number) => self.plug(number, PlugEvent::Retired { reason }),
            Step::Force(number, on, seconds) => {
                let until = self.later(seconds);
                self.rule(number, AutomationEvent::Forced { state: state(on), until, at });
            }
            Step::Unforce(number) => self.rule(number, AutomationEvent::Unforced { at }),
            Step::Pulse(number, milliseconds) => {
                let milliseconds = milliseconds.into();
                self.rule(number, AutomationEvent::Pulsed { milliseconds, at });
            }
            Step::Disable(number) => self.rule(number, AutomationEvent::Disabled { reason: None }),
            Step::Enable(number) => self.rule(number, AutomationEvent::Enabled),
            Step::Change(number, of, seconds) => {
                self.rule(number, AutomationEvent::Changed { spec: spec(of, seconds) });
            }
            Step::Start(number) => {
                let id = PlayId(Uuid::from_u128(number));
                let started = PlayEvent::Started {
                    id,
                    location: LocationId(Uuid::nil()),
                    room: RoomId(Uuid::nil()),
                    game: GameId(Uuid::nil()),
                    variant: VariantId(Uuid::nil()),
                    mode: Mode::Pvp,
                    participants: vec![],
                    at,
                    ends_by: self.later(3_000),
                };
                self.fact(id.stream(), started);
            }
            Step::End(number) => {
                let id = PlayId(Uuid::from_u128(number));
                self.fact(id.stream(), PlayEvent::Aborted { reason, at });
            }
            Step::Press(number, on) => self.hear(number, ObservationKind::Pressed { on }),
            Step::Answer(number) => self.answer(number),
            Step::AnswerLate(number, on) => self.answer_late(number, on),
            Step::Pass(milliseconds) => self.pass(Duration::from_millis(milliseconds.into())),
            Step::Jump(seconds) => {
                self.now.wall += SignedDuration::from_secs(seconds.into());
                self.followers.wall = self.now.wall;
                self.tick();
            }
            Step::Restart => self.restart(),
            Step::TakeOver => {
                self.engine.follow(self.now);
                std::mem::swap(&mut self.engine, &mut self.follower);
                std::mem::swap(&mut self.now, &mut self.followers);
                self.engine.lead(self.now);
                self.record();
            }
        }
    }

    fn pass(&mut self, time: Duration) {
        self.now.wall += SignedDuration::try_from(time).unwrap();
        self.now.running += time;
        self.followers.wall = self.now.wall;
        self.followers.running += time;
        self.tick();
    }

    /// Through the stored form, on a running clock that begins anew.
    fn restart(&mut self) {
        let engine = &self.engine;
        let plugs =
            (0..PLUGS).map(|number| (plug(number), engine.stored_plug(plug(number)).unwrap().unwrap()));
        let rules = (0..AUTOMATIONS)
            .map(|number| (rule(number), engine.stored_automation(rule(number)).unwrap().unwrap()));
        let stored = super::Stored {
            seen: engine.seen(),
            location: Some(engine.stored_location().unwrap()),
            plugs: plugs.collect(),
            automations: rules.collect(),
        };
        self.now.running = Duration::ZERO;
        self.engine = Engine::restore(Rules::default(), &stored, self.now).unwrap();
        self.engine.lead(self.now);
        self.record();
    }

    fn on(&self) -> Vec<PlugId> {
        let all = (0..PLUGS).map(plug);
        all.filter(|id| self.engine.desired(*id).is_some_and(|(current, _)| current.on)).collect()
    }

    /// On means that something wants it on, and that it ends.
    fn check(&self) {
        for id in self.on() {
            let plug = &self.engine.plugs()[&id];
            let asked = plug.wanted.ask.as_ref().is_some_and(|ask| ask.state == RelayState::On);
            let pressed = plug.wanted.pressed.as_ref().is_some_and(|pressed| pressed.state == RelayState::On);
            let held = plug.wanted.holds.values().any(|hold| !hold.is_over(self.now));
            assert!(asked || pressed || held, "{plug:?}");
            assert!(!plug.is_forbidden() && !plug.identity.retired, "{plug:?}");
            let (current, _) = self.engine.desired(id).unwrap();
            assert!(!current.until.unwrap().is_over(self.now), "{plug:?}");
        }
    }
}

proptest! {
    #[test]
    fn on_means_wanted_on(steps in proptest::collection::vec(step(), 1..60)) {
        let mut world = World::new(SignedDuration::ZERO);
        for step in &steps {
            world.take(step);
            world.check();
        }
        world.pass(Duration::from_hours(25));
        prop_assert!(world.on().is_empty(), "everything ends");
    }

    #[test]
    fn late_events_never_switch_on(steps in proptest::collection::vec(step(), 1..60), minutes in 1..600_i64) {
        let mut world = World::new(SignedDuration::from_mins(minutes));
        for step in steps.iter().filter(|step| !matches!(step, Step::Press(..) | Step::Jump(_))) {
            world.take(step);
            prop_assert!(world.on().is_empty());
        }
    }

    #[test]
    fn a_plug_that_the_leader_released_is_managed_by_no_worker(
        steps in proptest::collection::vec(step(), 1..60),
        sets_clocks in any::<bool>(),
    ) {
        let mut world = World::new(SignedDuration::ZERO);
        let mut differ = false;
        // Not both: of two that take turns while the clock is set, one may release what the other has released.
        let happens = |step: &&Step| match step {
            Step::TakeOver => !sets_clocks,
            Step::Jump(_) => sets_clocks,
            _ => true,
        };
        for step in steps.iter().filter(happens) {
            world.take(step);
            differ |= matches!(step, Step::TakeOver | Step::Jump(_));
            for (id, plug) in world.engine.plugs() {
                let other = &world.follower.plugs()[id];
                let is_unmanaged = !plug.wanted.managed && plug.wanted.releasing.is_none();
                prop_assert!(!is_unmanaged || other.wanted.releasing.is_none(), "{plug:?} but {other:?}");
                // And what it has yet to release is not forgotten by the other. Once the clock was set, the end of an
                // ask for off or of a pressed button may have come for one and not for the other. A standby that has
                // taken over releases again what the leader of before knows to be off.
                let releasing = plug.wanted.releasing.as_ref();
                let is_unreported = releasing.is_some_and(|release| !release.reported && !plug.reported.off);
                let is_known = other.wanted.releasing.is_some() || other.wanted.managed;
                prop_assert!(differ || !is_unreported || is_known, "{plug:?} but {other:?}");
            }
        }
    }

    #[test]
    fn the_stop_leaves_nothing_on(steps in proptest::collection::vec(step(), 1..40)) {
        let mut world = World::new(SignedDuration::ZERO);
        for step in &steps {
            world.take(step);
        }
        world.engine.stop(world.now);
        prop_assert!(world.on().is_empty());
    }
}
