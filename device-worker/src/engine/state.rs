//! What is remembered of a plug, an automation and the venue. Everything here is stored as JSON, so that a
//! restart goes on where the last run ended; [`super::STATE_SCHEMA`] changes with any of it.

use std::{collections::BTreeMap, net::SocketAddr, time::Duration};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use shared::domain::{
    automation::{AutomationSpec, Occasion, OccasionKind},
    ids::{AutomationId, PlayId, RoomId, VariantId},
    location::OpeningSpan,
    plug::{Cause, CauseKind, PlugIdentity, RelayState},
    values::{Reason, TimeZoneName},
};

use crate::clock::{Deadline, Moment};

/// Why something is wanted, or is not any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Why {
    /// What sort of reason.
    pub kind: CauseKind,
    /// The automation at work.
    pub automation: Option<AutomationId>,
    /// The event that led to it.
    pub event_position: Option<u64>,
    /// For people.
    pub reason: String,
}

impl Why {
    /// A reason without automation or event.
    #[must_use]
    pub fn new(kind: CauseKind, reason: impl Into<String>) -> Self {
        Self { kind, automation: None, event_position: None, reason: reason.into() }
    }

    /// As it was reported, or will be.
    #[must_use]
    pub fn of(cause: &Cause) -> Self {
        let Cause { kind, automation, event_position, reason } = cause;
        Self {
            kind: *kind,
            automation: *automation,
            event_position: *event_position,
            reason: reason.to_string(),
        }
    }

    /// As reported.
    #[must_use]
    pub fn cause(&self) -> Cause {
        Cause {
            kind: self.kind,
            automation: self.automation,
            event_position: self.event_position,
            reason: Reason::clipped(&self.reason),
        }
    }
}

/// One plug.
#[expect(clippy::struct_excessive_bools, reason = "facts of its own each")]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlugState {
    /// Who it is.
    pub identity: PlugIdentity,
    /// Where it was last.
    pub address: Option<SocketAddr>,
    /// Whether it measures.
    pub has_energy_meter: bool,
    /// The room it serves.
    pub room: Option<RoomId>,
    /// No longer ours.
    pub retired: bool,
    /// What somebody asked for.
    pub ask: Option<Ask>,
    /// When anything was last asked for: what was pressed before that is over, also when it is told later.
    pub asked_at: Option<Timestamp>,
    /// What somebody pressed.
    pub pressed: Option<Pressed>,
    /// What automations want.
    pub holds: BTreeMap<AutomationId, Hold>,
    /// It was ours to switch when last looked at.
    pub managed: bool,
    /// It is let go, once it is off.
    pub leaving: Option<Leaving>,
    /// Since when it is wanted on.
    pub on: Option<OnPeriod>,
    /// Why the last that wanted it on ended.
    pub ended: Option<Why>,
    /// Its relay as last reported.
    pub told: Option<RelayState>,
    /// The time of the last report.
    pub told_at: Option<Timestamp>,
    /// The log told that it is off, and nothing has wanted it on since.
    pub off_told: bool,
    /// An ON of ours that may still take effect.
    pub doubt: Option<Doubt>,
    /// Asks for ON that came too late while whoever led was to say so, and did not; the oldest first.
    #[serde(default)]
    pub untold: Vec<UntoldRefusal>,
    /// What a worker last switched it to, as the log tells; none once somebody else changed it.
    #[serde(skip)]
    pub last_switched: Option<RelayState>,
    /// The last wish for OFF that its actor said it met for good.
    #[serde(skip)]
    pub rests: u64,
    /// What is wanted now, as last said.
    #[serde(skip)]
    pub current: Option<Current>,
    /// Counts changes of mind.
    #[serde(skip)]
    pub serial: u64,
}

/// A plug that is ours no longer, on its way to be off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leaving {
    /// Why.
    pub why: Why,
    /// The log was told that it is off since: whoever keeps up knows of its end.
    pub told: bool,
}

impl Leaving {
    /// Nothing was told yet.
    #[must_use]
    pub fn new(why: Why) -> Self {
        Self { why, told: false }
    }

