//! One band's row. What a fact does to its time is the domain's business: the row is turned into the
//! aggregate's state, evolved, and written back with what only people want to know.

use std::sync::Arc;

use domain::{
    Aggregate as _,
    ids::{LocationId, PlayId, PlayerId, RoomId, WristbandUid},
    log::Version,
    values::Minutes,
    wristband::{BandClock, ClockStart, LoadedBand, Wristband, WristbandEvent, WristbandState},
};
use jiff::Timestamp;
use read_model::wristbands::{BandPeriod, BandRow};

/// `live_until` of a clock that waits: 9999-01-01, which a column of any server can hold.
const NOT_STARTED: Timestamp = Timestamp::constant(253_370_764_800, 0);

/// The play that a fact took a band into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Joined {
    pub(super) play: PlayId,
    pub(super) player: PlayerId,
    pub(super) room: RoomId,
    pub(super) location: LocationId,
    pub(super) period: Arc<str>,
}

/// A band that nothing is known of.
pub(super) fn unknown(location_id: LocationId, uid: WristbandUid) -> BandRow {
    BandRow {
        location_id,
        uid,
        phase: "blank".into(),
        player_id: None,
        period: None,
        minutes_loaded: 0,
        waiting_minutes: None,
        starts: None,
        loaded_at: None,
        started_at: None,
        ends_at: None,
        live_until: None,
        play_id: None,
        room_id: None,
        last_scanned_at: None,
        is_pass: false,
        stream_version: Version(0),
    }
}

/// `row` after `fact`. `from` is the row of the band that a transfer came from.
pub(super) fn fold(row: BandRow, version: Version, fact: &WristbandEvent, from: Option<&BandRow>) -> BandRow {
    let state = Wristband::evolve(state(&row), fact);
    let row = shown(row, version, fact, from);
    BandRow { stream_version: version, ..with_state(row, &state) }
}

/// The play that `row` entered with `fact`.
pub(super) fn joined(row: &BandRow, fact: &WristbandEvent) -> Option<Joined> {
    let (WristbandEvent::PlayJoined { play, room, .. } | WristbandEvent::PlayRecorded { play, room, .. }) =
        fact
    else {
        return None;
    };
    Some(Joined {
        play: *play,
        player: row.player_id?,
        room: *room,
        location: row.location_id,
        period: row.period.clone()?,
    })
}

/// The periods of players that `fact` changed, which took a band from `before` to `after`.
pub(super) fn periods(before: &BandRow, after: &BandRow, fact: &WristbandEvent) -> Vec<BandPeriod> {
    let changed = period_of(after).into_iter();
    let lost = period_of(before).filter(|lost| {
        // A transfer goes on with the period, on the other band.
        let moved = matches!(fact, WristbandEvent::TransferredOut { .. });
        !moved && (after.player_id, after.period.as_ref()) != (Some(lost.player_id), Some(&lost.period))
    });
    let at = fact.at();
    let over = |period: &BandPeriod| period.ends_at.is_some_and(|ends_at| ends_at <= at);
    let lost = lost.map(|lost| BandPeriod { given_up_at: Some(at).filter(|_| !over(&lost)), ..lost });
    lost.into_iter().chain(changed).collect()
}

fn period_of(row: &BandRow) -> Option<BandPeriod> {
    Some(BandPeriod {
        location_id: row.location_id,
        player_id: row.player_id?,
        period: row.period.clone()?,
        uid: row.uid.clone(),
        loaded_at: row.loaded_at,
        started_at: row.started_at,
        ends_at: row.ends_at,
        minutes_loaded: row.minutes_loaded,
        is_pass: row.is_pass,
        given_up_at: None,
    })
}

fn state(row: &BandRow) -> WristbandState {
    match &*row.phase {
        "loaded" => loaded(row).map_or(WristbandState::Blank, WristbandState::Loaded),
        "voided" => WristbandState::Voided,
        _ => WristbandState::Blank,
    }
}

