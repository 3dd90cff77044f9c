//! What can be asked of a room, and what is decided on it.

use std::collections::BTreeMap;

use super::{Controller, InstalledRoom, RoomConfig, RoomError, RoomEvent, RoomState, check};
use crate::{
    ids::{GameId, LocationId, PlayId, RoomId, VariantId},
    values::{Name, Reason},
};

/// A command on a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoomCommand {
    /// Install a game at a location.
    Install {
        /// Fresh id.
        id: RoomId,
        /// The venue, which must be in business.
        location: LocationId,
        /// The game, which must not be retired.
        game: GameId,
        /// What people call it.
        name: Name,
        /// Addresses of the game's controllers, at most 20.
        controllers: Vec<Controller>,
    },
    /// Change the configuration; what is absent stays.
    Reconfigure {
        /// What people call it.
        name: Option<Name>,
        /// Addresses of the game's controllers, at most 20.
        controllers: Option<Vec<Controller>>,
        /// Free settings for the game engine, at most 50.
        overrides: Option<BTreeMap<String, String>>,
    },
    /// Let a variant be played here, or change its settings here.
    ActivateVariant {
        /// Which; one of the room's game that is not retired.
        variant: VariantId,
        /// Settings of this room for it, at most 50.
        custom: BTreeMap<String, String>,
    },
    /// Let a variant be played here no more.
    DeactivateVariant {
        /// Which.
        variant: VariantId,
    },
    /// Let nothing start here. A play under way goes on.
    TakeOutOfService {
        /// Why.
        reason: Reason,
    },
    /// Back in service.
    Return,
    /// Begin a play here.
    Occupy {
        /// Which.
        play: PlayId,
        /// What it plays.
        variant: VariantId,
    },
    /// End a play here.
    Vacate {
        /// Which.
        play: PlayId,
    },
}

/// What `command` makes of `state`. A command already in effect yields nothing.
///
/// Whether the location is in business and the game offers the variant is for [`super::cross_stream`].
///
/// # Errors
/// The first rule it breaks.
pub fn decide(state: &RoomState, command: RoomCommand) -> Result<Vec<RoomEvent>, RoomError> {
    match (state, command) {
        (RoomState::Absent, RoomCommand::Install { id, location, game, name, controllers }) => {
            check::controllers(&controllers)?;
            Ok(vec![RoomEvent::Installed { id, location, game, name, controllers }])
        }
        (RoomState::Installed(_), RoomCommand::Install { .. }) => Err(RoomError::AlreadyInstalled),
        (RoomState::Absent, _) => Err(RoomError::NotFound),
        (RoomState::Installed(room), RoomCommand::Reconfigure { name, controllers, overrides }) => {
            reconfigure(room.config(), name, controllers, overrides)
        }
        (RoomState::Installed(room), RoomCommand::ActivateVariant { variant, custom }) => {
            activate(room, variant, custom)
        }
        (RoomState::Installed(room), RoomCommand::DeactivateVariant { variant }) => {
            let active = room.active_variants().contains_key(&variant);
            Ok(if active { vec![RoomEvent::VariantDeactivated { variant }] } else { vec![] })
        }
        (RoomState::Installed(room), RoomCommand::TakeOutOfService { reason }) => {
            Ok(if room.in_service() { vec![RoomEvent::TakenOutOfService { reason }] } else { vec![] })
        }
        (RoomState::Installed(room), RoomCommand::Return) => {
            Ok(if room.in_service() { vec![] } else { vec![RoomEvent::ReturnedToService] })
        }
        (RoomState::Installed(room), RoomCommand::Occupy { play, variant }) => occupy(room, play, variant),
        (RoomState::Installed(room), RoomCommand::Vacate { play }) => {
            let ours = room.occupied_by() == Some(play);
            Ok(if ours { vec![RoomEvent::Vacated { play }] } else { vec![] })
        }
    }
}

fn reconfigure(
    current: &RoomConfig,
    name: Option<Name>,
    controllers: Option<Vec<Controller>>,
    overrides: Option<BTreeMap<String, String>>,
) -> Result<Vec<RoomEvent>, RoomError> {
    let name = name.unwrap_or_else(|| current.name.clone());
    let controllers = controllers.unwrap_or_else(|| current.controllers.clone());
    let overrides = overrides.unwrap_or_else(|| current.overrides.clone());
    check::controllers(&controllers)?;
    check::entries("overrides", &overrides)?;
    let in_effect =
        name == current.name && controllers == current.controllers && overrides == current.overrides;
    Ok(if in_effect { vec![] } else { vec![RoomEvent::Reconfigured { name, controllers, overrides }] })
}

fn activate(
    room: &InstalledRoom,
    variant: VariantId,
    custom: BTreeMap<String, String>,
) -> Result<Vec<RoomEvent>, RoomError> {
    check::entries("custom", &custom)?;
    let in_effect = room.active_variants().get(&variant) == Some(&custom);
    Ok(if in_effect { vec![] } else { vec![RoomEvent::VariantActivated { variant, custom }] })
}

fn occupy(room: &InstalledRoom, play: PlayId, variant: VariantId) -> Result<Vec<RoomEvent>, RoomError> {
    match room.occupied_by() {
        Some(current) if current == play => Ok(vec![]),
        _ if !room.in_service() => Err(RoomError::OutOfService),
        _ if !room.active_variants().contains_key(&variant) => Err(RoomError::VariantNotActive),
        Some(_) => Err(RoomError::Occupied),
        None => Ok(vec![RoomEvent::Occupied { play }]),
    }
}
