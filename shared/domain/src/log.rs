//! The log's vocabulary: where an event stands, and what names a command. Knows no store.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::ids::InvalidId;

/// Place in a stream, from 1. 0 means "nothing yet".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Version(pub u64);

/// Place in the whole log, from 1, without holes. 0 means "before the first".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Position(pub u64);

macro_rules! counted {
    ($name:ident) => {
        impl $name {
            /// The next place.
            #[must_use]
            pub fn next(self) -> Self {
                Self(self.0 + 1)
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}
counted!(Version);
counted!(Position);

/// The end of the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// Counts how often the log was restored to an earlier state; starts at 1.
    pub timeline: u32,
    /// Last position.
    pub position: Position,
}

impl Head {
    /// The token of this place.
    #[must_use]
    pub fn token(self) -> Token {
        Token { timeline: self.timeline, position: self.position }
    }
}

/// `<timeline>.<position>`: returned by a command, accepted by a query that must see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// See [`Head::timeline`].
    pub timeline: u32,
    /// The command's last position.
    pub position: Position,
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.timeline, self.position)
    }
}

impl FromStr for Token {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        text.split_once('.')
            .and_then(|(timeline, position)| {
                Some(Self { timeline: timeline.parse().ok()?, position: Position(position.parse().ok()?) })
            })
            .ok_or(InvalidId { kind: "token", expected: "<timeline>.<position>, as a command returned it" })
    }
}

/// Names one command for ever: derived from caller and `Idempotency-Key`, or drawn fresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CommandId(pub Uuid);

impl fmt::Display for CommandId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_hyphenated().fmt(f)
    }
}
