//! Decides what every plug of one location is to be. Pure: no IO, no clock, no randomness; facts, time and
//! what actors saw go in, wishes and reports come out.
//!
//! A plug is wanted on by an ask, by a pressed button, or by any hold of an automation; each has an end.
//! A pressed button goes before an ask, an ask before the holds, and an ask for "off" before everything.
//! Nothing wants it on: it is off. A plug that nobody binds, automates or asks for is left alone.

mod facts;
mod gates;
mod happenings;
#[cfg(test)]
mod properties;
mod state;
mod stored;
#[cfg(test)]
mod tests;
mod ticks;
mod triggers;
mod untold;

pub use facts::{Fact, How};
pub use state::{Current, PlugState, Why};
pub use stored::{AutomationRow, STATE_SCHEMA, Stored};

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use shared::domain::log::Position;
use shared::{
    domain::{
        automation::AutomationReport,
        ids::{AutomationId, PlugId},
        plug::{Cause, CauseKind, PlugReport, RelayState},
        values::Reason,
    },
    reports::ReportContent,
};

use self::state::{AutomationState, Doubt, Hold, Leaving, OnPeriod, Venue};
use crate::clock::Moment;

/// Why what was wanted on is not done any more.
const AWAY: &str = "the worker was away when it was wanted on";

/// How long things are respected.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// An event recorded longer ago than this switches nothing on.
    pub late_after: Duration,
    /// How long a pressed button is respected.
    pub override_for: Duration,
    /// How long after an ON without an answer the device may still carry it out: until then, a relay that comes
    /// on is no pressed button.
    pub doubt_for: Duration,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            late_after: Duration::from_secs(10),
            override_for: Duration::from_mins(15),
            doubt_for: Duration::from_mins(1),
        }
    }
}

/// What is to be said about a plug or an automation.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// When it happened.
    pub at: Timestamp,
    /// About what, and what.
    pub content: ReportContent,
}

/// What changed since it was last asked for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Changes {
    /// Plugs whose state is to be stored.
    pub plugs: BTreeSet<PlugId>,
    /// Automations whose state is to be stored.
    pub automations: BTreeSet<AutomationId>,
    /// The venue is to be stored.
    pub venue: bool,
    /// Plugs whose orders changed.
    pub orders: BTreeSet<PlugId>,
    /// What to report, in order.
    pub reports: Vec<Report>,
}

/// See the module.
#[derive(Debug)]
pub struct Engine {
    rules: Rules,
    venue: Venue,
    plugs: BTreeMap<PlugId, PlugState>,
    automations: BTreeMap<AutomationId, AutomationState>,
    seen: Position,
    /// Only who leads switches and reports; others keep up.
    leading: bool,
    /// What is wanted on is not ordered for now.
    withheld: bool,
    stopping: bool,
    /// Wall and running clock when last compared.
    compared: Option<Moment>,
    changes: Changes,
}

impl Engine {
    /// A location of which nothing is known.
    #[must_use]
    pub fn new(rules: Rules) -> Self {
        Self {
            rules,
            venue: Venue::default(),
            plugs: BTreeMap::new(),
            automations: BTreeMap::new(),
            seen: Position(0),
            leading: false,
            withheld: false,
            stopping: false,
            compared: None,
            changes: Changes::default(),
        }
    }

    /// The last position applied.
    #[must_use]
    pub fn seen(&self) -> Position {
        self.seen
    }

    /// Its plugs.
    #[must_use]
    pub fn plugs(&self) -> &BTreeMap<PlugId, PlugState> {
        &self.plugs
    }

    /// What changed since the last call.
    pub fn take_changes(&mut self) -> Changes {
        std::mem::take(&mut self.changes)
    }

    /// What is wanted of `plug`, and which change of mind that is; none for one that is left alone.
    #[must_use]
    pub fn wish(&self, plug: PlugId) -> Option<(&Current, u64)> {
        let plug = self.plugs.get(&plug)?;
        Some((plug.current.as_ref()?, plug.serial))
    }

    /// Begins to switch and report. What was wanted on long ago and never came on is too late by now.
    pub fn lead(&mut self, now: Moment) {
        self.leading = true;
        self.tick(now);
        let late: Vec<_> = self
            .plugs
            .iter()
            .filter(|(_, plug)| plug.on.is_some_and(|on| !on.came_on && self.is_late(on.since, now.wall)))
            .map(|(id, _)| *id)
            .collect();
        for id in late {
            self.drop_late(id, now);
        }
        self.drop_late_holds(now);
        self.tell_of_holds(now);
        self.tell_untold();
        for (id, plug) in &mut self.plugs {
            // Whoever tried to switch it on may have been killed the moment before.
            if plug.tried(now, self.rules.doubt_for) {
                self.changes.plugs.insert(*id);
            }
            if plug.on.is_none() && plug.ended.is_none() {
                let found = "the worker started and found it so; nothing wants it on";
                plug.ended = Some(Why::new(CauseKind::Start, found));
            }
            // What actors of an earlier time said answers none of the wishes of now.
            plug.current = None;
        }
        self.settle_all(now);
        self.changes.orders.extend(self.plugs.keys());
    }

