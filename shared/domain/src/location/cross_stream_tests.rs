//! Opening a location together with its code, as given / when / then.

use uuid::Uuid;

use super::{
    Location, LocationEvent, LocationState,
    cross_stream::{NewLocation, open},
};
use crate::{
    Aggregate as _, Change,
    claim::{Claim, ClaimEvent, ClaimState},
    ids::{LocationId, StreamName},
    values::{Code, Name, TimeZoneName},
};

fn berlin() -> NewLocation {
    NewLocation {
        id: LocationId(Uuid::from_u128(1)),
        code: Code::new("b1").unwrap(),
        name: Name::new("Berlin").unwrap(),
        time_zone: TimeZoneName::new("Europe/Berlin").unwrap(),
    }
}

fn claimed_by(owner: &StreamName) -> ClaimState {
    Claim::evolve(ClaimState::default(), &ClaimEvent::Claimed { owner: owner.to_string() })
}

fn opened() -> LocationEvent {
    let NewLocation { id, code, name, time_zone } = berlin();
    LocationEvent::Opened { id, code, name, time_zone }
}

#[test]
fn opening_claims_the_code_in_the_same_decision() {
    let stream = berlin().id.stream();
    let changes = open(&ClaimState::default(), &LocationState::default(), berlin()).unwrap();
    let claimed = Change {
        stream: "claim-location_code:b1".parse().unwrap(),
        event: ClaimEvent::Claimed { owner: stream.to_string() }.into(),
    };
    assert_eq!(changes, [claimed, Change { stream, event: opened().into() }]);
}

#[test]
fn a_code_that_another_location_has_is_refused() {
    let taken = claimed_by(&LocationId(Uuid::from_u128(2)).stream());
    let refusal = open(&taken, &LocationState::default(), berlin()).unwrap_err();
    assert_eq!(refusal.code, "already_in_use");
    assert_eq!(refusal.message, "this location code is already in use; choose another");
}

#[test]
fn an_open_location_is_not_opened_again() {
    let state = Location::evolve(LocationState::default(), &opened());
    let refusal = open(&claimed_by(&berlin().id.stream()), &state, berlin()).unwrap_err();
    assert_eq!(refusal.code, "location_already_open");
}
