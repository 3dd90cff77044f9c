//! Facts about one wristband at one venue, and what decisions need to know of them: how much time it has.

use jiff::{SignedDuration, Timestamp};

use super::ClockStart;
use crate::{
    Aggregate, DomainEvent,
    ids::{LocationId, PlayId, PlayerId, RoomId, WristbandUid},
    values::{Minutes, Reason},
};

/// What happened to a wristband. Expiry is no event: it follows from `ends_at` and the time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WristbandEvent {
    /// Time was loaded on a blank, expired or voided band; whoever wore it before no longer does.
    Initialized {
        /// The venue.
        location: LocationId,
        /// The code on the band.
        uid: WristbandUid,
        /// How much time.
        minutes: Minutes,
        /// When the clock starts.
        starts: ClockStart,
        /// When.
        at: Timestamp,
    },
    /// A player wears it.
    Assigned {
        /// Who.
        player: PlayerId,
        /// When.
        at: Timestamp,
    },
    /// The first scan started the clock.
    ClockStarted {
        /// When.
        at: Timestamp,
        /// When the time is over.
        ends_at: Timestamp,
    },
    /// Read at a room while good.
    Scanned {
        /// Where.
        room: RoomId,
        /// When.
        at: Timestamp,
    },
    /// Nobody wears it any more; its time stays on it.
    Unassigned {
        /// Why, if that was said.
        reason: Option<Reason>,
        /// When.
        at: Timestamp,
    },
    /// More time; the clock, if it runs, ends this much later.
    TimeAdded {
        /// How much.
        minutes: Minutes,
        /// Why, if that was said.
        reason: Option<Reason>,
        /// When.
        at: Timestamp,
    },
    /// Somebody chose when the time is over; a clock that waited runs.
    EndSet {
        /// When it is.
        ends_at: Timestamp,
        /// Why.
        reason: Reason,
        /// When that was chosen.
        at: Timestamp,
    },
    /// A pass was loaded on a blank, expired or voided band; whoever wore it before no longer does.
    PassIssued {
        /// The venue.
        location: LocationId,
        /// The code on the band.
        uid: WristbandUid,
        /// Until when it is good.
        valid_until: Timestamp,
        /// When.
        at: Timestamp,
    },
    /// A new period for the player who wears it, after the old one was over.
    Renewed {
        /// How much time.
        minutes: Minutes,
        /// When the clock starts.
        starts: ClockStart,
        /// When.
        at: Timestamp,
    },
    /// Time and player moved to another band; this one is blank again.
    TransferredOut {
        /// Where they went.
        to: WristbandUid,
        /// When.
        at: Timestamp,
    },
    /// Time and player came from another band.
    TransferredIn {
        /// The venue.
        location: LocationId,
        /// The code on this band.
        uid: WristbandUid,
        /// Where they came from.
        from: WristbandUid,
        /// Who wears it now, if anybody did.
        player: Option<PlayerId>,
        /// Time not yet started, if the clock waits for the first scan.
        waiting: Option<Minutes>,
        /// When the running time is over, if the clock runs.
        ends_at: Option<Timestamp>,
        /// Minutes loaded in this period so far, for the summary.
        minutes_loaded: u32,
        /// When.
        at: Timestamp,
    },
    /// Taken out of use; blank until it is initialised again.
    Voided {
        /// Why.
        reason: Reason,
        /// When.
        at: Timestamp,
    },
    /// Entered a play.
    PlayJoined {
        /// Which.
        play: PlayId,
        /// Where.
        room: RoomId,
        /// When.
        at: Timestamp,
    },
    /// The play ended.
    PlayLeft {
        /// Which.
        play: PlayId,
        /// When.
        at: Timestamp,
    },
    /// It was in a play of this period that was recorded later.
    PlayRecorded {
        /// Which.
        play: PlayId,
        /// Where.
        room: RoomId,
        /// When it was recorded.
        at: Timestamp,
    },
}

impl WristbandEvent {
    /// When it happened.
    #[must_use]
    pub fn at(&self) -> Timestamp {
        match self {
            Self::Initialized { at, .. }
            | Self::Assigned { at, .. }
            | Self::ClockStarted { at, .. }
            | Self::Scanned { at, .. }
            | Self::Unassigned { at, .. }
            | Self::TimeAdded { at, .. }
            | Self::EndSet { at, .. }
            | Self::PassIssued { at, .. }
            | Self::Renewed { at, .. }
            | Self::TransferredOut { at, .. }
            | Self::TransferredIn { at, .. }
            | Self::Voided { at, .. }
            | Self::PlayJoined { at, .. }
            | Self::PlayLeft { at, .. }
            | Self::PlayRecorded { at, .. } => *at,
        }
    }
}

