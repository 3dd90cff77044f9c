//! Goldens of player events, and what a missing key does to them.

use domain::{DomainEvent, ids::StreamName};
use jiff::civil::date;
use uuid::Uuid;

use super::*;
use crate::{
    NoKeys, Opener, Sealer,
    golden::{PlainText, assert_golden, recorded},
    stored::StoredEvents as _,
};

/// The stream of the goldens.
const ANA: PlayerId = PlayerId(Uuid::from_u128(0xA));

fn known(email: Option<&str>) -> Personal<PersonalDetails> {
    Personal::Known(PersonalDetails {
        first_name: Name::stored("Ana"),
        last_name: Some(Name::stored("Lima")),
        email: email.map(EmailAddress::stored),
        birth_date: Some(date(1990, 2, 3)),
        adult_declared: false,
        phone: None,
    })
}

fn guardian(details: Personal<PersonalDetails>) -> PlayerEvent {
    PlayerEvent::GuardianRegistered {
        id: ANA,
        location: LocationId(Uuid::from_u128(1)),
        details,
        email_key: "5f2c".into(),
    }
}

fn signed(signature: Personal<Signature>) -> PlayerEvent {
    PlayerEvent::WaiverSigned {
        version: "2026-1".into(),
        signature,
        signed_at: "2026-06-15T12:00:00.000001Z".parse().unwrap(),
        expires_at: "2027-06-15T12:00:00Z".parse().unwrap(),
    }
}

fn encode(
    event: &PlayerEvent,
    sealer: &dyn Sealer,
    stream_id: &str,
) -> Result<(&'static str, String), EncodeError> {
    event.encode(&Writing { sealer, stream_id })
}

fn decode(
    event_type: &str,
    json: &str,
    opener: &dyn Opener,
    stream_id: &str,
) -> Result<PlayerEvent, DecodeError> {
    PlayerEvent::decode(json, &Reading { event_type, opener, stream_id, trusted: true })
}

fn read(event: &PlayerEvent, stream_id: &str, opener: &dyn Opener) -> Result<PlayerEvent, DecodeError> {
    let (event_type, data) = encode(event, &PlainText, &ANA.to_string()).unwrap();
    decode(event_type, &data, opener, stream_id)
}

#[test]
fn players_match_their_goldens() {
    let (location, uid) = (LocationId(Uuid::from_u128(1)), || "B-0042".parse().unwrap());
    let ana = known(Some("ana@example.org")).known().unwrap().clone();
    let (phone, birth_date) = (Some(Phone::stored("+49 30 123456")), None);
    assert_golden(guardian(Personal::Known(PersonalDetails {
        phone,
        birth_date,
        adult_declared: true,
        ..ana
    })));
    assert_golden(PlayerEvent::DependantRegistered {
        id: ANA,
        location,
        guardian: PlayerId(Uuid::from_u128(7)),
        details: known(None),
    });
    assert_golden(PlayerEvent::DependantAdded { dependant: PlayerId(Uuid::from_u128(8)) });
    assert_golden(PlayerEvent::DependantLeft { dependant: PlayerId(Uuid::from_u128(8)) });
    assert_golden(PlayerEvent::Moved { guardian: PlayerId(Uuid::from_u128(7)) });
    let one_name =
        PersonalDetails { last_name: None, ..known(Some("ana@example.org")).known().unwrap().clone() };
    assert_golden(PlayerEvent::DetailsCorrected {
        details: Personal::Known(one_name),
        email_key: Some("5f2c".into()),
    });
    let drawing = Some(Drawing::stored("M10 20 L30 40"));
    assert_golden(signed(Personal::Known(Signature { signed_by: Name::stored("Ana Lima"), drawing })));
    assert_golden(PlayerEvent::BandReceived { uid: uid() });
    assert_golden(PlayerEvent::BandReturned { uid: uid() });
    assert_golden(PlayerEvent::Erased);
}

