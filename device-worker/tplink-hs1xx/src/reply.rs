//! Replies: finds the answer to a method in JSON text, or the reason there is none.
//!
//! Unknown fields are ignored everywhere. An `err_code` other than 0, on the module or on the
//! method, is an error, and so is a reply that does not mention the method asked.

use std::fmt;

use serde_json::{Map, Value};
use thiserror::Error;

use crate::fields::Fields;

/// Longest device-supplied error text kept, in characters.
const MAX_MESSAGE_CHARS: usize = 128;

/// A reply without a usable answer.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ReplyError {
    /// Not JSON.
    #[error("reply is not JSON")]
    Json(#[source] serde_json::Error),
    /// JSON, but without an object for the method asked.
    #[error("reply does not answer {module}.{method}")]
    NoAnswer {
        /// The module asked.
        module: &'static str,
        /// The method asked.
        method: &'static str,
    },
    /// A field is missing or not of its type.
    #[error("field {name} is missing or malformed")]
    Field {
        /// Its name in the protocol.
        name: &'static str,
    },
    /// The device answered with an error code.
    #[error("device refused")]
    Refused(#[source] Refusal),
}

impl ReplyError {
    /// Whether this is a proper answer, and the answer is no.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        matches!(self, Self::Refused(_))
    }
}

/// A device's refusal of a request.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{module}.{method}: {code}")]
#[non_exhaustive]
pub struct Refusal {
    /// The module asked.
    pub module: &'static str,
    /// The method asked.
    pub method: &'static str,
    /// Why.
    pub code: ErrorCode,
    /// The device's own words (`err_msg`), cut to 128 characters. Untrusted text, and
    /// therefore not part of `Display`.
    pub message: Option<Box<str>>,
}

/// The `err_code` of a refusal.
///
/// Source: codes and texts of HS-series firmware, as collected by public clients and their
/// simulator; no vendor document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorCode {
    /// -1: the device lacks the module (an energy meter, say).
    ModuleNotSupported,
    /// -2: the module lacks the method.
    MemberNotSupported,
    /// -3: an argument is missing or out of range.
    InvalidArgument,
    /// -5: the device is out of memory.
    NotEnoughMemory,
    /// -7: the device does not say.
    UnknownError,
    /// -10: no further rule fits; the countdown holds one.
    TableFull,
    /// -14: no such child or rule.
    EntryNotExist,
    /// -10002: an argument is missing.
    MissingArgument,
    /// Any other code.
    Other(i64),
}

impl From<i64> for ErrorCode {
    fn from(code: i64) -> Self {
        match code {
            -1 => Self::ModuleNotSupported,
            -2 => Self::MemberNotSupported,
            -3 => Self::InvalidArgument,
            -5 => Self::NotEnoughMemory,
            -7 => Self::UnknownError,
            -10 => Self::TableFull,
            -14 => Self::EntryNotExist,
            -10_002 => Self::MissingArgument,
            other => Self::Other(other),
        }
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ModuleNotSupported => "module not supported",
            Self::MemberNotSupported => "method not supported",
            Self::InvalidArgument => "invalid argument",
            Self::NotEnoughMemory => "not enough memory",
            Self::UnknownError => "unknown error",
            Self::TableFull => "table is full",
            Self::EntryNotExist => "no such entry",
            Self::MissingArgument => "missing argument",
            Self::Other(code) => return write!(f, "error code {code}"),
        })
    }
}

/// The fields a device answered to `module.method`.
///
/// # Errors
///
/// [`ReplyError::Json`], [`ReplyError::NoAnswer`], [`ReplyError::Refused`], or
/// [`ReplyError::Field`] when the `err_code` itself is no number.
pub fn fields(
    json: &[u8],
    module: &'static str,
    method: &'static str,
) -> Result<Map<String, Value>, ReplyError> {
    // Lossy and blind to NUL padding: a name cut in the middle of a character must not hide
    // the state of a relay.
    let text = String::from_utf8_lossy(json);
    let mut reply: Value = serde_json::from_str(text.trim_end_matches('\0')).map_err(ReplyError::Json)?;
    let answers = object(&mut reply, module).ok_or(ReplyError::NoAnswer { module, method })?;
    accepted(answers, module, method)?;
    let Some(Value::Object(fields)) = answers.remove(method) else {
        return Err(ReplyError::NoAnswer { module, method });
    };
    accepted(&fields, module, method)?;
    Ok(fields)
}

fn object<'a>(value: &'a mut Value, name: &str) -> Option<&'a mut Map<String, Value>> {
    value.get_mut(name)?.as_object_mut()
}

fn accepted(
    fields: &Map<String, Value>,
    module: &'static str,
    method: &'static str,
) -> Result<(), ReplyError> {
    let code = match fields.get("err_code") {
        None => return Ok(()),
        Some(code) => code.as_i64().ok_or(ReplyError::Field { name: "err_code" })?,
    };
    if code == 0 {
        return Ok(());
    }
    let message = Fields(fields).text("err_msg");
    Err(ReplyError::Refused(Refusal {
        module,
        method,
        code: code.into(),
        message: message.map(|text| text.chars().take(MAX_MESSAGE_CHARS).collect()),
    }))
}
