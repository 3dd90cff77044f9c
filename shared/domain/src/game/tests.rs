//! The rules of a game, as given / when / then.

use proptest::prelude::*;
use uuid::Uuid;

use super::{
    Game, GameCommand as C, GameError, GameEvent as E, GameState, MOST_PLAYERS, Mode, VariantChanges,
    VariantSpec, decide,
};
use crate::{
    Aggregate as _,
    ids::{GameId, VariantId},
    values::{Code, InvalidValue, Name},
};

fn given(events: &[E]) -> GameState {
    events.iter().fold(GameState::default(), Game::evolve)
}

fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

fn variant(number: u128) -> VariantId {
    VariantId(Uuid::from_u128(number))
}

fn added() -> E {
    E::Added {
        id: GameId(Uuid::from_u128(1)),
        code: Code::new("lasers").unwrap(),
        name: name("Lasers"),
        max_players: 6,
    }
}

fn add(max_players: u32) -> C {
    let E::Added { id, code, name, .. } = added() else { unreachable!() };
    C::Add { id, code, name, max_players }
}

fn change(new_name: Option<&str>, max_players: Option<u32>) -> C {
    C::Change { name: new_name.map(name), max_players }
}

fn spec() -> VariantSpec {
    VariantSpec::new(name("Rush"), Mode::Alliance, 4)
}

fn variant_added() -> E {
    E::VariantAdded { id: variant(1), spec: spec() }
}

fn variant_retired() -> E {
    E::VariantRetired { id: variant(1) }
}

fn add_variant(changes: VariantChanges) -> C {
    C::AddVariant { id: variant(1), spec: spec().with(changes) }
}

fn change_variant(changes: VariantChanges) -> C {
    C::ChangeVariant { id: variant(1), changes }
}

fn links(links: &[&str]) -> VariantChanges {
    VariantChanges {
        media_links: Some(links.iter().map(ToString::to_string).collect()),
        ..VariantChanges::default()
    }
}

fn instructions(text: &str) -> VariantChanges {
    VariantChanges { instructions: Some(text.into()), ..VariantChanges::default() }
}

fn out_of_range(field: &'static str, max: u32, actual: u32) -> GameError {
    GameError::OutOfRange { field, max, actual }
}

#[test]
fn a_game_is_added_once() {
    assert_eq!(decide(&given(&[]), add(6)), Ok(vec![added()]));
    assert_eq!(decide(&given(&[added()]), add(6)), Err(GameError::AlreadyAdded));
}

#[test]
fn a_game_takes_at_least_one_player_and_not_more_than_any_game_can() {
    for max_players in [0, MOST_PLAYERS + 1] {
        let refused = Err(out_of_range("max_players", MOST_PLAYERS, max_players));
        assert_eq!(decide(&given(&[]), add(max_players)), refused);
        assert_eq!(decide(&given(&[added()]), change(None, Some(max_players))), refused);
    }
    assert!(decide(&given(&[]), add(MOST_PLAYERS)).is_ok());
}

#[test]
fn nothing_can_be_asked_of_a_game_that_was_never_added() {
    let commands = [
        change(Some("x"), None),
        C::Retire,
        add_variant(VariantChanges::default()),
        change_variant(VariantChanges::default()),
        C::RetireVariant { id: variant(1) },
    ];
    for command in commands {
        assert_eq!(decide(&given(&[]), command), Err(GameError::NotFound));
    }
}

#[test]
fn a_change_keeps_what_it_does_not_name_and_the_same_again_yields_nothing() {
    let state = given(&[added()]);
    assert_eq!(
        decide(&state, change(None, Some(8))),
        Ok(vec![E::Changed { name: name("Lasers"), max_players: 8 }])
    );
    assert_eq!(decide(&state, change(Some("Lasers"), Some(6))), Ok(vec![]));
}

#[test]
fn a_game_does_not_shrink_below_a_variant_still_offered() {
    let command = || change(None, Some(3));
    let refused = Err(GameError::VariantNeedsMorePlayers { variant: name("Rush"), needed: 4, given: 3 });
    assert_eq!(decide(&given(&[added(), variant_added()]), command()), refused);
    assert!(decide(&given(&[added(), variant_added(), variant_retired()]), command()).is_ok());
    assert!(decide(&given(&[added(), variant_added()]), change(None, Some(4))).is_ok());
}

