//! Players: guardians, their dependants, waivers, erasure.
//!
//! A family is one guardian, an adult whose e-mail is the family's key, and the dependants that joined
//! it. States hold no personal data, only what later decisions need, so a person's key may be gone.

mod command;
pub mod cross_stream;
mod error;
mod event;
mod family;
mod signature;
#[cfg(test)]
mod tests;

pub use command::{FamilyEmail, Identity, PlayerCommand, WaiverVersion, decide};
pub use error::PlayerError;
pub use event::{ActivePlayer, HeldWaiver, Player, PlayerEvent, PlayerState};
pub use family::{same_person, signed_by_a_minor};
pub use signature::{Drawing, Signature};

use std::fmt;

use jiff::civil::Date;

use super::{
    claim,
    ids::StreamName,
    values::{EmailAddress, Name, Phone},
};

/// Youngest age, in years, at which somebody may be a guardian.
pub const ADULT_AGE: i16 = 18;
/// Greatest believable age, in years.
pub const OLDEST_AGE: i16 = 120;
/// How long a waiver holds, in years, when the caller does not say.
pub const WAIVER_YEARS: i16 = 1;
/// How long a waiver may hold, in years.
pub const LONGEST_WAIVER_YEARS: i16 = 5;

/// Who somebody is. Stored only sealed.
#[derive(Clone, PartialEq, Eq)]
pub struct PersonalDetails {
    /// First name.
    pub first_name: Name,
    /// Last name, if it is known.
    pub last_name: Option<Name>,
    /// The family's e-mail; only a guardian has one.
    pub email: Option<EmailAddress>,
    /// Birth date, if it is known.
    pub birth_date: Option<Date>,
    /// Whether the person said to be an adult, where the birth date is not known.
    pub adult_declared: bool,
    /// Telephone number.
    pub phone: Option<Phone>,
}

impl PersonalDetails {
    /// Whether the person is an adult on `today`; nobody is of whom neither birth date nor declaration is known.
    #[must_use]
    pub fn is_adult_on(&self, today: Date) -> bool {
        is_adult(self.birth_date, self.adult_declared, today)
    }
}

fn is_adult(birth_date: Option<Date>, adult_declared: bool, today: Date) -> bool {
    birth_date.map_or(adult_declared, |born| age_on(today, born) >= ADULT_AGE)
}

impl fmt::Debug for PersonalDetails {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PersonalDetails(…)")
    }
}

/// The stream that keeps a family's e-mail unique at its location. `email_key` is the keyed hash of
/// location and folded address, so the name tells nobody the address.
#[must_use]
pub fn email_claim(email_key: &str) -> StreamName {
    claim::stream("family_email", email_key)
}

/// Whole years lived on `today`. Somebody born on 29 February gets older on 1 March of a common year.
#[must_use]
pub fn age_on(today: Date, birth_date: Date) -> i16 {
    let had_birthday = (today.month(), today.day()) >= (birth_date.month(), birth_date.day());
    today.year() - birth_date.year() - i16::from(!had_birthday)
}
