//! Decisions about an automation that need what its rule names as well.

use super::{AutomationCommand, AutomationError, AutomationSpec, AutomationState, Trigger, decide};
use crate::{
    Change, Refusal,
    ids::{AutomationId, LocationId, PlugId, RoomId},
    location::LocationState,
    plug::{PlugError, PlugState},
    room::RoomState,
};

impl AutomationSpec {
    /// The room its trigger is about, if it names one.
    #[must_use]
    pub fn room(&self) -> Option<RoomId> {
        match self.trigger {
            Trigger::Event { room, .. } => room,
            Trigger::Cron { .. } | Trigger::Every { .. } => None,
        }
    }
}

/// What a rule names: the states of its plugs, and of its room, if it names one.
#[derive(Debug)]
pub struct Named<'a> {
    /// Its plugs.
    pub plugs: &'a [(PlugId, &'a PlugState)],
    /// Its room; not looked at when it names none.
    pub room: &'a RoomState,
}

/// Makes an automation with this rule.
///
/// # Errors
/// `location_not_found`, `plug_not_found`, `plug_retired`, `room_not_found`, and the automation's own.
pub fn create(
    location: &LocationState,
    named: &Named<'_>,
    automation: &AutomationState,
    (location_id, id): (LocationId, AutomationId),
    spec: AutomationSpec,
) -> Result<Vec<Change>, Refusal> {
    location.existing()?;
    named.exists_at(location_id, &spec)?;
    let created = decide(automation, AutomationCommand::Create { id, location: location_id, spec })?;
    Ok(Change::all(&id.stream(), created))
}

/// Gives the automation another rule.
///
/// # Errors
/// `automation_not_found`, `plug_not_found`, `plug_retired`, `room_not_found`, and the automation's own.
pub fn respecify(
    (location, id): (LocationId, AutomationId),
    named: &Named<'_>,
    automation: &AutomationState,
    spec: AutomationSpec,
) -> Result<Vec<Change>, Refusal> {
    automation.at(location)?;
    named.exists_at(location, &spec)?;
    change((location, id), automation, AutomationCommand::Change { spec })
}

/// Any command that concerns only the automation `id`, which must be at `location`.
///
/// # Errors
/// `automation_not_found` also for another location's, and the automation's own.
pub fn change(
    (location, id): (LocationId, AutomationId),
    automation: &AutomationState,
    command: AutomationCommand,
) -> Result<Vec<Change>, Refusal> {
    automation.at(location)?;
    Ok(Change::all(&id.stream(), decide(automation, command)?))
}

impl Named<'_> {
    fn exists_at(&self, location: LocationId, spec: &AutomationSpec) -> Result<(), Refusal> {
        for &(plug, state) in self.plugs {
            let unusable = |why| {
                let refusal = Refusal::from(AutomationError::Plug { plug, why });
                match spec.plugs.iter().position(|named| *named == plug) {
                    Some(place) => refusal.of_field(format!("plug_ids/{place}")),
                    None => refusal,
                }
            };
            if state.at(location).map_err(unusable)?.retired {
                return Err(unusable(PlugError::Retired));
            }
        }
        if spec.room().is_some() {
            self.room.at(location).map_err(|error| Refusal::from(error).of_field("trigger/room_id"))?;
        }
        Ok(())
    }
}
