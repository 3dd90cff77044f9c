//! What a kiosk is told after reading a wristband.

use jiff::Timestamp;

use super::WristbandState;
use crate::ids::{PlayId, PlayerId};

/// Why a band cannot be played with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadBand {
    /// Never initialised here.
    Unknown,
    /// Its time went to another band.
    Blank,
    /// Taken out of use.
    Voided,
    /// Its time is over.
    Expired,
    /// Nobody wears it.
    Unassigned,
}

impl BadBand {
    /// The word in answers: `snake_case`, stable.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Blank => "blank",
            Self::Voided => "voided",
            Self::Expired => "expired",
            Self::Unassigned => "unassigned",
        }
    }
}

/// The answer to a scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScanFacts {
    /// Why the band is bad; none when it is good.
    pub bad: Option<BadBand>,
    /// Who wears it, or wore it last.
    pub player: Option<PlayerId>,
    /// Rounded up.
    pub minutes_left: u32,
    /// When the time is over, or was; none before the first good scan.
    pub ends_at: Option<Timestamp>,
    /// The play it is in; a good band in a play can join no other.
    pub in_play: Option<PlayId>,
}

impl ScanFacts {
    /// What `state` means at `now`.
    #[must_use]
    pub fn of(state: &WristbandState, now: Timestamp) -> Self {
        Self {
            bad: bad(state, now),
            player: state.player(),
            minutes_left: state.minutes_left(now),
            ends_at: state.ends_at(),
            in_play: state.in_play(),
        }
    }

    /// Whether the band can be played with.
    #[must_use]
    pub fn good(&self) -> bool {
        self.bad.is_none()
    }
}

fn bad(state: &WristbandState, now: Timestamp) -> Option<BadBand> {
    match state {
        WristbandState::Unknown => Some(BadBand::Unknown),
        WristbandState::Blank => Some(BadBand::Blank),
        WristbandState::Voided => Some(BadBand::Voided),
        WristbandState::Loaded(_) if !state.is_live(now) => Some(BadBand::Expired),
        WristbandState::Loaded(band) if band.player.is_none() => Some(BadBand::Unassigned),
        WristbandState::Loaded(_) => None,
    }
}
