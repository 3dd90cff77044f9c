//! People in the read tables: what they show, by what they are found, and what is left after erasure.

use std::sync::Arc;

use events::RecordedEvent;
use jiff::civil::date;
use uuid::Uuid;

use super::*;
use crate::{
    projections::fixture::{player, time},
    testing::{MemoryLog, Stepper, assert_idempotent, assert_rebuild_equal},
};

const HOME: LocationId = LocationId(Uuid::from_u128(1));

fn details(first: &str, last: &str, email: Option<&str>) -> Personal<PersonalDetails> {
    Personal::Known(PersonalDetails {
        first_name: Name::stored(first),
        last_name: Some(Name::stored(last)),
        email: email.map(|email| EmailAddress::new(email).unwrap()),
        birth_date: Some(date(1990, 2, 28)),
        adult_declared: false,
        phone: None,
    })
}

fn say(log: &MemoryLog, number: u128, fact: PlayerEvent) {
    log.append(&player(number).stream(), Some(HOME), fact);
}

fn band(text: &str) -> WristbandUid {
    text.parse().unwrap()
}

/// Ana with Leo, who hangs on her, and Bo.
fn history() -> MemoryLog {
    let log = MemoryLog::default();
    for (number, details) in [
        (1, details("Ana María", "O'Brien", Some("Ana@Example.org"))),
        (3, details("Bo", "Ek", Some("bo@example.org"))),
    ] {
        let (id, email_key) = (player(number), number.to_string());
        say(&log, number, PlayerEvent::GuardianRegistered { id, location: HOME, details, email_key });
    }
    let (id, guardian) = (player(2), player(1));
    let registered = PlayerEvent::DependantRegistered {
        id,
        location: HOME,
        guardian,
        details: details("Leo", "O'Brien", None),
    };
    say(&log, 2, registered);
    say(&log, 1, PlayerEvent::DependantAdded { dependant: player(2) });
    for (number, version) in [(1, "v1"), (2, "v1"), (1, "v2")] {
        let signed = PlayerEvent::WaiverSigned {
            version: version.to_owned(),
            signature: Personal::Known(Name::stored("Ana").into()),
            signed_at: time("2026-01-01T10:00:00Z"),
            expires_at: time("2027-01-01T10:00:00Z"),
        };
        say(&log, number, signed);
    }
    say(&log, 2, PlayerEvent::BandReceived { uid: band("AB-1") });
    say(&log, 2, PlayerEvent::BandReturned { uid: band("AB-1") });
    say(&log, 2, PlayerEvent::BandReceived { uid: band("AB-2") });
    let corrected = details("Anna", "O'Brien", Some("anna@example.org"));
    say(&log, 1, PlayerEvent::DetailsCorrected { details: corrected, email_key: Some("1b".to_owned()) });
    log
}

fn erased() -> MemoryLog {
    let log = history();
    say(&log, 2, PlayerEvent::BandReturned { uid: band("AB-2") });
    say(&log, 2, PlayerEvent::Erased);
    say(&log, 1, PlayerEvent::Erased);
    log
}

async fn stepped(mut view: Stepper, events: &[Arc<RecordedEvent>]) -> (Vec<PlayerRow>, Vec<PlayerWord>) {
    view.apply(events).await;
    (view.rows().await, view.rows().await)
}

async fn view(log: &MemoryLog) -> (Vec<PlayerRow>, Vec<PlayerWord>) {
    stepped(Stepper::new(Players).await, &log.all()).await
}

fn words(words: &[PlayerWord], number: u128) -> Vec<&str> {
    words.iter().filter(|word| word.player_id == player(number)).map(|word| word.word.as_str()).collect()
}

#[tokio::test]
async fn a_person_shows_the_latest_of_everything() {
    let (rows, _) = view(&history()).await;
    let [ana, leo, bo] = rows.as_slice() else { panic!("three people, got {}", rows.len()) };
    assert_eq!(ana.first_name.as_ref().map(Name::as_str), Some("Anna"));
    assert_eq!(ana.email.as_ref().map(EmailAddress::as_str), Some("anna@example.org"));
    assert_eq!((ana.birth_date.as_deref(), ana.waiver_version.as_deref()), (Some("1990-02-28"), Some("v2")));
    assert_eq!(
        (leo.guardian_id, leo.email.clone(), leo.wristband_uid.clone()),
        (Some(player(1)), None, Some(band("AB-2")))
    );
    assert_eq!((bo.waiver_version.clone(), bo.guardian_id, bo.erased), (None, None, false));
}

#[tokio::test]
async fn a_person_is_found_by_what_holds_now_and_nothing_older() {
    let (_, found) = view(&history()).await;
    assert_eq!(words(&found, 1), ["anna", "anna@example.org", "brien", "o", "o'brien"]);
    assert_eq!(words(&found, 2), ["ab-2", "brien", "leo", "o", "o'brien"]);
}

#[tokio::test]
async fn nothing_personal_is_left_of_an_erased_person() {
    let (rows, found) = view(&erased()).await;
    for row in rows.iter().filter(|row| row.player_id != player(3)) {
        assert!(row.erased);
        let personal = (&row.first_name, &row.last_name, &row.email, &row.birth_date);
        assert_eq!(personal, (&None, &None, &None, &None));
    }
    assert_eq!((words(&found, 1), words(&found, 2)), (vec![], vec![]));
    assert_eq!(words(&found, 3).len(), 3, "the others stay");
}

#[tokio::test]
async fn a_rebuild_without_the_keys_of_the_erased_gives_the_same_rows() {
    let log = MemoryLog::default();
    for event in erased().all().iter().filter(|event| event.stream != player(3).stream()) {
        log.append_raw(&event.stream, event.location, &event.event_type, &event.data);
    }
    let with_keys = view(&log).await;
    assert_eq!(stepped(Stepper::without_keys(Players).await, &log.all()).await, with_keys);
}

#[tokio::test]
async fn what_cannot_be_opened_is_null_and_not_erased() {
    let (rows, found) = stepped(Stepper::without_keys(Players).await, &history().all()).await;
    assert!(rows.iter().all(|row| row.first_name.is_none() && row.email.is_none() && !row.erased));
    assert_eq!((rows.len(), words(&found, 2)), (3, vec!["ab-2"]));
}

#[tokio::test]
async fn players_applied_twice_changes_nothing() {
    assert_idempotent(Players, &erased().all()).await;
}

#[tokio::test]
async fn players_rebuilt_is_byte_equal() {
    assert_rebuild_equal(Players, &erased().all()).await;
}

#[test]
fn an_erasure_waits_for_no_operator() {
    let log = history();
    say(&log, 1, PlayerEvent::Erased);
    let waits = |event: &Arc<RecordedEvent>| !Players.cannot_wait(&event.event_type);
    let (erased, others) = log.all().split_last().map(|(last, rest)| (last.clone(), rest.to_vec())).unwrap();
    assert!(!waits(&erased) && others.iter().all(waits));
}
