//! Decisions about a setting that need the thing its scope names.

use super::{Scope, SettingCommand, SettingState, decide};
use crate::{Change, Refusal, location::LocationState, room::RoomState};

/// Sets or unsets; `location` and `room` are the states of what the scope names, and not looked at when
/// it names none.
///
/// # Errors
/// `location_not_found`, `room_not_found`, and the setting's own.
pub fn change(
    location: &LocationState,
    room: &RoomState,
    setting: &SettingState,
    command: SettingCommand,
) -> Result<Vec<Change>, Refusal> {
    let (SettingCommand::Set { scope, key, .. } | SettingCommand::Unset { scope, key }) = &command;
    match scope {
        Scope::Global => {}
        Scope::Location(_) | Scope::Variant(..) => {
            location.existing()?;
        }
        Scope::Room(id, _) => {
            location.existing()?;
            room.at(*id)?;
        }
    }
    let stream = scope.stream(key);
    Ok(Change::all(&stream, decide(setting, command)?))
}