#[test]
fn events_of_the_first_version_are_read_as_before() {
    let read =
        |event_type: &str, golden: &str| decode(event_type, golden, &PlainText, &ANA.to_string()).unwrap();
    macro_rules! first {
        ($event_type:literal) => {
            read($event_type, include_str!(concat!("../../../schema/events/", $event_type, ".json")))
        };
    }
    let ana = || known(Some("ana@example.org"));
    assert_eq!(first!("player.guardian_registered.v1"), guardian(ana()));
    let (location, head) = (LocationId(Uuid::from_u128(1)), PlayerId(Uuid::from_u128(7)));
    let joined = PlayerEvent::DependantRegistered { id: ANA, location, guardian: head, details: known(None) };
    assert_eq!(first!("player.dependant_registered.v1"), joined);
    let corrected = PlayerEvent::DetailsCorrected { details: ana(), email_key: Some("5f2c".into()) };
    assert_eq!(first!("player.details_corrected.v1"), corrected);
    let signed = signed(Personal::Known(Name::stored("Ana Lima").into()));
    assert_eq!(first!("player.waiver_signed.v1"), signed);
}

#[test]
fn a_dependants_correction_has_no_email_key() {
    let event = PlayerEvent::DetailsCorrected { details: known(None), email_key: None };
    assert_eq!(read(&event, &ANA.to_string(), &PlainText).unwrap(), event);
}

#[test]
fn personal_data_reads_as_erased_without_its_key_and_the_rest_stays() {
    let read = |event: &PlayerEvent| read(event, &ANA.to_string(), &NoKeys).unwrap();
    assert_eq!(read(&guardian(known(None))), guardian(Personal::Erased));
    assert_eq!(read(&signed(Personal::Known(Name::stored("Ana").into()))), signed(Personal::Erased));
}

#[test]
fn data_sealed_for_one_person_reads_as_erased_in_anothers_stream() {
    let other = PlayerId(Uuid::from_u128(0xB)).to_string();
    assert_eq!(read(&guardian(known(None)), &other, &PlainText).unwrap(), guardian(Personal::Erased));
}

#[test]
fn personal_data_is_not_written_without_a_key_or_once_erased() {
    let attempt = |event: &PlayerEvent, sealer: &dyn Sealer, stream_id: &str| {
        matches!(encode(event, sealer, stream_id), Err(EncodeError::Seal(SealError::NoKey)))
    };
    assert!(attempt(&guardian(known(None)), &NoKeys, &ANA.to_string()));
    assert!(attempt(&guardian(Personal::Erased), &PlainText, &ANA.to_string()));
    assert!(attempt(&signed(Personal::Erased), &PlainText, &ANA.to_string()));
    assert!(attempt(&guardian(known(None)), &PlainText, "not-a-person"));
}

#[test]
fn a_blob_of_another_shape_is_an_error_that_quotes_nothing() {
    let data = format!(r#"{{"sealed":"{ANA}|{{\"secret\":1}}"}}"#);
    let error = decode("player.details_corrected.v1", &data, &PlainText, &ANA.to_string()).unwrap_err();
    assert!(matches!(error, DecodeError::Value { field: "sealed", .. }));
    assert!(!error.to_string().contains("secret"));
    let event = guardian(known(None));
    assert!(matches!(read(&event, "nobody", &PlainText), Err(DecodeError::Value { field: "stream", .. })));
    assert!(matches!(decode("player.unknown.v9", "{}", &PlainText, "x"), Err(DecodeError::UnknownType(_))));
}

#[test]
fn events_with_personal_data_take_a_key() {
    let takes_key = [guardian(known(None)), signed(Personal::Known(Name::stored("Ana").into()))];
    for event in takes_key {
        let (event_type, data) = encode(&event, &PlainText, &ANA.to_string()).unwrap();
        let stored = recorded(event_type, ANA.stream(), &data);
        assert_eq!(crate::person_in(&stored), Some(ANA));
        assert_eq!(crate::person_of(&DomainEvent::from(event), &ANA.stream()), Some(ANA));
    }
    for event in [PlayerEvent::Erased, PlayerEvent::DependantAdded { dependant: ANA }] {
        let (event_type, data) = encode(&event, &NoKeys, &ANA.to_string()).unwrap();
        assert_eq!(crate::person_in(&recorded(event_type, ANA.stream(), &data)), None);
        assert_eq!(crate::person_of(&DomainEvent::from(event), &ANA.stream()), None);
    }
    let elsewhere = recorded("location.enabled.v1", StreamName::new("location", ANA), "{}");
    assert_eq!(crate::person_in(&elsewhere), None);
}
