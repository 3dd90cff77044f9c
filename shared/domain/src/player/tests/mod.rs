//! The rules of players and families, as given / when / then.

mod bands;
mod correction;
mod erasure;
mod properties;
mod registration;
mod waivers;

use jiff::{
    Timestamp,
    civil::{Date, date},
};
use uuid::Uuid;

use super::{FamilyEmail, Identity, PersonalDetails, Player, PlayerEvent as E, PlayerState};
use crate::{
    Aggregate as _, Change, Refusal,
    claim::{Claim, ClaimEvent, ClaimState},
    ids::{LocationId, PlayerId, WristbandUid},
    location::{Location, LocationEvent, LocationState},
    values::{Code, EmailAddress, Name, Personal, Reason, TimeZoneName},
};

const HERE: LocationId = LocationId(Uuid::from_u128(1));
const ELSEWHERE: LocationId = LocationId(Uuid::from_u128(2));
const ANA: PlayerId = PlayerId(Uuid::from_u128(10));
const BEN: PlayerId = PlayerId(Uuid::from_u128(11));
const CEM: PlayerId = PlayerId(Uuid::from_u128(12));
const TODAY: Date = date(2026, 6, 15);

fn given(events: &[E]) -> PlayerState {
    events.iter().fold(PlayerState::default(), Player::evolve)
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Noon of [`TODAY`].
fn now() -> Timestamp {
    at("2026-06-15T12:00:00Z")
}

fn uid(text: &str) -> WristbandUid {
    text.parse().unwrap()
}

fn born(birth_date: Date) -> Identity {
    let name = |text| Name::new(text).unwrap();
    Identity {
        first_name: name("Ana"),
        last_name: Some(name("Lima")),
        birth_date: Some(birth_date),
        adult_declared: false,
        phone: None,
    }
}

fn grown_up() -> Identity {
    born(date(1990, 2, 3))
}

fn child() -> Identity {
    born(date(2018, 2, 3))
}

fn email(key: &str) -> FamilyEmail {
    FamilyEmail { address: EmailAddress::new("Ana@Example.org").unwrap(), key: key.to_owned() }
}

fn details(person: &Identity, with_email: bool) -> Personal<PersonalDetails> {
    let address = with_email.then(|| EmailAddress::new("ana@example.org").unwrap());
    Personal::Known(person.clone().with_email(address))
}

fn guardian() -> E {
    E::GuardianRegistered {
        id: ANA,
        location: HERE,
        details: details(&grown_up(), true),
        email_key: "k1".into(),
    }
}

fn dependant(id: PlayerId) -> E {
    E::DependantRegistered { id, location: HERE, guardian: ANA, details: details(&child(), false) }
}

fn added(dependant: PlayerId) -> E {
    E::DependantAdded { dependant }
}

fn received(text: &str) -> E {
    E::BandReceived { uid: uid(text) }
}

fn returned(text: &str) -> E {
    E::BandReturned { uid: uid(text) }
}

fn location_in(zone: &str) -> LocationState {
    let opened = LocationEvent::Opened {
        id: HERE,
        code: Code::new("b1").unwrap(),
        name: Name::new("Berlin").unwrap(),
        time_zone: TimeZoneName::new(zone).unwrap(),
    };
    Location::evolve(LocationState::default(), &opened)
}

fn berlin() -> LocationState {
    location_in("Europe/Berlin")
}

fn disabled() -> LocationState {
    Location::evolve(berlin(), &LocationEvent::Disabled { reason: Reason::new("water damage").unwrap() })
}

fn claimed_by(owner: PlayerId) -> ClaimState {
    let event = ClaimEvent::Claimed { owner: owner.stream().to_string() };
    Claim::evolve(ClaimState::default(), &event)
}

fn free() -> ClaimState {
    ClaimState::default()
}

fn code<T: std::fmt::Debug>(outcome: Result<T, Refusal>) -> &'static str {
    outcome.unwrap_err().code
}

/// The changes as `stream: events`, in order.
fn in_stream(changes: &[Change], id: PlayerId) -> Vec<E> {
    let of_player = |change: &Change| Player::event_of(&change.event).cloned();
    changes.iter().filter(|change| change.stream == id.stream()).filter_map(of_player).collect()
}

fn in_claim(changes: &[Change], key: &str) -> Vec<ClaimEvent> {
    let stream = super::email_claim(key);
    let of_claim = |change: &Change| Claim::event_of(&change.event).cloned();
    changes.iter().filter(|change| change.stream == stream).filter_map(of_claim).collect()
}
