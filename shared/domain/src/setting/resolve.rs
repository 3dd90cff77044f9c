//! Which of several values holds at a place: the nearest scope wins.

use super::Scope;
use crate::ids::{LocationId, RoomId, VariantId};

/// Where somebody asks for a setting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SettingContext {
    /// The venue.
    pub location: Option<LocationId>,
    /// The room of that venue.
    pub room: Option<RoomId>,
    /// The variant played there.
    pub variant: Option<VariantId>,
}

impl Scope {
    /// Whether a value of this scope holds at `place`, unless a nearer one does.
    #[must_use]
    pub fn covers(&self, place: &SettingContext) -> bool {
        match *self {
            Self::Global => true,
            Self::Location(location) => place.location == Some(location),
            Self::Room(location, room) => place.location == Some(location) && place.room == Some(room),
            Self::Variant(location, variant) => {
                place.location == Some(location) && place.variant == Some(variant)
            }
        }
    }

    /// How near it is, 0 the farthest.
    fn nearness(&self) -> u8 {
        match self {
            Self::Global => 0,
            Self::Location(_) => 1,
            Self::Room(..) => 2,
            Self::Variant(..) => 3,
        }
    }
}

/// The value of one key in effect at `place`, with the scope it comes from, out of all its `values`.
pub fn resolve<V>(
    values: impl IntoIterator<Item = (Scope, V)>,
    place: &SettingContext,
) -> Option<(Scope, V)> {
    values.into_iter().filter(|(scope, _)| scope.covers(place)).max_by_key(|(scope, _)| scope.nearness())
}
