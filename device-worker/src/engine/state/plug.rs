//! What is remembered of a plug, in four groups: what it is, what is wanted of it, what was reported of it, and
//! what only this run knows.

use std::{collections::BTreeMap, net::SocketAddr, time::Duration};

use domain::{
    automation::{Occasion, OccasionKind},
    ids::{AutomationId, PlayId, RoomId},
    plug::{Cause, CauseKind, PlugIdentity, RelayState},
    values::Reason,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    clock::{Deadline, Moment},
    engine::cause::{StoredCause, because, stored_option, stored_reason},
};

/// One plug. Its groups are stored as one flat object.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlugState {
    /// What it is.
    #[serde(flatten)]
    pub identity: Identity,
    /// What is wanted of it.
    #[serde(flatten)]
    pub wanted: Wanted,
    /// What was reported of it.
    #[serde(flatten)]
    pub reported: Reported,
    /// What only this run knows.
    #[serde(skip)]
    pub transient: Transient,
}

/// What a plug is, and where.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Identity {
    /// What tells it from every other plug.
    #[serde(rename = "identity")]
    pub hardware: PlugIdentity,
    /// Where it was last.
    pub address: Option<SocketAddr>,
    /// Whether it measures.
    pub has_energy_meter: bool,
    /// The room it serves.
    pub room: Option<RoomId>,
    /// It was taken out of use.
    pub retired: bool,
}

/// What is wanted of a plug.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Wanted {
    /// What a person asked for.
    pub ask: Option<Ask>,
    /// When a person last asked for anything: what was pressed before that is over, also when it is reported
    /// later.
    pub asked_at: Option<Timestamp>,
    /// The pressed button that counts.
    pub pressed: Option<Pressed>,
    /// What automations want.
    pub holds: BTreeMap<AutomationId, Hold>,
    /// It was managed when that was last decided.
    pub managed: bool,
    /// It is released from management, once it is off.
    #[serde(rename = "leaving")]
    pub releasing: Option<Release>,
    /// Since when it is wanted on.
    pub on: Option<OnPeriod>,
    /// Why it is not wanted on any more.
    #[serde(default, with = "stored_option")]
    pub ended: Option<Cause>,
    /// An ON that may still take effect.
    #[serde(rename = "doubt")]
    pub unconfirmed_on: Option<UnconfirmedOn>,
}

/// What was reported of a plug.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Reported {
    /// Its relay.
    #[serde(rename = "told")]
    pub relay: Option<RelayState>,
    /// The time of the last report.
    #[serde(rename = "told_at")]
    pub at: Option<Timestamp>,
    /// It was reported to be off, and nothing has wanted it on since.
    #[serde(rename = "off_told")]
    pub off: bool,
    /// Asks for ON that came too late and that the leader did not report; the oldest first.
    #[serde(default, rename = "untold")]
    pub unreported: Vec<UnreportedRefusal>,
}

/// What is not stored of a plug.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Transient {
    /// What a worker last switched it to, as the log says; none once it was changed otherwise.
    pub last_switched: Option<RelayState>,
    /// The last desired OFF that its actor confirmed for good.
    pub rests: u64,
    /// What is wanted now, as last ordered.
    pub current: Option<Current>,
    /// Counts the changes of what is wanted.
    pub serial: u64,
}

/// The release of a plug that is not managed any more, until it is off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// Why.
    #[serde(rename = "why", with = "StoredCause")]
    pub cause: Cause,
    /// The log has that it is off since: a standby knows how the release ended.
    #[serde(rename = "told")]
    pub reported: bool,
}

impl Release {
    /// Nothing was reported yet.
    #[must_use]
    pub fn new(cause: Cause) -> Self {
        Self { cause, reported: false }
    }

    /// For a plug that a worker before this one may have left on.
    pub(in crate::engine) fn started_anew() -> Self {
        let reason = "the worker started anew and does not know who wants it on";
        Self::new(because(CauseKind::Start, reason))
    }
}

/// An ON that was sent, or may have been, and that is not known to have taken effect. It is written before it is
/// sent, so that the next start knows of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnconfirmedOn {
    /// Why it was wanted on.
    #[serde(rename = "why", with = "StoredCause")]
    pub cause: Cause,
    /// It is being tried: how long it may take effect is not known yet. In a standby that lasts as long as the plug
    /// is wanted on, since the leader may have to send it again.
    pub trying: bool,
    /// Until then one that was tried before may take effect.
    pub until: Option<Deadline>,
}

impl UnconfirmedOn {
    /// An ON is about to be tried; an earlier one may be under way as well.
    pub(in crate::engine) fn trying(cause: Cause, before: Option<Self>) -> Self {
        Self { cause, trying: true, until: before.and_then(|before| before.until) }
    }

    /// Whether an ON may still take effect.
    pub(in crate::engine) fn is_live(&self, now: Moment) -> bool {
        self.trying || self.until.is_some_and(|until| !until.is_over(now))
    }
}

