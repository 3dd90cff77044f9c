//! Decisions about a game that need its code's claim as well.

use super::{GameCommand, GameState, decide};
use crate::{
    Change, Refusal,
    claim::{self, ClaimState},
    ids::{GameId, StreamName},
    values::{Code, Name},
};

/// A game about to join the catalogue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewGame {
    /// Fresh id.
    pub id: GameId,
    /// Unique in the catalogue.
    pub code: Code,
    /// What people call it.
    pub name: Name,
    /// Most players any variant may have.
    pub max_players: u32,
}

/// The stream that keeps `code` unique in the catalogue.
#[must_use]
pub fn code_stream(code: &Code) -> StreamName {
    claim::stream("game_code", code.as_str())
}

/// Adds `new`, whose code must be free; `code` is the state of [`code_stream`].
///
/// # Errors
/// `already_in_use`, `game_already_added`, `out_of_range`.
pub fn add(code: &ClaimState, game: &GameState, new: NewGame) -> Result<Vec<Change>, Refusal> {
    let stream = new.id.stream();
    let claimed = claim::claim(code, &stream, "game code")?;
    let mut changes = Change::all(&code_stream(&new.code), claimed);
    let NewGame { id, code, name, max_players } = new;
    let added = decide(game, GameCommand::Add { id, code, name, max_players })?;
    changes.extend(Change::all(&stream, added));
    Ok(changes)
}
