//! What holds for any events and any commands.

use proptest::prelude::*;

use super::*;
use crate::player::{PlayerCommand as C, WaiverVersion, decide};

fn any_time() -> impl Strategy<Value = Timestamp> {
    (Timestamp::MIN.as_second()..=Timestamp::MAX.as_second())
        .prop_map(|second| Timestamp::from_second(second).unwrap())
}

fn any_date() -> impl Strategy<Value = Date> {
    (-9999_i16..=9999, 1_i8..=12, 1_i8..=28).prop_map(|(year, month, day)| date(year, month, day))
}

fn any_uid() -> impl Strategy<Value = WristbandUid> {
    prop_oneof![Just(uid("B1")), Just(uid("B2"))]
}

fn any_player() -> impl Strategy<Value = PlayerId> {
    prop_oneof![Just(ANA), Just(BEN), Just(CEM)]
}

fn any_event() -> impl Strategy<Value = E> {
    let signed = |(version, signed_at, expires_at)| E::WaiverSigned {
        version,
        signature: Personal::Erased,
        signed_at,
        expires_at,
    };
    prop_oneof![
        Just(guardian()),
        any_player().prop_map(dependant),
        any_player().prop_map(added),
        any_player().prop_map(|dependant| E::DependantLeft { dependant }),
        any_player().prop_map(|guardian| E::Moved { guardian }),
        "k[12]".prop_map(|key| E::DetailsCorrected { details: Personal::Erased, email_key: Some(key) }),
        Just(E::DetailsCorrected { details: Personal::Erased, email_key: None }),
        ("v[12]", any_time(), any_time()).prop_map(signed),
        any_uid().prop_map(|uid| E::BandReceived { uid }),
        any_uid().prop_map(|uid| E::BandReturned { uid }),
        Just(E::Erased),
    ]
}

fn any_command() -> impl Strategy<Value = C> {
    let sign = |(version, signed_at, expires_at): (String, _, _)| C::SignWaiver {
        version: WaiverVersion::new(&version).unwrap(),
        signature: Name::new("Ana Lima").unwrap().into(),
        signed_at,
        expires_at,
    };
    let register = |(birth, today)| C::RegisterGuardian {
        id: ANA,
        location: HERE,
        person: born(birth),
        email: email("k1"),
        today,
    };
    let correct = |(birth, today, with_email): (_, _, bool)| C::CorrectDetails {
        person: born(birth),
        email: with_email.then(|| email("k2")),
        today,
    };
    prop_oneof![
        (any_date(), any_date()).prop_map(register),
        Just(C::RegisterGuardian {
            id: ANA,
            location: HERE,
            person: grown_up(),
            email: email("k1"),
            today: TODAY
        }),
        Just(C::RegisterDependant { id: BEN, location: HERE, guardian: ANA, person: child(), today: TODAY }),
        any_player().prop_map(|dependant| C::AddDependant { dependant }),
        (any_date(), any_date(), any::<bool>()).prop_map(correct),
        ("v[12]", any_time(), proptest::option::of(any_time())).prop_map(sign),
        any_uid().prop_map(|uid| C::ReceiveBand { uid }),
        any_uid().prop_map(|uid| C::ReturnBand { uid }),
        prop::bool::weighted(0.2).prop_map(|in_play| C::Erase { in_play }),
    ]
}

proptest! {
    #[test]
    fn evolve_survives_any_order(events in prop::collection::vec(any_event(), 0..40), now in any_time()) {
        let state = given(&events);
        if let PlayerState::Active(player) = &state {
            let signed = |event: &E| matches!(event, E::WaiverSigned { expires_at, .. } if *expires_at > now);
            prop_assert!(!player.waiver_valid_at(now) || events.iter().any(signed));
        }
        let registered = events.iter().position(|event| {
            matches!(event, E::GuardianRegistered { .. } | E::DependantRegistered { .. })
        });
        let erased = registered.is_some_and(|first| events[first..].contains(&E::Erased));
        prop_assert_eq!(matches!(state, PlayerState::Erased { .. }), erased);
        prop_assert_eq!(matches!(state, PlayerState::Absent), registered.is_none());
    }

    #[test]
    fn no_sequence_of_commands_breaks_an_invariant(commands in prop::collection::vec(any_command(), 0..60)) {
        let mut state = PlayerState::default();
        let mut worn: Option<WristbandUid> = None;
        for command in commands {
            let events = decide(&state, command.clone()).unwrap_or_default();
            for event in &events {
                match event {
                    E::BandReceived { uid } => prop_assert_eq!(worn.replace(uid.clone()), None),
                    E::BandReturned { uid } => prop_assert_eq!(worn.take(), Some(uid.clone())),
                    E::Erased => prop_assert_eq!(&worn, &None),
                    E::WaiverSigned { signed_at, expires_at, .. } => prop_assert!(
                        expires_at > signed_at || *signed_at == Timestamp::MAX
                    ),
                    _ => {}
                }
                let was_erased = matches!(state, PlayerState::Erased { .. });
                prop_assert!(!was_erased, "an erased player has no more history");
                state = Player::evolve(state, event);
            }
            if let PlayerState::Active(player) = &state {
                prop_assert_eq!(&player.band, &worn);
                prop_assert_eq!(player.guardian.is_none(), player.email_key.is_some());
                prop_assert!(player.guardian.is_none() || player.dependants.is_empty());
            }
        }
    }
}
