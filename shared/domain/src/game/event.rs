//! Facts about one game of the catalogue and its variants.

use crate::{
    ids::{GameId, VariantId},
    values::{Code, Name},
};

use super::VariantSpec;

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