    /// The log was read without knowing what a worker did before: what one left on and nobody manages any more
    /// is switched off, once.
    pub fn know_history(&mut self, now: Moment) {
        for (id, plug) in &mut self.plugs {
            let left_on = plug.last_switched == Some(RelayState::On);
            if left_on && !plug.managed && !plug.retired && plug.leaving.is_none() {
                plug.leaving = Some(Leaving::started_anew());
                self.changes.plugs.insert(*id);
            }
        }
        self.settle_all(now);
    }

    /// Stops switching and reporting, and goes on keeping up. What was told to be off is left to whoever leads.
    pub fn follow(&mut self, now: Moment) {
        self.leading = false;
        let is_told =
            |plug: &PlugState| plug.leaving.as_ref().is_some_and(|leaving| leaving.told || plug.off_told);
        let told: Vec<_> = self.plugs.iter().filter(|(_, plug)| is_told(plug)).map(|(id, _)| *id).collect();
        for id in told {
            if let Some(plug) = self.plugs.get_mut(&id) {
                plug.leaving = None;
            }
            self.changes.plugs.insert(id);
            self.settle(id, now);
        }
    }

    /// Nothing is ordered to be on, and said to be, until [`Engine::release`].
    pub fn withhold(&mut self) {
        self.withheld = true;
    }

    /// What waited is ordered from now on; what waited for long is too late.
    pub fn release(&mut self, now: Moment) {
        self.withheld = false;
        if self.leading {
            self.lead(now);
        }
    }

    /// Whether it switches and reports.
    #[must_use]
    pub fn is_leading(&self) -> bool {
        self.leading
    }

    /// From now on every managed plug is to be off. What wants it on is kept for the next start.
    pub fn stop(&mut self, now: Moment) {
        self.stopping = true;
        for plug in self.plugs.values_mut().filter(|plug| plug.rests == plug.serial) {
            // A wish of its own where the last one was answered: a button may have been pressed since.
            plug.current = None;
        }
        self.settle_all(now);
    }

    /// What an automation wanted on long ago and nobody said to be done is too late, also where something else has
    /// the plug on: whoever led may have had a reason not to do it.
    fn drop_late_holds(&mut self, now: Moment) {
        let is_late = |hold: &Hold| !hold.told && self.is_late(hold.since, now.wall);
        let holds = self.plugs.iter().flat_map(|(id, plug)| plug.holds.iter().map(move |hold| (*id, hold)));
        let late: Vec<_> = holds
            .filter(|(_, (_, hold))| is_late(hold))
            .map(|(id, (automation, hold))| (id, *automation, hold.occasion()))
            .collect();
        let mut skipped = BTreeMap::new();
        for (id, automation, occasion) in late {
            if let Some(plug) = self.plugs.get_mut(&id) {
                plug.holds.remove(&automation);
                plug.ended = Some(Why::new(CauseKind::Start, AWAY));
            }
            self.changes.plugs.insert(id);
            skipped.insert(automation, occasion);
        }
        for (automation, occasion) in skipped {
            self.skip(automation, occasion, AWAY, now);
        }
    }

    fn drop_late(&mut self, id: PlugId, now: Moment) {
        let Some(plug) = self.plugs.get_mut(&id) else { return };
        let reason = AWAY;
        let holds: Vec<_> = plug.holds.clone().into_iter().collect();
        let asked = plug.ask.as_ref().filter(|ask| ask.state == RelayState::On).map(|ask| ask.why.cause());
        let asked = asked.map(|cause| Cause { kind: CauseKind::Start, ..cause });
        plug.drop_wishes(Why::new(CauseKind::Start, reason));
        self.changes.plugs.insert(id);
        for (automation, hold) in holds {
            let occasion = hold.occasion();
            self.skip(automation, occasion, reason, now);
            let told = Some((automation, hold)).filter(|(_, hold)| hold.told);
            self.ended_by(told.into_iter().collect(), occasion, reason, now);
        }
        if let Some(cause) = asked {
            let error = Reason::clipped(reason);
            self.report_plug(id, now.wall, PlugReport::Refused { state: RelayState::On, error, cause });
        }
    }

    /// How far apart the clocks may be: an event from the future is as doubtful as one from the past.
    fn is_late(&self, recorded_at: Timestamp, now: Timestamp) -> bool {
        now.duration_since(recorded_at).unsigned_abs() > self.rules.late_after
    }

    fn settle_all(&mut self, now: Moment) {
        for id in self.plugs.keys().copied().collect::<Vec<_>>() {
            self.settle(id, now);
        }
    }

