//! What can be asked of the catalogue, and what is decided on it.

use super::{GameError, GameEvent, GameState, ListedGame, VariantChanges, VariantSpec, spec::in_range};
use crate::{
    ids::{GameId, VariantId},
    values::{Code, Name},
};

/// A command on a game.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GameCommand {
    /// Let a game join the catalogue.
    Add {
        /// Fresh id.
        id: GameId,
        /// Unique in the catalogue; claimed in the same append.
        code: Code,
        /// What people call it.
        name: Name,
        /// Most players any variant may have.
        max_players: u32,
    },
    /// Change the game; what is absent stays.
    Change {
        /// What people call it.
        name: Option<Name>,
        /// Most players any variant may have.
        max_players: Option<u32>,
    },
    /// No new rooms or variants; rooms that have it play on.
    Retire,
    /// Let a variant join.
    AddVariant {
        /// Fresh id.
        id: VariantId,
        /// What it is.
        spec: VariantSpec,
    },
    /// Change a variant.
    ChangeVariant {
        /// Which.
        id: VariantId,
        /// What becomes different.
        changes: VariantChanges,
    },
    /// Let a variant be activated and played no more.
    RetireVariant {
        /// Which.
        id: VariantId,
    },
}

/// The most players that one play of any game can have.
pub const MOST_PLAYERS: u32 = 200;

/// What `command` makes of `state`. A command already in effect yields nothing.
///
/// # Errors
/// The first rule it breaks.
pub fn decide(state: &GameState, command: GameCommand) -> Result<Vec<GameEvent>, GameError> {
    match (state, command) {
        (GameState::Absent, GameCommand::Add { id, code, name, max_players }) => {
            in_range("max_players", MOST_PLAYERS, max_players)?;
            Ok(vec![GameEvent::Added { id, code, name, max_players }])
        }
        (GameState::Listed(_), GameCommand::Add { .. }) => Err(GameError::AlreadyAdded),
        (GameState::Absent, _) => Err(GameError::NotFound),
        (GameState::Listed(game), GameCommand::Change { name, max_players }) => {
            change(game, name, max_players)
        }
        (GameState::Listed(game), GameCommand::Retire) => {
            Ok(if game.retired { vec![] } else { vec![GameEvent::Retired] })
        }
        (GameState::Listed(_), GameCommand::AddVariant { id, spec }) => {
            add_variant(state.on_offer()?, id, spec)
        }
        (GameState::Listed(game), GameCommand::ChangeVariant { id, changes }) => {
            change_variant(game, id, changes)
        }
        (GameState::Listed(game), GameCommand::RetireVariant { id }) => retire_variant(game, id),
    }
}

fn change(
    game: &ListedGame,
    name: Option<Name>,
    max_players: Option<u32>,
) -> Result<Vec<GameEvent>, GameError> {
    let name = name.unwrap_or_else(|| game.name.clone());
    let max_players = max_players.unwrap_or(game.max_players);
    if name == game.name && max_players == game.max_players {
        return Ok(vec![]);
    }
    in_range("max_players", MOST_PLAYERS, max_players)?;
    let live = game.variants.values().filter(|variant| !variant.retired);
    match live.max_by_key(|variant| variant.spec.max_players) {
        Some(largest) if largest.spec.max_players > max_players => Err(GameError::VariantNeedsMorePlayers {
            variant: largest.spec.name.clone(),
            needed: largest.spec.max_players,
            given: max_players,
        }),
        Some(_) | None => Ok(vec![GameEvent::Changed { name, max_players }]),
    }
}

fn add_variant(game: &ListedGame, id: VariantId, spec: VariantSpec) -> Result<Vec<GameEvent>, GameError> {
    if game.variants.contains_key(&id) {
        return Err(GameError::VariantExists);
    }
    spec.check(game.max_players)?;
    Ok(vec![GameEvent::VariantAdded { id, spec }])
}

fn change_variant(
    game: &ListedGame,
    id: VariantId,
    changes: VariantChanges,
) -> Result<Vec<GameEvent>, GameError> {
    let current = game.playable_variant(id)?;
    let spec = current.clone().with(changes);
    spec.check(game.max_players)?;
    Ok(if spec == *current { vec![] } else { vec![GameEvent::VariantChanged { id, spec }] })
}

fn retire_variant(game: &ListedGame, id: VariantId) -> Result<Vec<GameEvent>, GameError> {
    match game.variants.get(&id) {
        None => Err(GameError::VariantNotFound),
        Some(variant) if variant.retired => Ok(vec![]),
        Some(_) => Ok(vec![GameEvent::VariantRetired { id }]),
    }
}