/// The aggregate.
#[derive(Debug)]
pub struct Wristband;

/// A band's phase. Expired is no phase: it follows from the clock and the time.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum WristbandState {
    /// Never seen at this venue.
    #[default]
    Unknown,
    /// Its time went to another band.
    Blank,
    /// Taken out of use.
    Voided,
    /// Time was loaded, which may be over by now.
    Loaded(LoadedBand),
}

/// A band with a period on it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct LoadedBand {
    /// Who wears it, or wore it last.
    pub player: Option<PlayerId>,
    /// The period.
    pub clock: BandClock,
    /// Minutes loaded in this period so far.
    pub minutes_loaded: u32,
    /// The play it is in.
    pub in_play: Option<PlayId>,
}

/// A period of bought time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum BandClock {
    /// Starts at the first scan, with this much.
    Waiting(Minutes),
    /// Runs, until then.
    Running {
        /// When the time is over.
        ends_at: Timestamp,
    },
}

impl BandClock {
    /// A period of `minutes` bought at `at`.
    #[must_use]
    pub fn bought(minutes: Minutes, starts: ClockStart, at: Timestamp) -> Self {
        match starts {
            ClockStart::Now => Self::Running { ends_at: later(at, minutes) },
            ClockStart::FirstScan => Self::Waiting(minutes),
        }
    }

    /// Whole seconds left at `now`, a part of one counting as one.
    #[must_use]
    pub fn seconds_left(self, now: Timestamp) -> i64 {
        match self {
            Self::Waiting(minutes) => minutes.as_seconds(),
            Self::Running { ends_at } => {
                let left = ends_at.duration_since(now);
                (left.as_secs() + i64::from(left.subsec_nanos() > 0)).max(0)
            }
        }
    }

    /// The same in minutes, rounded up.
    #[must_use]
    pub fn minutes_left(self, now: Timestamp) -> u32 {
        let seconds = u64::try_from(self.seconds_left(now)).unwrap_or(0);
        u32::try_from(seconds.div_ceil(60)).unwrap_or(u32::MAX)
    }

    fn longer(self, by: Minutes) -> Self {
        match self {
            Self::Waiting(minutes) => {
                let sum = i64::from(minutes.get()) + i64::from(by.get());
                Self::Waiting(Minutes::new(sum.min(Minutes::MAX)).unwrap_or(minutes))
            }
            Self::Running { ends_at } => Self::Running { ends_at: later(ends_at, by) },
        }
    }
}

/// `minutes` after `at`; the end of time when that is beyond it.
pub(super) fn later(at: Timestamp, minutes: Minutes) -> Timestamp {
    at.saturating_add(SignedDuration::from_secs(minutes.as_seconds())).unwrap_or(Timestamp::MAX)
}

impl WristbandState {
    /// The band with its period, if it has one, over or not.
    #[must_use]
    pub fn loaded(&self) -> Option<&LoadedBand> {
        match self {
            Self::Loaded(band) => Some(band),
            Self::Unknown | Self::Blank | Self::Voided => None,
        }
    }

    /// Whole seconds left at `now`; a clock that waits for the first scan has all of its time.
    #[must_use]
    pub fn seconds_left(&self, now: Timestamp) -> i64 {
        self.loaded().map_or(0, |band| band.clock.seconds_left(now))
    }

    /// The same in minutes, rounded up.
    #[must_use]
    pub fn minutes_left(&self, now: Timestamp) -> u32 {
        self.loaded().map_or(0, |band| band.clock.minutes_left(now))
    }

    /// Whether it has time left at `now`.
    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.seconds_left(now) > 0
    }

    /// When the running time is over; none while the clock waits or there is no period.
    #[must_use]
    pub fn ends_at(&self) -> Option<Timestamp> {
        match self.loaded()?.clock {
            BandClock::Running { ends_at } => Some(ends_at),
            BandClock::Waiting(_) => None,
        }
    }

    /// Who wears it, or wore it last when its time is over.
    #[must_use]
    pub fn player(&self) -> Option<PlayerId> {
        self.loaded()?.player
    }

    /// The play it is in.
    #[must_use]
    pub fn in_play(&self) -> Option<PlayId> {
        self.loaded()?.in_play
    }
}

impl Aggregate for Wristband {
    type Event = WristbandEvent;
    type State = WristbandState;
    const CATEGORY: &'static str = "wristband";

