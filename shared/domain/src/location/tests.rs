//! The rules of a location, as given / when / then.

use jiff::civil::time;
use uuid::Uuid;

use super::{
    Location, LocationCommand as C, LocationError, LocationEvent as E, LocationState, OpeningSpan,
    RewardTier, decide, default_reward_tiers, reward,
};
use crate::{
    Aggregate as _,
    ids::LocationId,
    values::{Code, Name, Reason, TimeZoneName},
};

fn given(events: &[E]) -> LocationState {
    events.iter().fold(LocationState::default(), Location::evolve)
}

fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

fn berlin() -> TimeZoneName {
    TimeZoneName::new("Europe/Berlin").unwrap()
}

fn opened() -> E {
    E::Opened {
        id: LocationId(Uuid::from_u128(1)),
        code: Code::new("b1").unwrap(),
        name: name("Berlin"),
        time_zone: berlin(),
    }
}

fn disabled() -> E {
    E::Disabled { reason: Reason::new("water damage").unwrap() }
}

fn settings() -> C {
    C::ChangeSettings { time_zone: None, reward_tiers: None, opening_hours: None }
}

fn tiers(over: &[u64]) -> C {
    let tier = |over_points: &u64| RewardTier { name: name("T"), over_points: *over_points };
    C::ChangeSettings {
        reward_tiers: Some(over.iter().map(tier).collect()),
        time_zone: None,
        opening_hours: None,
    }
}

fn hours(spans: &[(u8, i8, i8)]) -> C {
    let span = |(weekday, opens, closes): &(u8, i8, i8)| OpeningSpan {
        weekday: *weekday,
        opens: time(*opens, 0, 0, 0),
        closes: time(*closes, 0, 0, 0),
    };
    C::ChangeSettings {
        opening_hours: Some(spans.iter().map(span).collect()),
        time_zone: None,
        reward_tiers: None,
    }
}

#[test]
fn opens_once() {
    let command = || C::Open {
        id: LocationId(Uuid::from_u128(1)),
        code: Code::new("B1").unwrap(),
        name: name("Berlin"),
        time_zone: berlin(),
    };
    assert_eq!(decide(&given(&[]), command()), Ok(vec![opened()]));
    assert_eq!(decide(&given(&[opened()]), command()), Err(LocationError::AlreadyOpen));
}

#[test]
fn renames_and_a_name_already_in_effect_yields_nothing() {
    let state = given(&[opened()]);
    assert_eq!(
        decide(&state, C::Rename { name: name("Mitte") }),
        Ok(vec![E::Renamed { name: name("Mitte") }])
    );
    assert_eq!(decide(&state, C::Rename { name: name("Berlin") }), Ok(vec![]));
}

#[test]
fn nothing_can_be_asked_of_a_location_that_was_never_opened() {
    for command in [C::Rename { name: name("x") }, settings(), C::Enable] {
        assert_eq!(decide(&given(&[]), command), Err(LocationError::NotFound));
    }
    assert_eq!(given(&[disabled()]), LocationState::Absent);
}

#[test]
fn disables_and_enables_once() {
    let open = given(&[opened()]);
    let closed = given(&[opened(), disabled()]);
    let reason = Reason::new("water damage").unwrap();
    assert_eq!(decide(&open, C::Disable { reason: reason.clone() }), Ok(vec![disabled()]));
    assert_eq!(decide(&closed, C::Disable { reason }), Ok(vec![]));
    assert_eq!(decide(&closed, C::Enable), Ok(vec![E::Enabled]));
    assert_eq!(decide(&open, C::Enable), Ok(vec![]));
    assert_eq!(closed.in_business(), Err(LocationError::Disabled));
    assert!(open.in_business().is_ok());
}

#[test]
fn reward_tiers_are_sorted_and_each_has_its_own_bound() {
    let state = given(&[opened()]);
    let events = decide(&state, tiers(&[900, 100])).unwrap();
    assert!(
        matches!(&events[..], [E::SettingsChanged { reward_tiers, .. }] if reward_tiers[0].over_points == 100)
    );
    assert_eq!(decide(&state, tiers(&[100, 100])), Err(LocationError::SameTierTwice { over_points: 100 }));
    assert_eq!(decide(&state, tiers(&[])), Err(LocationError::TierCount { count: 0 }));
}

#[test]
fn settings_already_in_effect_yield_nothing() {
    assert_eq!(decide(&given(&[opened()]), settings()), Ok(vec![]));
}

#[test]
fn opening_hours_do_not_overlap_and_may_pass_midnight() {
    let state = given(&[opened()]);
    assert!(decide(&state, hours(&[(6, 9, 12), (6, 13, 1)])).is_ok());
    for bad in [hours(&[(6, 9, 12), (6, 11, 13)]), hours(&[(6, 9, 9)]), hours(&[(6, 20, 2), (6, 22, 23)])] {
        assert_eq!(decide(&state, bad), Err(LocationError::OpeningHours { weekday: 6 }));
    }
    assert_eq!(decide(&state, hours(&[(8, 9, 10)])), Err(LocationError::OpeningHours { weekday: 8 }));
}

#[test]
fn a_reward_needs_more_points_than_its_bound() {
    let tiers = default_reward_tiers();
    let of = |points| reward(&tiers, points).map(|tier| tier.name.to_string());
    assert_eq!(of(500), None);
    assert_eq!(of(501).as_deref(), Some("Bronze"));
    assert_eq!(of(15_000).as_deref(), Some("Diamond"));
    assert_eq!(of(u64::MAX).as_deref(), Some("Master"));
}
