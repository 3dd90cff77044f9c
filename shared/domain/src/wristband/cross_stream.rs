//! Decisions about a wristband that concern its player, its venue or another band as well. Every state
//! handed in must be guarded by the append.
//!
//! Kept here: a live band stands in its wearer's own stream too, so one player has one live band.

use jiff::Timestamp;

use super::{ClockStart, ScanFacts, Wristband, WristbandCommand, WristbandError, WristbandState, decide};
use crate::{
    Aggregate as _, Change, Refusal, RefusalKind,
    ids::{LocationId, PlayerId, RoomId, WristbandUid},
    location::LocationState,
    player::{self, Player, PlayerCommand, PlayerState},
    room::RoomState,
    values::{Minutes, Reason},
};

/// A band as loaded.
#[derive(Clone, Copy, Debug)]
pub struct Band<'a> {
    /// The code on it.
    pub uid: &'a WristbandUid,
    /// Its state.
    pub state: &'a WristbandState,
}

/// A player as loaded.
#[derive(Clone, Copy, Debug)]
pub struct Wearer<'a> {
    /// Who.
    pub id: PlayerId,
    /// The player's state.
    pub state: &'a PlayerState,
}

/// Bought time: what initialising and renewing load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// How much time.
    pub minutes: Minutes,
    /// When the clock starts.
    pub starts: ClockStart,
    /// When it was bought.
    pub at: Timestamp,
}

/// Loads time on a band without any. `previous` is [`WristbandState::player`], who no longer wears it.
///
/// # Errors
/// Location not found or disabled; the band still has time or is in a play.
pub fn initialize(
    location: (LocationId, &LocationState),
    band: Band<'_>,
    previous: Option<Wearer<'_>>,
    period: Period,
) -> Result<Vec<Change>, Refusal> {
    let (location, state) = location;
    state.in_business()?;
    let Period { minutes, starts, at } = period;
    let uid = band.uid.clone();
    let load = WristbandCommand::Initialize { location, uid, minutes, starts, at };
    let mut changes = changes_of(location, band, load)?;
    changes.extend(taken_off(previous, band.uid)?);
    Ok(changes)
}

/// Puts a band on a player. `other` is the band the player wears by [`player::ActivePlayer::band`], if
/// that is another one; it is returned when its time is over.
///
/// # Errors
/// Band not found, blank, expired or worn by somebody else; player not found here, erased, without a
/// valid waiver, or wearing another band that is live or in a play.
pub fn assign(
    location: LocationId,
    band: Band<'_>,
    wearer: Wearer<'_>,
    other: Option<Band<'_>>,
    at: Timestamp,
) -> Result<Vec<Change>, Refusal> {
    let player = wearer.state.existing_at(location)?;
    let assigned = changes_of(location, band, WristbandCommand::Assign { player: wearer.id, at })?;
    if assigned.is_empty() {
        return Ok(vec![]);
    }
    if !player.waiver_valid_at(at) {
        return Err(WristbandError::NoWaiver.into());
    }
    let over = other.filter(|other| !other.state.is_live(at) && other.state.in_play().is_none());
    let over = over.map(|other| other.uid);
    Ok([assigned, put_on(wearer, over, band.uid)?].concat())
}

/// Takes a band off whoever wears it. `wearer` is [`WristbandState::player`].
///
/// # Errors
/// The band is unknown, blank, or in a play.
pub fn unassign(
    location: LocationId,
    band: Band<'_>,
    wearer: Option<Wearer<'_>>,
    reason: Option<Reason>,
    at: Timestamp,
) -> Result<Vec<Change>, Refusal> {
    let mut changes = changes_of(location, band, WristbandCommand::Unassign { reason, at })?;
    changes.extend(taken_off(wearer, band.uid)?);
    Ok(changes)
}

