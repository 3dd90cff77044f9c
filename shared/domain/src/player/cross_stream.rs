//! Decisions over a family's streams: registration and correction with the claim of the e-mail,
//! joining a family, erasure. Every state handed in must be guarded by the append.

use jiff::{Timestamp, civil::Date};

use super::{
    ActivePlayer, FamilyEmail, Identity, PlayerCommand, PlayerError, PlayerEvent, PlayerState, decide,
    email_claim,
};
use crate::{
    Change, Refusal,
    claim::{self, ClaimError, ClaimEvent, ClaimState},
    ids::{LocationId, PlayerId, StreamName},
    location::{LocationState, OpenLocation},
};

/// Gives a family's key to `owner`, its guardian.
fn claim_email(claim: &ClaimState, owner: &StreamName) -> Result<Vec<ClaimEvent>, Refusal> {
    let known = |taken: ClaimError| Refusal { message: FAMILY_IS_KNOWN.to_owned(), ..taken.into() };
    claim::claim(claim, owner, "e-mail address").map_err(known)
}

const FAMILY_IS_KNOWN: &str =
    "a family with this e-mail address is registered here already; look that one up, or check the address";

/// Registers the head of a family.
#[derive(Clone, Debug)]
pub struct RegisterGuardian {
    /// Fresh id.
    pub id: PlayerId,
    /// The venue.
    pub location: LocationId,
    /// Who it is.
    pub person: Identity,
    /// The family's e-mail.
    pub email: FamilyEmail,
    /// Now.
    pub now: Timestamp,
}

/// A guardian with a claim on the e-mail. `player` is the fresh id's stream, `claim` that of
/// [`email_claim`] of the command's key.
///
/// # Errors
/// Location not found or disabled, e-mail in use, birth date refused.
pub fn register_guardian(
    location: &LocationState,
    player: &PlayerState,
    claim: &ClaimState,
    command: RegisterGuardian,
) -> Result<Vec<Change>, Refusal> {
    let RegisterGuardian { id, location: location_id, person, email, now } = command;
    let today = today(location.in_business()?, now);
    let (stream, key) = (id.stream(), email_claim(&email.key));
    let register = PlayerCommand::RegisterGuardian { id, location: location_id, person, email, today };
    let registered = decide(player, register)?;
    let claimed = claim_email(claim, &stream)?;
    Ok([Change::all(&stream, registered), Change::all(&key, claimed)].concat())
}

/// Registers a member of a guardian's family.
#[derive(Clone, Debug)]
pub struct AddDependant {
    /// Fresh id.
    pub id: PlayerId,
    /// The venue.
    pub location: LocationId,
    /// The head of the family.
    pub guardian: PlayerId,
    /// Who it is.
    pub person: Identity,
    /// Now.
    pub now: Timestamp,
}

/// A dependant, noted in the guardian's stream too. `player` is the fresh id's stream.
///
/// # Errors
/// Location not found or disabled; guardian not found here, erased, or a dependant itself; birth date
/// refused.
pub fn add_dependant(
    location: &LocationState,
    guardian: &PlayerState,
    player: &PlayerState,
    command: AddDependant,
) -> Result<Vec<Change>, Refusal> {
    let AddDependant { id, location: location_id, guardian: head, person, now } = command;
    let today = today(location.in_business()?, now);
    guardian.existing_at(location_id)?;
    let added = decide(guardian, PlayerCommand::AddDependant { dependant: id })?;
    let register =
        PlayerCommand::RegisterDependant { id, location: location_id, guardian: head, person, today };
    let registered = decide(player, register)?;
    Ok([Change::all(&id.stream(), registered), Change::all(&head.stream(), added)].concat())
}

/// Moves a dependant to another family.
#[derive(Clone, Copy, Debug)]
pub struct MoveDependant {
    /// Who.
    pub id: PlayerId,
    /// The venue.
    pub location: LocationId,
    /// [`ActivePlayer::guardian`].
    pub from: PlayerId,
    /// The head of the family from now on.
    pub to: PlayerId,
}

/// The dependant `player` in the family of `to`, noted in the streams of both guardians. In that family already:
/// nothing.
///
/// # Errors
/// Location not found; guardian not found here, erased, or a dependant itself.
pub fn move_dependant(
    location: &LocationState,
    player: &PlayerState,
    to: &PlayerState,
    command: MoveDependant,
) -> Result<Vec<Change>, Refusal> {
    location.existing()?;
    let MoveDependant { id, location, from, to: guardian } = command;
    player.existing_at(location)?.guardian.ok_or(PlayerError::NotADependant)?;
    to.existing_at(location)?;
    if from == guardian {
        return Ok(vec![]);
    }
    let added = decide(to, PlayerCommand::AddDependant { dependant: id })?;
    Ok([
        Change::all(&id.stream(), [PlayerEvent::Moved { guardian }]),
        Change::all(&from.stream(), [PlayerEvent::DependantLeft { dependant: id }]),
        Change::all(&guardian.stream(), added),
    ]
    .concat())
}

