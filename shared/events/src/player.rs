//! Stored form of player events. Personal data lies in one sealed blob an event, under the key of the
//! person whose stream it is. What cannot be opened any more reads as [`Personal::Erased`].

use domain::{
    ids::{LocationId, PlayerId, WristbandUid},
    player::{Drawing, PersonalDetails, PlayerEvent, Signature},
    values::{EmailAddress, Name, Personal, Phone},
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
        "player.guardian_registered.v2" {
            id as "player_id": PlayerId,
            location as "location_id": LocationId,
            details as "sealed": Personal<PersonalDetails>,
            email_key: String,
        } => GuardianRegistered,
        "player.dependant_registered.v2" {
            id as "player_id": PlayerId,
            location as "location_id": LocationId,
            guardian as "guardian_id": PlayerId,
            details as "sealed": Personal<PersonalDetails>,
        } => DependantRegistered,
        "player.dependant_added.v1" { dependant as "dependant_id": PlayerId } => DependantAdded,
        "player.moved.v1" { guardian as "guardian_id": PlayerId } => Moved,
        "player.dependant_left.v1" { dependant as "dependant_id": PlayerId } => DependantLeft,
        "player.details_corrected.v2" {
            details as "sealed": Personal<PersonalDetails>,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            email_key: Option<String>,
        } => DetailsCorrected,
        "player.waiver_signed.v2" {
            version: String,
            signature as "sealed": Personal<Signature>,
            signed_at: Timestamp,
            expires_at: Timestamp,
        } => WaiverSigned,
        "player.band_received.v1" { uid: WristbandUid } => BandReceived,
        "player.band_returned.v1" { uid: WristbandUid } => BandReturned,
        "player.erased.v1" {} => Erased,
    }
    // Their blobs always have both names and a birth date, and no drawing.
    read only {
        "player.guardian_registered.v1" {
            id as "player_id": PlayerId,
            location as "location_id": LocationId,
            details as "sealed": Personal<PersonalDetails>,
            email_key: String,
        } => (PlayerEvent::GuardianRegistered { id, location, details, email_key }),
        "player.dependant_registered.v1" {
            id as "player_id": PlayerId,
            location as "location_id": LocationId,
            guardian as "guardian_id": PlayerId,
            details as "sealed": Personal<PersonalDetails>,
        } => (PlayerEvent::DependantRegistered { id, location, guardian, details }),
        "player.details_corrected.v1" {
            details as "sealed": Personal<PersonalDetails>,
            #[serde(default)]
            email_key: Option<String>,
        } => (PlayerEvent::DetailsCorrected { details, email_key }),
        "player.waiver_signed.v1" {
            version: String,
            signature as "sealed": Personal<Signature>,
            signed_at: Timestamp,
            expires_at: Timestamp,
        } => (PlayerEvent::WaiverSigned { version, signature, signed_at, expires_at }),
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
    type Blob = DetailsV2;
}

impl Sealable for Signature {
    type Blob = SignatureV2;
}

/// Every blob of the first version is one of the second.
#[derive(Serialize, Deserialize)]
struct DetailsV2 {
    first_name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    birth_date: Option<Date>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    adult_declared: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    phone: Option<String>,
}

impl From<&PersonalDetails> for DetailsV2 {
    fn from(details: &PersonalDetails) -> Self {
        Self {
            first_name: details.first_name.to_string(),
            last_name: details.last_name.as_ref().map(Name::to_string),
            email: details.email.as_ref().map(|email| email.as_str().to_owned()),
            birth_date: details.birth_date,
            adult_declared: details.adult_declared,
            phone: details.phone.as_ref().map(|phone| phone.as_str().to_owned()),
        }
    }
}

impl From<DetailsV2> for PersonalDetails {
    fn from(stored: DetailsV2) -> Self {
        let DetailsV2 { first_name, last_name, email, birth_date, adult_declared, phone } = stored;
        Self {
            first_name: Name::stored(&first_name),
            last_name: last_name.as_deref().map(Name::stored),
            email: email.as_deref().map(EmailAddress::stored),
            birth_date,
            adult_declared,
            phone: phone.as_deref().map(Phone::stored),
        }
    }
}

/// Who signed a waiver.
#[derive(Serialize, Deserialize)]
struct SignatureV2 {
    signed_by: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    drawing: Option<String>,
}

impl From<&Signature> for SignatureV2 {
    fn from(signature: &Signature) -> Self {
        Self {
            signed_by: signature.signed_by.to_string(),
            drawing: signature.drawing.as_ref().map(|drawing| drawing.as_str().to_owned()),
        }
    }
}

impl From<SignatureV2> for Signature {
    fn from(stored: SignatureV2) -> Self {
        Self {
            signed_by: Name::stored(&stored.signed_by),
            drawing: stored.drawing.as_deref().map(Drawing::stored),
        }
    }
}

#[cfg(test)]
#[path = "player_tests.rs"]
mod tests;
