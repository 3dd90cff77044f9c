//! What the log says of plugs: asked for, released, bound, retired, and what workers report of them.

use domain::{
    automation::OccasionKind,
    ids::PlugId,
    plug::{CauseKind, PlugEvent, PlugReport, RelayState, USUAL_ON},
    values::Reason,
};
use jiff::Timestamp;

use super::longest;
use crate::{
    clock::Deadline,
    engine::{
        Engine, Rules,
        context::{Context, How},
        state::{Ask, PlugState, Pressed, Release},
    },
};

impl Engine {
    pub(super) fn plug_changed(&mut self, id: PlugId, event: &PlugEvent, context: &Context) {
        if let PlugEvent::Registered { identity, address, has_energy_meter, .. } = event {
            let plug = PlugState::new(identity.clone(), *address, *has_energy_meter);
            self.plugs.entry(id).or_insert(plug);
            self.changes.orders.insert(id);
        }
        let (now, leading, rules) = (context.now, self.is_leading(), self.rules);
        let Some(plug) = self.plugs.get_mut(&id) else { return };
        let drops = matches!(event, PlugEvent::Retired { .. } | PlugEvent::Asked { .. });
        let mut held: Vec<_> =
            if drops { plug.wanted.holds.clone().into_iter().collect() } else { Vec::new() };
        match event {
            PlugEvent::Bound { room } => plug.identity.room = Some(*room),
            PlugEvent::Unbound => {
                plug.identity.room = None;
                plug.wanted.ended = Some(context.cause(CauseKind::Unbound, "it was unbound from its room"));
            }
            PlugEvent::Retired { reason } => {
                plug.identity.retired = true;
                plug.wanted.ask = None;
                plug.drop_wanted_on(context.cause(CauseKind::Retired, reason.as_str()));
            }
            PlugEvent::Asked { .. } if plug.identity.retired => {}
            PlugEvent::Asked { state, reason, until, at } => {
                plug.wanted.asked_at = Some(*at);
                asked(plug, *state, reason, *until, context);
                if *state == RelayState::On && context.late && context.how == How::News {
                    let cause = context.cause(CauseKind::Ask, reason.as_str());
                    self.refuse_ask(id, cause, &context.lateness(), now);
                }
            }
            PlugEvent::Released { .. } => {
                if context.how == How::History {
                    plug.wanted.releasing = None;
                }
                if plug.wanted.ask.take().is_some() {
                    plug.wanted.ended =
                        Some(context.cause(CauseKind::Release, "what was asked for was released"));
                }
            }
            PlugEvent::Reported { report, at } => {
                if !reported(plug, report, *at, context, leading, &rules) {
                    return;
                }
                self.changes.orders.insert(id);
            }
            // What a plug is called, and whatever else is not about switching.
            _ => {}
        }
        if let Some(plug) = self.plugs.get(&id) {
            held.retain(|(automation, _)| !plug.wanted.holds.contains_key(automation));
        }
        let reason = "it was asked to be off, or retired";
        self.ended_by(held, context.occasion(OccasionKind::Event), reason, now);
        self.changes.plugs.insert(id);
        self.concluded(id, context);
    }
}

