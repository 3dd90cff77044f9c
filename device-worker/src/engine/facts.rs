//! What the log says, in order: each fact once, whatever is repeated.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use shared::{
    domain::{
        DomainEvent,
        automation::{AutomationEvent, AutomationSpec, DoneAction, Occasion, OccasionKind, TriggerEvent},
        ids::{AutomationId, PlugId, RoomId, StreamName},
        location::LocationEvent,
        play::PlayEvent,
        plug::{CauseKind, LONGEST_ASK, PlugEvent, PlugReport, RelayState, USUAL_ON},
        room::RoomEvent,
        values::Reason,
        wristband::WristbandEvent,
    },
    store::Position,
};

use super::{
    Engine, Rules,
    state::{Ask, AutomationState, Force, Hold, Leaving, PlugState, Pressed, RunningPlay, Why},
    triggers::Firing,
};
use crate::clock::{Deadline, Moment};

/// One event of the location's log.
#[derive(Clone, Debug)]
pub struct Fact {
    /// Where in the log.
    pub position: Position,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// Whose history it is of.
    pub stream: StreamName,
    /// What happened.
    pub event: Arc<DomainEvent>,
}

/// In what spirit a fact is applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// As history that others have acted upon: it changes what is known and triggers nothing.
    History,
    /// As news, which may still be late.
    News,
}

/// A fact's own circumstances.
#[derive(Clone, Copy)]
pub(super) struct Context {
    pub(super) position: Position,
    pub(super) now: Moment,
    pub(super) how: How,
    /// Too old to switch anything on.
    pub(super) late: bool,
    pub(super) age: SignedDuration,
}

impl Context {
    pub(super) fn occasion(&self, kind: OccasionKind) -> Occasion {
        Occasion { kind, event_position: Some(self.position.0) }
    }

    pub(super) fn lateness(&self) -> String {
        format!("late: the event is {} s old", self.age.as_secs())
    }

    fn why(&self, kind: CauseKind, reason: impl Into<String>) -> Why {
        Why { event_position: Some(self.position.0), ..Why::new(kind, reason) }
    }
}

impl Engine {
    /// Applies a fact; one that was applied before changes nothing.
    pub fn apply(&mut self, fact: &Fact, how: How, now: Moment) {
        if fact.position <= self.seen {
            return;
        }
        self.seen = fact.position;
        let late = how == How::History || self.is_late(fact.recorded_at, now.wall);
        let age = now.wall.duration_since(fact.recorded_at);
        let context = Context { position: fact.position, now, how, late, age };
        match &*fact.event {
            DomainEvent::Location(event) => self.location_changed(event, now),
            DomainEvent::Room(event) => self.room_changed(event, &fact.stream, &context),
            DomainEvent::Play(event) => self.play_changed(event, &fact.stream, &context),
            DomainEvent::Wristband(WristbandEvent::Scanned { room, .. }) => {
                self.happened(TriggerEvent::WristbandScanned, &Firing::in_room(*room), &context);
            }
            DomainEvent::Plug(event) => {
                if let Ok(id) = fact.stream.id().parse() {
                    self.plug_changed(id, event, &context);
                }
            }
            DomainEvent::Automation(event) => {
                if let Ok(id) = fact.stream.id().parse() {
                    self.automation_changed(id, event, &context);
                }
            }
            DomainEvent::Wristband(_)
            | DomainEvent::Claim(_)
            | DomainEvent::Game(_)
            | DomainEvent::Player(_)
            | DomainEvent::Setting(_) => {}
        }
    }

    fn location_changed(&mut self, event: &LocationEvent, now: Moment) {
        match event {
            LocationEvent::Opened { time_zone, .. } => self.venue.time_zone = time_zone.clone(),
            LocationEvent::SettingsChanged { time_zone, opening_hours, .. } => {
                self.venue.time_zone = time_zone.clone();
                self.venue.opening_hours.clone_from(opening_hours);
                self.plan_all(now);
            }
            LocationEvent::Disabled { .. } => self.venue.disabled = true,
            LocationEvent::Enabled => self.venue.disabled = false,
            LocationEvent::Renamed { .. } => return,
        }
        self.changes.venue = true;
    }

    fn room_changed(&mut self, event: &RoomEvent, stream: &StreamName, context: &Context) {
        let Ok(room) = stream.id().parse::<RoomId>() else { return };
        let trigger = match event {
            RoomEvent::TakenOutOfService { .. } => TriggerEvent::RoomTakenOutOfService,
            RoomEvent::ReturnedToService => TriggerEvent::RoomReturnedToService,
            _ => return,
        };
        self.happened(trigger, &Firing::in_room(room), context);
    }

