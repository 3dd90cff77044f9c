//! The rules of one player. Those over several streams are in [`super::cross_stream`].

use jiff::{Span, Timestamp, civil::Date, tz::TimeZone};

use super::{
    ADULT_AGE, FamilyEmail, Identity, LONGEST_WAIVER_YEARS, OLDEST_AGE, PlayerCommand as C, PlayerError,
    PlayerEvent as E, PlayerState, WAIVER_YEARS, age_on,
};
use crate::{
    ids::{PlayerId, WristbandUid},
    values::Personal,
};

/// What `command` makes of `state`. A command already in effect yields nothing.
///
/// # Errors
/// The first rule it breaks.
pub fn decide(state: &PlayerState, command: C) -> Result<Vec<E>, PlayerError> {
    match command {
        C::RegisterGuardian { id, location, person, email, today } => {
            unregistered(state)?;
            adult(&person, today)?;
            let FamilyEmail { address, key: email_key } = email;
            let details = Personal::Known(person.with_email(Some(address)));
            Ok(vec![E::GuardianRegistered { id, location, details, email_key }])
        }
        C::RegisterDependant { id, location, guardian, person, today } => {
            unregistered(state)?;
            plausible(&person, today)?;
            let details = Personal::Known(person.with_email(None));
            Ok(vec![E::DependantRegistered { id, location, guardian, details }])
        }
        C::AddDependant { dependant } => add_dependant(state, dependant),
        C::CorrectDetails { person, email, today } => correct(state, person, email, today),
        C::SignWaiver { version, signed_by, signed_at, expires_at } => {
            state.existing()?;
            let expires_at = checked_expiry(signed_at, expires_at)?;
            let (version, signed_by) = (version.into_string(), Personal::Known(signed_by));
            Ok(vec![E::WaiverSigned { version, signed_by, signed_at, expires_at }])
        }
        C::ReceiveBand { uid } => receive_band(state, uid),
        C::ReturnBand { uid } => return_band(state, uid),
        C::Erase { in_play } => erase(state, in_play),
    }
}

fn unregistered(state: &PlayerState) -> Result<(), PlayerError> {
    match state {
        PlayerState::Absent => Ok(()),
        PlayerState::Active(_) | PlayerState::Erased { .. } => Err(PlayerError::AlreadyRegistered),
    }
}

fn plausible(person: &Identity, today: Date) -> Result<(), PlayerError> {
    if person.birth_date > today {
        return Err(PlayerError::BornInFuture);
    }
    if age_on(today, person.birth_date) > OLDEST_AGE {
        return Err(PlayerError::BornTooLongAgo);
    }
    Ok(())
}

fn adult(person: &Identity, today: Date) -> Result<(), PlayerError> {
    plausible(person, today)?;
    if age_on(today, person.birth_date) < ADULT_AGE {
        return Err(PlayerError::GuardianTooYoung);
    }
    Ok(())
}

fn add_dependant(state: &PlayerState, dependant: PlayerId) -> Result<Vec<E>, PlayerError> {
    let family = state.existing()?;
    if family.guardian.is_some() {
        return Err(PlayerError::NotAGuardian);
    }
    Ok(if family.dependants.contains(&dependant) { vec![] } else { vec![E::DependantAdded { dependant }] })
}

/// Always yields an event: the details in effect are sealed, so nobody here can tell them equal.
fn correct(
    state: &PlayerState,
    person: Identity,
    email: Option<FamilyEmail>,
    today: Date,
) -> Result<Vec<E>, PlayerError> {
    let is_guardian = state.existing()?.guardian.is_none();
    let (address, email_key) = match (is_guardian, email) {
        (true, Some(email)) => {
            adult(&person, today)?;
            (Some(email.address), Some(email.key))
        }
        (false, None) => {
            plausible(&person, today)?;
            (None, None)
        }
        (true, None) => return Err(PlayerError::EmailRequired),
        (false, Some(_)) => return Err(PlayerError::EmailNotAllowed),
    };
    Ok(vec![E::DetailsCorrected { details: Personal::Known(person.with_email(address)), email_key }])
}

fn checked_expiry(signed_at: Timestamp, wanted: Option<Timestamp>) -> Result<Timestamp, PlayerError> {
    match wanted {
        None => Ok(years_after(signed_at, WAIVER_YEARS)),
        Some(at) if at <= signed_at => Err(PlayerError::WaiverAlreadyExpired),
        Some(at) if at > years_after(signed_at, LONGEST_WAIVER_YEARS) => Err(PlayerError::WaiverTooLong),
        Some(at) => Ok(at),
    }
}

fn years_after(at: Timestamp, years: i16) -> Timestamp {
    at.to_zoned(TimeZone::UTC).saturating_add(Span::new().years(years)).timestamp()
}

fn receive_band(state: &PlayerState, uid: WristbandUid) -> Result<Vec<E>, PlayerError> {
    match &state.existing()?.band {
        None => Ok(vec![E::BandReceived { uid }]),
        Some(worn) if *worn == uid => Ok(vec![]),
        Some(worn) => Err(PlayerError::HasBand { uid: worn.clone() }),
    }
}

/// An erased player has returned every band already.
fn return_band(state: &PlayerState, uid: WristbandUid) -> Result<Vec<E>, PlayerError> {
    match state {
        PlayerState::Absent => Err(PlayerError::NotFound),
        PlayerState::Active(player) if player.band.as_ref() == Some(&uid) => {
            Ok(vec![E::BandReturned { uid }])
        }
        PlayerState::Active(_) | PlayerState::Erased { .. } => Ok(vec![]),
    }
}

fn erase(state: &PlayerState, in_play: bool) -> Result<Vec<E>, PlayerError> {
    match state {
        PlayerState::Absent => Err(PlayerError::NotFound),
        PlayerState::Erased { .. } => Ok(vec![]),
        PlayerState::Active(_) if in_play => Err(PlayerError::InPlay),
        PlayerState::Active(player) => {
            let returned = player.band.iter().map(|uid| E::BandReturned { uid: uid.clone() });
            Ok(returned.chain([E::Erased]).collect())
        }
    }
}
