//! What came of a job: what it shows of the device, and what is reported to the engine.

use domain::ids::PlugId;
use tokio::time::Instant;
use tplink_hs1xx::{Energy, Error, Outlets, SysInfo};

use super::{Device, MIN_LOOK};
use crate::{
    actor::{
        Done, Job,
        exchange::{self, Failed, Progress, Switched},
        outlet::{Look, State},
        target::Countdown,
    },
    desired::Desired,
    observation::ObservationKind,
};

/// Failures before a device counts as unreachable, unless a switch failed: one lost packet is no news.
const MOST_FAILURES: u32 = 2;

impl Device {
    /// `job` was dropped half-way, and its connection with it. A switch that the device had accepted is reported all
    /// the same. A switch whose answer was not received is reported as soon as the relay shows that it was obeyed: the
    /// log has every one.
    pub(in crate::actor) fn abandon(&mut self, job: &Job, progress: &Progress) {
        let now = Instant::now();
        match job {
            Job::Switch(id, desired) => {
                self.learn(*id, desired, progress);
                if progress.is_yes() {
                    self.report(*id, ObservationKind::Switched(desired.clone()));
                }
                if let Some(state) = self.outlets.get_mut(id) {
                    if desired.on && progress.may_arrive() {
                        state.sent_unanswered(now, now + self.unconfirmed_for);
                    } else if desired.on && progress.is_yes() {
                        state.said_yes();
                    } else {
                        state.lost();
                    }
                    if desired.on {
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
    fn learn(&mut self, id: PlugId, desired: &Desired, progress: &Progress) {
        let now = Instant::now();
        let Some(state) = self.outlets.get_mut(&id) else { return };
        if let Some(timers) = progress.timers() {
            state.timers = timers.to_vec();
        }
        let obeyed = progress.before().and_then(|before| state.obeyed_unanswered(before, now));
        if obeyed.as_ref().is_some_and(|desired| desired.on) {
            state.arrived();
        }
        if progress.is_unanswered(desired.on) {
            state.unanswered = Some(desired.clone());
        }
        // A repeated try that was accepted is reported by itself.
        let is_reported = |obeyed: &Desired| {
            progress.is_yes() && (obeyed.serial, obeyed.on) == (desired.serial, desired.on)
        };
        if let Some(obeyed) = obeyed.filter(|obeyed| !is_reported(obeyed)) {
            self.report(id, ObservationKind::Switched(obeyed));
        }
    }

    pub(in crate::actor) fn conclude(&mut self, job: &Job, done: Done, progress: &Progress) {
        let now = Instant::now();
        if let Job::Switch(id, desired) = job {
            self.learn(*id, desired, progress);
        }
        match (job, done) {
            (Job::Switch(id, desired), Done::Switched(result)) => {
                self.switched(*id, desired, result, progress.may_arrive(), now);
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
                self.report_stays_off(*id, now);
            }
            (Job::Read(id), Done::Read(result)) => self.read(*id, result, now),
            _ => {}
        }
    }

    fn switched(
        &mut self,
        id: PlugId,
        desired: &Desired,
        result: Result<Switched, Failed>,
        may_arrive: bool,
        now: Instant,
    ) {
        let until = now + self.unconfirmed_for;
        let Some(state) = self.outlets.get_mut(&id) else { return };
        match result {
            Ok(Switched::Obeyed(countdown)) => {
                if let Some(countdown) = countdown {
                    state.countdown = countdown;
                }
                state.switched(desired.on);
                if state.may_still_come_on(now) {
                    self.next_look = Some(now + MIN_LOOK);
                }
                // What it draws now is worth knowing.
                state.next_reading = None;
                self.in_touch();
                self.report(id, ObservationKind::Switched(desired.clone()));
                self.report_stays_off(id, now);
            }
            Ok(Switched::Disagrees) => {
                state.failed(true, now);
                if desired.on {
                    state.lost_countdown();
                }
                self.in_touch();
                self.refuse(id, desired, "it said it obeyed, but its relay did not change".to_owned(), true);
            }
            Ok(Switched::NoOutlet) => {
                state.failed(true, now);
                let error = state.no_outlet();
                self.in_touch();
                self.refuse(id, desired, error, true);
            }
            Err(Failed { error, sent }) => {
                let refused = matches!(error, Error::Refused(_));
                if desired.on && (refused || exchange::may_have_arrived(&error)) {
                    state.lost_countdown();
                }
                if desired.on && sent {
                    if may_arrive { state.sent_unanswered(now, until) } else { state.said_yes() }
                }
                state.failed(refused, now);
                let answered = refused || self.is_unsupported(&error);
                if answered {
                    self.in_touch();
                }
                self.refuse(id, desired, exchange::text(&error), answered);
                if !refused {
                    self.trouble(&error, true);
                }
            }
        }
    }

    /// Reports a failed try, once a desired state and reason.
    fn refuse(&mut self, id: PlugId, desired: &Desired, error: String, refused: bool) {
        let Some(state) = self.outlets.get_mut(&id) else { return };
        let known = state.failed.replace((desired.serial, error.clone()));
        if known.is_none_or(|known| known.0 != desired.serial || known.1 != error) {
            self.report(id, ObservationKind::Failed { desired: desired.clone(), error, refused });
        }
    }

    fn looked(&mut self, info: &SysInfo, now: Instant) {
        self.in_touch();
        self.unsupported = false;
        let is_unconfirmed = self.outlets.values().any(|state| state.may_still_come_on(now));
        let pause = if is_unconfirmed { MIN_LOOK.min(self.timing.poll.0) } else { self.timing.next_poll() };
        self.next_look = Some(now + pause);
        let mut news = Vec::new();
        for (id, state) in &mut self.outlets {
            let outlets = state.outlets();
            let Some(on) = info.is_any_on(&outlets) else {
                state.unreadable(now);
                if outlets != Outlets::Whole && !std::mem::replace(&mut state.missing, true) {
                    news.push((*id, ObservationKind::Unreachable { error: state.no_outlet() }));
                }
                continue;
            };
            state.timers = exchange::timers(info, &outlets);
            if std::mem::take(&mut state.missing) {
                news.push((*id, ObservationKind::Recovered));
            }
            state.differ(info.is_on(&outlets).is_none());
            let obeyed = state.obeyed_unanswered(on, now);
            let look = state.seen(on, now, &self.timing);
            if obeyed.is_some() && on {
                state.arrived();
            }
            news.extend(obeyed.map(|desired| (*id, ObservationKind::Switched(desired))));
            match look {
                Look::Nothing => {}
                Look::News => news.push((*id, ObservationKind::Seen { on, serial: state.order.serial() })),
                Look::Pressed => news.push((*id, ObservationKind::Pressed { on })),
            }
            news.extend(state.stays_off(now).map(|serial| (*id, ObservationKind::StaysOff { serial })));
        }
        for (id, kind) in news {
            self.report(id, kind);
        }
    }

    fn read(&mut self, id: PlugId, result: Result<Energy, Error>, now: Instant) {
        if let Some(state) = self.outlets.get_mut(&id) {
            state.next_reading = Some(now + self.timing.energy);
        }
        match result {
            Ok(energy) => self.report(id, ObservationKind::Reading(energy)),
            Err(error) => self.trouble(&error, false),
        }
    }

    fn set_countdown(&mut self, id: PlugId, countdown: Countdown) {
        if let Some(state) = self.outlets.get_mut(&id) {
            state.countdown = countdown;
        }
    }

    fn in_touch(&mut self) {
        self.failures = 0;
        self.delays.reset();
        self.mismatch = None;
        if std::mem::take(&mut self.unreachable) {
            self.report_all(&ObservationKind::Recovered);
        }
    }

    /// A request failed. A refusal is an answer; anything else means that nothing is known any more.
    fn trouble(&mut self, error: &Error, switching: bool) {
        if matches!(error, Error::Refused(_)) {
            return;
        }
        if self.is_unsupported(error) {
            return self.rest(error);
        }
        self.failures = self.failures.saturating_add(1);
        self.outlets.values_mut().for_each(State::lost);
        let found = match error {
            Error::IdentityMismatch { found, .. } => Some(found.mac),
            Error::UnsupportedFirmware(found) => Some(found.mac),
            _ => None,
        };
        if let (Some(found), Some(address)) = (found, self.address) {
            let mismatch = Some((address, found));
            if self.mismatch != mismatch {
                self.mismatch = mismatch;
                self.report_all(&ObservationKind::IdentityRefused { address, found });
            }
        }
        if !self.unreachable && (switching || self.failures >= MOST_FAILURES) {
            self.unreachable = true;
            // For the operator alone, and without causes: those can hold what a stranger sent.
            let (address, reason) = (self.address, exchange::text(error));
            tracing::info!(?address, reason, "a plug's device does not answer as one");
            self.outlets.values_mut().for_each(|state| state.missing = false);
            self.report_all(&ObservationKind::Unreachable { error: exchange::text(error) });
        }
    }

    /// Whether it says, and no other device in its place, that its firmware left the protocol.
    fn is_unsupported(&self, error: &Error) -> bool {
        let Error::UnsupportedFirmware(found) = error else { return false };
        found.mac.is_none() || self.mac.is_none() || found.mac == self.mac
    }

    /// It is on line and does not speak the protocol: that is a refusal of what is desired, and no silence.
    fn rest(&mut self, error: &Error) {
        self.in_touch();
        let (now, error) = (Instant::now(), exchange::text(error));
        let then = now + self.timing.next_poll();
        self.next_look = Some(then);
        let mut refused = Vec::new();
        for (id, state) in &mut self.outlets {
            state.rest(then);
            let desired = state.order.desired.clone().zip(state.target(now));
            refused.extend(desired.map(|(desired, on)| (*id, Desired { on, ..desired })));
        }
        for (id, desired) in refused {
            self.refuse(id, &desired, error.clone(), true);
        }
        if !std::mem::replace(&mut self.unsupported, true) {
            tracing::warn!(address = ?self.address, error, "a plug cannot be switched any more");
        }
    }
}