    /// For a plug that a worker before this one may have left on.
    pub(super) fn started_anew() -> Self {
        let reason = "the worker started anew and does not know who wants it on";
        Self::new(Why::new(CauseKind::Start, reason))
    }
}

/// An ON that a device was told, or may have been told, and that nobody knows it to have carried out. Written
/// before it is sent, so that whoever starts next knows of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Doubt {
    /// Why it was wanted on.
    pub why: Why,
    /// It is being tried: how long it may take effect is not known yet. For who keeps up that is so as long as it is
    /// wanted, since whoever leads may have to send it once more.
    pub trying: bool,
    /// Until then one that was tried before may take effect.
    pub until: Option<Deadline>,
}

impl Doubt {
    /// An ON is about to be tried; one of before may be under way as well.
    pub(super) fn trying(why: Why, before: Option<Self>) -> Self {
        Self { why, trying: true, until: before.and_then(|before| before.until) }
    }

    /// Whether an ON may take effect that is not tried any more.
    pub(super) fn is_live(&self, now: Moment) -> bool {
        self.trying || self.until.is_some_and(|until| !until.is_over(now))
    }
}

/// Somebody's ask.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ask {
    /// On, or off: nothing may switch it on.
    pub state: RelayState,
    /// The end.
    pub until: Deadline,
    /// Why.
    pub why: Why,
}

/// A pressed button.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pressed {
    /// What the relay became.
    pub state: RelayState,
    /// How long that is respected.
    pub until: Deadline,
}

/// One automation's wish for "on".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// When its trigger's wish ends.
    pub until: Option<Deadline>,
    /// When its force ends.
    pub forced: Option<Deadline>,
    /// Plays that it lasts for, each with its latest end.
    pub plays: BTreeMap<PlayId, Deadline>,
    /// The automation's maximum, from when the hold began.
    pub cap: Deadline,
    /// Why.
    pub why: Why,
    /// What sort of thing began it.
    pub occasion: OccasionKind,
    /// When it began, or was begun once more before the automation's log had it.
    pub since: Timestamp,
    /// The automation's log has it.
    pub told: bool,
}

impl Hold {
    /// What began it, for the automation's log.
    #[must_use]
    pub fn occasion(&self) -> Occasion {
        Occasion { kind: self.occasion, event_position: self.why.event_position }
    }

    /// When it is over: what ends last of what wants it, by whichever clock is first now.
    #[must_use]
    pub fn end(&self, now: Moment) -> Deadline {
        let others = self.until.into_iter().chain(self.forced);
        let wanted = others.chain(self.plays.values().copied()).max_by_key(|end| end.left(now));
        wanted.filter(|wanted| wanted.left(now) < self.cap.left(now)).unwrap_or(self.cap)
    }

    /// Whether nothing is left of it.
    #[must_use]
    pub fn is_over(&self, now: Moment) -> bool {
        let is_wanted = self.until.is_some() || self.forced.is_some() || !self.plays.is_empty();
        !is_wanted || self.end(now).is_over(now)
    }
}

/// A stretch of being wanted on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnPeriod {
    /// When it began.
    pub since: Timestamp,
    /// The relay has been seen on since.
    pub came_on: bool,
}

/// What is wanted of a plug now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Current {
    /// On or off.
    pub on: bool,
    /// When an ON ends by itself.
    pub until: Option<Deadline>,
    /// It is on since its button was pressed, and for no other reason.
    pub by_hand: bool,
    /// Why.
    pub why: Why,
}

impl Current {
    pub(super) fn off(why: Why) -> Self {
        Self { on: false, until: None, by_hand: false, why }
    }
}

impl PlugState {
    /// A plug as it becomes known.
    #[must_use]
    pub fn new(identity: PlugIdentity, address: Option<SocketAddr>, has_energy_meter: bool) -> Self {
        Self {
            identity,
            address,
            has_energy_meter,
            room: None,
            retired: false,
            ask: None,
            asked_at: None,
            pressed: None,
            holds: BTreeMap::new(),
            managed: false,
            leaving: None,
            on: None,
            ended: None,
            told: None,
            told_at: None,
            off_told: false,
            doubt: None,
            untold: Vec::new(),
            last_switched: None,
            rests: 0,
            current: None,
            serial: 0,
        }
    }

