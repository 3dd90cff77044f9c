//! Players: guardians, their dependants, waivers, erasure.

mod event;

pub use event::PlayerEvent;

use jiff::civil::Date;

use super::values::{EmailAddress, Name};

/// Who somebody is. Stored only sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonalDetails {
    /// First name.
    pub first_name: Name,
    /// Last name.
    pub last_name: Name,
    /// The family's e-mail; only a guardian has one.
    pub email: Option<EmailAddress>,
    /// Birth date.
    pub birth_date: Date,
}