/// Gives a band with the time on it to the player that it should have been given to. `previous` is
/// [`WristbandState::player`]; the rest is as with [`assign`].
///
/// # Errors
/// As [`unassign`] and [`assign`].
pub fn reassign(
    location: LocationId,
    band: Band<'_>,
    previous: Option<Wearer<'_>>,
    wearer: Wearer<'_>,
    other: Option<Band<'_>>,
    at: Timestamp,
) -> Result<Vec<Change>, Refusal> {
    let Some(previous) = previous.filter(|previous| previous.id != wearer.id) else {
        return assign(location, band, wearer, other, at);
    };
    let taken = unassign(location, band, Some(previous), None, at)?;
    let own = taken.iter().filter_map(|change| Wristband::event_of(&change.event));
    let free = own.fold(band.state.clone(), Wristband::evolve);
    let given = assign(location, Band { state: &free, ..band }, wearer, other, at)?;
    Ok([taken, given].concat())
}

/// Loads a pass on a band without time. `previous` is [`WristbandState::player`], who no longer wears it.
///
/// # Errors
/// Location not found or disabled; the band still has time or is in a play; the pass is over or too long.
pub fn issue_pass(
    location: (LocationId, &LocationState),
    band: Band<'_>,
    previous: Option<Wearer<'_>>,
    valid_until: Timestamp,
    at: Timestamp,
) -> Result<Vec<Change>, Refusal> {
    let (location, state) = location;
    state.in_business()?;
    let issue = WristbandCommand::IssuePass { location, uid: band.uid.clone(), valid_until, at };
    let mut changes = changes_of(location, band, issue)?;
    changes.extend(taken_off(previous, band.uid)?);
    Ok(changes)
}

/// Adds time to a band that has some left, and renews one whose time is over. `wearer` is
/// [`WristbandState::player`].
///
/// # Errors
/// Too much time; as [`renew`].
pub fn top_up(
    location: (LocationId, &LocationState),
    band: Band<'_>,
    wearer: Option<Wearer<'_>>,
    (minutes, reason): (Minutes, Option<Reason>),
    at: Timestamp,
) -> Result<Vec<Change>, Refusal> {
    if band.state.loaded().is_some() && !band.state.is_live(at) {
        return renew(location, band, wearer, Period { minutes, starts: ClockStart::Now, at });
    }
    changes_of(location.0, band, WristbandCommand::AddTime { minutes, reason, at })
}

/// Reads a band at a room of its venue. A band that is not good yields facts and no change.
///
/// # Errors
/// Room not found here.
pub fn scan(
    location: LocationId,
    room: (RoomId, &RoomState),
    band: Band<'_>,
    at: Timestamp,
) -> Result<(Vec<Change>, ScanFacts), Refusal> {
    let (room, state) = room;
    state.at(location)?;
    let events = decide(band.state, WristbandCommand::Scan { room, at })?;
    let after = events.iter().fold(band.state.clone(), Wristband::evolve);
    Ok((Change::all(&band.uid.stream(location), events), ScanFacts::of(&after, at)))
}

/// A new period for the player who wore the band to the end of the old one. `wearer` is
/// [`WristbandState::player`].
///
/// # Errors
/// Location not found or disabled; the band unknown, blank, never assigned, or still with time; its
/// player erased, without a valid waiver, or wearing another band since.
pub fn renew(
    location: (LocationId, &LocationState),
    band: Band<'_>,
    wearer: Option<Wearer<'_>>,
    period: Period,
) -> Result<Vec<Change>, Refusal> {
    let (location, state) = location;
    state.in_business()?;
    let Period { minutes, starts, at } = period;
    let renewed = changes_of(location, band, WristbandCommand::Renew { minutes, starts, at })?;
    let player = wearer.ok_or(WristbandError::NotAssigned)?.state.existing_at(location)?;
    if player.band.as_ref() != Some(band.uid) {
        return Err(WristbandError::NoLongerWorn.into());
    }
    if !player.waiver_valid_at(at) {
        return Err(WristbandError::NoWaiver.into());
    }
    Ok(renewed)
}

