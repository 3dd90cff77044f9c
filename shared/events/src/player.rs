//! Stored form of player events: personal data only sealed, one blob an event, under the key of the
//! person whose stream it is. What cannot be opened any more decodes to [`Personal::Erased`].

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{DecodeError, EncodeError, Encoded, Opener, SealError, Sealer, json, parse};
use domain::{
    ids::{LocationId, PlayerId, WristbandUid},
    player::{PersonalDetails, PlayerEvent},
    values::{EmailAddress, Name, Personal},
};

const GUARDIAN_REGISTERED_V1: &str = "player.guardian_registered.v1";
const DEPENDANT_REGISTERED_V1: &str = "player.dependant_registered.v1";
const DEPENDANT_ADDED_V1: &str = "player.dependant_added.v1";
const DETAILS_CORRECTED_V1: &str = "player.details_corrected.v1";
const WAIVER_SIGNED_V1: &str = "player.waiver_signed.v1";
const BAND_RECEIVED_V1: &str = "player.band_received.v1";
const BAND_RETURNED_V1: &str = "player.band_returned.v1";
const ERASED_V1: &str = "player.erased.v1";

/// The types whose data holds a sealed blob.
const SEALED_TYPES: [&str; 4] =
    [GUARDIAN_REGISTERED_V1, DEPENDANT_REGISTERED_V1, DETAILS_CORRECTED_V1, WAIVER_SIGNED_V1];

#[derive(Serialize, Deserialize)]
struct GuardianRegisteredV1 {
    player_id: PlayerId,
    location_id: LocationId,
    /// [`DetailsV1`].
    sealed: String,
    email_key: String,
}

#[derive(Serialize, Deserialize)]
struct DependantRegisteredV1 {
    player_id: PlayerId,
    location_id: LocationId,
    guardian_id: PlayerId,
    /// [`DetailsV1`].
    sealed: String,
}

#[derive(Serialize, Deserialize)]
struct DependantAddedV1 {
    dependant_id: PlayerId,
}

