//! Saying anew who somebody is.

use jiff::civil::date;

use super::*;
use crate::player::{
    PlayerError,
    cross_stream::{CorrectDetails, EmailClaims, correct_details},
};

fn command(id: PlayerId, person: Identity, email: Option<FamilyEmail>) -> CorrectDetails {
    CorrectDetails { id, location: HERE, person, email, now: now() }
}

fn correct(
    events: &[E],
    claims: &EmailClaims,
    person: Identity,
    email: Option<FamilyEmail>,
) -> Result<Vec<Change>, Refusal> {
    correct_details(&berlin(), &given(events), claims, command(ANA, person, email))
}

fn held() -> EmailClaims {
    EmailClaims { held: claimed_by(ANA), wanted: claimed_by(ANA) }
}

fn corrected(person: &Identity, key: Option<&str>) -> E {
    E::DetailsCorrected { details: details(person, key.is_some()), email_key: key.map(str::to_owned) }
}

#[test]
fn a_guardian_keeps_the_email_without_touching_its_claim() {
    let person = born(date(1991, 1, 1));
    let changes = correct(&[guardian()], &held(), person.clone(), Some(email("k1"))).unwrap();
    assert_eq!(in_stream(&changes, ANA), [corrected(&person, Some("k1"))]);
    assert_eq!(changes.len(), 1);
}

#[test]
fn another_email_is_claimed_and_the_old_one_released() {
    let claims = EmailClaims { held: claimed_by(ANA), wanted: free() };
    let changes = correct(&[guardian()], &claims, grown_up(), Some(email("k2"))).unwrap();
    assert_eq!(in_stream(&changes, ANA), [corrected(&grown_up(), Some("k2"))]);
    assert_eq!(in_claim(&changes, "k2"), [ClaimEvent::Claimed { owner: ANA.stream().to_string() }]);
    assert_eq!(in_claim(&changes, "k1"), [ClaimEvent::Released]);
    let after = given(&[vec![guardian()], in_stream(&changes, ANA)].concat());
    assert_eq!(after.existing().unwrap().email_key.as_deref(), Some("k2"));
}

#[test]
fn another_email_in_use_is_refused() {
    let claims = EmailClaims { held: claimed_by(ANA), wanted: claimed_by(CEM) };
    let outcome = correct(&[guardian()], &claims, grown_up(), Some(email("k2")));
    assert_eq!(code(outcome), "already_in_use");
}

#[test]
fn a_guardian_does_not_become_a_minor() {
    let outcome = correct(&[guardian()], &held(), child(), Some(email("k1")));
    assert_eq!(code(outcome), "guardian_too_young");
}

#[test]
fn a_guardian_keeps_an_email_and_a_dependant_has_none() {
    assert_eq!(code(correct(&[guardian()], &held(), grown_up(), None)), "email_required");
    let outcome = correct(&[dependant(ANA)], &EmailClaims::default(), child(), Some(email("k1")));
    assert_eq!(code(outcome), "email_not_allowed");
}

#[test]
fn a_dependant_may_be_of_any_believable_age() {
    let none = EmailClaims::default();
    for person in [child(), grown_up()] {
        let changes = correct(&[dependant(ANA)], &none, person.clone(), None).unwrap();
        assert_eq!(in_stream(&changes, ANA), [corrected(&person, None)]);
        assert_eq!(changes.len(), 1);
    }
    let outcome = correct(&[dependant(ANA)], &none, born(date(2026, 6, 16)), None);
    assert_eq!(code(outcome), "birth_date_invalid");
    let outcome = correct(&[dependant(ANA)], &none, born(date(1900, 1, 1)), None);
    assert_eq!(code(outcome), "birth_date_invalid");
}

#[test]
fn only_a_player_of_this_venue_can_be_corrected() {
    let attempt = |state: &PlayerState, location| {
        let command = CorrectDetails { location, ..command(ANA, grown_up(), Some(email("k1"))) };
        code(correct_details(&berlin(), state, &held(), command))
    };
    assert_eq!(attempt(&given(&[]), HERE), "player_not_found");
    assert_eq!(attempt(&given(&[guardian()]), ELSEWHERE), "player_not_found");
    assert_eq!(attempt(&given(&[guardian(), E::Erased]), HERE), "player_erased");
}

#[test]
fn details_are_corrected_in_a_disabled_venue_too() {
    let command = command(ANA, grown_up(), Some(email("k1")));
    assert!(correct_details(&disabled(), &given(&[guardian()]), &held(), command).is_ok());
}

#[test]
fn a_correction_of_nobody_is_refused() {
    assert_eq!(given(&[corrected(&grown_up(), Some("k1"))]).existing(), Err(PlayerError::NotFound));
}
