//! Facts about one room, and what decisions about it and about plays in it need to know.

use std::{collections::BTreeMap, sync::Arc};

use serde::{Deserialize, Serialize};

use super::{Controller, RoomError};
use crate::{
    Aggregate, DomainEvent,
    ids::{GameId, LocationId, PlayId, RoomId, VariantId},
    values::{Name, Reason},
};

/// What happened to a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoomEvent {
    /// A game was installed at a location.
    Installed {
        /// Its id.
        id: RoomId,
        /// The venue.
        location: LocationId,
        /// The game.
        game: GameId,
        /// What people call it.
        name: Name,
        /// Addresses of the game's controllers.
        controllers: Vec<Controller>,
    },
    /// The configuration as a whole, after the change.
    Reconfigured {
        /// What people call it.
        name: Name,
        /// Addresses of the game's controllers.
        controllers: Vec<Controller>,
        /// Free settings for the game engine.
        overrides: BTreeMap<String, String>,
    },
    /// A variant can be played here.
    VariantActivated {
        /// Which.
        variant: VariantId,
        /// Settings of this room for it.
        custom: BTreeMap<String, String>,
    },
    /// A variant can no longer be played here.
    VariantDeactivated {
        /// Which.
        variant: VariantId,
    },
    /// Nothing starts here until it returns.
    TakenOutOfService {
        /// Why.
        reason: Reason,
    },
    /// Back in service.
    ReturnedToService,
    /// A play began here.
    Occupied {
        /// Which.
        play: PlayId,
    },
    /// The play here ended.
    Vacated {
        /// Which.
        play: PlayId,
    },
}

/// The aggregate.
#[derive(Debug)]
pub struct Room;

/// A room's phase.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum RoomState {
    /// Never installed.
    #[default]
    Absent,
    /// Installed once.
    Installed(InstalledRoom),
}

/// The variants that can be played in a room, with its settings for each.
pub type ActiveVariants = BTreeMap<VariantId, BTreeMap<String, String>>;

/// A room that exists.
///
/// What seldom changes is shared: every play makes a new state, and few of them a new configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstalledRoom {
    location: LocationId,
    game: GameId,
    config: Arc<RoomConfig>,
    active: Arc<ActiveVariants>,
    in_service: bool,
    occupied_by: Option<PlayId>,
}

/// What operators configure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomConfig {
    /// What people call it.
    #[serde(with = "name_as_text")]
    pub name: Name,
    /// Addresses of the game's controllers.
    pub controllers: Vec<Controller>,
    /// Free settings for the game engine.
    pub overrides: BTreeMap<String, String>,
}

impl RoomState {
    /// The room, if it exists at `location`: another location's room is as absent as none.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn at(&self, location: LocationId) -> Result<&InstalledRoom, RoomError> {
        match self {
            Self::Installed(room) if room.location == location => Ok(room),
            Self::Installed(_) | Self::Absent => Err(RoomError::NotFound),
        }
    }
}

impl InstalledRoom {
    /// The venue.
    #[must_use]
    pub fn location(&self) -> LocationId {
        self.location
    }

    /// The game.
    #[must_use]
    pub fn game(&self) -> GameId {
        self.game
    }

    /// What operators configured.
    #[must_use]
    pub fn config(&self) -> &RoomConfig {
        &self.config
    }

    /// The variants that can be played here.
    #[must_use]
    pub fn active_variants(&self) -> &ActiveVariants {
        &self.active
    }

    /// Whether something may start here.
    #[must_use]
    pub fn in_service(&self) -> bool {
        self.in_service
    }

    /// The play under way.
    #[must_use]
    pub fn occupied_by(&self) -> Option<PlayId> {
        self.occupied_by
    }
}

impl Aggregate for Room {
    type Event = RoomEvent;
    type State = RoomState;
    const CATEGORY: &'static str = "room";

    fn evolve(state: RoomState, event: &RoomEvent) -> RoomState {
        match (state, event) {
            (RoomState::Absent, RoomEvent::Installed { id: _, location, game, name, controllers }) => {
                RoomState::Installed(InstalledRoom {
                    location: *location,
                    game: *game,
                    config: Arc::new(RoomConfig {
                        name: name.clone(),
                        controllers: controllers.clone(),
                        overrides: BTreeMap::new(),
                    }),
                    active: Arc::default(),
                    in_service: true,
                    occupied_by: None,
                })
            }
            (RoomState::Installed(room), event) => RoomState::Installed(changed(room, event)),
            (RoomState::Absent, _) => RoomState::Absent,
        }
    }

    fn event_of(event: &DomainEvent) -> Option<&RoomEvent> {
        match event {
            DomainEvent::Room(event) => Some(event),
            _ => None,
        }
    }
}

fn changed(mut room: InstalledRoom, event: &RoomEvent) -> InstalledRoom {
    match event {
        RoomEvent::Installed { .. } => {}
        RoomEvent::Reconfigured { name, controllers, overrides } => {
            room.config = Arc::new(RoomConfig {
                name: name.clone(),
                controllers: controllers.clone(),
                overrides: overrides.clone(),
            });
        }
        RoomEvent::VariantActivated { variant, custom } => {
            Arc::make_mut(&mut room.active).insert(*variant, custom.clone());
        }
        RoomEvent::VariantDeactivated { variant } => {
            Arc::make_mut(&mut room.active).remove(variant);
        }
        RoomEvent::TakenOutOfService { reason: _ } => room.in_service = false,
        RoomEvent::ReturnedToService => room.in_service = true,
        RoomEvent::Occupied { play } => room.occupied_by = Some(*play),
        RoomEvent::Vacated { play } => {
            room.occupied_by = room.occupied_by.filter(|current| current != play);
        }
    }
    room
}

/// A name in a cached state. It was checked when its event was written.
pub(super) mod name_as_text {
    use serde::{Deserialize as _, Deserializer, Serializer};

    use crate::values::Name;

    pub fn serialize<S: Serializer>(name: &Name, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(name.as_str())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Name, D::Error> {
        String::deserialize(deserializer).map(|text| Name::stored(&text))
    }
}