    /// Whether somebody said that nothing may switch it on.
    #[must_use]
    pub fn is_forbidden(&self) -> bool {
        self.ask.as_ref().is_some_and(|ask| ask.state == RelayState::Off)
    }

    /// Nobody tries to switch it on any more: what was sent may take effect for `length` from now. Whether that
    /// is a change.
    pub(super) fn tried(&mut self, now: Moment, length: Duration) -> bool {
        let Some(doubt) = self.doubt.as_mut().filter(|doubt| doubt.trying) else { return false };
        (doubt.trying, doubt.until) = (false, Some(Deadline::after(now, length)));
        true
    }

    /// Whether it is on as far as was reported; of a new plug nothing was.
    pub(super) fn told_on(&self) -> bool {
        self.told == Some(RelayState::On)
    }

    /// Whether somebody wants it on, and until when; a pressed button left aside.
    pub(super) fn wanted_on(&self, now: Moment) -> Option<(Deadline, &Why)> {
        match &self.ask {
            Some(ask) if ask.state == RelayState::Off => None,
            Some(ask) => Some((ask.until, &ask.why)),
            None => {
                let last = self.holds.values().max_by_key(|hold| hold.end(now).left(now))?;
                let first = self.holds.values().min_by_key(|hold| hold.cap.wall)?;
                Some((last.end(now), &first.why))
            }
        }
    }

    /// Drops everything that wants it on.
    pub(super) fn drop_wishes(&mut self, why: Why) {
        self.holds.clear();
        if self.ask.as_ref().is_some_and(|ask| ask.state == RelayState::On) {
            self.ask = None;
        }
        if self.pressed.as_ref().is_some_and(|pressed| pressed.state == RelayState::On) {
            self.pressed = None;
        }
        self.ended = Some(why);
    }
}

/// One automation.
#[derive(Clone, Debug, PartialEq)]
pub struct AutomationState {
    /// The rule.
    pub spec: AutomationSpec,
    /// Its trigger counts.
    pub enabled: bool,
    /// What somebody forced.
    pub force: Option<Force>,
    /// Until when another trigger comes too soon.
    pub rests: Option<Deadline>,
    /// When its cron or interval comes next.
    pub due: Option<Timestamp>,
    /// The time of the last report of what was done for it.
    pub acted_at: Option<Timestamp>,
    /// What was not done while whoever led was to say so, and did not; the oldest first.
    pub untold: Vec<UntoldSkip>,
}

/// Something that an automation's log does not tell yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UntoldSkip {
    /// When.
    pub at: Timestamp,
    /// What sort of thing made the worker look at it.
    pub occasion: OccasionKind,
    /// The event that led to it.
    pub event_position: Option<u64>,
    /// Why it was not done.
    pub reason: String,
}

/// Something that a plug's history does not tell yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UntoldRefusal {
    /// When.
    pub at: Timestamp,
    /// What was asked for.
    pub why: Why,
    /// Why it was not done.
    pub error: String,
}

/// A force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Force {
    /// On, or off: it switches nothing on.
    pub state: RelayState,
    /// The end.
    pub until: Deadline,
}

/// The venue, as far as it matters here.
#[derive(Clone, Debug, PartialEq)]
pub struct Venue {
    /// Zone of its days and hours.
    pub time_zone: TimeZoneName,
    /// When it is open; empty when it never said.
    pub opening_hours: Vec<OpeningSpan>,
    /// Nothing new starts.
    pub disabled: bool,
    /// Plays that run.
    pub plays: BTreeMap<PlayId, RunningPlay>,
    /// When the last play of a room ended.
    pub ended: BTreeMap<RoomId, Timestamp>,
}

impl Default for Venue {
    fn default() -> Self {
        Self {
            time_zone: TimeZoneName::stored("Etc/UTC"),
            opening_hours: Vec::new(),
            disabled: false,
            plays: BTreeMap::new(),
            ended: BTreeMap::new(),
        }
    }
}

/// A play that runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunningPlay {
    /// Where.
    pub room: RoomId,
    /// What.
    pub variant: VariantId,
    /// When it is over at the latest.
    pub ends_by: Timestamp,
}
