//! Rules a game command can break.

use crate::{
    BrokenRule, RefusalKind,
    values::{InvalidValue, Name},
};

/// Why a game command was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GameError {
    /// It was never added.
    #[error("there is no such game")]
    NotFound,
    /// The id is taken.
    #[error("this game is already in the catalogue")]
    AlreadyAdded,
    /// A retired game gets no new rooms or variants.
    #[error("this game is retired and gets no new rooms or variants; choose another")]
    Retired,
    /// The game has no variant of that id.
    #[error("this game has no such variant")]
    VariantNotFound,
    /// The variant's id is taken.
    #[error("this game already has a variant with this id")]
    VariantExists,
    /// A retired variant is not changed, activated or played.
    #[error("this variant is retired; choose another")]
    VariantRetired,
    /// The game cannot become smaller than a variant that is still offered.
    #[error(
        "variant \"{variant}\" takes up to {needed} players; change or retire it before the game takes only {given}"
    )]
    VariantNeedsMorePlayers {
        /// The largest variant that stands against it.
        variant: Name,
        /// Its own most players.
        needed: u32,
        /// What was asked for.
        given: u32,
    },
    /// A number outside its range.
    #[error("{field} must be between 1 and {max}, is {actual}")]
    OutOfRange {
        /// Which number.
        field: &'static str,
        /// Largest allowed.
        max: u32,
        /// What was given.
        actual: u32,
    },
    /// The instructions are too long or hide something.
    #[error("instructions {why}")]
    Instructions {
        /// What is wrong with them.
        why: InvalidValue,
    },
    /// A list of links has its bounds.
    #[error("a variant has at most 20 media links, not {count}")]
    MediaLinkCount {
        /// How many were given.
        count: usize,
    },
    /// Only `https`, with a host and without user names, spaces or quotes.
    #[error("media link {number} must be a plain https:// address of at most 2000 characters")]
    MediaLink {
        /// Place in the list, from 1.
        number: usize,
    },
}

impl BrokenRule for GameError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "game_not_found",
            Self::AlreadyAdded => "game_already_added",
            Self::Retired => "game_retired",
            Self::VariantNotFound => "variant_not_found",
            Self::VariantExists => "variant_already_added",
            Self::VariantRetired => "variant_retired",
            Self::VariantNeedsMorePlayers { .. } => "variant_needs_more_players",
            Self::OutOfRange { .. } => "out_of_range",
            Self::Instructions { .. } => "instructions_invalid",
            Self::MediaLinkCount { .. } | Self::MediaLink { .. } => "media_links_invalid",
        }
    }

    fn kind(&self) -> RefusalKind {
        match self {
            Self::NotFound | Self::VariantNotFound => RefusalKind::NotFound,
            Self::AlreadyAdded
            | Self::Retired
            | Self::VariantExists
            | Self::VariantRetired
            | Self::VariantNeedsMorePlayers { .. } => RefusalKind::Conflict,
            Self::OutOfRange { .. }
            | Self::Instructions { .. }
            | Self::MediaLinkCount { .. }
            | Self::MediaLink { .. } => RefusalKind::Rule,
        }
    }
}
