//! Decisions about a plug that need its location, its room, or the claims on its identity and its device as well.

use super::{NewPlug, PlugCommand, PlugError, PlugIdentity, PlugState, decide};
use crate::{
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
    plug_of(claim.owner.as_deref()?)
}

fn plug_of(stream: &str) -> Option<PlugId> {
    stream.strip_prefix("plug-")?.parse().ok()
}

/// A plug that keeps `identity` from being registered, for its device is managed in another way; `device` is the
/// state of what the plugs of a device share.
fn in_the_way(device: &ClaimState, identity: &PlugIdentity) -> Option<PlugId> {
    let mut others = device.sharers.iter().filter(|(_, manner)| *manner != identity.manner());
    others.find_map(|(stream, _)| plug_of(stream))
}

/// Another plug of the device of `identity`; one that is in its way, if there is one.
#[must_use]
pub fn registered_beside(device: &ClaimState, identity: &PlugIdentity) -> Option<PlugId> {
    in_the_way(device, identity).or_else(|| device.sharers.keys().find_map(|stream| plug_of(stream)))
}

/// What registering comes to.
#[derive(Clone, Debug, PartialEq)]
pub enum Registration {
    /// It is new here.
    New(Vec<Change>),
    /// It is known here already, under this id. One that was registered before devices were shared shares its own
    /// from now on.
    Known(PlugId, Vec<Change>),
}

/// What is known of an identity that is to be registered.
#[derive(Clone, Copy, Debug)]
pub struct Registered<'a> {
    /// The claim on it.
    pub claim: &'a ClaimState,
    /// The plug that [`owner`] names.
    pub current: &'a PlugState,
    /// What the plugs of its device share.
    pub device: &'a ClaimState,
    /// The plug that [`registered_beside`] names.
    pub other: &'a PlugState,
}

/// Registers `new`. A device is one plug, or its outlets are plugs, and all of them are of one location: two who
/// switch one relay would undo each other for ever.
///
/// # Errors
/// `location_not_found`, `plug_registered_elsewhere`, `device_registered_whole`, `device_registered_by_outlet`.
pub fn register(
    location: &LocationState,
    known: Registered<'_>,
    new: NewPlug,
) -> Result<Registration, Refusal> {
    location.existing()?;
    let Registered { claim, current, device, other } = known;
    if let Some(owner) = owner(claim) {
        current.at(new.location).map_err(|_| PlugError::RegisteredElsewhere)?;
        let alone = registered_beside(device, &new.identity).is_none();
        let fits = in_the_way(device, &new.identity).is_none() && other.at(new.location).is_ok();
        let joined =
            if alone || fits { claim::join(device, &owner.stream(), new.identity.manner()) } else { vec![] };
        return Ok(Registration::Known(owner, Change::all(&new.identity.device_stream(), joined)));
    }
    if registered_beside(device, &new.identity).is_some() {
        other.at(new.location).map_err(|_| PlugError::RegisteredElsewhere)?;
    }
    if let Some(plug) = in_the_way(device, &new.identity) {
        return Err(match new.identity.child_id {
            Some(_) => PlugError::RegisteredWhole { plug },
            None => PlugError::RegisteredByOutlet { plug },
        }
        .into());
    }
    let NewPlug { id, identity, .. } = &new;
    let stream = id.stream();
    let mut changes = Change::all(&identity.claim_stream(), claim::claim(claim, &stream, "plug")?);
    let joined = claim::join(device, &stream, identity.manner());
    changes.extend(Change::all(&identity.device_stream(), joined));
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

/// Lets the plug go and frees its identity, whose claim's state is `claim`, and its share in its device, `device`.
///
/// # Errors
/// `plug_not_found`.
pub fn retire(
    (location, id): (LocationId, PlugId),
    plug: &PlugState,
    (claim, device): (&ClaimState, &ClaimState),
    reason: Reason,
) -> Result<Vec<Change>, Refusal> {
    let identity = &plug.at(location)?.identity;
    let mut changes = change((location, id), plug, PlugCommand::Retire { reason })?;
    changes.extend(Change::all(&identity.claim_stream(), claim::release(claim, &id.stream())));
    changes.extend(Change::all(&identity.device_stream(), claim::leave(device, &id.stream())));
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