#[test]
fn a_game_retires_once_and_gets_no_new_variants_but_keeps_the_old() {
    let retired = given(&[added(), variant_added(), E::Retired]);
    assert_eq!(decide(&given(&[added()]), C::Retire), Ok(vec![E::Retired]));
    assert_eq!(decide(&retired, C::Retire), Ok(vec![]));
    assert_eq!(decide(&retired, add_variant(VariantChanges::default())), Err(GameError::Retired));
    assert_eq!(retired.on_offer(), Err(GameError::Retired));
    assert!(decide(&retired, change_variant(instructions("run"))).is_ok());
    assert!(retired.existing().unwrap().playable_variant(variant(1)).is_ok());
}

#[test]
fn a_variant_that_says_nothing_more_gets_the_defaults() {
    let events = decide(&given(&[added()]), add_variant(VariantChanges::default()));
    let spec = VariantSpec {
        name: name("Rush"),
        mode: Mode::Alliance,
        levels: 1,
        max_iterations: 10,
        iteration_seconds: 60,
        max_players: 4,
        instructions: String::new(),
        media_links: vec![],
    };
    assert_eq!(spec.longest_play_seconds(), 600);
    assert_eq!(events, Ok(vec![E::VariantAdded { id: variant(1), spec }]));
}

#[test]
fn a_variant_is_added_once() {
    let state = given(&[added(), variant_added()]);
    assert_eq!(decide(&state, add_variant(VariantChanges::default())), Err(GameError::VariantExists));
}

#[test]
fn a_variants_numbers_have_their_ranges() {
    let none = VariantChanges::default;
    let cases = [
        (VariantChanges { levels: Some(0), ..none() }, out_of_range("levels", 100, 0)),
        (VariantChanges { levels: Some(101), ..none() }, out_of_range("levels", 100, 101)),
        (VariantChanges { max_iterations: Some(0), ..none() }, out_of_range("max_iterations", 1_000, 0)),
        (
            VariantChanges { max_iterations: Some(1_001), ..none() },
            out_of_range("max_iterations", 1_000, 1_001),
        ),
        (
            VariantChanges { iteration_seconds: Some(0), ..none() },
            out_of_range("iteration_seconds", 3_600, 0),
        ),
        (
            VariantChanges { iteration_seconds: Some(u32::MAX), ..none() },
            out_of_range("iteration_seconds", 3_600, u32::MAX),
        ),
        (VariantChanges { max_players: Some(0), ..none() }, out_of_range("max_players", 6, 0)),
        (VariantChanges { max_players: Some(7), ..none() }, out_of_range("max_players", 6, 7)),
    ];
    for (changes, error) in cases {
        assert_eq!(decide(&given(&[added()]), add_variant(changes.clone())), Err(error.clone()));
        assert_eq!(decide(&given(&[added(), variant_added()]), change_variant(changes)), Err(error));
    }
}

#[test]
fn instructions_may_have_lines_but_not_hide_anything() {
    let state = given(&[added()]);
    assert!(decide(&state, add_variant(instructions("Run!\n\tThen rest."))).is_ok());
    let hidden = GameError::Instructions { why: InvalidValue::Invisible { code: 0x202E } };
    assert_eq!(decide(&state, add_variant(instructions("a\u{202E}b"))), Err(hidden));
    let long = GameError::Instructions { why: InvalidValue::TooLong { max: 5_000, actual: 5_001 } };
    assert_eq!(decide(&state, add_variant(instructions(&"é".repeat(5_001)))), Err(long));
}

#[test]
fn media_links_are_plain_https_and_at_most_twenty() {
    let state = given(&[added()]);
    let good = "https://cdn.example.org/rush.mp4?t=1#a";
    assert!(decide(&state, add_variant(links(&[good; 20]))).is_ok());
    assert_eq!(decide(&state, add_variant(links(&[good; 21]))), Err(GameError::MediaLinkCount { count: 21 }));
    let bad = [
        "http://example.org",
        "https://",
        "https:///rush",
        "https://?rush",
        "https://bank.example@evil.example/",
        "https://example.org/a b",
        "https://example.org/\"onload=",
        "javascript:alert(1)",
        "",
        &format!("https://example.org/{}", "a".repeat(2_000)),
    ];
    for link in bad {
        let refused = Err(GameError::MediaLink { number: 2 });
        assert_eq!(decide(&state, add_variant(links(&[good, link]))), refused, "{link}");
    }
}

