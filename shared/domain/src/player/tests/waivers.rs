//! Signing waivers.

use super::*;
use crate::player::{PlayerCommand as C, PlayerError, WaiverVersion, decide};

fn sign(signed_at: Timestamp, expires_at: Option<Timestamp>) -> C {
    C::SignWaiver {
        version: WaiverVersion::new("v1").unwrap(),
        signature: Name::new("Ana Lima").unwrap().into(),
        signed_at,
        expires_at,
    }
}

fn signed(version: &str, signed_at: Timestamp, expires_at: Timestamp) -> E {
    let signature = Personal::Known(Name::new("Ana Lima").unwrap().into());
    E::WaiverSigned { version: version.into(), signature, signed_at, expires_at }
}

fn valid(events: &[E], when: &str) -> bool {
    given(&[&[guardian()], events].concat()).existing().unwrap().waiver_valid_at(at(when))
}

#[test]
fn a_waiver_holds_a_year_unless_said_otherwise() {
    for state in [given(&[guardian()]), given(&[dependant(BEN)])] {
        let expected = signed("v1", now(), at("2027-06-15T12:00:00Z"));
        assert_eq!(decide(&state, sign(now(), None)), Ok(vec![expected]));
        let until = at("2026-06-16T00:00:00Z");
        assert_eq!(decide(&state, sign(now(), Some(until))), Ok(vec![signed("v1", now(), until)]));
    }
    let leap_day = at("2028-02-29T12:00:00Z");
    let expected = signed("v1", leap_day, at("2029-02-28T12:00:00Z"));
    assert_eq!(decide(&given(&[guardian()]), sign(leap_day, None)), Ok(vec![expected]));
}

#[test]
fn a_waiver_expires_after_its_signature_and_within_five_years() {
    let state = given(&[guardian()]);
    let attempt = |expires_at: &str| decide(&state, sign(now(), Some(at(expires_at))));
    assert_eq!(attempt("2026-06-15T12:00:00Z"), Err(PlayerError::WaiverAlreadyExpired));
    assert_eq!(attempt("2031-06-15T12:00:00.000001Z"), Err(PlayerError::WaiverTooLong));
    assert!(attempt("2026-06-15T12:00:00.000001Z").is_ok());
    assert!(attempt("2031-06-15T12:00:00Z").is_ok());
}

#[test]
fn signing_at_the_end_of_time_overflows_nothing() {
    assert!(decide(&given(&[guardian()]), sign(Timestamp::MAX, None)).is_ok());
}

#[test]
fn only_a_registered_player_signs() {
    assert_eq!(decide(&given(&[]), sign(now(), None)), Err(PlayerError::NotFound));
    let erased = given(&[guardian(), E::Erased]);
    assert_eq!(decide(&erased, sign(now(), None)), Err(PlayerError::Erased));
}

#[test]
fn a_waiver_is_valid_until_it_expires() {
    let events = [signed("v1", now(), at("2027-06-15T12:00:00Z"))];
    assert!(valid(&events, "2027-06-15T11:59:59Z"));
    assert!(!valid(&events, "2027-06-15T12:00:00Z"));
    assert!(!valid(&[], "2026-06-15T12:00:00Z"));
}

#[test]
fn any_unexpired_version_will_do() {
    let events =
        [signed("v1", now(), at("2029-01-01T00:00:00Z")), signed("v2", now(), at("2027-01-01T00:00:00Z"))];
    assert!(valid(&events, "2028-01-01T00:00:00Z"));
}

#[test]
fn the_same_version_again_renews() {
    let renewed = at("2027-06-01T00:00:00Z");
    let events =
        [signed("v1", now(), at("2027-06-15T12:00:00Z")), signed("v1", renewed, at("2028-06-01T00:00:00Z"))];
    assert!(valid(&events, "2028-01-01T00:00:00Z"));
    let state = given(&[&[guardian()], &events[..]].concat());
    assert_eq!(state.existing().unwrap().waivers.len(), 1);
}

#[test]
fn waivers_that_are_over_are_forgotten_by_the_state() {
    let year = |year: i16| at(&format!("{year}-01-01T00:00:00Z"));
    let events: Vec<E> = (2026..2046).map(|y| signed(&format!("v{y}"), year(y), year(y + 1))).collect();
    let state = given(&[&[guardian()], &events[..]].concat());
    assert_eq!(state.existing().unwrap().waivers.len(), 1);
}

#[test]
fn a_version_is_1_to_40_visible_characters() {
    assert_eq!(WaiverVersion::new(" v1 ").unwrap().into_string(), "v1");
    assert!(WaiverVersion::new(&"x".repeat(40)).is_ok());
    for bad in ["", "  ", &"x".repeat(41), "a\u{202E}b", "a\0b"] {
        assert!(WaiverVersion::new(bad).is_err(), "{bad:?}");
    }
}
