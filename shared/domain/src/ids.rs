//! Identifiers: newtypes that cannot be mixed up, and the names of streams.

use std::{fmt, str::FromStr, sync::Arc};

use uuid::Uuid;

pub use crate::checked::InvalidId;
use crate::text_form::{HasTextForm, TextForm};

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $meaning:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.as_hyphenated().fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Uuid::try_parse(text)
                    .map(Self)
                    .map_err(|_| InvalidId { kind: $kind, expected: "a UUID" })
            }
        }

        impl HasTextForm for $name {
            const TEXT_FORM: TextForm = TextForm { meaning: Some($meaning), ..Uuid::TEXT_FORM };
        }
    };
}

uuid_id!(/// A venue; the tenant.
    LocationId, "location id", "The venue.");
uuid_id!(/// A game of the catalogue.
    GameId, "game id", "The game.");
uuid_id!(/// A variant of a game.
    VariantId, "variant id", "The variant of a game.");
uuid_id!(/// A room with a game installed.
    RoomId, "room id", "The room.");
uuid_id!(/// A person: guardian or dependant.
    PlayerId, "player id", "The person.");
uuid_id!(/// One play of a variant in a room.
    PlayId, "play id", "The play.");
uuid_id!(/// A plug: one switched outlet of a device.
    PlugId, "plug id", "The plug.");
uuid_id!(/// A rule that switches plugs.
    AutomationId, "automation id", "The automation.");
uuid_id!(/// One stored event.
    EventId, "event id", "The event.");

mod wristband_uid;

pub use wristband_uid::WristbandUid;

/// `<category>-<id>`: the name of one thing's history. At most 200 bytes of printable ASCII.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamName(Arc<str>);

impl StreamName {
    /// The stream of `id` in `category`. The id's text must be printable ASCII.
    #[must_use]
    pub fn new(category: &str, id: impl fmt::Display) -> Self {
        Self(format!("{category}-{id}").into())
    }

    /// The text before the first hyphen.
    #[must_use]
    pub fn category(&self) -> &str {
        self.0.split_once('-').map_or(&*self.0, |(category, _)| category)
    }

    /// The text after the first hyphen.
    #[must_use]
    pub fn id(&self) -> &str {
        self.0.split_once('-').map_or("", |(_, id)| id)
    }

    /// The whole name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for StreamName {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let printable = text.bytes().all(|b| b.is_ascii_graphic());
        match text.split_once('-') {
            Some((category, id))
                if !category.is_empty() && !id.is_empty() && printable && text.len() <= 200 =>
            {
                Ok(Self(text.into()))
            }
            _ => Err(InvalidId {
                kind: "stream name",
                expected: "<category>-<id> in at most 200 printable ASCII characters",
            }),
        }
    }
}

impl fmt::Display for StreamName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
