//! Who may join, and as what.

use jiff::civil::date;

use super::*;
use crate::{
    RefusalKind,
    player::{
        PlayerCommand as C, PlayerError, age_on,
        cross_stream::{
            AddDependant, MoveDependant, RegisterGuardian, add_dependant, move_dependant, register_guardian,
        },
        decide,
    },
};

fn register(person: Identity) -> C {
    C::RegisterGuardian { id: ANA, location: HERE, person, email: email("k1"), today: TODAY }
}

fn join(person: Identity) -> C {
    C::RegisterDependant { id: BEN, location: HERE, guardian: ANA, person, today: TODAY }
}

fn guardian_command(person: Identity, now: Timestamp) -> RegisterGuardian {
    RegisterGuardian { id: ANA, location: HERE, person, email: email("k1"), now }
}

fn dependant_command(location: LocationId) -> AddDependant {
    AddDependant { id: BEN, location, guardian: ANA, person: child(), now: now() }
}

#[test]
fn a_guardian_registers_once() {
    assert_eq!(decide(&given(&[]), register(grown_up())), Ok(vec![guardian()]));
    for taken in [given(&[guardian()]), given(&[guardian(), E::Erased])] {
        assert_eq!(decide(&taken, register(grown_up())), Err(PlayerError::AlreadyRegistered));
        assert_eq!(decide(&taken, join(child())), Err(PlayerError::AlreadyRegistered));
    }
}

#[test]
fn a_guardian_is_an_adult_from_the_18th_birthday_on() {
    let born_at = |day| decide(&given(&[]), register(born(day)));
    assert!(born_at(date(2008, 6, 15)).is_ok());
    assert_eq!(born_at(date(2008, 6, 16)), Err(PlayerError::GuardianTooYoung));
}

#[test]
fn without_a_birth_date_a_guardian_declares_to_be_an_adult() {
    let unknown = Identity { birth_date: None, ..grown_up() };
    assert_eq!(decide(&given(&[]), register(unknown.clone())), Err(PlayerError::AgeUnknown));
    let declared = Identity { adult_declared: true, ..unknown.clone() };
    assert!(decide(&given(&[]), register(declared)).is_ok());
    let minor = Identity { adult_declared: true, ..child() };
    assert_eq!(decide(&given(&[]), register(minor)), Err(PlayerError::GuardianTooYoung));
    assert!(decide(&given(&[]), join(unknown)).is_ok());
}

#[test]
fn one_name_is_enough() {
    for command in [register, join] {
        let person = Identity { last_name: None, ..grown_up() };
        assert!(decide(&given(&[]), command(person)).is_ok());
    }
}

#[test]
fn a_birth_date_is_neither_in_the_future_nor_over_120_years_ago() {
    for command in [register, join] {
        let born_at = |day| decide(&given(&[]), command(born(day)));
        assert_eq!(born_at(date(2026, 6, 16)), Err(PlayerError::BornInFuture));
        assert_eq!(born_at(date(1905, 6, 15)), Err(PlayerError::BornTooLongAgo));
        assert!(born_at(date(1905, 6, 16)).is_ok());
    }
    assert!(decide(&given(&[]), join(born(TODAY))).is_ok());
}

#[test]
fn age_counts_birthdays_and_a_leap_day_falls_on_1_march() {
    let leap = date(2008, 2, 29);
    assert_eq!(age_on(date(2026, 2, 28), leap), 17);
    assert_eq!(age_on(date(2026, 3, 1), leap), 18);
    assert_eq!(age_on(date(2028, 2, 29), leap), 20);
    assert_eq!(age_on(leap, leap), 0);
}

#[test]
fn registering_claims_the_email_in_the_same_append() {
    let command = guardian_command(grown_up(), now());
    let changes = register_guardian(&berlin(), &given(&[]), &free(), command).unwrap();
    assert_eq!(in_stream(&changes, ANA), [guardian()]);
    let owner = ANA.stream().to_string();
    assert_eq!(in_claim(&changes, "k1"), [ClaimEvent::Claimed { owner }]);
    assert_eq!(changes.len(), 2);
}

#[test]
fn an_email_in_use_is_refused_with_the_family_that_has_it_and_no_word_about_who_that_is() {
    let taken = claimed_by(BEN);
    let refusal =
        register_guardian(&berlin(), &given(&[]), &taken, guardian_command(grown_up(), now())).unwrap_err();
    assert_eq!((refusal.code, refusal.kind), ("already_in_use", RefusalKind::Conflict));
    assert_eq!(refusal.existing, Some(BEN.0));
    assert!(refusal.message.starts_with("a family with this e-mail address is registered here already"));
    assert!(!refusal.message.contains("ana"));
}

#[test]
fn the_day_is_the_venues_own() {
    // 23:00 UTC on the 14th: already the 15th in Berlin, still the 14th in New York.
    let late = at("2026-06-14T23:00:00Z");
    let register = |zone: &str| {
        let command = guardian_command(born(date(2008, 6, 15)), late);
        register_guardian(&location_in(zone), &given(&[]), &free(), command)
    };
    assert!(register("Europe/Berlin").is_ok());
    assert_eq!(code(register("America/New_York")), "guardian_too_young");
}

