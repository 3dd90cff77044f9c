//! Facts about one person.

use jiff::Timestamp;

use crate::{
    ids::{LocationId, PlayerId, WristbandUid},
    values::{Name, Personal},
};

use super::PersonalDetails;

/// What happened to a player.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlayerEvent {
    /// An adult joined; the head of a family.
    GuardianRegistered {
        /// Its id.
        id: PlayerId,
        /// The venue.
        location: LocationId,
        /// Who it is; the e-mail is always there.
        details: Personal<PersonalDetails>,
        /// Keyed hash of the family's e-mail: names the claim to release on erasure.
        email_key: String,
    },
    /// Somebody joined a guardian's family.
    DependantRegistered {
        /// Its id.
        id: PlayerId,
        /// The venue.
        location: LocationId,
        /// The head of the family.
        guardian: PlayerId,
        /// Who it is.
        details: Personal<PersonalDetails>,
    },
    /// In the guardian's own stream: a dependant joined the family.
    DependantAdded {
        /// Who.
        dependant: PlayerId,
    },
    /// Who it is, after the correction.
    DetailsCorrected {
        /// Who it is.
        details: Personal<PersonalDetails>,
        /// The e-mail's keyed hash after the correction; none for a dependant.
        email_key: Option<String>,
    },
    /// A waiver was signed, by the person or by the guardian for a dependant.
    WaiverSigned {
        /// Which text.
        version: String,
        /// The signature.
        signed_by: Personal<Name>,
        /// When.
        signed_at: Timestamp,
        /// Until when it holds.
        expires_at: Timestamp,
    },
    /// Wears this band now.
    BandReceived {
        /// Which.
        uid: WristbandUid,
    },
    /// No longer wears this band.
    BandReturned {
        /// Which.
        uid: WristbandUid,
    },
    /// The person asked to be forgotten; the key was destroyed with this event.
    Erased,
}
