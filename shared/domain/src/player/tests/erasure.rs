//! Forgetting people.

use super::*;
use crate::player::{
    PlayerError,
    cross_stream::{Erasure, Member, erase},
};

fn member(id: PlayerId, state: &PlayerState) -> Member<'_> {
    Member { id, state, in_play: false }
}

fn playing(id: PlayerId, state: &PlayerState) -> Member<'_> {
    Member { id, state, in_play: true }
}

/// Ana with Ben and Cem; Ben wears B1.
fn family() -> (PlayerState, PlayerState, PlayerState) {
    let ana = given(&[guardian(), added(BEN), added(CEM)]);
    (ana, given(&[dependant(BEN), received("B1")]), given(&[dependant(CEM)]))
}

#[test]
fn erasing_a_guardian_erases_the_family_and_frees_the_email() {
    let (ana, ben, cem) = family();
    let members = [member(CEM, &cem), member(BEN, &ben)];
    let Erasure { changes, keys } = erase(HERE, member(ANA, &ana), &members, &claimed_by(ANA)).unwrap();
    assert_eq!(in_stream(&changes, ANA), [E::Erased]);
    assert_eq!(in_stream(&changes, BEN), [returned("B1"), E::Erased]);
    assert_eq!(in_stream(&changes, CEM), [E::Erased]);
    assert_eq!(in_claim(&changes, "k1"), [ClaimEvent::Released]);
    assert_eq!(changes.len(), 5);
    assert_eq!(keys, [ANA, BEN, CEM]);
}

#[test]
fn erasing_a_dependant_leaves_the_rest_of_the_family() {
    let (_, ben, _) = family();
    let Erasure { changes, keys } = erase(HERE, member(BEN, &ben), &[], &free()).unwrap();
    assert_eq!(in_stream(&changes, BEN), [returned("B1"), E::Erased]);
    assert_eq!((changes.len(), keys), (2, vec![BEN]));
}

#[test]
fn a_dependant_erased_before_is_passed_over() {
    let (ana, _, cem) = family();
    let ben = given(&[dependant(BEN), E::Erased]);
    let members = [member(BEN, &ben), member(CEM, &cem)];
    let erasure = erase(HERE, member(ANA, &ana), &members, &claimed_by(ANA)).unwrap();
    assert_eq!(erasure.keys, [ANA, CEM]);
    assert_eq!(in_stream(&erasure.changes, BEN), []);
}

#[test]
fn erased_twice_yields_nothing() {
    let ana = given(&[guardian(), E::Erased]);
    let outcome = erase(HERE, member(ANA, &ana), &[], &free()).unwrap();
    assert_eq!(outcome, Erasure::default());
    assert_eq!(erase(HERE, playing(ANA, &ana), &[], &free()).unwrap(), Erasure::default());
}

#[test]
fn nobody_of_the_family_is_erased_while_one_is_in_a_play() {
    let (ana, ben, cem) = family();
    let attempts = [
        (playing(ANA, &ana), [member(BEN, &ben), member(CEM, &cem)]),
        (member(ANA, &ana), [playing(BEN, &ben), member(CEM, &cem)]),
    ];
    for (head, members) in attempts {
        assert_eq!(code(erase(HERE, head, &members, &claimed_by(ANA))), "player_in_play");
    }
}

#[test]
fn a_family_that_is_not_handed_in_whole_is_not_erased() {
    let (ana, ben, _) = family();
    let outcome = erase(HERE, member(ANA, &ana), &[member(BEN, &ben)], &claimed_by(ANA));
    assert_eq!(code(outcome), "player_not_found");
}

#[test]
fn only_a_player_of_this_venue_is_erased() {
    for state in [given(&[guardian()]), given(&[guardian(), E::Erased])] {
        assert_eq!(code(erase(ELSEWHERE, member(ANA, &state), &[], &free())), "player_not_found");
    }
    assert_eq!(code(erase(HERE, member(ANA, &given(&[])), &[], &free())), "player_not_found");
}

#[test]
fn an_email_of_somebody_else_is_not_released() {
    let ana = given(&[guardian()]);
    let erasure = erase(HERE, member(ANA, &ana), &[], &claimed_by(CEM)).unwrap();
    assert_eq!(in_claim(&erasure.changes, "k1"), []);
}

#[test]
fn erased_is_for_ever() {
    let after = given(&[guardian(), E::Erased, guardian(), received("B1"), added(BEN)]);
    assert_eq!(after, PlayerState::Erased { location: HERE });
    assert_eq!(after.existing(), Err(PlayerError::Erased));
}
