//! What can be asked of a wristband, and what is decided on it. Its player's side is in
//! [`super::cross_stream`].

use jiff::{SignedDuration, Timestamp};

use super::{
    BandClock, ClockStart, LONGEST_PASS_DAYS, LoadedBand, ScanFacts, WristbandError as Error,
    WristbandEvent as Event, WristbandState, event::later,
};
use crate::{
    ids::{LocationId, PlayId, PlayerId, RoomId, WristbandUid},
    values::{Minutes, Reason},
};

/// A command on one wristband. What concerns its player as well is asked through [`super::cross_stream`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WristbandCommand {
    /// Load time on a band that has none.
    Initialize {
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
    /// Put it on a player.
    Assign {
        /// Who.
        player: PlayerId,
        /// When.
        at: Timestamp,
    },
    /// Take it off whoever wears it.
    Unassign {
        /// Why, if that is said.
        reason: Option<Reason>,
        /// When.
        at: Timestamp,
    },
    /// Read it at a room.
    Scan {
        /// Where.
        room: RoomId,
        /// When.
        at: Timestamp,
    },
    /// More time on a band that still has some.
    AddTime {
        /// How much.
        minutes: Minutes,
        /// Why, if that is said.
        reason: Option<Reason>,
        /// When.
        at: Timestamp,
    },
    /// Choose when its time is over.
    SetEnd {
        /// When; now, when absent. Whole microseconds.
        ends_at: Option<Timestamp>,
        /// Why.
        reason: Reason,
        /// When that is chosen.
        at: Timestamp,
    },
    /// Load a pass on a band that has no time.
    IssuePass {
        /// The venue.
        location: LocationId,
        /// The code on the band.
        uid: WristbandUid,
        /// Until when it is good. Whole microseconds.
        valid_until: Timestamp,
        /// When.
        at: Timestamp,
    },
    /// A new period for the same player.
    Renew {
        /// How much time.
        minutes: Minutes,
        /// When the clock starts.
        starts: ClockStart,
        /// When.
        at: Timestamp,
    },
    /// Give time and player away.
    TransferOut {
        /// To which band.
        to: WristbandUid,
        /// When.
        at: Timestamp,
    },
    /// Take over time and player.
    TransferIn {
        /// The venue.
        location: LocationId,
        /// The code on this band.
        uid: WristbandUid,
        /// From which band.
        from: WristbandUid,
        /// What that band held.
        held: LoadedBand,
        /// When.
        at: Timestamp,
    },
    /// Take it out of use.
    Void {
        /// Why.
        reason: Reason,
        /// When.
        at: Timestamp,
    },
    /// Enter a play.
    JoinPlay {
        /// Which.
        play: PlayId,
        /// Where.
        room: RoomId,
        /// When.
        at: Timestamp,
    },
    /// Come out of a play.
    LeavePlay {
        /// Which.
        play: PlayId,
        /// When.
        at: Timestamp,
    },
}

/// What `command` makes of `state`. A command already in effect yields nothing, nor does scanning a band
/// that is not good.
///
/// # Errors
/// The first rule it breaks.
pub fn decide(state: &WristbandState, command: WristbandCommand) -> Result<Vec<Event>, Error> {
    match command {
        WristbandCommand::Initialize { location, uid, minutes, starts, at } => {
            without_time(state, at)?;
            Ok(vec![Event::Initialized { location, uid, minutes, starts, at }])
        }
        WristbandCommand::Assign { player, at } => assign(state, player, at),
        WristbandCommand::Unassign { reason, at } => unassign(state, reason, at),
        WristbandCommand::Scan { room, at } => Ok(scan(state, room, at)),
        WristbandCommand::AddTime { minutes, reason, at } => add_time(state, minutes, reason, at),
        WristbandCommand::SetEnd { ends_at, reason, at } => set_end(state, ends_at, reason, at),
        WristbandCommand::IssuePass { location, uid, valid_until, at } => {
            without_time(state, at)?;
            let longest = SignedDuration::from_hours(24 * LONGEST_PASS_DAYS);
            let good_for = valid_until.duration_since(at);
            if good_for <= SignedDuration::ZERO || good_for > longest {
                return Err(Error::PassEnd);
            }
            Ok(vec![Event::PassIssued { location, uid, valid_until, at }])
        }
        WristbandCommand::Renew { minutes, starts, at } => {
            let band = loaded(state)?;
            has_time(state, at).map_or(Ok(()), Err)?;
            band.player.ok_or(Error::NotAssigned)?;
            Ok(vec![Event::Renewed { minutes, starts, at }])
        }
        WristbandCommand::TransferOut { to, at } => {
            live(state, at)?;
            not_in_play(state)?;
            Ok(vec![Event::TransferredOut { to, at }])
        }
        WristbandCommand::TransferIn { location, uid, from, held, at } => {
            without_time(state, at)?;
            Ok(vec![transferred_in(location, uid, from, &held, at)])
        }
        WristbandCommand::Void { reason, at } => void(state, reason, at),
        WristbandCommand::JoinPlay { play, room, at } => join(state, play, room, at),
        WristbandCommand::LeavePlay { play, at } => Ok(match state.in_play() {
            Some(current) if current == play => vec![Event::PlayLeft { play, at }],
            _ => vec![],
        }),
    }
}

