//! What came of a job: what it tells of the device, and whom to tell.

use shared::domain::ids::PlugId;
use tokio::time::Instant;
use tplink_hs1xx::{Energy, Error, Outlets, SysInfo};

use super::{Device, MIN_LOOK};
use crate::{
    actor::{
        Done, Job,
        exchange::{self, Failed, Progress, Switched},
        outlet::{Countdown, Look, State},
    },
    wish::{What, Wish},
};

/// Failures without a wish in between before a device counts as unreachable: one lost packet is no news.
const MISSES: u32 = 2;

impl Device {
    /// `job` was dropped half-way, and its connection with it. A switch that the device had said yes to is
    /// told all the same, and one that nobody heard the answer to as soon as the relay shows that it was
    /// obeyed: the log holds every one.
    pub(in crate::actor) fn abandon(&mut self, job: &Job, progress: &Progress) {
        let now = Instant::now();
        match job {
            Job::Switch(id, wish) => {
                self.learn(*id, wish, progress);
                if progress.is_yes() {
                    self.tell(*id, What::Switched(wish.clone()));
                }
                if let Some(state) = self.outlets.get_mut(id) {
                    if wish.on && progress.may_arrive() {
                        state.doubts(now, now + self.doubt_for);
                    } else if wish.on && progress.is_yes() {
                        state.said_yes();
                    } else {
                        state.lost();
                    }
                    if wish.on {
                        state.lost_countdown();
                    }
                }
            }
            // Deleted and added, perhaps.
            Job::Arm(id) => self.set_countdown(*id, Countdown::Stale),
            Job::Look | Job::Disarm(_) | Job::Read(_) | Job::Wait(_) => {}
        }
    }

    /// What a try to switch found out on its way, and what it leaves open.
    fn learn(&mut self, id: PlugId, wish: &Wish, progress: &Progress) {
        let now = Instant::now();
        let Some(state) = self.outlets.get_mut(&id) else { return };
        if let Some(timers) = progress.timers() {
            state.timers = timers.to_vec();
        }
        let obeyed = progress.before().and_then(|before| state.obeyed_unheard(before, now));
        if obeyed.as_ref().is_some_and(|wish| wish.on) {
            state.arrived();
        }
        if progress.is_unanswered(wish.on) {
            state.unheard = Some(wish.clone());
        }
        // A repeated try that was said yes to is told as such.
        let told = |obeyed: &Wish| progress.is_yes() && (obeyed.serial, obeyed.on) == (wish.serial, wish.on);
        if let Some(obeyed) = obeyed.filter(|obeyed| !told(obeyed)) {
            self.tell(id, What::Switched(obeyed));
        }
    }

    pub(in crate::actor) fn conclude(&mut self, job: &Job, done: Done, progress: &Progress) {
        let now = Instant::now();
        if let Job::Switch(id, wish) = job {
            self.learn(*id, wish, progress);
        }
        match (job, done) {
            (Job::Switch(id, wish), Done::Switched(result)) => {
                self.switched(*id, wish, result, progress.may_arrive(), now);
            }
            (Job::Look, Done::Looked(Ok(info))) => self.looked(&info, now),
            (Job::Look, Done::Looked(Err(error))) => {
                self.next_look = Some(now + self.delays.next_delay());
                self.trouble(&error, false);
            }
            (Job::Arm(id), Done::Armed(Ok(countdown))) => self.set_countdown(*id, countdown),
            (Job::Arm(id), Done::Armed(Err(error))) => {
                self.set_countdown(*id, Countdown::Stale);
                self.trouble(&error, false);
            }
            (Job::Disarm(id), Done::Disarmed(result)) => {
                let is_answered = matches!(result, Ok(()) | Err(Error::Refused(_)));
                if let Some(state) = self.outlets.get_mut(id) {
                    state.disarmed(is_answered);
                }
                if let Err(error) = result {
                    self.trouble(&error, false);
                }
                self.tell_rest(*id, now);
            }
            (Job::Read(id), Done::Read(result)) => self.read(*id, result, now),
            _ => {}
        }
    }

    fn switched(
        &mut self,
        id: PlugId,
        wish: &Wish,
        result: Result<Switched, Failed>,
        may_arrive: bool,
        now: Instant,
    ) {
        let doubt = now + self.doubt_for;
        let Some(state) = self.outlets.get_mut(&id) else { return };
        match result {
            Ok(Switched::Obeyed(countdown)) => {
                if let Some(countdown) = countdown {
                    state.countdown = countdown;
                }
                state.switched(wish.on);
                if state.is_in_doubt(now) {
                    self.next_look = Some(now + MIN_LOOK);
                }
                // What it draws now is worth knowing.
                state.next_reading = None;
                self.in_touch();
                self.tell(id, What::Switched(wish.clone()));
                self.tell_rest(id, now);
            }
            Ok(Switched::Disagrees) => {
                state.failed(true, now);
                if wish.on {
                    state.lost_countdown();
                }
                self.in_touch();
                self.refuse(id, wish, "it said it obeyed, but its relay did not change".to_owned(), true);
            }
            Ok(Switched::NoOutlet) => {
                state.failed(true, now);
                let error = state.no_outlet();
                self.in_touch();
                self.refuse(id, wish, error, true);
            }
            Err(Failed { error, sent }) => {
                let refused = matches!(error, Error::Refused(_));
                if wish.on && (refused || exchange::may_have_arrived(&error)) {
                    state.lost_countdown();
                }
                if wish.on && sent {
                    if may_arrive { state.doubts(now, doubt) } else { state.said_yes() }
                }
                state.failed(refused, now);
                let answered = refused || self.is_unsupported(&error);
                if answered {
                    self.in_touch();
                }
                self.refuse(id, wish, exchange::text(&error), answered);
                if !refused {
                    self.trouble(&error, true);
                }
            }
        }
    }

