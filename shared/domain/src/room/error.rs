//! Rules a room command can break.

use crate::{
    BrokenRule, RefusalKind,
    values::{InvalidValue, Name},
};

/// Why a room command was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RoomError {
    /// It was never installed, or at another location.
    #[error("there is no such room here")]
    NotFound,
    /// The id is taken.
    #[error("this room is already installed")]
    AlreadyInstalled,
    /// The variant belongs to a game that is not in this room.
    #[error("this variant belongs to another game than the room's; choose one of the room's game")]
    VariantOfOtherGame,
    /// The variant cannot be played here.
    #[error("this variant is not active in this room; activate it first")]
    VariantNotActive,
    /// Nothing starts here.
    #[error("this room is out of service; return it to service first")]
    OutOfService,
    /// Another play is under way.
    #[error("this room is occupied by another play; finish or abort that first")]
    Occupied,
    /// A list of controllers has its bounds.
    #[error("a room has at most 20 controllers, not {count}")]
    ControllerCount {
        /// How many were given.
        count: usize,
    },
    /// An address cannot be reached as written.
    #[error("the address of controller \"{name}\" must be host:port, such as 10.0.3.21:7000")]
    ControllerAddress {
        /// Whose.
        name: Name,
    },
    /// A map of free settings has its bounds.
    #[error("{map} has at most 50 entries, not {count}")]
    EntryCount {
        /// Which map.
        map: &'static str,
        /// How many were given.
        count: usize,
    },
    /// A key of a free setting breaks its rule.
    #[error("a key of {map} {why}")]
    EntryKey {
        /// Which map.
        map: &'static str,
        /// What is wrong with it.
        why: InvalidValue,
    },
    /// A value of a free setting breaks its rule.
    #[error("the value of \"{key}\" in {map} {why}")]
    EntryValue {
        /// Which map.
        map: &'static str,
        /// Whose.
        key: String,
        /// What is wrong with it.
        why: InvalidValue,
    },
}

impl BrokenRule for RoomError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "room_not_found",
            Self::AlreadyInstalled => "room_already_installed",
            Self::VariantOfOtherGame => "variant_of_other_game",
            Self::VariantNotActive => "variant_not_active",
            Self::OutOfService => "room_out_of_service",
            Self::Occupied => "room_occupied",
            Self::ControllerCount { .. } | Self::ControllerAddress { .. } => "controllers_invalid",
            Self::EntryCount { .. } | Self::EntryKey { .. } | Self::EntryValue { .. } => {
                "free_settings_invalid"
            }
        }
    }

    fn kind(&self) -> RefusalKind {
        match self {
            Self::NotFound => RefusalKind::NotFound,
            Self::AlreadyInstalled | Self::VariantNotActive | Self::OutOfService | Self::Occupied => {
                RefusalKind::Conflict
            }
            Self::VariantOfOtherGame
            | Self::ControllerCount { .. }
            | Self::ControllerAddress { .. }
            | Self::EntryCount { .. }
            | Self::EntryKey { .. }
            | Self::EntryValue { .. } => RefusalKind::Rule,
        }
    }
}