/// A person's ask.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ask {
    /// On, or off: nothing may switch it on.
    pub state: RelayState,
    /// The end.
    pub until: Deadline,
    /// Why.
    #[serde(rename = "why", with = "StoredCause")]
    pub cause: Cause,
}

/// A pressed button.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pressed {
    /// What the relay became.
    pub state: RelayState,
    /// How long that is respected.
    pub until: Deadline,
}

/// What keeps a plug on for one automation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// When what its trigger began ends.
    pub until: Option<Deadline>,
    /// When its force ends.
    pub forced: Option<Deadline>,
    /// Plays that it lasts for, each with its latest end.
    pub plays: BTreeMap<PlayId, Deadline>,
    /// The automation's maximum, from when the hold began.
    pub cap: Deadline,
    /// Why.
    #[serde(rename = "why", with = "StoredCause")]
    pub cause: Cause,
    /// What began it.
    pub occasion: OccasionKind,
    /// When it began, or began again before the automation's log had it.
    pub since: Timestamp,
    /// The automation's log has it.
    #[serde(rename = "told")]
    pub reported: bool,
}

impl Hold {
    /// What began it, for the automation's log.
    #[must_use]
    pub fn occasion(&self) -> Occasion {
        Occasion { kind: self.occasion, event_position: self.cause.event_position }
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
    pub cause: Cause,
}

impl Current {
    pub(in crate::engine) fn off(cause: Cause) -> Self {
        Self { on: false, until: None, by_hand: false, cause }
    }
}

/// A refusal that the plug's history does not have yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnreportedRefusal {
    /// When.
    pub at: Timestamp,
    /// What was asked for.
    #[serde(rename = "why", with = "StoredCause")]
    pub cause: Cause,
    /// Why it was not done.
    #[serde(with = "stored_reason")]
    pub error: Reason,
}

impl PlugState {
    /// A plug as it becomes known.
    #[must_use]
    pub fn new(hardware: PlugIdentity, address: Option<SocketAddr>, has_energy_meter: bool) -> Self {
        Self {
            identity: Identity { hardware, address, has_energy_meter, room: None, retired: false },
            wanted: Wanted::default(),
            reported: Reported::default(),
            transient: Transient::default(),
        }
    }

    /// Whether a person said that nothing may switch it on.
    #[must_use]
    pub fn is_forbidden(&self) -> bool {
        self.wanted.ask.as_ref().is_some_and(|ask| ask.state == RelayState::Off)
    }

    /// Whether it is on as far as was reported; of a new plug nothing was.
    pub(in crate::engine) fn is_reported_on(&self) -> bool {
        self.reported.relay == Some(RelayState::On)
    }

    /// It is not tried to switch it on any more: what was sent may take effect for `length` from now. Whether
    /// that is a change.
    pub(in crate::engine) fn tried(&mut self, now: Moment, length: Duration) -> bool {
        let unconfirmed = self.wanted.unconfirmed_on.as_mut().filter(|unconfirmed| unconfirmed.trying);
        let Some(unconfirmed) = unconfirmed else { return false };
        (unconfirmed.trying, unconfirmed.until) = (false, Some(Deadline::after(now, length)));
        true
    }

    /// Whether anything wants it on, and until when; a pressed button left aside.
    pub(in crate::engine) fn wanted_on(&self, now: Moment) -> Option<(Deadline, &Cause)> {
        match &self.wanted.ask {
            Some(ask) if ask.state == RelayState::Off => None,
            Some(ask) => Some((ask.until, &ask.cause)),
            None => {
                let holds = || self.wanted.holds.values();
                let last = holds().max_by_key(|hold| hold.end(now).left(now))?;
                let first = holds().min_by_key(|hold| hold.cap.wall)?;
                Some((last.end(now), &first.cause))
            }
        }
    }

    /// Drops everything that wants it on.
    pub(in crate::engine) fn drop_wanted_on(&mut self, cause: Cause) {
        let wanted = &mut self.wanted;
        wanted.holds.clear();
        wanted.ask.take_if(|ask| ask.state == RelayState::On);
        wanted.pressed.take_if(|pressed| pressed.state == RelayState::On);
        wanted.ended = Some(cause);
    }

    /// The hold of `automation`, begun now when there is none.
    pub(in crate::engine) fn hold(
        &mut self,
        (automation, occasion): (AutomationId, &Occasion),
        (cap, since): (Deadline, Timestamp),
        cause: &Cause,
    ) -> &mut Hold {
        let hold = self.wanted.holds.entry(automation).or_insert_with(|| Hold {
            until: None,
            forced: None,
            plays: BTreeMap::new(),
            cap,
            cause: cause.clone(),
            occasion: occasion.kind,
            since,
            reported: false,
        });
        if !hold.reported {
            hold.since = since;
        }
        hold
    }
}
