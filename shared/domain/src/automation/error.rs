//! Rules an automation command can break.

use super::SpecFault;
use crate::{BrokenRule, RefusalKind, ids::PlugId, plug::PlugError, values::InvalidValue};

/// Why an automation command was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AutomationError {
    /// It was never created, or at another location.
    #[error("there is no such automation here")]
    NotFound,
    /// The id is taken.
    #[error("this automation already exists")]
    AlreadyExists,
    /// Its rule breaks a bound.
    #[error("{} of the automation {}", .0.field, .0.why)]
    Spec(SpecFault),
    /// A plug that its rule names cannot be used.
    #[error("plug {plug}: {why}")]
    Plug {
        /// Which.
        plug: PlugId,
        /// Why not.
        why: PlugError,
    },
    /// The length of a pulse has its bounds.
    #[error("milliseconds {0}")]
    PulseLength(InvalidValue),
    /// It does nothing while it is disabled.
    #[error("this automation is disabled; enable it first")]
    Disabled,
    /// When a force ends has its bounds.
    #[error(transparent)]
    End(PlugError),
}

impl BrokenRule for AutomationError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "automation_not_found",
            Self::AlreadyExists => "automation_already_exists",
            Self::Spec(_) => "automation_invalid",
            Self::PulseLength(_) => "pulse_length_invalid",
            Self::Disabled => "automation_disabled",
            Self::End(error) | Self::Plug { why: error, .. } => error.code(),
        }
    }

    fn kind(&self) -> RefusalKind {
        match self {
            Self::NotFound => RefusalKind::NotFound,
            Self::AlreadyExists | Self::Disabled => RefusalKind::Conflict,
            Self::Spec(_) | Self::PulseLength(_) => RefusalKind::Rule,
            Self::End(error) | Self::Plug { why: error, .. } => error.kind(),
        }
    }
}