#[derive(Serialize, Deserialize)]
struct DetailsCorrectedV1 {
    /// [`DetailsV1`].
    sealed: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    email_key: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct WaiverSignedV1 {
    version: String,
    /// [`SignatureV1`].
    sealed: String,
    signed_at: Timestamp,
    expires_at: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct BandV1 {
    uid: WristbandUid,
}

#[derive(Serialize, Deserialize)]
struct ErasedV1 {}

/// Inside a sealed blob.
#[derive(Serialize, Deserialize)]
struct DetailsV1 {
    first_name: String,
    last_name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    birth_date: Date,
}

/// Inside a sealed blob.
#[derive(Serialize, Deserialize)]
struct SignatureV1 {
    signed_by: String,
}

/// Whether `event_type` holds personal data, so that opening it takes the person's key.
#[must_use]
pub(super) fn is_sealed(event_type: &str) -> bool {
    SEALED_TYPES.contains(&event_type)
}

/// Whether writing `event` takes the person's key.
#[must_use]
pub(super) fn needs_sealing(event: &PlayerEvent) -> bool {
    match event {
        PlayerEvent::GuardianRegistered { .. }
        | PlayerEvent::DependantRegistered { .. }
        | PlayerEvent::DetailsCorrected { .. }
        | PlayerEvent::WaiverSigned { .. } => true,
        PlayerEvent::DependantAdded { .. }
        | PlayerEvent::BandReceived { .. }
        | PlayerEvent::BandReturned { .. }
        | PlayerEvent::Erased => false,
    }
}

pub(super) fn encode(
    event: &PlayerEvent,
    sealer: &dyn Sealer,
    stream_id: &str,
) -> Result<Encoded, EncodeError> {
    match event {
        PlayerEvent::GuardianRegistered { id, location, details, email_key } => json(
            GUARDIAN_REGISTERED_V1,
            &GuardianRegisteredV1 {
                player_id: *id,
                location_id: *location,
                sealed: seal(sealer, stream_id, details, stored_details)?,
                email_key: email_key.clone(),
            },
        ),
        PlayerEvent::DependantRegistered { id, location, guardian, details } => json(
            DEPENDANT_REGISTERED_V1,
            &DependantRegisteredV1 {
                player_id: *id,
                location_id: *location,
                guardian_id: *guardian,
                sealed: seal(sealer, stream_id, details, stored_details)?,
            },
        ),
        PlayerEvent::DependantAdded { dependant } => {
            json(DEPENDANT_ADDED_V1, &DependantAddedV1 { dependant_id: *dependant })
        }
        PlayerEvent::DetailsCorrected { details, email_key } => json(
            DETAILS_CORRECTED_V1,
            &DetailsCorrectedV1 {
                sealed: seal(sealer, stream_id, details, stored_details)?,
                email_key: email_key.clone(),
            },
        ),
        PlayerEvent::WaiverSigned { version, signed_by, signed_at, expires_at } => json(
            WAIVER_SIGNED_V1,
            &WaiverSignedV1 {
                version: version.clone(),
                sealed: seal(sealer, stream_id, signed_by, stored_signature)?,
                signed_at: *signed_at,
                expires_at: *expires_at,
            },
        ),
        PlayerEvent::BandReceived { uid } => json(BAND_RECEIVED_V1, &BandV1 { uid: uid.clone() }),
        PlayerEvent::BandReturned { uid } => json(BAND_RETURNED_V1, &BandV1 { uid: uid.clone() }),
        PlayerEvent::Erased => json(ERASED_V1, &ErasedV1 {}),
    }
}

pub(super) fn decode(
    event_type: &str,
    data: &str,
    opener: &dyn Opener,
    stream_id: &str,
) -> Result<PlayerEvent, DecodeError> {
    let sealed = Sealed { event_type, opener, stream_id };
    Ok(match event_type {
        GUARDIAN_REGISTERED_V1 => {
            let v1: GuardianRegisteredV1 = parse(event_type, data)?;
            PlayerEvent::GuardianRegistered {
                id: v1.player_id,
                location: v1.location_id,
                details: sealed.open(&v1.sealed, details)?,
                email_key: v1.email_key,
            }
        }
        DEPENDANT_REGISTERED_V1 => {
            let v1: DependantRegisteredV1 = parse(event_type, data)?;
            PlayerEvent::DependantRegistered {
                id: v1.player_id,
                location: v1.location_id,
                guardian: v1.guardian_id,
                details: sealed.open(&v1.sealed, details)?,
            }
        }
        DEPENDANT_ADDED_V1 => PlayerEvent::DependantAdded {
            dependant: parse::<DependantAddedV1>(event_type, data)?.dependant_id,
        },
        DETAILS_CORRECTED_V1 => {
            let v1: DetailsCorrectedV1 = parse(event_type, data)?;
            PlayerEvent::DetailsCorrected {
                details: sealed.open(&v1.sealed, details)?,
                email_key: v1.email_key,
            }
        }
        WAIVER_SIGNED_V1 => {
            let v1: WaiverSignedV1 = parse(event_type, data)?;
            PlayerEvent::WaiverSigned {
                version: v1.version,
                signed_by: sealed.open(&v1.sealed, signature)?,
                signed_at: v1.signed_at,
                expires_at: v1.expires_at,
            }
        }
        BAND_RECEIVED_V1 => PlayerEvent::BandReceived { uid: parse::<BandV1>(event_type, data)?.uid },
        BAND_RETURNED_V1 => PlayerEvent::BandReturned { uid: parse::<BandV1>(event_type, data)?.uid },
        ERASED_V1 => {
            let ErasedV1 {} = parse(event_type, data)?;
            PlayerEvent::Erased
        }
        _ => return Err(DecodeError::UnknownType(event_type.to_owned())),
    })
}

/// Nobody writes what is erased: such a fact is only ever read.
fn seal<T, V: Serialize>(
    sealer: &dyn Sealer,
    stream_id: &str,
    data: &Personal<T>,
    stored: fn(&T) -> V,
) -> Result<String, EncodeError> {
    let person: PlayerId = stream_id.parse().map_err(|_| SealError::NoKey)?;
    let data = data.known().ok_or(SealError::NoKey)?;
    Ok(sealer.seal(person, &serde_json::to_vec(&stored(data))?)?)
}

/// What opening the blob of an event takes.
struct Sealed<'a> {
    event_type: &'a str,
    opener: &'a dyn Opener,
    stream_id: &'a str,
}

impl Sealed<'_> {
    fn open<V: DeserializeOwned, T>(&self, blob: &str, data: fn(V) -> T) -> Result<Personal<T>, DecodeError> {
        let event_type = || self.event_type.to_owned();
        let person: PlayerId = self
            .stream_id
            .parse()
            .map_err(|_| DecodeError::Value { event_type: event_type(), field: "stream" })?;
        let Some(plain) = self.opener.open(person, blob) else { return Ok(Personal::Erased) };
        // What went wrong stays out of the error: it could quote personal data.
        serde_json::from_slice(&plain)
            .map(|stored| Personal::Known(data(stored)))
            .map_err(|_| DecodeError::Value { event_type: event_type(), field: "sealed" })
    }
}

fn stored_details(details: &PersonalDetails) -> DetailsV1 {
    DetailsV1 {
        first_name: details.first_name.to_string(),
        last_name: details.last_name.to_string(),
        email: details.email.as_ref().map(|email| email.as_str().to_owned()),
        birth_date: details.birth_date,
    }
}

fn details(stored: DetailsV1) -> PersonalDetails {
    let DetailsV1 { first_name, last_name, email, birth_date } = stored;
    PersonalDetails {
        first_name: Name::stored(&first_name),
        last_name: Name::stored(&last_name),
        email: email.as_deref().map(EmailAddress::stored),
        birth_date,
    }
}

fn stored_signature(signed_by: &Name) -> SignatureV1 {
    SignatureV1 { signed_by: signed_by.to_string() }
}

fn signature(stored: SignatureV1) -> Name {
    let SignatureV1 { signed_by } = stored;
    Name::stored(&signed_by)
}

#[cfg(test)]
#[path = "player_tests.rs"]
mod tests;
