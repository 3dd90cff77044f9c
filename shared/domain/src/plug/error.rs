//! Rules a plug command can break.

use jiff::Timestamp;

use crate::{BrokenRule, RefusalKind, ids::PlugId};

/// Why a plug command was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlugError {
    /// It was never registered, or at another location.
    #[error("there is no such plug here")]
    NotFound,
    /// The id is taken.
    #[error("this plug is already registered")]
    AlreadyRegistered,
    /// The identity belongs to a plug of another location. Deliberately silent about which.
    #[error("this plug is registered at another location; retire it there first")]
    RegisteredElsewhere,
    /// Its device is managed as one plug.
    #[error(
        "this device is registered as one plug, {plug}; retire that plug to manage its outlets one by one"
    )]
    RegisteredWhole {
        /// The one plug.
        plug: PlugId,
    },
    /// Outlets of its device are plugs.
    #[error(
        "outlets of this device are registered as plugs of their own, such as {plug}; retire them to manage \
         the device as one plug"
    )]
    RegisteredByOutlet {
        /// One of them.
        plug: PlugId,
    },
    /// It was let go.
    #[error("this plug is retired; register it again to use it")]
    Retired,
    /// The end of an ask has passed.
    #[error("until {until} is not in the future; it is {now}")]
    EndNotAhead {
        /// As given.
        until: Timestamp,
        /// The time of the command.
        now: Timestamp,
    },
    /// The end of an ask is too far away.
    #[error("until {until} is more than 24 hours ahead; ask for at most 24 hours")]
    EndTooFar {
        /// As given.
        until: Timestamp,
    },
}

impl BrokenRule for PlugError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "plug_not_found",
            Self::AlreadyRegistered => "plug_already_registered",
            Self::RegisteredElsewhere => "plug_registered_elsewhere",
            Self::RegisteredWhole { .. } => "device_registered_whole",
            Self::RegisteredByOutlet { .. } => "device_registered_by_outlet",
            Self::Retired => "plug_retired",
            Self::EndNotAhead { .. } => "end_not_ahead",
            Self::EndTooFar { .. } => "end_too_far",
        }
    }

    fn kind(&self) -> RefusalKind {
        match self {
            Self::NotFound => RefusalKind::NotFound,
            Self::AlreadyRegistered
            | Self::RegisteredElsewhere
            | Self::RegisteredWhole { .. }
            | Self::RegisteredByOutlet { .. }
            | Self::Retired => RefusalKind::Conflict,
            Self::EndNotAhead { .. } | Self::EndTooFar { .. } => RefusalKind::Rule,
        }
    }
}