    fn play_changed(&mut self, event: &PlayEvent, stream: &StreamName, context: &Context) {
        let (trigger, at) = match event {
            PlayEvent::Started { id, room, variant, ends_by, .. } => {
                let play = RunningPlay { room: *room, variant: *variant, ends_by: *ends_by };
                let firing = Firing { room: *room, play: Some((*id, play.clone())) };
                self.venue.plays.insert(*id, play);
                self.changes.venue = true;
                self.happened(TriggerEvent::PlayStarted, &firing, context);
                return;
            }
            PlayEvent::Finished { at, .. } => (TriggerEvent::PlayFinished, *at),
            PlayEvent::Aborted { at, .. } => (TriggerEvent::PlayAborted, *at),
            PlayEvent::ScoreCorrected { .. } | PlayEvent::ScoreVoided { .. } => return,
        };
        let Ok(id) = stream.id().parse() else { return };
        let Some(play) = self.venue.plays.remove(&id) else { return };
        self.venue.ended.insert(play.room, at);
        self.changes.venue = true;
        self.end_holds_of_play(id, context);
        self.happened(trigger, &Firing { room: play.room, play: Some((id, play)) }, context);
    }

    fn plug_changed(&mut self, id: PlugId, event: &PlugEvent, context: &Context) {
        if let PlugEvent::Registered { identity, address, has_energy_meter, .. } = event {
            let plug = PlugState::new(identity.clone(), *address, *has_energy_meter);
            self.plugs.entry(id).or_insert(plug);
            self.changes.orders.insert(id);
        }
        let (now, leading, rules) = (context.now, self.leading, self.rules);
        let Some(plug) = self.plugs.get_mut(&id) else { return };
        let drops = matches!(event, PlugEvent::Retired { .. } | PlugEvent::Asked { .. });
        let mut held: Vec<_> = if drops { plug.holds.clone().into_iter().collect() } else { Vec::new() };
        match event {
            PlugEvent::Registered { .. } | PlugEvent::Renamed { .. } => {}
            PlugEvent::Bound { room } => plug.room = Some(*room),
            PlugEvent::Unbound => {
                plug.room = None;
                plug.ended = Some(context.why(CauseKind::Unbound, "it was unbound from its room"));
            }
            PlugEvent::Retired { reason } => {
                plug.retired = true;
                plug.ask = None;
                plug.drop_wishes(context.why(CauseKind::Retired, reason.as_str()));
            }
            PlugEvent::Asked { .. } if plug.retired => {}
            PlugEvent::Asked { state, reason, until, at } => {
                plug.asked_at = Some(*at);
                asked(plug, *state, reason, *until, context);
                if *state == RelayState::On && context.late && context.how == How::News {
                    let why = context.why(CauseKind::Ask, reason.as_str());
                    self.refuse_ask(id, why, &context.lateness(), now);
                }
            }
            PlugEvent::Released { .. } => {
                if context.how == How::History {
                    plug.leaving = None;
                }
                if plug.ask.take().is_some() {
                    plug.ended = Some(context.why(CauseKind::Release, "what was asked for was released"));
                }
            }
            PlugEvent::Reported { report, at } => {
                if !reported(plug, report, *at, context, leading, &rules) {
                    return;
                }
                self.changes.orders.insert(id);
            }
        }
        if let Some(plug) = self.plugs.get(&id) {
            held.retain(|(automation, _)| !plug.holds.contains_key(automation));
        }
        let reason = "it was asked to be off, or retired";
        self.ended_by(held, context.occasion(OccasionKind::Event), reason, now);
        self.changes.plugs.insert(id);
        self.concluded(id, context);
    }

    fn automation_changed(&mut self, id: AutomationId, event: &AutomationEvent, context: &Context) {
        let now = context.now;
        match event {
            AutomationEvent::Created { spec, .. } | AutomationEvent::Changed { spec } => {
                self.respecified(id, spec, context);
            }
            AutomationEvent::Enabled => {
                if let Some(automation) = self.automations.get_mut(&id) {
                    automation.enabled = true;
                }
                self.plan(id, now);
            }
            AutomationEvent::Disabled { .. } => {
                if let Some(automation) = self.automations.get_mut(&id) {
                    (automation.enabled, automation.force, automation.due) = (false, None, None);
                }
                let why = context.why(CauseKind::Unwanted, "the automation was disabled");
                self.let_go(id, |_, _| false, &why, context.occasion(OccasionKind::Change), context);
            }
            AutomationEvent::Forced { state, until, .. } => self.forced(id, *state, *until, context),
            AutomationEvent::Unforced { .. } => self.unforced(id, context),
            AutomationEvent::Pulsed { milliseconds, .. } => self.pulsed(id, *milliseconds, context),
            AutomationEvent::Reported { report, at } => return self.told_of(id, report, *at),
        }
        self.changes.automations.insert(id);
    }

