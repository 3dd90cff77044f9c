//! How people are called on screens and kiosks: the venue's choice.

use core::str::FromStr;

use super::{SettingError, SettingValue};

/// The key of the setting.
pub const DISPLAY_NAMES: &str = "players.display_name";

/// The values of [`DISPLAY_NAMES`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DisplayNames {
    /// `first_name_and_initial`: Ana K.
    #[default]
    FirstNameAndInitial,
    /// `first_name`: Ana.
    FirstName,
    /// `full_name`: Ana Keller.
    FullName,
}

/// A text that is none of the values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a display name must be first_name_and_initial, first_name or full_name")]
pub struct UnknownDisplayName;

impl FromStr for DisplayNames {
    type Err = UnknownDisplayName;

    fn from_str(text: &str) -> Result<Self, UnknownDisplayName> {
        match text {
            "first_name_and_initial" => Ok(Self::FirstNameAndInitial),
            "first_name" => Ok(Self::FirstName),
            "full_name" => Ok(Self::FullName),
            _ => Err(UnknownDisplayName),
        }
    }
}

impl DisplayNames {
    /// What a person is called. Nothing of a minor's last name is ever shown.
    #[must_use]
    pub fn of(self, first: &str, last: Option<&str>, is_adult: bool) -> String {
        let Some(last) = last.map(str::trim).filter(|last| is_adult && !last.is_empty()) else {
            return first.to_owned();
        };
        match self {
            Self::FirstName => first.to_owned(),
            Self::FirstNameAndInitial => format!("{first} {}", initial(last)),
            Self::FullName => format!("{first} {last}"),
        }
    }

    /// Refuses a value of [`DISPLAY_NAMES`] that it does not have: a slip must not put full names on walls.
    pub(super) fn check(value: &SettingValue) -> Result<(), SettingError> {
        match value {
            SettingValue::Text(text) if text.parse::<Self>().is_ok() => Ok(()),
            _ => Err(SettingError::UnknownDisplayName),
        }
    }
}

/// The first letter with what stands on it, and a dot.
fn initial(name: &str) -> String {
    let mut chars = name.chars();
    let letter = chars.next();
    let marks = chars.take_while(|c| unicode_normalization::char::is_combining_mark(*c));
    letter.into_iter().chain(marks).chain(['.']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_venue_chooses_how_much_of_a_name_is_shown() {
        let called = |how: &str, adult| how.parse::<DisplayNames>().unwrap().of("Ana", Some("Keller"), adult);
        assert_eq!(called("first_name_and_initial", true), "Ana K.");
        assert_eq!(called("first_name", true), "Ana");
        assert_eq!(called("full_name", true), "Ana Keller");
        for how in ["first_name_and_initial", "first_name", "full_name"] {
            assert_eq!(called(how, false), "Ana", "{how}");
        }
        assert_eq!(DisplayNames::default(), DisplayNames::FirstNameAndInitial);
        assert_eq!("full".parse::<DisplayNames>(), Err(UnknownDisplayName));
    }

    #[test]
    fn an_initial_is_a_letter_with_its_marks() {
        let called = |last| DisplayNames::default().of("Ana", last, true);
        assert_eq!(called(Some("A\u{30A}ngström")), "Ana A\u{30A}.");
        assert_eq!(called(Some("Öz")), "Ana Ö.");
        assert_eq!((called(None), called(Some(" "))), ("Ana".to_owned(), "Ana".to_owned()));
    }
}