    /// Tells of a failed try, once a wish and reason.
    fn refuse(&mut self, id: PlugId, wish: &Wish, error: String, refused: bool) {
        let Some(state) = self.outlets.get_mut(&id) else { return };
        let known = state.failed.replace((wish.serial, error.clone()));
        if known.is_none_or(|known| known.0 != wish.serial || known.1 != error) {
            self.tell(id, What::Failed { wish: wish.clone(), error, refused });
        }
    }

    fn looked(&mut self, info: &SysInfo, now: Instant) {
        self.in_touch();
        self.unsupported = false;
        let doubtful = self.outlets.values().any(|state| state.is_in_doubt(now));
        let pause = if doubtful { MIN_LOOK.min(self.timing.poll.0) } else { self.timing.next_poll() };
        self.next_look = Some(now + pause);
        let mut news = Vec::new();
        for (id, state) in &mut self.outlets {
            let outlets = state.outlets();
            let Some(on) = info.is_any_on(&outlets) else {
                state.unreadable(now);
                if outlets != Outlets::Whole && !std::mem::replace(&mut state.missing, true) {
                    news.push((*id, What::Unreachable { error: state.no_outlet() }));
                }
                continue;
            };
            state.timers = exchange::timers(info, &outlets);
            if std::mem::take(&mut state.missing) {
                news.push((*id, What::Recovered));
            }
            state.differ(info.is_on(&outlets).is_none());
            let obeyed = state.obeyed_unheard(on, now);
            let look = state.seen(on, now, &self.timing);
            if obeyed.is_some() && on {
                state.arrived();
            }
            news.extend(obeyed.map(|wish| (*id, What::Switched(wish))));
            match look {
                Look::Nothing => {}
                Look::News => news.push((*id, What::Seen { on, serial: state.order.serial() })),
                Look::Pressed => news.push((*id, What::Pressed { on })),
            }
            news.extend(state.stays_off(now).map(|serial| (*id, What::StaysOff { serial })));
        }
        for (id, what) in news {
            self.tell(id, what);
        }
    }

    fn read(&mut self, id: PlugId, result: Result<Energy, Error>, now: Instant) {
        if let Some(state) = self.outlets.get_mut(&id) {
            state.next_reading = Some(now + self.timing.energy);
        }
        match result {
            Ok(energy) => self.tell(id, What::Reading(energy)),
            Err(error) => self.trouble(&error, false),
        }
    }

    fn set_countdown(&mut self, id: PlugId, countdown: Countdown) {
        if let Some(state) = self.outlets.get_mut(&id) {
            state.countdown = countdown;
        }
    }

    fn in_touch(&mut self) {
        self.misses = 0;
        self.delays.reset();
        self.stranger = None;
        if std::mem::take(&mut self.unreachable) {
            self.tell_all(&What::Recovered);
        }
    }

    /// A request failed. A refusal is an answer; anything else means that nothing is known any more.
    fn trouble(&mut self, error: &Error, wished: bool) {
        if matches!(error, Error::Refused(_)) {
            return;
        }
        if self.is_unsupported(error) {
            return self.rest(error);
        }
        self.misses = self.misses.saturating_add(1);
        self.outlets.values_mut().for_each(State::lost);
        let found = match error {
            Error::IdentityMismatch { found, .. } => Some(found.mac),
            Error::UnsupportedFirmware(found) => Some(found.mac),
            _ => None,
        };
        if let (Some(found), Some(address)) = (found, self.address) {
            let stranger = Some((address, found));
            if self.stranger != stranger {
                self.stranger = stranger;
                self.tell_all(&What::IdentityRefused { address, found });
            }
        }
        if !self.unreachable && (wished || self.misses >= MISSES) {
            self.unreachable = true;
            self.outlets.values_mut().for_each(|state| state.missing = false);
            self.tell_all(&What::Unreachable { error: exchange::text(error) });
        }
    }

    /// Whether it says, and no other device in its place, that its firmware left the protocol.
    fn is_unsupported(&self, error: &Error) -> bool {
        let Error::UnsupportedFirmware(found) = error else { return false };
        found.mac.is_none() || self.mac.is_none() || found.mac == self.mac
    }

    /// It is on line and understands nothing: that is a refusal of whatever is wished, and no silence.
    fn rest(&mut self, error: &Error) {
        self.in_touch();
        let (now, error) = (Instant::now(), exchange::text(error));
        let then = now + self.timing.next_poll();
        self.next_look = Some(then);
        let mut refused = Vec::new();
        for (id, state) in &mut self.outlets {
            state.rest(then);
            let wish = state.order.wish.clone().zip(state.target(now));
            refused.extend(wish.map(|(wish, on)| (*id, Wish { on, ..wish })));
        }
        for (id, wish) in refused {
            self.refuse(id, &wish, error.clone(), true);
        }
        if !std::mem::replace(&mut self.unsupported, true) {
            tracing::warn!(address = ?self.address, error, "a plug cannot be switched any more");
        }
    }
}
