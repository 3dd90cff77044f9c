//! Changes of mode: a standby becomes the leader, a leader becomes a standby or stops.

use std::collections::BTreeMap;

use domain::{
    ids::PlugId,
    plug::{Cause, CauseKind, PlugReport, RelayState},
    values::Reason,
};

use super::{
    Engine, Mode,
    cause::because,
    state::{Hold, PlugState, Release},
};
use crate::clock::Moment;

/// Why what was wanted on is not done any more.
const AWAY: &str = "the worker was away when it was wanted on";

impl Engine {
    /// Begins to switch and report. What was wanted on long ago and never came on is too late by now.
    pub fn lead(&mut self, now: Moment) {
        self.lead_as(Mode::Leading, now);
    }

    /// Begins to switch off and report. Nothing is ordered to be on, nor reported to be, until
    /// [`Engine::stop_withholding`].
    pub fn lead_withholding(&mut self, now: Moment) {
        self.lead_as(Mode::Withholding, now);
    }

    /// What was withheld is ordered from now on; what was withheld for long is too late.
    pub fn stop_withholding(&mut self, now: Moment) {
        if self.mode == Mode::Withholding {
            self.lead(now);
        }
    }

    fn lead_as(&mut self, mode: Mode, now: Moment) {
        self.mode = mode;
        self.tick(now);
        self.drop_late_plugs(now);
        self.drop_late_holds(now);
        self.report_holds(now);
        self.report_unreported();
        for (id, plug) in &mut self.plugs {
            // The worker that tried to switch it on may have been killed a moment ago.
            if plug.tried(now, self.rules.unconfirmed_for) {
                self.changes.plugs.insert(*id);
            }
            if plug.wanted.on.is_none() && plug.wanted.ended.is_none() {
                let found = "the worker started and found it so; nothing wants it on";
                plug.wanted.ended = Some(because(CauseKind::Start, found));
            }
            // What actors of an earlier time said answers nothing that is desired now.
            plug.transient.current = None;
        }
        self.settle_all(now);
        self.changes.orders.extend(self.plugs.keys());
    }

    /// The log was read without knowing what a worker did before. A plug that a worker left on and that is not
    /// managed any more is switched off, once.
    pub fn know_history(&mut self, now: Moment) {
        for (id, plug) in &mut self.plugs {
            let left_on = plug.transient.last_switched == Some(RelayState::On);
            let is_managed = plug.wanted.managed || plug.wanted.releasing.is_some();
            if left_on && !is_managed && !plug.identity.retired {
                plug.wanted.releasing = Some(Release::started_anew());
                self.changes.plugs.insert(*id);
            }
        }
        self.settle_all(now);
    }

    /// Stops switching and reporting, and goes on following the log. The release of a plug that was reported off is
    /// left to the leader.
    pub fn follow(&mut self, now: Moment) {
        self.mode = Mode::Standby;
        let is_reported_off = |plug: &PlugState| {
            let releasing = plug.wanted.releasing.as_ref();
            releasing.is_some_and(|release| release.reported || plug.reported.off)
        };
        let off: Vec<_> =
            self.plugs.iter().filter(|(_, plug)| is_reported_off(plug)).map(|(id, _)| *id).collect();
        for id in off {
            if let Some(plug) = self.plugs.get_mut(&id) {
                plug.wanted.releasing = None;
            }
            self.changes.plugs.insert(id);
            self.settle(id, now);
        }
    }

    /// From now on every managed plug is to be off. What wants it on is kept for the next start.
    pub fn stop(&mut self, now: Moment) {
        self.mode = Mode::Stopping;
        for plug in self.plugs.values_mut().filter(|plug| plug.transient.rests == plug.transient.serial) {
            // The last desired state was confirmed, and a button may have been pressed since: it gets a new one.
            plug.transient.current = None;
        }
        self.settle_all(now);
    }

    fn drop_late_plugs(&mut self, now: Moment) {
        let is_late = |plug: &PlugState| {
            plug.wanted.on.is_some_and(|on| !on.came_on && self.is_late(on.since, now.wall))
        };
        let late: Vec<_> = self.plugs.iter().filter(|(_, plug)| is_late(plug)).map(|(id, _)| *id).collect();
        for id in late {
            self.drop_late_plug(id, now);
        }
    }

    fn drop_late_plug(&mut self, id: PlugId, now: Moment) {
        let Some(plug) = self.plugs.get_mut(&id) else { return };
        let holds: Vec<_> = plug.wanted.holds.clone().into_iter().collect();
        let asked = plug.wanted.ask.as_ref().filter(|ask| ask.state == RelayState::On);
        let asked = asked.map(|ask| Cause { kind: CauseKind::Start, ..ask.cause.clone() });
        plug.drop_wanted_on(because(CauseKind::Start, AWAY));
        self.changes.plugs.insert(id);
        for (automation, hold) in holds {
            let occasion = hold.occasion();
            self.skip(automation, occasion, AWAY, now);
            let reported = Some((automation, hold)).filter(|(_, hold)| hold.reported);
            self.ended_by(reported.into_iter().collect(), occasion, AWAY, now);
        }
        if let Some(cause) = asked {
            let error = Reason::clipped(AWAY);
            self.report_plug(id, now.wall, PlugReport::Refused { state: RelayState::On, error, cause });
        }
    }

    /// What an automation wanted on long ago and that was not reported is too late, also where something else has the
    /// plug on: the leader of before may have had a reason not to do it.
    fn drop_late_holds(&mut self, now: Moment) {
        let is_late = |hold: &Hold| !hold.reported && self.is_late(hold.since, now.wall);
        let holds =
            self.plugs.iter().flat_map(|(id, plug)| plug.wanted.holds.iter().map(move |hold| (*id, hold)));
        let late: Vec<_> = holds
            .filter(|(_, (_, hold))| is_late(hold))
            .map(|(id, (automation, hold))| (id, *automation, hold.occasion()))
            .collect();
        let mut skipped = BTreeMap::new();
        for (id, automation, occasion) in late {
            if let Some(plug) = self.plugs.get_mut(&id) {
                plug.wanted.holds.remove(&automation);
                plug.wanted.ended = Some(because(CauseKind::Start, AWAY));
            }
            self.changes.plugs.insert(id);
            skipped.insert(automation, occasion);
        }
        for (automation, occasion) in skipped {
            self.skip(automation, occasion, AWAY, now);
        }
    }
}
