//! Facts about one game of the catalogue and its variants, and what decisions need to know of them.

use std::collections::BTreeMap;

use super::{GameError, VariantSpec};
use crate::{
    Aggregate, DomainEvent,
    ids::{GameId, VariantId},
    values::{Code, Name},
};

/// What happened to a game.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GameEvent {
    /// Joined the catalogue.
    Added {
        /// Its id.
        id: GameId,
        /// Unique in the catalogue.
        code: Code,
        /// What people call it.
        name: Name,
        /// Most players any variant may have.
        max_players: u32,
    },
    /// Name and size, after the change.
    Changed {
        /// What people call it.
        name: Name,
        /// Most players any variant may have.
        max_players: u32,
    },
    /// No new rooms or variants.
    Retired,
    /// A variant joined.
    VariantAdded {
        /// Its id.
        id: VariantId,
        /// What it is.
        spec: VariantSpec,
    },
    /// A variant, after the change.
    VariantChanged {
        /// Which.
        id: VariantId,
        /// What it is now.
        spec: VariantSpec,
    },
    /// A variant can no longer be activated or played.
    VariantRetired {
        /// Which.
        id: VariantId,
    },
}

/// The aggregate.
#[derive(Debug)]
pub struct Game;

/// A game's phase.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum GameState {
    /// Never added.
    #[default]
    Absent,
    /// Added once; may be retired.
    Listed(ListedGame),
}

/// A game of the catalogue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedGame {
    /// Its id.
    pub id: GameId,
    /// What people call it.
    pub name: Name,
    /// Most players any variant may have.
    pub max_players: u32,
    /// No new rooms or variants.
    pub retired: bool,
    /// Every variant it ever had.
    pub variants: BTreeMap<VariantId, Variant>,
}

/// A variant of a game.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variant {
    /// What it is.
    pub spec: VariantSpec,
    /// Can no longer be activated or played.
    pub retired: bool,
}

impl GameState {
    /// The game, if it exists.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn existing(&self) -> Result<&ListedGame, GameError> {
        match self {
            Self::Listed(game) => Ok(game),
            Self::Absent => Err(GameError::NotFound),
        }
    }

    /// The game, if it may get new rooms and variants.
    ///
    /// # Errors
    /// `NotFound`, `Retired`.
    pub fn on_offer(&self) -> Result<&ListedGame, GameError> {
        match self.existing()? {
            game if game.retired => Err(GameError::Retired),
            game => Ok(game),
        }
    }
}

impl ListedGame {
    /// The variant `id`, on offer or not.
    ///
    /// # Errors
    /// `VariantNotFound`.
    pub fn variant(&self, id: VariantId) -> Result<&VariantSpec, GameError> {
        self.variants.get(&id).map(|variant| &variant.spec).ok_or(GameError::VariantNotFound)
    }

    /// The variant `id`, if it may be activated and played. The game itself may be retired: rooms that
    /// have it play on.
    ///
    /// # Errors
    /// `VariantNotFound`, `VariantRetired`.
    pub fn playable_variant(&self, id: VariantId) -> Result<&VariantSpec, GameError> {
        match self.variants.get(&id) {
            None => Err(GameError::VariantNotFound),
            Some(variant) if variant.retired => Err(GameError::VariantRetired),
            Some(variant) => Ok(&variant.spec),
        }
    }
}

impl Aggregate for Game {
    type Event = GameEvent;
    type State = GameState;
    const CATEGORY: &'static str = "game";

    fn evolve(state: GameState, event: &GameEvent) -> GameState {
        match (state, event) {
            (GameState::Absent, GameEvent::Added { id, code: _, name, max_players }) => {
                GameState::Listed(ListedGame {
                    id: *id,
                    name: name.clone(),
                    max_players: *max_players,
                    retired: false,
                    variants: BTreeMap::new(),
                })
            }
            (GameState::Listed(game), event) => GameState::Listed(changed(game, event)),
            (GameState::Absent, _) => GameState::Absent,
        }
    }

    fn event_of(event: &DomainEvent) -> Option<&GameEvent> {
        match event {
            DomainEvent::Game(event) => Some(event),
            _ => None,
        }
    }
}

fn changed(mut game: ListedGame, event: &GameEvent) -> ListedGame {
    match event {
        GameEvent::Added { .. } => {}
        GameEvent::Changed { name, max_players } => {
            game.name = name.clone();
            game.max_players = *max_players;
        }
        GameEvent::Retired => game.retired = true,
        GameEvent::VariantAdded { id, spec } => {
            game.variants.entry(*id).or_insert_with(|| Variant { spec: spec.clone(), retired: false });
        }
        GameEvent::VariantChanged { id, spec } => {
            if let Some(variant) = game.variants.get_mut(id) {
                variant.spec = spec.clone();
            }
        }
        GameEvent::VariantRetired { id } => {
            if let Some(variant) = game.variants.get_mut(id) {
                variant.retired = true;
            }
        }
    }
    game
}