#[test]
fn nobody_joins_a_venue_that_is_disabled_or_does_not_exist() {
    let family = given(&[guardian()]);
    for (location, expected) in
        [(disabled(), "location_disabled"), (LocationState::Absent, "location_not_found")]
    {
        let command = guardian_command(grown_up(), now());
        assert_eq!(code(register_guardian(&location, &given(&[]), &free(), command)), expected);
        let outcome = add_dependant(&location, &family, &given(&[]), dependant_command(HERE));
        assert_eq!(code(outcome), expected);
    }
}

#[test]
fn a_dependant_joins_the_family_in_both_streams() {
    let family = given(&[guardian()]);
    let changes = add_dependant(&berlin(), &family, &given(&[]), dependant_command(HERE)).unwrap();
    assert_eq!(in_stream(&changes, BEN), [dependant(BEN)]);
    assert_eq!(in_stream(&changes, ANA), [added(BEN)]);
    assert_eq!(changes.len(), 2);
}

#[test]
fn a_dependant_needs_a_guardian_who_is_here_not_erased_and_no_dependant() {
    let add = |guardian: &PlayerState, location| {
        code(add_dependant(&berlin(), guardian, &given(&[]), dependant_command(location)))
    };
    assert_eq!(add(&given(&[]), HERE), "player_not_found");
    assert_eq!(add(&given(&[guardian(), E::Erased]), HERE), "player_erased");
    assert_eq!(add(&given(&[dependant(ANA)]), HERE), "not_a_guardian");
}

#[test]
fn another_venues_player_does_not_exist_here_erased_or_not() {
    for elsewhere in [given(&[guardian()]), given(&[guardian(), E::Erased])] {
        assert_eq!(elsewhere.existing_at(ELSEWHERE), Err(PlayerError::NotFound));
        let outcome = add_dependant(&berlin(), &elsewhere, &given(&[]), dependant_command(ELSEWHERE));
        assert_eq!(code(outcome), "player_not_found");
    }
    assert_eq!(given(&[guardian(), E::Erased]).existing_at(HERE), Err(PlayerError::Erased));
    assert!(given(&[guardian()]).existing_at(HERE).is_ok());
}

#[test]
fn a_dependant_is_added_once() {
    let family = given(&[guardian(), added(BEN), added(BEN)]);
    assert_eq!(family.existing().unwrap().dependants, [BEN]);
    assert_eq!(decide(&family, C::AddDependant { dependant: BEN }), Ok(vec![]));
}

#[test]
fn a_dependant_moves_to_another_family_in_all_three_streams() {
    let (ben, cem) = (given(&[dependant(BEN)]), given(&[guardian()]));
    let command = MoveDependant { id: BEN, location: HERE, from: ANA, to: CEM };
    let changes = move_dependant(&berlin(), &ben, &cem, command).unwrap();
    assert_eq!(in_stream(&changes, BEN), [E::Moved { guardian: CEM }]);
    assert_eq!(in_stream(&changes, ANA), [E::DependantLeft { dependant: BEN }]);
    assert_eq!(in_stream(&changes, CEM), [added(BEN)]);
    let moved = given(&[&[dependant(BEN)], &in_stream(&changes, BEN)[..]].concat());
    assert_eq!(moved.existing().unwrap().guardian, Some(CEM));
    let left = given(&[guardian(), added(BEN), E::DependantLeft { dependant: BEN }]);
    assert_eq!(left.existing().unwrap().dependants, []);
    let same = MoveDependant { to: ANA, ..command };
    assert_eq!(move_dependant(&berlin(), &ben, &cem, same).unwrap(), []);
}

#[test]
fn only_a_dependant_moves_and_only_to_a_guardian_of_this_venue() {
    let command = MoveDependant { id: BEN, location: HERE, from: ANA, to: CEM };
    let attempt =
        |ben: &[E], cem: &[E], command| code(move_dependant(&berlin(), &given(ben), &given(cem), command));
    assert_eq!(attempt(&[guardian()], &[guardian()], command), "not_a_dependant");
    assert_eq!(attempt(&[dependant(BEN)], &[], command), "player_not_found");
    assert_eq!(attempt(&[dependant(BEN)], &[dependant(CEM)], command), "not_a_guardian");
    assert_eq!(attempt(&[dependant(BEN)], &[guardian(), E::Erased], command), "player_erased");
    let elsewhere = MoveDependant { location: ELSEWHERE, ..command };
    assert_eq!(attempt(&[dependant(BEN)], &[guardian()], elsewhere), "player_not_found");
}

#[test]
fn debug_output_shows_no_personal_data() {
    let shown = format!("{:?} {:?}", guardian(), register(grown_up()));
    for secret in ["Lima", "example.org", "1990"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}
