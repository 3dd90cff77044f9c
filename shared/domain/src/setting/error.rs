//! Rules a setting command can break.

use crate::{BrokenRule, RefusalKind, values::InvalidValue};

use super::ValueType;

/// Why a setting command was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingError {
    /// A setting keeps its type as long as it is set.
    #[error("this setting holds a {in_effect} here, not a {given}; unset it first to change its type")]
    TypeDiffers {
        /// The type of the value in effect.
        in_effect: ValueType,
        /// The type that was given.
        given: ValueType,
    },
    /// A text is too long or hides something.
    #[error("the text {why}")]
    Text {
        /// What is wrong with it.
        why: InvalidValue,
    },
    /// Not a number of hours.
    #[error("plays.record_within_hours must be a number between 1 and 720")]
    RecordWithin,
    /// Not a way to show names.
    #[error("players.display_name must be the text first_name_and_initial, first_name or full_name")]
    UnknownDisplayName,
    /// Not a number, or infinite.
    #[error("the number must be finite")]
    NotFinite,
    /// Too much JSON.
    #[error("the JSON must have at most 65536 bytes, has {bytes}")]
    JsonTooLong {
        /// Length given.
        bytes: usize,
    },
    /// Not JSON at all, or nested too deep.
    #[error("the value is not well-formed JSON at line {line}, column {column}")]
    JsonMalformed {
        /// Line of the first fault, from 1.
        line: usize,
        /// Its column.
        column: usize,
    },
}

impl BrokenRule for SettingError {
    fn code(&self) -> &'static str {
        match self {
            Self::TypeDiffers { .. } => "setting_type_differs",
            Self::Text { .. }
            | Self::RecordWithin
            | Self::UnknownDisplayName
            | Self::NotFinite
            | Self::JsonTooLong { .. }
            | Self::JsonMalformed { .. } => "setting_value_invalid",
        }
    }

    fn kind(&self) -> RefusalKind {
        match self {
            Self::TypeDiffers { .. } => RefusalKind::Conflict,
            Self::Text { .. }
            | Self::RecordWithin
            | Self::UnknownDisplayName
            | Self::NotFinite
            | Self::JsonTooLong { .. }
            | Self::JsonMalformed { .. } => RefusalKind::Rule,
        }
    }
}
