//! What holds whatever happens, in whatever order.

use std::{sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use shared::{
    domain::{
        DomainEvent,
        automation::{Action, AutomationEvent, AutomationSpec, Gates, Limits, Trigger, TriggerEvent},
        game::Mode,
        ids::{AutomationId, GameId, LocationId, PlayId, PlugId, RoomId, VariantId},
        play::PlayEvent,
        plug::{PlugEvent, PlugIdentity, RelayState},
        values::{Name, Reason},
    },
    store::Position,
};
use uuid::Uuid;

use super::{Engine, Fact, How, Rules};
use crate::{
    clock::Moment,
    wish::{Happening, What},
};

const PLUGS: u128 = 3;
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
    Start(u128),
    End(u128),
    Press(u128, bool),
    Pass(u32),
    /// The wall clock is set, by so many seconds.
    Jump(i32),
    Restart,
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
        (0..3_u128).prop_map(Step::Start),
        (0..3_u128).prop_map(Step::End),
        (plug(), any::<bool>()).prop_map(|(p, on)| Step::Press(p, on)),
        (0..2_000_000_u32).prop_map(Step::Pass),
        (-8_000..8_000_i32).prop_map(Step::Jump),
        Just(Step::Restart),
    ]
}

fn plug(number: u128) -> PlugId {
    PlugId(Uuid::from_u128(100 + number))
}

fn rule(number: u128) -> AutomationId {
    AutomationId(Uuid::from_u128(200 + number))
}

struct World {
    engine: Engine,
    now: Moment,
    position: u64,
    /// How old every event is when it arrives.
    age: SignedDuration,
}

impl World {
    fn new(age: SignedDuration) -> Self {
        let now = Moment { wall: Timestamp::from_second(1_780_000_000).unwrap(), running: Duration::ZERO };
        let mut world = Self { engine: Engine::new(Rules::default()), now, position: 0, age };
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
        let actions = [Action::WhilePlay, Action::On { seconds: 60 }, Action::Pulse { milliseconds: 500 }];
        for (number, action) in (0..AUTOMATIONS).zip(actions) {
            let spec = AutomationSpec {
                name: Name::new("Rule").unwrap(),
                plugs: vec![plug(number), plug((number + 1) % PLUGS)],
                trigger: Trigger::Event { event: TriggerEvent::PlayStarted, room: None, variant: None },
                action,
                gates: Gates::default(),
                limits: Limits { max_on_seconds: 300, ..Limits::default() },
            };
            world.rule(number, AutomationEvent::Created { id: rule(number), location, spec });
        }
        world
    }

    fn fact(&mut self, stream: shared::domain::ids::StreamName, event: impl Into<DomainEvent>) {
        self.position += 1;
        let recorded_at = self.now.wall - self.age;
        let event = Arc::new(event.into());
        let fact = Fact { position: Position(self.position), recorded_at, stream, event };
        self.engine.tick(self.now);
        self.engine.apply(&fact, How::News, self.now);
        self.engine.take_changes();
        self.engine.apply(&fact, How::News, self.now);
        assert_eq!(self.engine.take_changes(), super::Changes::default(), "a repeated fact changes nothing");
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
            Step::Press(number, on) => {
                let what = What::Pressed { on };
                self.engine.observe(&Happening { plug: plug(number), at, what }, self.now);
            }
            Step::Pass(milliseconds) => self.pass(Duration::from_millis(milliseconds.into())),
            Step::Jump(seconds) => {
                self.now.wall += SignedDuration::from_secs(seconds.into());
                self.engine.tick(self.now);
            }
            Step::Restart => self.restart(),
        }
    }

    fn pass(&mut self, time: Duration) {
        self.now.wall += SignedDuration::try_from(time).unwrap();
        self.now.running += time;
        self.engine.tick(self.now);
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
            venue: Some(engine.stored_venue().unwrap()),
            plugs: plugs.collect(),
            automations: rules.collect(),
        };
        self.now.running = Duration::ZERO;
        self.engine = Engine::restore(Rules::default(), &stored, self.now).unwrap();
        self.engine.lead(self.now);
    }

    fn on(&self) -> Vec<PlugId> {
        let all = (0..PLUGS).map(plug);
        all.filter(|id| self.engine.wish(*id).is_some_and(|(current, _)| current.on)).collect()
    }

    /// On means that something wants it on, and that it ends.
    fn check(&self) {
        for id in self.on() {
            let plug = &self.engine.plugs()[&id];
            let asked = plug.ask.as_ref().is_some_and(|ask| ask.state == RelayState::On);
            let pressed = plug.pressed.as_ref().is_some_and(|pressed| pressed.state == RelayState::On);
            let held = plug.holds.values().any(|hold| !hold.is_over(self.now));
            assert!(asked || pressed || held, "{plug:?}");
            assert!(!plug.is_forbidden() && !plug.retired, "{plug:?}");
            let (current, _) = self.engine.wish(id).unwrap();
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
    fn the_stop_leaves_nothing_on(steps in proptest::collection::vec(step(), 1..40)) {
        let mut world = World::new(SignedDuration::ZERO);
        for step in &steps {
            world.take(step);
        }
        world.engine.stop(world.now);
        prop_assert!(world.on().is_empty());
    }
}
