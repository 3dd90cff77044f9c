//! What can be asked of the catalogue.

use crate::{
    ids::{GameId, VariantId},
    values::{Code, Name},
};

use super::{VariantChanges, VariantSpec};

/// A wish about a game.
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