fn loaded(state: &WristbandState) -> Result<&LoadedBand, Error> {
    match state {
        WristbandState::Unknown => Err(Error::NotFound),
        WristbandState::Blank | WristbandState::Voided => Err(Error::Blank),
        WristbandState::Loaded(band) => Ok(band),
    }
}

fn live(state: &WristbandState, at: Timestamp) -> Result<&LoadedBand, Error> {
    let band = loaded(state)?;
    if state.is_live(at) { Ok(band) } else { Err(Error::Expired) }
}

fn has_time(state: &WristbandState, at: Timestamp) -> Option<Error> {
    state.is_live(at).then(|| Error::StillHasTime { minutes_left: state.minutes_left(at) })
}

fn not_in_play(state: &WristbandState) -> Result<(), Error> {
    state.in_play().map_or(Ok(()), |_| Err(Error::InPlay))
}

/// Free to get a new period and another wearer. A band whose time ended during a play is not: it would
/// carry that play into the next period.
fn without_time(state: &WristbandState, at: Timestamp) -> Result<(), Error> {
    has_time(state, at).map_or(Ok(()), Err)?;
    not_in_play(state)
}

fn assign(state: &WristbandState, player: PlayerId, at: Timestamp) -> Result<Vec<Event>, Error> {
    match live(state, at)?.player {
        Some(current) if current == player => Ok(vec![]),
        Some(_) => Err(Error::WornByAnother),
        None => Ok(vec![Event::Assigned { player, at }]),
    }
}

/// The event that starts a waiting clock, if it waits.
fn clock_start(band: &LoadedBand, at: Timestamp) -> Option<Event> {
    match band.clock {
        BandClock::Waiting(minutes) => Some(Event::ClockStarted { at, ends_at: later(at, minutes) }),
        BandClock::Running { .. } => None,
    }
}

fn scan(state: &WristbandState, room: RoomId, at: Timestamp) -> Vec<Event> {
    match state {
        WristbandState::Loaded(band) if ScanFacts::of(state, at).good() => {
            clock_start(band, at).into_iter().chain([Event::Scanned { room, at }]).collect()
        }
        _ => vec![],
    }
}

fn unassign(state: &WristbandState, reason: Option<Reason>, at: Timestamp) -> Result<Vec<Event>, Error> {
    if loaded(state)?.player.is_none() {
        return Ok(vec![]);
    }
    not_in_play(state)?;
    Ok(vec![Event::Unassigned { reason, at }])
}

/// Who says an end may have a clock that is a little behind ours.
const CLOCKS_APART: SignedDuration = SignedDuration::from_secs(60);

fn set_end(
    state: &WristbandState,
    wanted: Option<Timestamp>,
    reason: Reason,
    at: Timestamp,
) -> Result<Vec<Event>, Error> {
    live(state, at)?;
    let wanted = wanted.unwrap_or(at);
    if at.duration_since(wanted) > CLOCKS_APART {
        return Err(Error::EndInPast);
    }
    let ends_at = wanted.max(at);
    let current = state.ends_at();
    let latest = later(at, Minutes::LONGEST).max(current.unwrap_or(at));
    match current {
        Some(current) if current == ends_at => Ok(vec![]),
        _ if ends_at > latest => Err(Error::EndTooLate),
        _ => Ok(vec![Event::EndSet { ends_at, reason, at }]),
    }
}

fn add_time(
    state: &WristbandState,
    minutes: Minutes,
    reason: Option<Reason>,
    at: Timestamp,
) -> Result<Vec<Event>, Error> {
    live(state, at)?;
    if state.seconds_left(at) + minutes.as_seconds() > Minutes::MAX * 60 {
        let minutes_left = state.minutes_left(at);
        return Err(Error::TooMuchTime { minutes_left, minutes: minutes.get() });
    }
    Ok(vec![Event::TimeAdded { minutes, reason, at }])
}

fn transferred_in(
    location: LocationId,
    uid: WristbandUid,
    from: WristbandUid,
    held: &LoadedBand,
    at: Timestamp,
) -> Event {
    let (waiting, ends_at) = match held.clock {
        BandClock::Waiting(minutes) => (Some(minutes), None),
        BandClock::Running { ends_at } => (None, Some(ends_at)),
    };
    let (player, minutes_loaded) = (held.player, held.minutes_loaded);
    Event::TransferredIn { location, uid, from, player, waiting, ends_at, minutes_loaded, at }
}

fn void(state: &WristbandState, reason: Reason, at: Timestamp) -> Result<Vec<Event>, Error> {
    match state {
        WristbandState::Unknown => Err(Error::NotFound),
        WristbandState::Voided => Ok(vec![]),
        WristbandState::Blank | WristbandState::Loaded(_) => {
            not_in_play(state)?;
            Ok(vec![Event::Voided { reason, at }])
        }
    }
}

fn join(state: &WristbandState, play: PlayId, room: RoomId, at: Timestamp) -> Result<Vec<Event>, Error> {
    if state.in_play() == Some(play) {
        return Ok(vec![]);
    }
    not_in_play(state)?;
    let band = live(state, at)?;
    band.player.ok_or(Error::NotAssigned)?;
    let joined = Event::PlayJoined { play, room, at };
    Ok(clock_start(band, at).into_iter().chain([joined]).collect())
}