    fn respecified(&mut self, id: AutomationId, spec: &AutomationSpec, context: &Context) {
        let before = self.automations.get(&id).map(|automation| automation.spec.clone());
        if let Some(before) = &before {
            self.revise_holds(id, before, spec, context);
        }
        if let Some(automation) = self.automations.get_mut(&id) {
            automation.spec = spec.clone();
        } else {
            let new = AutomationState {
                spec: spec.clone(),
                enabled: true,
                force: None,
                rests: None,
                due: None,
                acted_at: None,
                untold: Vec::new(),
            };
            self.automations.insert(id, new);
        }
        if before.as_ref().is_none_or(|before| before.trigger != spec.trigger) {
            self.plan(id, context.now);
        }
        if let Some(before) = &before {
            self.force_new_plugs(id, &before.plugs, context);
        }
        let plugs_before = before.iter().flat_map(|before| &before.plugs);
        for plug in plugs_before.chain(&spec.plugs) {
            self.concluded(*plug, context);
        }
    }

    /// What it holds on goes on as far as the new rule would have switched it on as well. A force is not of the
    /// rule.
    fn revise_holds(
        &mut self,
        id: AutomationId,
        before: &AutomationSpec,
        spec: &AutomationSpec,
        context: &Context,
    ) {
        let same = before.trigger == spec.trigger && before.action == spec.action;
        let why = context.why(CauseKind::Unwanted, "the automation was changed");
        let keeps = |plug, hold: &Hold| spec.plugs.contains(&plug) && (same || hold.forced.is_some());
        self.let_go(id, keeps, &why, context.occasion(OccasionKind::Change), context);
        let most = Duration::from_secs(spec.limits.max_on_seconds.into());
        for (plug_id, plug) in &mut self.plugs {
            let Some(hold) = plug.holds.get_mut(&id) else { continue };
            if !same {
                hold.until = None;
                hold.plays.clear();
            }
            if before.limits.max_on_seconds != spec.limits.max_on_seconds {
                hold.cap = hold.cap.with_length(most, context.now);
            }
            self.changes.plugs.insert(*plug_id);
        }
        self.end_holds(context.now);
        if before.limits.max_on_seconds != spec.limits.max_on_seconds {
            let occasion = context.occasion(OccasionKind::Change);
            self.revised(id, occasion, "its maximum was changed", context.now);
        }
    }

    /// A force holds what the rule has now, whatever it had when it was forced.
    fn force_new_plugs(&mut self, id: AutomationId, before: &[PlugId], context: &Context) {
        let Some(automation) = self.automations.get(&id) else { return };
        let force = automation.force.clone();
        let Some(Force { until, .. }) = force.filter(|force| force.state == RelayState::On) else { return };
        let new = automation.spec.plugs.iter().filter(|plug| !before.contains(plug));
        let new: Vec<PlugId> = new.copied().collect();
        if new.is_empty() || until.is_over(context.now) {
            return;
        }
        let occasion = context.occasion(OccasionKind::Force);
        if context.late {
            return self.skip(id, occasion, &context.lateness(), context.now);
        }
        let cap = max_on(automation, context.now);
        let why = Why {
            automation: Some(id),
            ..context.why(CauseKind::Force, "the automation is forced on, and was given this plug")
        };
        self.each_of(id, &new, &occasion, context.now, |plug| {
            hold_of(plug, (id, &occasion), (cap, context.now.wall), &why).forced = Some(until);
        });
        self.act(id, DoneAction::On, occasion, &why.reason, context.now);
    }