/// Takes in what a worker reported: this one, or the leader while this one is a standby. Whether it changed
/// anything.
fn reported(
    plug: &mut PlugState,
    report: &PlugReport,
    at: Timestamp,
    context: &Context,
    leading: bool,
    rules: &Rules,
) -> bool {
    // What was pressed before an ask is over, also when it is reported later.
    let counts = plug.wanted.asked_at.is_none_or(|asked| asked < at);
    // The leader is ahead of the log. Reports of a clock that was set back share one time.
    let is_news = plug.reported.at.is_none_or(|last| last < at || (last == at && !leading));
    let last_before = plug.reported.at;
    if !leading {
        // The next report is later than this one, also when another worker with a slower clock makes it, and also
        // when this one says nothing of the relay.
        plug.reported.at = last_before.max(Some(at));
    }
    let relay_changed = match report {
        PlugReport::Switched { state, .. } | PlugReport::Overridden { state, .. } if is_news => {
            plug.reported.at = Some(at);
            // A pressed button that does not count is undone by the leader: the plug is not off for good.
            let is_for_good =
                matches!(report, PlugReport::Switched { .. }) || plug.wanted.on.is_none() || counts;
            let now = (Some(*state), *state == RelayState::Off && is_for_good);
            let before = (plug.reported.relay, plug.reported.off);
            (plug.reported.relay, plug.reported.off) = now;
            (!leading && released_by_leader(plug, report)) || before != now
        }
        _ => false,
    };
    match report {
        PlugReport::Switched { state, .. } => plug.transient.last_switched = Some(*state),
        PlugReport::Overridden { .. } => plug.transient.last_switched = None,
        _ => {}
    }
    if let PlugReport::Refused { cause, .. } = report
        && !leading
    {
        plug.reported.unreported.retain(|refusal| refusal.cause.event_position != cause.event_position);
        // The leader has dropped it.
        let is_dropped =
            |ask: &mut Ask| ask.state == RelayState::On && ask.cause.event_position == cause.event_position;
        if cause.kind == CauseKind::Start && plug.wanted.ask.take_if(is_dropped).is_some() {
            plug.wanted.ended = Some(cause.clone());
        }
    }
    let changed = match report {
        PlugReport::Moved { address } => plug.identity.address.replace(*address) != Some(*address),
        PlugReport::Switched { state: RelayState::On, .. } => {
            let period = plug.wanted.on.as_mut().filter(|on| at >= on.since && !on.came_on);
            period.map(|on| on.came_on = true).is_some()
        }
        // The leader has seen it itself.
        PlugReport::Overridden { state, until } if !leading && counts => {
            let until = Deadline::at(context.now, *until, rules.override_for);
            plug.wanted.pressed = (!until.is_over(context.now)).then_some(Pressed { state: *state, until });
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
    relay_changed || changed || plug.reported.at != last_before
}

/// The leader switched a plug that is not managed: off, and its release is over; on, and it is still to be switched
/// off once. Whether that is a change.
fn released_by_leader(plug: &mut PlugState, report: &PlugReport) -> bool {
    match report {
        PlugReport::Switched { state: RelayState::Off, .. }
        | PlugReport::Overridden { state: RelayState::Off, .. } => plug.wanted.releasing.take().is_some(),
        PlugReport::Switched { state: RelayState::On, .. }
            if !plug.wanted.managed && plug.wanted.releasing.is_none() =>
        {
            plug.wanted.releasing = Some(Release::started_anew());
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
    let cause = context.cause(CauseKind::Ask, reason.as_str());
    let now = context.now;
    match state {
        RelayState::On => {
            plug.wanted.ask = None;
            plug.wanted.pressed = None;
            let until = match until {
                Some(until) => Deadline::at(now, until, longest()),
                None => Deadline::after(now, USUAL_ON.unsigned_abs()),
            };
            if context.late {
                // A late ON is dropped, and so is what it would have replaced.
                plug.wanted.ended = Some(context.cause(CauseKind::Ask, context.lateness()));
                if context.how == How::History && !until.is_over(now) {
                    // A worker of before may have left it on.
                    plug.wanted.releasing = Some(Release::started_anew());
                }
            } else if !until.is_over(now) {
                plug.reported.off = false;
                plug.wanted.ask = Some(Ask { state, until, cause });
            }
        }
        RelayState::Off => {
            if context.how == How::History {
                plug.wanted.releasing = None;
            } else {
                // It may have been turned on since that was reported.
                plug.reported.off = false;
                if plug.wanted.ask.is_none() && !plug.wanted.managed {
                    plug.wanted.releasing = Some(Release::new(cause.clone()));
                }
            }
            plug.wanted.ask = None;
            plug.wanted.pressed = None;
            plug.drop_wanted_on(cause.clone());
            let until = until.map(|until| Deadline::at(now, until, longest()));
            plug.wanted.ask =
                until.filter(|until| !until.is_over(now)).map(|until| Ask { state, until, cause });
        }
    }
}
