//! Typed settings at four scopes; the nearest wins. Feature flags are settings.

mod command;
pub mod cross_stream;
mod display_names;
mod error;
mod event;
mod recorded_plays;
mod resolve;
#[cfg(test)]
mod tests;
mod value;

pub use command::{SettingCommand, decide};
pub use display_names::{DISPLAY_NAMES, DisplayNames, UnknownDisplayName};
pub use error::SettingError;
pub use event::{Setting, SettingEvent, SettingState};
pub use recorded_plays::{RECORD_WITHIN, record_within};
pub use resolve::{SettingContext, resolve};
pub use value::{SettingValue, ValueType};

use std::{fmt, sync::Arc};

use super::{
    Aggregate as _,
    checked::checked_values,
    ids::{LocationId, RoomId, StreamName, VariantId},
    values::InvalidValue,
};

/// Where a setting holds, nearest last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Everywhere.
    Global,
    /// At one location.
    Location(LocationId),
    /// In one room.
    Room(LocationId, RoomId),
    /// For one variant at one location.
    Variant(LocationId, VariantId),
}

/// `feature.night_mode`: 1 to 80 of `a-z 0-9 . _ -`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SettingKey(Arc<str>);

impl SettingKey {
    /// Checks `text`.
    ///
    /// # Errors
    /// `Malformed`.
    pub fn new(text: &str) -> Result<Self, InvalidValue> {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'_' | b'-');
        if (1..=80).contains(&text.len()) && text.bytes().all(plain) {
            Ok(Self(text.into()))
        } else {
            Err(InvalidValue::Malformed {
                expected: "1 to 80 lower-case letters, digits, dots, underscores or hyphens",
            })
        }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// From a stored event, which was checked when it was written.
    #[must_use]
    pub fn stored(text: &str) -> Self {
        Self(text.into())
    }
}

checked_values! {
    SettingKey: String, |text| Self::new(&text), else Self("-".into());
}

impl fmt::Display for SettingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Scope {
    /// The stream of `key` at this scope.
    #[must_use]
    pub fn stream(&self, key: &SettingKey) -> StreamName {
        match self {
            Self::Global => StreamName::new(Setting::CATEGORY, format_args!("global:{key}")),
            Self::Location(location) => StreamName::new(Setting::CATEGORY, format_args!("{location}:{key}")),
            Self::Room(location, room) => {
                StreamName::new(Setting::CATEGORY, format_args!("{location}:room:{room}:{key}"))
            }
            Self::Variant(location, variant) => {
                StreamName::new(Setting::CATEGORY, format_args!("{location}:variant:{variant}:{key}"))
            }
        }
    }
}