    fn forced(&mut self, id: AutomationId, state: RelayState, until: Timestamp, context: &Context) {
        let Some(automation) = self.automations.get_mut(&id) else { return };
        let until = Deadline::at(context.now, until, longest());
        let occasion = context.occasion(OccasionKind::Force);
        match state {
            RelayState::Off => {
                automation.force = Some(Force { state, until });
                let why = Why {
                    automation: Some(id),
                    ..context.why(CauseKind::Force, "the automation was forced off")
                };
                self.let_go(id, |_, _| false, &why, occasion, context);
            }
            RelayState::On if context.late => {
                self.unforced(id, context);
                if context.how == How::News {
                    self.skip(id, occasion, &context.lateness(), context.now);
                }
            }
            RelayState::On => {
                automation.force = Some(Force { state, until });
                let cap = max_on(automation, context.now);
                let why = Why {
                    automation: Some(id),
                    ..context.why(CauseKind::Force, "the automation was forced on")
                };
                self.each_plug(id, &occasion, context.now, |plug| {
                    let hold = hold_of(plug, (id, &occasion), (cap, context.now.wall), &why);
                    hold.forced = Some(until);
                });
                self.act(id, DoneAction::On, occasion, &why.reason, context.now);
            }
        }
    }

    fn unforced(&mut self, id: AutomationId, context: &Context) {
        let Some(automation) = self.automations.get_mut(&id) else { return };
        if automation.force.take().is_none() {
            return;
        }
        let plugs = automation.spec.plugs.clone();
        for plug_id in plugs {
            if let Some(plug) = self.plugs.get_mut(&plug_id)
                && let Some(hold) = plug.holds.get_mut(&id)
            {
                hold.forced = None;
                self.changes.plugs.insert(plug_id);
            }
        }
        self.end_holds(context.now);
        let occasion = context.occasion(OccasionKind::Force);
        self.revised(id, occasion, "the force ended, and something else wants it on", context.now);
    }

    fn pulsed(&mut self, id: AutomationId, milliseconds: u32, context: &Context) {
        if context.how == How::History {
            return;
        }
        let occasion = context.occasion(OccasionKind::Pulse);
        if context.late {
            return self.skip(id, occasion, &context.lateness(), context.now);
        }
        let Some(automation) = self.automations.get(&id) else { return };
        let cap = max_on(automation, context.now);
        let until = Deadline::after(context.now, Duration::from_millis(milliseconds.into()));
        let why = Why {
            automation: Some(id),
            ..context.why(CauseKind::Automation, format!("a pulse of {milliseconds} ms was asked for"))
        };
        self.each_plug(id, &occasion, context.now, |plug| {
            let hold = hold_of(plug, (id, &occasion), (cap, context.now.wall), &why);
            hold.until = Some(hold.until.map_or(until, |old| old.max(until)));
        });
        self.act(id, DoneAction::Pulse, occasion, &why.reason, context.now);
    }

    /// As [`Engine::settle`]; history lets nothing go, for others have done that.
    pub(super) fn concluded(&mut self, id: PlugId, context: &Context) {
        if context.how == How::History {
            let named = self.is_named(id);
            if let Some(plug) = self.plugs.get_mut(&id) {
                plug.managed = !plug.retired && (plug.room.is_some() || named || plug.ask.is_some());
                plug.ended = None;
            }
        }
        self.settle(id, context.now);
    }
}

/// Takes in what a worker reported: this one, or the one that leads while this one keeps up. Whether it
/// changed anything.
fn reported(
    plug: &mut PlugState,
    report: &PlugReport,
    at: Timestamp,
    context: &Context,
    leading: bool,
    rules: &Rules,
) -> bool {
    // What was pressed before an ask is over, also when it is told later.
    let counts = plug.asked_at.is_none_or(|asked| asked < at);
    // Whoever leads is ahead of the log. Reports of a clock that was set back share one time.
    let is_news = plug.told_at.is_none_or(|told| told < at || (told == at && !leading));
    let told_before = plug.told_at;
    if !leading {
        // Whoever reports next is later, be it another worker with a slower clock: also than what said nothing of
        // the relay.
        plug.told_at = told_before.max(Some(at));
    }
    let told = match report {
        PlugReport::Switched { state, .. } | PlugReport::Overridden { state, .. } if is_news => {
            plug.told_at = Some(at);
            // A hand that does not count is made undone by whoever leads: it is not off for good.
            let is_for_good = matches!(report, PlugReport::Switched { .. }) || plug.on.is_none() || counts;
            let now = (Some(*state), *state == RelayState::Off && is_for_good);
            let before = (plug.told, plug.off_told);
            (plug.told, plug.off_told) = now;
            (!leading && let_go_by_another(plug, report)) || before != now
        }
        _ => false,
    };
    match report {
        PlugReport::Switched { state, .. } => plug.last_switched = Some(*state),
        PlugReport::Overridden { .. } => plug.last_switched = None,
        _ => {}
    }
    if let PlugReport::Refused { cause, .. } = report
        && !leading
    {
        plug.untold.retain(|untold| untold.why.event_position != cause.event_position);
        // Whoever leads has dropped it.
        let is_dropped =
            |ask: &mut Ask| ask.state == RelayState::On && ask.why.event_position == cause.event_position;
        if cause.kind == CauseKind::Start && plug.ask.take_if(is_dropped).is_some() {
            plug.ended = Some(Why::of(cause));
        }
    }
    let changed = match report {
        PlugReport::Moved { address } => plug.address.replace(*address) != Some(*address),
        PlugReport::Switched { state: RelayState::On, .. } => {
            let period = plug.on.as_mut().filter(|on| at >= on.since && !on.came_on);
            period.map(|on| on.came_on = true).is_some()
        }
        // Whoever leads has seen it himself.
        PlugReport::Overridden { state, until } if !leading && counts => {
            let until = Deadline::at(context.now, *until, rules.override_for);
            plug.pressed = (!until.is_over(context.now)).then_some(Pressed { state: *state, until });
            true
        }
        PlugReport::Overridden { .. }
        | PlugReport::Switched { .. }
        | PlugReport::Refused { .. }
        | PlugReport::Unreachable { .. }
        | PlugReport::Recovered
        | PlugReport::Read { .. }
        | PlugReport::IdentityRefused { .. } => false,
    };
    told || changed || plug.told_at != told_before
}

