//! Adding a game together with its code, as given / when / then.

use uuid::Uuid;

use super::{
    GameEvent, GameState,
    cross_stream::{NewGame, add},
};
use crate::{
    Aggregate as _, Change,
    claim::{Claim, ClaimEvent, ClaimState},
    ids::GameId,
    values::{Code, Name},
};

fn lasers(max_players: u32) -> NewGame {
    NewGame {
        id: GameId(Uuid::from_u128(1)),
        code: Code::new("lasers").unwrap(),
        name: Name::new("Lasers").unwrap(),
        max_players,
    }
}

#[test]
fn adding_claims_the_code_in_the_same_decision() {
    let NewGame { id, code, name, max_players } = lasers(6);
    let changes = add(&ClaimState::default(), &GameState::default(), lasers(6)).unwrap();
    let claimed = Change {
        stream: "claim-game_code:lasers".parse().unwrap(),
        event: ClaimEvent::Claimed { owner: id.stream().to_string() }.into(),
    };
    let added =
        Change { stream: id.stream(), event: GameEvent::Added { id, code, name, max_players }.into() };
    assert_eq!(changes, [claimed, added]);
}

#[test]
fn a_code_that_another_game_has_is_refused() {
    let other = GameId(Uuid::from_u128(2)).stream().to_string();
    let taken = Claim::evolve(ClaimState::default(), &ClaimEvent::Claimed { owner: other });
    let refusal = add(&taken, &GameState::default(), lasers(6)).unwrap_err();
    assert_eq!(refusal.code, "already_in_use");
}

#[test]
fn a_game_that_breaks_its_own_rules_claims_nothing() {
    let refusal = add(&ClaimState::default(), &GameState::default(), lasers(0)).unwrap_err();
    assert_eq!(refusal.code, "out_of_range");
}