/// Says anew who somebody is.
#[derive(Clone, Debug)]
pub struct CorrectDetails {
    /// Who.
    pub id: PlayerId,
    /// The venue.
    pub location: LocationId,
    /// Who it is.
    pub person: Identity,
    /// The family's e-mail, for a guardian.
    pub email: Option<FamilyEmail>,
    /// Now.
    pub now: Timestamp,
}

/// The claims a correction is about: the key a guardian has, and the one it shall have (the same
/// stream, usually). A dependant has neither: `default()`.
#[derive(Clone, Debug, Default)]
pub struct EmailClaims {
    /// Of [`ActivePlayer::email_key`].
    pub held: ClaimState,
    /// Of the command's key.
    pub wanted: ClaimState,
}

/// The corrected details; another e-mail is claimed and the old one released.
///
/// # Errors
/// Player not found here or erased, e-mail in use, missing or not allowed, birth date refused.
pub fn correct_details(
    location: &LocationState,
    player: &PlayerState,
    claims: &EmailClaims,
    command: CorrectDetails,
) -> Result<Vec<Change>, Refusal> {
    let CorrectDetails { id, location: location_id, person, email, now } = command;
    let today = today(location.existing()?, now);
    let active = player.existing_at(location_id)?;
    let wanted_key = email.as_ref().map(|email| email.key.clone());
    let corrected = decide(player, PlayerCommand::CorrectDetails { person, email, today })?;
    let mut changes = Change::all(&id.stream(), corrected);
    if active.email_key != wanted_key {
        changes.extend(moved_claim(active, wanted_key.as_deref(), claims, &id.stream())?);
    }
    Ok(changes)
}

fn moved_claim(
    player: &ActivePlayer,
    wanted_key: Option<&str>,
    claims: &EmailClaims,
    owner: &StreamName,
) -> Result<Vec<Change>, Refusal> {
    let mut changes = vec![];
    if let Some(key) = wanted_key {
        changes.extend(Change::all(&email_claim(key), claim_email(&claims.wanted, owner)?));
    }
    if let Some(key) = &player.email_key {
        changes.extend(Change::all(&email_claim(key), claim::release(&claims.held, owner)));
    }
    Ok(changes)
}

/// One person of a family that shall be erased.
#[derive(Clone, Copy, Debug)]
pub struct Member<'a> {
    /// Who.
    pub id: PlayerId,
    /// The person's state.
    pub state: &'a PlayerState,
    /// Whether the band the person wears is in a running play.
    pub in_play: bool,
}

/// What an erasure consists of.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Erasure {
    /// The facts.
    pub changes: Vec<Change>,
    /// Whose keys are destroyed in the same append.
    pub keys: Vec<PlayerId>,
}

/// Erases `person` of `location` and, with a guardian, all dependants. `family` has a member for each
/// of the guardian's dependants, `claim` is the stream of the guardian's e-mail (`default()` for a
/// dependant). Erased already: an empty erasure.
///
/// # Errors
/// Somebody not found here, or in a running play: then nobody is erased.
pub fn erase(
    location: LocationId,
    person: Member<'_>,
    family: &[Member<'_>],
    claim: &ClaimState,
) -> Result<Erasure, Refusal> {
    let player = match person.state.existing_at(location) {
        Ok(player) => player,
        Err(PlayerError::Erased) => return Ok(Erasure::default()),
        Err(error) => return Err(error.into()),
    };
    let mut erasure = Erasure::default();
    erase_one(&mut erasure, person)?;
    for dependant in &player.dependants {
        let member = family.iter().find(|member| member.id == *dependant).ok_or(PlayerError::NotFound)?;
        erase_one(&mut erasure, *member)?;
    }
    if let Some(key) = &player.email_key {
        let released = claim::release(claim, &person.id.stream());
        erasure.changes.extend(Change::all(&email_claim(key), released));
    }
    Ok(erasure)
}

fn erase_one(erasure: &mut Erasure, member: Member<'_>) -> Result<(), PlayerError> {
    let events = decide(member.state, PlayerCommand::Erase { in_play: member.in_play })?;
    if !events.is_empty() {
        erasure.changes.extend(Change::all(&member.id.stream(), events));
        erasure.keys.push(member.id);
    }
    Ok(())
}

fn today(location: &OpenLocation, now: Timestamp) -> Date {
    now.to_zoned(location.time_zone.zone()).date()
}
