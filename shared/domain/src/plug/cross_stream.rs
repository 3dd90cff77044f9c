//! Decisions about a plug that need its location, its room, or the claims on its identity and its device as well.

use super::{NewPlug, PlugCommand, PlugError, PlugIdentity, PlugState, decide};
use crate::{
    Change, Refusal,
    claim::{self, ClaimEvent, ClaimState},
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

/// How a plug that is an outlet shares its device with other plugs of it.
const OUTLET: &str = "outlet";
/// How a plug that is the whole device does, as a person registered it.
const WHOLE: &str = "whole";
/// The same, as a device worker found it: the device answered that it has no outlets.
const FOUND_WHOLE: &str = "found_whole";

fn manner(new: &NewPlug) -> &'static str {
    match &new.identity.child_id {
        Some(_) => OUTLET,
        None if new.found => FOUND_WHOLE,
        None => WHOLE,
    }
}

/// A plug that keeps `identity` from being registered, for its device is managed in another way; `device` is the
/// state of what the plugs of a device share.
fn in_the_way(device: &ClaimState, identity: &PlugIdentity) -> Option<PlugId> {
    let is_outlet = identity.child_id.is_some();
    let mut others = device.sharers.iter().filter(|(_, manner)| (*manner == OUTLET) != is_outlet);
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
    /// The claim on its device as one plug.
    pub whole: &'a ClaimState,
}

/// Registers `new`. A device is one plug, or its outlets are plugs, and all of them are of one location: two who
/// switch one relay would undo each other for ever. A device that was found without outlets gives way to the
/// outlets that it has now, unless people use it as one plug.
///
/// # Errors
/// `location_not_found`, `plug_registered_elsewhere`, `device_registered_whole`, `device_registered_by_outlet`.
pub fn register(
    location: &LocationState,
    known: Registered<'_>,
    new: NewPlug,
) -> Result<Registration, Refusal> {
    location.existing()?;
    let Registered { claim, current, device, other, whole: _ } = known;
    if let Some(owner) = owner(claim) {
        current.at(new.location).map_err(|_| PlugError::RegisteredElsewhere)?;
        let alone = registered_beside(device, &new.identity).is_none();
        let fits = in_the_way(device, &new.identity).is_none() && other.at(new.location).is_ok();
        let joined = if alone || fits { shared_by(device, owner, &new) } else { vec![] };
        return Ok(Registration::Known(owner, Change::all(&new.identity.device_stream(), joined)));
    }
    if registered_beside(device, &new.identity).is_some() {
        other.at(new.location).map_err(|_| PlugError::RegisteredElsewhere)?;
    }
    let mut changes = match in_the_way(device, &new.identity) {
        Some(plug) => make_way(plug, known, &new)?,
        None => vec![],
    };
    let NewPlug { id, identity, .. } = &new;
    let stream = id.stream();
    changes.extend(Change::all(&identity.claim_stream(), claim::claim(claim, &stream, "plug")?));
    let joined = claim::join(device, &stream, manner(&new));
    changes.extend(Change::all(&identity.device_stream(), joined));
    changes.extend(Change::all(&stream, decide(&PlugState::Absent, PlugCommand::Register(new))?));
    Ok(Registration::New(changes))
}

/// What it takes that `owner`, which is what `new` describes, shares its device. What a person registered stays as
/// that person wanted it, however often it is found.
fn shared_by(device: &ClaimState, owner: PlugId, new: &NewPlug) -> Vec<ClaimEvent> {
    let stream = owner.stream();
    if new.found && device.sharers.contains_key(stream.as_str()) {
        return vec![];
    }
    claim::join(device, &stream, manner(new))
}

/// Retires `plug`, the whole device that was found when it answered without outlets, for `new`, an outlet of it: then
/// nobody has taken it into use as one plug.
fn make_way(plug: PlugId, known: Registered<'_>, new: &NewPlug) -> Result<Vec<Change>, Refusal> {
    let Registered { device, other, whole, .. } = known;
    if new.identity.child_id.is_none() {
        return Err(PlugError::RegisteredByOutlet { plug }.into());
    }
    let manner = device.sharers.get(plug.stream().as_str());
    let registered = other.at(new.location)?;
    if manner.is_none_or(|manner| manner != FOUND_WHOLE) || registered.is_used() {
        return Err(PlugError::RegisteredWhole { plug }.into());
    }
    let reason = Reason::stored("its device has outlets, which are registered one by one");
    retire((new.location, plug), other, (whole, device), reason)
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