fn loaded(row: &BandRow) -> Option<LoadedBand> {
    let waiting = || Minutes::new(i64::from(row.waiting_minutes?)).ok();
    let clock = match row.ends_at {
        Some(ends_at) => BandClock::Running { ends_at },
        None => BandClock::Waiting(waiting()?),
    };
    Some(LoadedBand {
        player: row.player_id,
        clock,
        minutes_loaded: row.minutes_loaded,
        in_play: row.play_id,
    })
}

fn with_state(row: BandRow, state: &WristbandState) -> BandRow {
    let phase = match state {
        WristbandState::Unknown | WristbandState::Blank => "blank",
        WristbandState::Voided => "voided",
        WristbandState::Loaded(_) => "loaded",
    };
    let band = state.loaded();
    let waiting = band.and_then(|band| match band.clock {
        BandClock::Waiting(minutes) => Some(minutes.get()),
        BandClock::Running { .. } => None,
    });
    BandRow {
        phase: phase.into(),
        player_id: state.player(),
        minutes_loaded: band.map_or(0, |band| band.minutes_loaded),
        waiting_minutes: waiting,
        ends_at: state.ends_at(),
        live_until: state.ends_at().or_else(|| waiting.map(|_| NOT_STARTED)),
        play_id: state.in_play(),
        ..row
    }
}

/// What the aggregate's state does not hold.
fn shown(row: BandRow, version: Version, fact: &WristbandEvent, from: Option<&BandRow>) -> BandRow {
    match fact {
        WristbandEvent::Initialized { starts, at, .. } => {
            let row = begun(row, version, *starts, *at);
            BandRow { room_id: None, last_scanned_at: None, is_pass: false, ..row }
        }
        WristbandEvent::PassIssued { at, .. } => {
            let row = begun(row, version, ClockStart::Now, *at);
            BandRow { room_id: None, last_scanned_at: None, is_pass: true, ..row }
        }
        WristbandEvent::Renewed { starts, at, .. } => {
            BandRow { is_pass: false, ..begun(row, version, *starts, *at) }
        }
        WristbandEvent::EndSet { at, .. } => BandRow { started_at: row.started_at.or(Some(*at)), ..row },
        WristbandEvent::ClockStarted { at, .. } => BandRow { started_at: Some(*at), ..row },
        WristbandEvent::Scanned { room, at } => {
            BandRow { room_id: Some(*room), last_scanned_at: Some(*at), ..row }
        }
        WristbandEvent::PlayJoined { room, .. } => BandRow { room_id: Some(*room), ..row },
        WristbandEvent::TransferredIn { .. } => BandRow {
            // The period goes on: what was played on the other band still counts.
            period: from.and_then(|from| from.period.clone()).or_else(|| Some(period(&row, version))),
            starts: from.and_then(|from| from.starts.clone()),
            loaded_at: from.and_then(|from| from.loaded_at),
            started_at: from.and_then(|from| from.started_at),
            is_pass: from.is_some_and(|from| from.is_pass),
            room_id: None,
            last_scanned_at: None,
            ..row
        },
        // The period stays in the row of a band that gave it away, for the band that takes it up.
        WristbandEvent::TransferredOut { .. }
        | WristbandEvent::Voided { .. }
        | WristbandEvent::Assigned { .. }
        | WristbandEvent::Unassigned { .. }
        | WristbandEvent::TimeAdded { .. }
        | WristbandEvent::PlayLeft { .. }
        | WristbandEvent::PlayRecorded { .. } => row,
    }
}

fn begun(row: BandRow, version: Version, starts: ClockStart, at: Timestamp) -> BandRow {
    let (name, started_at) = match starts {
        ClockStart::Now => ("now", Some(at)),
        ClockStart::FirstScan => ("first_scan", None),
    };
    let (period, starts) = (Some(period(&row, version)), Some(name.into()));
    BandRow { period, starts, loaded_at: Some(at), started_at, ..row }
}

/// Unique at a venue for ever: a band's stream has each version once.
fn period(row: &BandRow, version: Version) -> Arc<str> {
    format!("{}.{}", row.uid, version.0).into()
}