#[test]
fn a_variant_changes_and_the_same_again_yields_nothing() {
    let state = given(&[added(), variant_added()]);
    let changes = VariantChanges { mode: Some(Mode::Pvp), levels: Some(5), ..VariantChanges::default() };
    let event = E::VariantChanged { id: variant(1), spec: spec().with(changes.clone()) };
    assert_eq!(decide(&state, change_variant(changes.clone())), Ok(vec![event.clone()]));
    let after = given(&[added(), variant_added(), event]);
    assert_eq!(decide(&after, change_variant(changes)), Ok(vec![]));
    assert_eq!(after.existing().unwrap().playable_variant(variant(1)).unwrap().levels, 5);
}

#[test]
fn a_variant_that_was_never_added_is_neither_changed_nor_retired_nor_played() {
    let state = given(&[added()]);
    let missing = GameError::VariantNotFound;
    assert_eq!(decide(&state, change_variant(VariantChanges::default())), Err(missing.clone()));
    assert_eq!(decide(&state, C::RetireVariant { id: variant(1) }), Err(missing.clone()));
    assert_eq!(state.existing().unwrap().playable_variant(variant(1)), Err(missing));
}

#[test]
fn a_variant_retires_once_and_is_then_neither_changed_nor_played() {
    let retire = || C::RetireVariant { id: variant(1) };
    assert_eq!(decide(&given(&[added(), variant_added()]), retire()), Ok(vec![variant_retired()]));
    let state = given(&[added(), variant_added(), variant_retired()]);
    assert_eq!(decide(&state, retire()), Ok(vec![]));
    assert_eq!(decide(&state, change_variant(instructions("x"))), Err(GameError::VariantRetired));
    let playable = state.existing().unwrap().playable_variant(variant(1));
    assert_eq!(playable, Err(GameError::VariantRetired));
}

fn any_event() -> impl Strategy<Value = E> {
    (0..6_u8, 1..4_u128, 0..9_u32).prop_map(|(kind, number, max_players)| match kind {
        0 => added(),
        1 => E::Changed { name: name("Other"), max_players },
        2 => E::Retired,
        3 => E::VariantAdded { id: variant(number), spec: spec() },
        4 => E::VariantChanged {
            id: variant(number),
            spec: VariantSpec::new(name("Other"), Mode::Pvp, max_players),
        },
        _ => E::VariantRetired { id: variant(number) },
    })
}

fn any_command() -> impl Strategy<Value = C> {
    (0..6_u8, 1..4_u128, 0..9_u32).prop_map(|(kind, number, players)| match kind {
        0 => add(players),
        1 => change(None, Some(players)),
        2 => C::Retire,
        3 => {
            C::AddVariant { id: variant(number), spec: VariantSpec::new(name("Any"), Mode::Custom, players) }
        }
        4 => C::ChangeVariant {
            id: variant(number),
            changes: VariantChanges { max_players: Some(players), ..VariantChanges::default() },
        },
        _ => C::RetireVariant { id: variant(number) },
    })
}

proptest! {
    #[test]
    fn evolve_survives_any_order_of_events(events in prop::collection::vec(any_event(), 0..40)) {
        let state = given(&events);
        prop_assert_eq!(state == GameState::Absent, !events.contains(&added()));
    }

    #[test]
    fn no_sequence_of_commands_gives_a_variant_more_players_than_its_game(
        commands in prop::collection::vec(any_command(), 0..60),
    ) {
        let mut state = given(&[added()]);
        for command in commands {
            let events = decide(&state, command).unwrap_or_default();
            state = events.iter().fold(state, Game::evolve);
            let game = state.existing().unwrap();
            let live = || game.variants.values().filter(|variant| !variant.retired);
            prop_assert!(live().all(|variant| variant.spec.max_players <= game.max_players));
        }
    }
}
