//! Decisions about a plug that need its location, its room, or the claim on its identity as well.

use super::{NewPlug, PlugCommand, PlugError, PlugState, decide};
use crate::domain::{
    Change, Refusal,
    claim::{self, ClaimState},
    ids::{LocationId, PlugId, RoomId},
    location::LocationState,
    room::RoomState,
    values::Reason,
};

/// The plug that has an identity, by the identity's claim; none when it is free.
#[must_use]
pub fn owner(claim: &ClaimState) -> Option<PlugId> {
    claim.owner.as_deref()?.strip_prefix("plug-")?.parse().ok()
}

/// What registering comes to.
#[derive(Clone, Debug, PartialEq)]
pub enum Registration {
    /// It is new here.
    New(Vec<Change>),
    /// It is known here already, under this id.
    Known(PlugId),
}

/// Registers `new`; `claim` is the state of its identity's claim and `current` that of the plug which
/// [`owner`] names.
///
/// # Errors
/// `location_not_found`, `plug_registered_elsewhere`.
pub fn register(
    location: &LocationState,
    claim: &ClaimState,
    current: &PlugState,
    new: NewPlug,
) -> Result<Registration, Refusal> {
    location.existing()?;
    if let Some(owner) = owner(claim) {
        current.at(new.location).map_err(|_| PlugError::RegisteredElsewhere)?;
        return Ok(Registration::Known(owner));
    }
    let (stream, claim_stream) = (new.id.stream(), new.identity.claim_stream());
    let mut changes = Change::all(&claim_stream, claim::claim(claim, &stream, "plug")?);
    changes.extend(Change::all(&stream, decide(&PlugState::Absent, PlugCommand::Register(new))?));
    Ok(Registration::New(changes))
}

/// Lets the plug serve `room`, whose state is `room_state`, or none.
///
/// # Errors
/// `plug_not_found`, `room_not_found`, and the plug's own.
pub fn bind(
    (location, id): (LocationId, PlugId),
    plug: &PlugState,
    room: Option<RoomId>,
    room_state: &RoomState,
) -> Result<Vec<Change>, Refusal> {
    plug.at(location)?;
    if room.is_some() {
        room_state.at(location)?;
    }
    change((location, id), plug, PlugCommand::Bind { room })
}

/// Lets the plug go and frees its identity, whose claim's state is `claim`.
///
/// # Errors
/// `plug_not_found`.
pub fn retire(
    (location, id): (LocationId, PlugId),
    plug: &PlugState,
    claim: &ClaimState,
    reason: Reason,
) -> Result<Vec<Change>, Refusal> {
    let identity = plug.at(location)?.identity.claim_stream();
    let mut changes = change((location, id), plug, PlugCommand::Retire { reason })?;
    changes.extend(Change::all(&identity, claim::release(claim, &id.stream())));
    Ok(changes)
}

/// Any command that concerns only the plug `id`, which must be at `location`.
///
/// # Errors
/// `plug_not_found` also for another location's plug, and the plug's own.
pub fn change(
    (location, id): (LocationId, PlugId),
    plug: &PlugState,
    command: PlugCommand,
) -> Result<Vec<Change>, Refusal> {
    plug.at(location)?;
    Ok(Change::all(&id.stream(), decide(plug, command)?))
}