/// The people a transfer concerns.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wearers<'a> {
    /// [`WristbandState::player`] of the source.
    pub moving: Option<Wearer<'a>>,
    /// [`WristbandState::player`] of the target, from a period that is over.
    pub previous: Option<Wearer<'a>>,
}

/// Moves time and player from one band to another.
///
/// # Errors
/// Both bands the same; the source unknown, blank, expired or in a play; the target still with time or
/// in a play; the player erased.
pub fn transfer(
    location: LocationId,
    from: Band<'_>,
    to: Band<'_>,
    wearers: Wearers<'_>,
    at: Timestamp,
) -> Result<Vec<Change>, Refusal> {
    if from.uid == to.uid {
        return Err(WristbandError::SameBand.into());
    }
    let out = changes_of(location, from, WristbandCommand::TransferOut { to: to.uid.clone(), at })?;
    let held = from.state.loaded().ok_or(WristbandError::Blank)?.clone();
    let (uid, source) = (to.uid.clone(), from.uid.clone());
    let receive = WristbandCommand::TransferIn { location, uid, from: source, held, at };
    let received = changes_of(location, to, receive).map_err(|refusal| named(to.uid, refusal))?;
    // Whoever moves may also be who wore the target last; taking it off twice would be one too many.
    let previous = wearers.previous.filter(|previous| wearers.moving.is_none_or(|m| m.id != previous.id));
    let moved = wearers.moving.map_or(Ok(vec![]), |wearer| put_on(wearer, Some(from.uid), to.uid))?;
    Ok([out, received, taken_off(previous, to.uid)?, moved].concat())
}

/// Takes a band out of use. `wearer` is [`WristbandState::player`].
///
/// # Errors
/// The band is unknown or in a play.
pub fn void(
    location: LocationId,
    band: Band<'_>,
    wearer: Option<Wearer<'_>>,
    reason: Reason,
    at: Timestamp,
) -> Result<Vec<Change>, Refusal> {
    let mut changes = changes_of(location, band, WristbandCommand::Void { reason, at })?;
    changes.extend(taken_off(wearer, band.uid)?);
    Ok(changes)
}

/// `refusal`, saying which of several bands it is about. An unknown one among them is no missing page:
/// the caller has to be told which to initialise.
pub(crate) fn named(uid: &WristbandUid, mut refusal: Refusal) -> Refusal {
    if refusal.kind == RefusalKind::NotFound {
        refusal.kind = RefusalKind::Conflict;
    }
    refusal.message.insert_str(0, &format!("wristband {uid}: "));
    refusal
}

fn changes_of(
    location: LocationId,
    band: Band<'_>,
    command: WristbandCommand,
) -> Result<Vec<Change>, Refusal> {
    Ok(Change::all(&band.uid.stream(location), decide(band.state, command)?))
}

/// In the player's stream: `uid` is no longer worn. Nothing, when another band is worn by now.
fn taken_off(wearer: Option<Wearer<'_>>, uid: &WristbandUid) -> Result<Vec<Change>, Refusal> {
    let Some(wearer) = wearer else { return Ok(vec![]) };
    let events = player::decide(wearer.state, PlayerCommand::ReturnBand { uid: uid.clone() })?;
    Ok(Change::all(&wearer.id.stream(), events))
}

/// In the player's stream: `uid` is worn, after `before` was taken off.
fn put_on(
    wearer: Wearer<'_>,
    before: Option<&WristbandUid>,
    uid: &WristbandUid,
) -> Result<Vec<Change>, Refusal> {
    let returned = match before {
        Some(before) => player::decide(wearer.state, PlayerCommand::ReturnBand { uid: before.clone() })?,
        None => vec![],
    };
    let bare = returned.iter().fold(wearer.state.clone(), Player::evolve);
    let received = player::decide(&bare, PlayerCommand::ReceiveBand { uid: uid.clone() })?;
    Ok(Change::all(&wearer.id.stream(), returned.into_iter().chain(received)))
}
