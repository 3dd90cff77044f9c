//! Why a reply holds no usable answer: it is damaged, or the device refuses.

use std::fmt;

use thiserror::Error;

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
