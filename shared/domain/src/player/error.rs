//! Rules a player command can break. No message tells anything about another person.

use super::{ADULT_AGE, LONGEST_WAIVER_YEARS, OLDEST_AGE};
use crate::{BrokenRule, RefusalKind, ids::WristbandUid};

/// Why a player command was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlayerError {
    /// Never registered here.
    #[error("there is no such player")]
    NotFound,
    /// The person was forgotten; nothing can be changed any more.
    #[error("this player was erased; register the person anew")]
    Erased,
    /// The id is taken.
    #[error("this player is already registered")]
    AlreadyRegistered,
    /// A dependant cannot have dependants.
    #[error("this player is a dependant; add dependants to the guardian")]
    NotAGuardian,
    /// A guardian is the head of a family and moves to none.
    #[error("this player is a guardian; only a dependant is moved to another family")]
    NotADependant,
    /// A guardian answers for others.
    #[error("a guardian must be {ADULT_AGE} or older; check birth_date")]
    GuardianTooYoung,
    /// Whether a guardian is an adult is not known.
    #[error("a guardian must be {ADULT_AGE} or older; send birth_date, or adult_declared")]
    AgeUnknown,
    /// A minor's name stands under a waiver.
    #[error("a waiver is signed by an adult of the family; have the guardian sign")]
    SignedByMinor,
    /// Not born yet on the venue's calendar day.
    #[error("birth_date is in the future; check it")]
    BornInFuture,
    /// Older than anybody.
    #[error("birth_date is more than {OLDEST_AGE} years ago; check it")]
    BornTooLongAgo,
    /// A guardian without the family's key.
    #[error("a guardian needs an email; add it")]
    EmailRequired,
    /// The family's key is the guardian's.
    #[error("a dependant has no email; leave it out, or correct the guardian's")]
    EmailNotAllowed,
    /// It would never be valid.
    #[error("expires_at must be after the signature; choose a later one")]
    WaiverAlreadyExpired,
    /// People must read the text again from time to time.
    #[error("a waiver holds for at most {LONGEST_WAIVER_YEARS} years; choose an earlier expires_at")]
    WaiverTooLong,
    /// One player, one band.
    #[error("this player already wears wristband {uid}; transfer or void that one first")]
    HasBand {
        /// The one worn.
        uid: WristbandUid,
    },
    /// A running play still counts this player.
    #[error("somebody to be erased is in a running play; finish or abort it first")]
    InPlay,
}

impl BrokenRule for PlayerError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "player_not_found",
            Self::Erased => "player_erased",
            Self::AlreadyRegistered => "player_already_registered",
            Self::NotAGuardian => "not_a_guardian",
            Self::NotADependant => "not_a_dependant",
            Self::GuardianTooYoung => "guardian_too_young",
            Self::AgeUnknown => "guardian_age_unknown",
            Self::SignedByMinor => "waiver_signed_by_minor",
            Self::BornInFuture | Self::BornTooLongAgo => "birth_date_invalid",
            Self::EmailRequired => "email_required",
            Self::EmailNotAllowed => "email_not_allowed",
            Self::WaiverAlreadyExpired | Self::WaiverTooLong => "waiver_expiry_invalid",
            Self::HasBand { .. } => "player_has_band",
            Self::InPlay => "player_in_play",
        }
    }

    fn kind(&self) -> RefusalKind {
        match self {
            Self::NotFound => RefusalKind::NotFound,
            Self::Erased | Self::AlreadyRegistered | Self::HasBand { .. } | Self::InPlay => {
                RefusalKind::Conflict
            }
            Self::NotAGuardian
            | Self::NotADependant
            | Self::GuardianTooYoung
            | Self::AgeUnknown
            | Self::SignedByMinor
            | Self::BornInFuture
            | Self::BornTooLongAgo
            | Self::EmailRequired
            | Self::EmailNotAllowed
            | Self::WaiverAlreadyExpired
            | Self::WaiverTooLong => RefusalKind::Rule,
        }
    }
}
