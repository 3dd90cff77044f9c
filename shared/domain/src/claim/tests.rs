//! A key has one owner at a time.

use super::{Claim, ClaimError, ClaimEvent, ClaimState, claim, join, leave, release};
use crate::{Aggregate as _, ids::StreamName};

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
    let refused = ClaimError::Taken { what: "code", owner: owner("a").to_string() };
    assert_eq!(claim(&taken, &owner("b"), "code"), Err(refused));
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

#[test]
fn several_share_a_key_and_each_leaves_by_itself() {
    let joined = |id: &str, manner: &str| ClaimEvent::Joined {
        owner: owner(id).to_string(),
        manner: manner.to_owned(),
    };
    assert_eq!(join(&given(&[]), &owner("a"), "part"), [joined("a", "part")]);
    let shared = given(&[joined("a", "part"), joined("b", "part")]);
    assert_eq!(join(&shared, &owner("b"), "part"), []);
    assert_eq!(join(&shared, &owner("b"), "whole"), [joined("b", "whole")], "in another manner");
    assert_eq!(leave(&shared, &owner("c")), []);
    let left = leave(&shared, &owner("a")).iter().fold(shared, Claim::evolve);
    assert_eq!(left.sharers.keys().collect::<Vec<_>>(), ["location-b"]);
    assert_eq!(left.owner, None, "nobody has it alone");
}