    fn evolve(state: WristbandState, event: &WristbandEvent) -> WristbandState {
        match event {
            WristbandEvent::Initialized { location: _, uid: _, minutes, starts, at } => {
                WristbandState::Loaded(LoadedBand {
                    player: None,
                    clock: BandClock::bought(*minutes, *starts, *at),
                    minutes_loaded: minutes.get(),
                    in_play: None,
                })
            }
            WristbandEvent::PassIssued { location: _, uid: _, valid_until, at: _ } => {
                WristbandState::Loaded(LoadedBand {
                    player: None,
                    clock: BandClock::Running { ends_at: *valid_until },
                    // A pass is sold by the day and not by the minute.
                    minutes_loaded: 0,
                    in_play: None,
                })
            }
            WristbandEvent::TransferredIn { player, waiting, ends_at, minutes_loaded, .. } => {
                received(*player, *waiting, *ends_at, *minutes_loaded)
            }
            WristbandEvent::TransferredOut { .. } => WristbandState::Blank,
            WristbandEvent::Voided { .. } => WristbandState::Voided,
            WristbandEvent::Assigned { .. }
            | WristbandEvent::ClockStarted { .. }
            | WristbandEvent::Scanned { .. }
            | WristbandEvent::Unassigned { .. }
            | WristbandEvent::TimeAdded { .. }
            | WristbandEvent::EndSet { .. }
            | WristbandEvent::Renewed { .. }
            | WristbandEvent::PlayJoined { .. }
            | WristbandEvent::PlayLeft { .. }
            | WristbandEvent::PlayRecorded { .. } => match state {
                WristbandState::Loaded(band) => WristbandState::Loaded(changed(band, event)),
                blank => blank,
            },
        }
    }

    fn event_of(event: &DomainEvent) -> Option<&WristbandEvent> {
        match event {
            DomainEvent::Wristband(event) => Some(event),
            _ => None,
        }
    }
}

fn received(
    player: Option<PlayerId>,
    waiting: Option<Minutes>,
    ends_at: Option<Timestamp>,
    minutes_loaded: u32,
) -> WristbandState {
    let clock = match (waiting, ends_at) {
        (_, Some(ends_at)) => BandClock::Running { ends_at },
        (Some(minutes), None) => BandClock::Waiting(minutes),
        (None, None) => return WristbandState::Blank,
    };
    WristbandState::Loaded(LoadedBand { player, clock, minutes_loaded, in_play: None })
}

fn changed(band: LoadedBand, event: &WristbandEvent) -> LoadedBand {
    match event {
        WristbandEvent::Assigned { player, at: _ } => LoadedBand { player: Some(*player), ..band },
        WristbandEvent::ClockStarted { at: _, ends_at } => {
            LoadedBand { clock: BandClock::Running { ends_at: *ends_at }, ..band }
        }
        WristbandEvent::Unassigned { .. } => LoadedBand { player: None, ..band },
        WristbandEvent::EndSet { ends_at, reason: _, at } => with_end(&band, *ends_at, *at),
        WristbandEvent::TimeAdded { minutes, .. } => LoadedBand {
            clock: band.clock.longer(*minutes),
            minutes_loaded: band.minutes_loaded.saturating_add(minutes.get()),
            ..band
        },
        WristbandEvent::Renewed { minutes, starts, at } => LoadedBand {
            clock: BandClock::bought(*minutes, *starts, *at),
            minutes_loaded: minutes.get(),
            ..band
        },
        WristbandEvent::PlayJoined { play, .. } => LoadedBand { in_play: Some(*play), ..band },
        WristbandEvent::PlayLeft { play, at: _ } if band.in_play == Some(*play) => {
            LoadedBand { in_play: None, ..band }
        }
        WristbandEvent::PlayLeft { .. }
        | WristbandEvent::PlayRecorded { .. }
        | WristbandEvent::Scanned { .. }
        | WristbandEvent::Initialized { .. }
        | WristbandEvent::PassIssued { .. }
        | WristbandEvent::TransferredOut { .. }
        | WristbandEvent::TransferredIn { .. }
        | WristbandEvent::Voided { .. } => band,
    }
}

/// The minutes loaded are those spent by then and those that are left.
fn with_end(band: &LoadedBand, ends_at: Timestamp, at: Timestamp) -> LoadedBand {
    let clock = BandClock::Running { ends_at };
    let spent = band.minutes_loaded.saturating_sub(band.clock.minutes_left(at));
    // A pass has no minutes, whatever its end.
    let minutes_loaded =
        if band.minutes_loaded == 0 { 0 } else { spent.saturating_add(clock.minutes_left(at)) };
    LoadedBand { clock, minutes_loaded, ..band.clone() }
}
