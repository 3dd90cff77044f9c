//! The typed values of settings and their bounds.

use std::fmt;

use super::SettingError;
use crate::values::visible_lines;

/// A typed value.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "type", content = "value", rename_all = "snake_case")]
pub enum SettingValue {
    /// At most 10 000 characters.
    Text(String),
    /// A finite number.
    Number(f64),
    /// A flag.
    Boolean(bool),
    /// Any JSON of at most 64 KiB, as text.
    Json(String),
}

/// The type of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueType {
    /// See [`SettingValue::Text`].
    Text,
    /// See [`SettingValue::Number`].
    Number,
    /// See [`SettingValue::Boolean`].
    Boolean,
    /// See [`SettingValue::Json`].
    Json,
}

impl fmt::Display for ValueType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "text",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Json => "JSON value",
        })
    }
}

impl SettingValue {
    /// Its type.
    #[must_use]
    pub fn value_type(&self) -> ValueType {
        match self {
            Self::Text(_) => ValueType::Text,
            Self::Number(_) => ValueType::Number,
            Self::Boolean(_) => ValueType::Boolean,
            Self::Json(_) => ValueType::Json,
        }
    }

    /// Whether `other` means the same: JSON may be written in several ways.
    #[must_use]
    pub fn same_as(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Json(one), Self::Json(another)) => match (parse(one), parse(another)) {
                (Ok(one), Ok(another)) => one == another,
                (Ok(_) | Err(_), _) => one == another,
            },
            (one, another) => one == another,
        }
    }

    pub(super) fn check(&self) -> Result<(), SettingError> {
        match self {
            Self::Text(text) => visible_lines(text, 10_000).map_err(|why| SettingError::Text { why }),
            Self::Number(number) if number.is_finite() => Ok(()),
            Self::Number(_) => Err(SettingError::NotFinite),
            Self::Boolean(_) => Ok(()),
            Self::Json(json) if json.len() > 64 * 1024 => {
                Err(SettingError::JsonTooLong { bytes: json.len() })
            }
            Self::Json(json) => parse(json)
                .map(|_| ())
                .map_err(|error| SettingError::JsonMalformed { line: error.line(), column: error.column() }),
        }
    }
}

/// Into a tree rather than over it: only that refuses what readers could not parse for its depth.
fn parse(json: &str) -> Result<serde_json::Value, serde_json::Error> {
    serde_json::from_str(json)
}
