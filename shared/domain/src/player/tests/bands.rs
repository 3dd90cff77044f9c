//! Which band a player wears.

use super::*;
use crate::player::{PlayerCommand as C, PlayerError, decide};

fn receive(text: &str) -> C {
    C::ReceiveBand { uid: uid(text) }
}

fn give_back(text: &str) -> C {
    C::ReturnBand { uid: uid(text) }
}

#[test]
fn a_player_receives_a_band_once() {
    assert_eq!(decide(&given(&[guardian()]), receive("B1")), Ok(vec![received("B1")]));
    let wearing = given(&[guardian(), received("B1")]);
    assert_eq!(wearing.existing().unwrap().band, Some(uid("B1")));
    assert_eq!(decide(&wearing, receive("B1")), Ok(vec![]));
}

#[test]
fn a_player_wears_one_band_at_a_time() {
    let wearing = given(&[guardian(), received("B1")]);
    assert_eq!(decide(&wearing, receive("B2")), Err(PlayerError::HasBand { uid: uid("B1") }));
    let returned = given(&[guardian(), received("B1"), returned("B1")]);
    assert_eq!(decide(&returned, receive("B2")), Ok(vec![received("B2")]));
}

#[test]
fn a_band_is_returned_by_who_wears_it() {
    let wearing = given(&[guardian(), received("B1")]);
    assert_eq!(decide(&wearing, give_back("B1")), Ok(vec![returned("B1")]));
    assert_eq!(decide(&wearing, give_back("B2")), Ok(vec![]));
    assert_eq!(decide(&given(&[guardian()]), give_back("B1")), Ok(vec![]));
}

#[test]
fn an_erased_player_gets_no_band_and_has_none_to_return() {
    let erased = given(&[guardian(), received("B1"), returned("B1"), E::Erased]);
    assert_eq!(decide(&erased, receive("B2")), Err(PlayerError::Erased));
    assert_eq!(decide(&erased, give_back("B1")), Ok(vec![]));
}

#[test]
fn nobody_wears_nothing() {
    assert_eq!(decide(&given(&[]), receive("B1")), Err(PlayerError::NotFound));
    assert_eq!(decide(&given(&[]), give_back("B1")), Err(PlayerError::NotFound));
}
