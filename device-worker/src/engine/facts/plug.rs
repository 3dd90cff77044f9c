//! What the log says of plugs: asked for, released, bound, retired, and what workers report of them.

use jiff::Timestamp;
use shared::domain::{
    automation::OccasionKind,
    ids::PlugId,
    plug::{CauseKind, PlugEvent, PlugReport, RelayState, USUAL_ON},
    values::Reason,
};

use super::{Context, How, longest};
use crate::{
    clock::Deadline,
    engine::{
        Engine, Rules,
        state::{Ask, Leaving, PlugState, Pressed, Why},
    },
};

impl Engine {
    pub(super) fn plug_changed(&mut self, id: PlugId, event: &PlugEvent, context: &Context) {
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