    /// Draws the conclusion for one plug: whether it is ours to switch, and what it is to be.
    fn settle(&mut self, id: PlugId, now: Moment) {
        let named = self.is_named(id);
        let (stopping, leading, doubt_for) = (self.stopping, self.leading, self.rules.doubt_for);
        let withheld = leading && self.withheld;
        let Some(plug) = self.plugs.get_mut(&id) else { return };
        let managed = !plug.retired && (plug.room.is_some() || named || plug.ask.is_some());
        // Who keeps up need not switch off what whoever leads has, be it that its own clock is behind.
        let is_done = plug.off_told && !leading;
        if plug.managed && !managed && plug.leaving.is_none() && !is_done {
            let why = plug.ended.clone();
            let why = why.unwrap_or_else(|| Why::new(CauseKind::Unwanted, "it is let go"));
            plug.leaving = Some(Leaving::new(why));
            // A wish of its own, also where it is to be off already: it is let go once that was seen.
            plug.current = None;
        }
        if managed {
            plug.leaving = None;
        } else {
            plug.holds.clear();
            plug.pressed = None;
        }
        if plug.managed != managed {
            plug.managed = managed;
            self.changes.plugs.insert(id);
        }
        let wanted = wanted(plug, stopping, now);
        let is_on = wanted.as_ref().is_some_and(|wanted| wanted.on);
        if !stopping && plug.on.is_some() != is_on {
            plug.on = is_on.then_some(OnPeriod { since: now.wall, came_on: false });
            plug.off_told &= !is_on;
            self.changes.plugs.insert(id);
        }
        if is_on {
            plug.ended = None;
        } else if plug.tried(now, doubt_for) {
            self.changes.plugs.insert(id);
        }
        // Of a whole strip a hand wants one outlet, and whatever comes after it all of them.
        let aim = |current: &Current| (current.on, current.by_hand);
        if plug.current.as_ref().map(aim) != wanted.as_ref().map(aim) {
            plug.serial += 1;
            if let Some(wanted) = wanted.as_ref().filter(|wanted| wanted.on && !withheld) {
                plug.doubt = Some(Doubt::trying(wanted.why.clone(), plug.doubt.take()));
                self.changes.plugs.insert(id);
            }
        }
        let order = |current: &Current| (aim(current), current.until);
        if plug.current.as_ref().map(order) != wanted.as_ref().map(order) {
            plug.current = wanted;
            self.changes.orders.insert(id);
        }
    }

    fn is_named(&self, plug: PlugId) -> bool {
        self.automations.values().any(|automation| automation.spec.plugs.contains(&plug))
    }

    fn report(&mut self, at: Timestamp, content: ReportContent) {
        if self.leading {
            self.changes.reports.push(Report { at, content });
        }
    }

    /// Reports of one plug are in order, also when the wall clock is set back: the latest counts.
    fn report_plug(&mut self, id: PlugId, at: Timestamp, report: PlugReport) {
        if !self.leading {
            return;
        }
        let Some(plug) = self.plugs.get_mut(&id) else { return };
        let is_hand = matches!(report, PlugReport::Overridden { .. });
        // A hand that is seen after an ask is later than that.
        let asked = plug.asked_at.filter(|_| is_hand);
        let after_asked = asked.and_then(|asked| asked.checked_add(SignedDuration::from_micros(1)).ok());
        let at = [plug.told_at, after_asked].into_iter().flatten().fold(at, Timestamp::max);
        plug.told_at = Some(at);
        self.changes.plugs.insert(id);
        self.report(at, ReportContent::Plug(id, report));
    }

    fn report_automation(&mut self, automation: AutomationId, at: Timestamp, report: AutomationReport) {
        self.report(at, ReportContent::Automation(automation, report));
    }
}

/// What a plug is to be; none when it is left alone.
fn wanted(plug: &PlugState, stopping: bool, now: Moment) -> Option<Current> {
    if let Some(Leaving { why, .. }) = &plug.leaving {
        return Some(Current::off(why.clone()));
    }
    if !plug.managed {
        return None;
    }
    if stopping {
        let why = Why::new(CauseKind::Shutdown, "the device worker stops");
        return Some(Current::off(why));
    }
    let off = |why: Option<&Why>| {
        let nothing = || Why::new(CauseKind::Unwanted, "nothing wants it on");
        Some(Current::off(why.cloned().unwrap_or_else(nothing)))
    };
    if plug.is_forbidden() {
        return off(plug.ask.as_ref().map(|ask| &ask.why));
    }
    if let Some(pressed) = &plug.pressed {
        let why = Why::new(CauseKind::Unwanted, "its button was pressed");
        let by_hand = plug.wanted_on(now).is_none();
        return match pressed.state {
            RelayState::On => Some(Current { on: true, until: Some(pressed.until), by_hand, why }),
            RelayState::Off => off(Some(&why)),
        };
    }
    match plug.wanted_on(now) {
        Some((until, why)) => {
            Some(Current { on: true, until: Some(until), by_hand: false, why: why.clone() })
        }
        None => off(plug.ended.as_ref()),
    }
}
