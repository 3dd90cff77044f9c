//! Rules a wristband command can break.

use crate::{BrokenRule, RefusalKind, values::Minutes};

/// Why a wristband command was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WristbandError {
    /// It was never initialised here.
    #[error("there is no such wristband here; initialise it first")]
    NotFound,
    /// Voided, or its time went to another band.
    #[error("this wristband is blank; initialise it first")]
    Blank,
    /// The period is over.
    #[error("the time of this wristband is over; renew or initialise it")]
    Expired,
    /// The period is not over.
    #[error("this wristband still has {minutes_left} minutes; add time to it, or void it first")]
    StillHasTime {
        /// Rounded up.
        minutes_left: u32,
    },
    /// Nobody holds more than a day.
    #[error(
        "this wristband has {minutes_left} minutes left; adding {minutes} would exceed {}; add less",
        Minutes::MAX
    )]
    TooMuchTime {
        /// Rounded up.
        minutes_left: u32,
        /// How much was to be added.
        minutes: u32,
    },
    /// Nobody wears it.
    #[error("nobody wears this wristband; assign it to a player first")]
    NotAssigned,
    /// Somebody else wears it.
    #[error("another player wears this wristband; transfer or void it first")]
    WornByAnother,
    /// Its last wearer has put it down for another band since.
    #[error("the player of this wristband no longer wears it; initialise it instead")]
    NoLongerWorn,
    /// Playing needs a signature that still holds.
    #[error("this player has no valid waiver; have one signed first")]
    NoWaiver,
    /// Nothing of this kind happens to a band while it is in a play.
    #[error("this wristband is in a play; finish or abort that first")]
    InPlay,
    /// An end was chosen that is over already.
    #[error("this end is in the past; choose one from now on, or leave it out to end the time now")]
    EndInPast,
    /// An end was chosen that is further off than what anybody may have left.
    #[error("this end is more than {} hours off; choose an earlier one, or issue a pass", Minutes::MAX / 60)]
    EndTooLate,
    /// A pass would be over already, or good for too long.
    #[error("a pass is good for at most {} days from now on; choose such an end", super::LONGEST_PASS_DAYS)]
    PassEnd,
    /// Named twice in one command.
    #[error("this wristband is named twice; name each once")]
    NamedTwice,
    /// Source and target are the same.
    #[error("a wristband cannot be transferred to itself; name another one")]
    SameBand,
}

impl BrokenRule for WristbandError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "wristband_not_found",
            Self::Blank => "wristband_blank",
            Self::Expired => "wristband_expired",
            Self::StillHasTime { .. } => "wristband_still_has_time",
            Self::TooMuchTime { .. } => "wristband_too_much_time",
            Self::NotAssigned => "wristband_not_assigned",
            Self::WornByAnother => "wristband_worn_by_another",
            Self::NoLongerWorn => "wristband_no_longer_worn",
            Self::NoWaiver => "player_without_waiver",
            Self::InPlay => "wristband_in_play",
            Self::EndInPast => "wristband_end_in_past",
            Self::EndTooLate => "wristband_end_too_late",
            Self::PassEnd => "wristband_pass_end",
            Self::NamedTwice => "wristband_named_twice",
            Self::SameBand => "wristband_same",
        }
    }

    fn kind(&self) -> RefusalKind {
        match self {
            Self::NotFound => RefusalKind::NotFound,
            Self::EndInPast | Self::EndTooLate | Self::PassEnd | Self::NamedTwice | Self::SameBand => {
                RefusalKind::Rule
            }
            Self::Blank
            | Self::Expired
            | Self::StillHasTime { .. }
            | Self::TooMuchTime { .. }
            | Self::NotAssigned
            | Self::WornByAnother
            | Self::NoLongerWorn
            | Self::NoWaiver
            | Self::InPlay => RefusalKind::Conflict,
        }
    }
}