/// Whoever leads switched a plug that is nobody's: off, and it is let go; on, and it is still to be switched off
/// once. Whether that is news.
fn let_go_by_another(plug: &mut PlugState, report: &PlugReport) -> bool {
    match report {
        PlugReport::Switched { state: RelayState::Off, .. }
        | PlugReport::Overridden { state: RelayState::Off, .. } => plug.leaving.take().is_some(),
        PlugReport::Switched { state: RelayState::On, .. } if !plug.managed && plug.leaving.is_none() => {
            plug.leaving = Some(Leaving::started_anew());
            true
        }
        _ => false,
    }
}

fn asked(
    plug: &mut PlugState,
    state: RelayState,
    reason: &Reason,
    until: Option<Timestamp>,
    context: &Context,
) {
    let why = context.why(CauseKind::Ask, reason.as_str());
    let now = context.now;
    match state {
        RelayState::On => {
            plug.ask = None;
            plug.pressed = None;
            let until = match until {
                Some(until) => Deadline::at(now, until, longest()),
                None => Deadline::after(now, USUAL_ON.unsigned_abs()),
            };
            if context.late {
                // A late ON is dropped, and so is what it would have replaced.
                plug.ended = Some(context.why(CauseKind::Ask, context.lateness()));
                if context.how == How::History && !until.is_over(now) {
                    // Whoever worked here before may have left it on.
                    plug.leaving = Some(Leaving::started_anew());
                }
            } else if !until.is_over(now) {
                plug.off_told = false;
                plug.ask = Some(Ask { state, until, why });
            }
        }
        RelayState::Off => {
            if context.how == How::History {
                plug.leaving = None;
            } else {
                // Somebody may have turned it on since that was told.
                plug.off_told = false;
                if plug.ask.is_none() && !plug.managed {
                    plug.leaving = Some(Leaving::new(why.clone()));
                }
            }
            plug.ask = None;
            plug.pressed = None;
            plug.drop_wishes(why.clone());
            let until = until.map(|until| Deadline::at(now, until, longest()));
            plug.ask = until.filter(|until| !until.is_over(now)).map(|until| Ask { state, until, why });
        }
    }
}

/// The hold of `automation` on `plug`, begun now when there is none.
pub(super) fn hold_of<'a>(
    plug: &'a mut PlugState,
    (automation, occasion): (AutomationId, &Occasion),
    (cap, since): (Deadline, Timestamp),
    why: &Why,
) -> &'a mut Hold {
    let hold = plug.holds.entry(automation).or_insert_with(|| Hold {
        until: None,
        forced: None,
        plays: BTreeMap::new(),
        cap,
        why: why.clone(),
        occasion: occasion.kind,
        since,
        told: false,
    });
    if !hold.told {
        hold.since = since;
    }
    hold
}

pub(super) fn max_on(automation: &AutomationState, now: Moment) -> Deadline {
    Deadline::after(now, Duration::from_secs(automation.spec.limits.max_on_seconds.into()))
}

fn longest() -> Duration {
    LONGEST_ASK.unsigned_abs()
}
