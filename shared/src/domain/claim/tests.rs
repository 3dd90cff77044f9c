//! A key has one owner at a time.

use super::{Claim, ClaimError, ClaimEvent, ClaimState, claim, release};
use crate::domain::{Aggregate as _, ids::StreamName};

fn owner(id: &str) -> StreamName {
    StreamName::new("location", id)
}

fn given(events: &[ClaimEvent]) -> ClaimState {
    events.iter().fold(ClaimState::default(), Claim::evolve)
}

#[test]
fn a_free_key_goes_to_the_first_who_asks() {
    let events = claim(&given(&[]), &owner("a"), "code").unwrap();
    assert_eq!(events, [ClaimEvent::Claimed { owner: "location-a".into() }]);
}

#[test]
fn a_taken_key_is_refused_to_others_and_nothing_new_for_its_owner() {
    let taken = given(&[ClaimEvent::Claimed { owner: "location-a".into() }]);
    assert_eq!(claim(&taken, &owner("b"), "code"), Err(ClaimError::Taken { what: "code" }));
    assert_eq!(claim(&taken, &owner("a"), "code"), Ok(vec![]));
}

#[test]
fn only_its_owner_frees_a_key_and_then_anybody_may_have_it() {
    let taken = given(&[ClaimEvent::Claimed { owner: "location-a".into() }]);
    assert_eq!(release(&taken, &owner("b")), []);
    let events = release(&taken, &owner("a"));
    let free = events.iter().fold(taken, Claim::evolve);
    assert!(claim(&free, &owner("b"), "code").is_ok());
}
