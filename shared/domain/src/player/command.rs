//! What can be asked of a player.

use std::fmt;

use jiff::{Timestamp, civil::Date};

use super::PersonalDetails;
use crate::{
    checked::checked_values,
    ids::{LocationId, PlayerId, WristbandUid},
    values::{EmailAddress, InvalidValue, Name, visible_text},
};

/// Who somebody is, without the family's e-mail.
#[derive(Clone, PartialEq, Eq)]
pub struct Identity {
    /// First name.
    pub first_name: Name,
    /// Last name.
    pub last_name: Name,
    /// Birth date.
    pub birth_date: Date,
}

impl Identity {
    pub(super) fn with_email(self, email: Option<EmailAddress>) -> PersonalDetails {
        let Self { first_name, last_name, birth_date } = self;
        PersonalDetails { first_name, last_name, email, birth_date }
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity(…)")
    }
}

/// A family's e-mail with the hash that stands for it where it may not be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FamilyEmail {
    /// The folded address.
    pub address: EmailAddress,
    /// Keyed hash of location and address; names the claim (see [`super::email_claim`]).
    pub key: String,
}

/// Which text was signed: 1 to 40 visible characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaiverVersion(String);

impl WaiverVersion {
    /// Checks and trims `text`.
    ///
    /// # Errors
    /// When it is empty, too long or holds invisible characters.
    pub fn new(text: &str) -> Result<Self, InvalidValue> {
        visible_text(text, 40).map(|text| Self(text.to_owned()))
    }

    /// The text.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }
}

checked_values! {
    WaiverVersion: String, |text| Self::new(&text), else Self("-".into());
}

/// A wish about one player, in that player's stream. Registrations, corrections and erasures touch
/// other streams too: ask for those through [`super::cross_stream`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlayerCommand {
    /// Let an adult join, as the head of a family.
    RegisterGuardian {
        /// Fresh id.
        id: PlayerId,
        /// The venue.
        location: LocationId,
        /// Who it is.
        person: Identity,
        /// The family's e-mail; claimed in the same append.
        email: FamilyEmail,
        /// The venue's calendar day.
        today: Date,
    },
    /// Let somebody join a guardian's family.
    RegisterDependant {
        /// Fresh id.
        id: PlayerId,
        /// The venue.
        location: LocationId,
        /// The head of the family.
        guardian: PlayerId,
        /// Who it is.
        person: Identity,
        /// The venue's calendar day.
        today: Date,
    },
    /// In the guardian's stream: note who joined the family.
    AddDependant {
        /// Who.
        dependant: PlayerId,
    },
    /// Say who it is anew, as a whole.
    CorrectDetails {
        /// Who it is.
        person: Identity,
        /// The family's e-mail: a guardian has one, a dependant has none.
        email: Option<FamilyEmail>,
        /// The venue's calendar day.
        today: Date,
    },
    /// Sign a waiver; the same version again renews it.
    SignWaiver {
        /// Which text.
        version: WaiverVersion,
        /// The signature: the player's own, or the guardian's for a dependant.
        signed_by: Name,
        /// Now.
        signed_at: Timestamp,
        /// Until when it shall hold; a year when absent. Whole microseconds.
        expires_at: Option<Timestamp>,
    },
    /// Put a band on.
    ReceiveBand {
        /// Which.
        uid: WristbandUid,
    },
    /// Take a band off.
    ReturnBand {
        /// Which.
        uid: WristbandUid,
    },
    /// Forget the person.
    Erase {
        /// Whether the band the player wears is in a running play.
        in_play: bool,
    },
}
