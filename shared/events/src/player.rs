//! Stored form of player events. Personal data lies in one sealed blob an event, under the key of the
//! person whose stream it is. What cannot be opened any more reads as [`Personal::Erased`].

use domain::{
    ids::{LocationId, PlayerId, WristbandUid},
    player::{PersonalDetails, PlayerEvent},
    values::{EmailAddress, Name, Personal},
};
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{
    DecodeError, EncodeError, SealError,
    stored::{Reading, Stored, Writing},
};
use crate::stored_events;

stored_events! {
    PlayerEvent {
        "player.guardian_registered.v1" {
            id as "player_id": PlayerId,
            location as "location_id": LocationId,
            details as "sealed": Personal<PersonalDetails>,
            email_key: String,
        } => GuardianRegistered,
        "player.dependant_registered.v1" {
            id as "player_id": PlayerId,
            location as "location_id": LocationId,
            guardian as "guardian_id": PlayerId,
            details as "sealed": Personal<PersonalDetails>,
        } => DependantRegistered,
        "player.dependant_added.v1" { dependant as "dependant_id": PlayerId } => DependantAdded,
        "player.details_corrected.v1" {
            details as "sealed": Personal<PersonalDetails>,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            email_key: Option<String>,
        } => DetailsCorrected,
        "player.waiver_signed.v1" {
            version: String,
            signed_by as "sealed": Personal<Name>,
            signed_at: Timestamp,
            expires_at: Timestamp,
        } => WaiverSigned,
        "player.band_received.v1" { uid: WristbandUid } => BandReceived,
        "player.band_returned.v1" { uid: WristbandUid } => BandReturned,
        "player.erased.v1" {} => Erased,
    }
}

impl<T: Sealable> Stored for Personal<T> {
    const SEALED: bool = true;
    type Written<'a>
        = String
    where
        T: 'a;
    type Read = String;

    /// Erased data is only ever read: writing it is refused.
    fn written(&self, writing: &Writing<'_>) -> Result<String, EncodeError> {
        let person: PlayerId = writing.stream_id.parse().map_err(|_| SealError::NoKey)?;
        let data = self.known().ok_or(SealError::NoKey)?;
        Ok(writing.sealer.seal(person, &serde_json::to_vec(&T::Blob::from(data))?)?)
    }

    fn read(blob: String, reading: &Reading<'_>) -> Result<Self, DecodeError> {
        let person: PlayerId = reading.stream_id.parse().map_err(|_| reading.impossible("stream"))?;
        let Some(plain) = reading.opener.open(person, &blob) else { return Ok(Self::Erased) };
        // What went wrong stays out of the error: it could quote personal data.
        let blob: T::Blob = serde_json::from_slice(&plain).map_err(|_| reading.impossible("sealed"))?;
        Ok(Self::Known(blob.into()))
    }
}

/// Personal data, with the JSON inside of its blob.
trait Sealable: Sized {
    type Blob: for<'a> From<&'a Self> + Into<Self> + Serialize + DeserializeOwned;
}

impl Sealable for PersonalDetails {
    type Blob = DetailsV1;
}

impl Sealable for Name {
    type Blob = SignatureV1;
}

#[derive(Serialize, Deserialize)]
struct DetailsV1 {
    first_name: String,
    last_name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    birth_date: Date,
}

impl From<&PersonalDetails> for DetailsV1 {
    fn from(details: &PersonalDetails) -> Self {
        Self {
            first_name: details.first_name.to_string(),
            last_name: details.last_name.to_string(),
            email: details.email.as_ref().map(|email| email.as_str().to_owned()),
            birth_date: details.birth_date,
        }
    }
}

impl From<DetailsV1> for PersonalDetails {
    fn from(stored: DetailsV1) -> Self {
        let DetailsV1 { first_name, last_name, email, birth_date } = stored;
        Self {
            first_name: Name::stored(&first_name),
            last_name: Name::stored(&last_name),
            email: email.as_deref().map(EmailAddress::stored),
            birth_date,
        }
    }
}

/// Who signed a waiver.
#[derive(Serialize, Deserialize)]
struct SignatureV1 {
    signed_by: String,
}

impl From<&Name> for SignatureV1 {
    fn from(signed_by: &Name) -> Self {
        Self { signed_by: signed_by.to_string() }
    }
}

impl From<SignatureV1> for Name {
    fn from(stored: SignatureV1) -> Self {
        Self::stored(&stored.signed_by)
    }
}

#[cfg(test)]
#[path = "player_tests.rs"]
mod tests;
