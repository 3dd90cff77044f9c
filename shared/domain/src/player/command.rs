//! What can be asked of a player, and what is decided on it. What concerns several streams is in
//! [`super::cross_stream`].

use std::fmt;

use jiff::{Span, Timestamp, civil::Date, tz::TimeZone};

use super::{
    LONGEST_WAIVER_YEARS, OLDEST_AGE, PersonalDetails, PlayerError, PlayerEvent as E, PlayerState, Signature,
    WAIVER_YEARS, age_on, is_adult,
};
use crate::{
    checked::checked_values,
    ids::{LocationId, PlayerId, WristbandUid},
    values::{EmailAddress, InvalidValue, Name, Personal, Phone, visible_text},
};

/// Who somebody is, without the family's e-mail.
#[derive(Clone, PartialEq, Eq)]
pub struct Identity {
    /// First name.
    pub first_name: Name,
    /// Last name, if it is known.
    pub last_name: Option<Name>,
    /// Birth date, if it is known.
    pub birth_date: Option<Date>,
    /// Whether the person said to be an adult, where the birth date is not known.
    pub adult_declared: bool,
    /// Telephone number.
    pub phone: Option<Phone>,
}

impl Identity {
    /// With the family's e-mail, for a guardian.
    #[must_use]
    pub fn with_email(self, email: Option<EmailAddress>) -> PersonalDetails {
        let Self { first_name, last_name, birth_date, adult_declared, phone } = self;
        PersonalDetails { first_name, last_name, email, birth_date, adult_declared, phone }
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity(…)")
    }
}

/// A family's e-mail with the hash that stands for it where it may not be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FamilyEmail {
    /// The folded address.
    pub address: EmailAddress,
    /// Keyed hash of location and address; names the claim (see [`super::email_claim`]).
    pub key: String,
}

/// Which text was signed: 1 to 40 visible characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaiverVersion(String);

impl WaiverVersion {
    /// Checks and trims `text`.
    ///
    /// # Errors
    /// When it is empty, too long or holds invisible characters.
    pub fn new(text: &str) -> Result<Self, InvalidValue> {
        visible_text(text, 40).map(|text| Self(text.to_owned()))
    }

    /// The text.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }
}

checked_values! {
    WaiverVersion: String, |text| Self::new(&text), else Self("-".into());
}

/// A command on one player, in that player's stream. Registrations, corrections and erasures touch
/// other streams too: ask for those through [`super::cross_stream`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlayerCommand {
    /// Let an adult join, as the head of a family.
    RegisterGuardian {
        /// Fresh id.
        id: PlayerId,
        /// The venue.
        location: LocationId,
        /// Who it is.
        person: Identity,
        /// The family's e-mail; claimed in the same append.
        email: FamilyEmail,
        /// The venue's calendar day.
        today: Date,
    },
    /// Let somebody join a guardian's family.
    RegisterDependant {
        /// Fresh id.
        id: PlayerId,
        /// The venue.
        location: LocationId,
        /// The head of the family.
        guardian: PlayerId,
        /// Who it is.
        person: Identity,
        /// The venue's calendar day.
        today: Date,
    },
    /// In the guardian's stream: note who joined the family.
    AddDependant {
        /// Who.
        dependant: PlayerId,
    },
    /// Say who it is anew, as a whole.
    CorrectDetails {
        /// Who it is.
        person: Identity,
        /// The family's e-mail: a guardian has one, a dependant has none.
        email: Option<FamilyEmail>,
        /// The venue's calendar day.
        today: Date,
    },
    /// Sign a waiver; the same version again renews it.
    SignWaiver {
        /// Which text.
        version: WaiverVersion,
        /// The signature: the player's own, or the guardian's for a dependant.
        signature: Signature,
        /// Now.
        signed_at: Timestamp,
        /// Until when it shall hold; a year when absent. Whole microseconds.
        expires_at: Option<Timestamp>,
    },
    /// Put a band on.
    ReceiveBand {
        /// Which.
        uid: WristbandUid,
    },
    /// Take a band off.
    ReturnBand {
        /// Which.
        uid: WristbandUid,
    },
    /// Forget the person.
    Erase {
        /// Whether the band the player wears is in a running play.
        in_play: bool,
    },
}

/// What `command` makes of `state`. A command already in effect yields nothing.
///
/// # Errors
/// The first rule it breaks.
pub fn decide(state: &PlayerState, command: PlayerCommand) -> Result<Vec<E>, PlayerError> {
    match command {
        PlayerCommand::RegisterGuardian { id, location, person, email, today } => {
            unregistered(state)?;
            adult(&person, today)?;
            let FamilyEmail { address, key: email_key } = email;
            let details = Personal::Known(person.with_email(Some(address)));
            Ok(vec![E::GuardianRegistered { id, location, details, email_key }])
        }
        PlayerCommand::RegisterDependant { id, location, guardian, person, today } => {
            unregistered(state)?;
            plausible(&person, today)?;
            let details = Personal::Known(person.with_email(None));
            Ok(vec![E::DependantRegistered { id, location, guardian, details }])
        }
        PlayerCommand::AddDependant { dependant } => add_dependant(state, dependant),
        PlayerCommand::CorrectDetails { person, email, today } => correct(state, person, email, today),
        PlayerCommand::SignWaiver { version, signature, signed_at, expires_at } => {
            state.existing()?;
            let expires_at = checked_expiry(signed_at, expires_at)?;
            let (version, signature) = (version.into_string(), Personal::Known(signature));
            Ok(vec![E::WaiverSigned { version, signature, signed_at, expires_at }])
        }
        PlayerCommand::ReceiveBand { uid } => receive_band(state, uid),
        PlayerCommand::ReturnBand { uid } => return_band(state, uid),
        PlayerCommand::Erase { in_play } => erase(state, in_play),
    }
}

fn unregistered(state: &PlayerState) -> Result<(), PlayerError> {
    match state {
        PlayerState::Absent => Ok(()),
        PlayerState::Active(_) | PlayerState::Erased { .. } => Err(PlayerError::AlreadyRegistered),
    }
}

fn plausible(person: &Identity, today: Date) -> Result<(), PlayerError> {
    match person.birth_date {
        Some(born) if born > today => Err(PlayerError::BornInFuture),
        Some(born) if age_on(today, born) > OLDEST_AGE => Err(PlayerError::BornTooLongAgo),
        _ => Ok(()),
    }
}

fn adult(person: &Identity, today: Date) -> Result<(), PlayerError> {
    plausible(person, today)?;
    match person.birth_date {
        _ if is_adult(person.birth_date, person.adult_declared, today) => Ok(()),
        Some(_) => Err(PlayerError::GuardianTooYoung),
        None => Err(PlayerError::AgeUnknown),
    }
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
