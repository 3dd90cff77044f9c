//! Telephone numbers, as people write them.

use std::{fmt, sync::Arc};

use crate::{checked::checked_values, text::visible_text, values::InvalidValue};

/// A telephone number: 5 to 15 digits, with a `+` in front if wanted, and blanks, `-`, `/`, `.` and brackets between
/// them. Kept as it was written.
///
/// Source: ITU-T E.164 for the most digits.
#[derive(Clone, PartialEq, Eq)]
pub struct Phone(Arc<str>);

impl Phone {
    /// Checks and trims `text`.
    ///
    /// # Errors
    /// `Empty`, `TooLong`, `Invisible`, `Malformed`.
    pub fn new(text: &str) -> Result<Self, InvalidValue> {
        let text = visible_text(text, 32)?;
        let rest = text.strip_prefix('+').unwrap_or(text);
        let allowed = rest.chars().all(|c| c.is_ascii_digit() || " -/.()".contains(c));
        if !allowed || !(5..=15).contains(&digits(rest).count()) {
            return Err(InvalidValue::Malformed { expected: "a telephone number such as +49 30 123456" });
        }
        Ok(Self(text.into()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The digits alone, by which it is found however it is written.
    #[must_use]
    pub fn digits(&self) -> String {
        digits(&self.0).collect()
    }

    /// From a stored event, which was checked when it was written.
    #[must_use]
    pub fn stored(text: &str) -> Self {
        Self(text.into())
    }
}

fn digits(text: &str) -> impl Iterator<Item = char> + '_ {
    text.chars().filter(char::is_ascii_digit)
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Phone(…)")
    }
}

checked_values! {
    Phone: String, |text| Self::new(&text), else Self("00000".into());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_kept_as_it_was_written_and_found_by_its_digits() {
        let phone = Phone::new(" +49 (0)30 / 12-34.56 ").unwrap();
        assert_eq!((phone.as_str(), &*phone.digits()), ("+49 (0)30 / 12-34.56", "49030123456"));
        assert_eq!(format!("{phone:?}"), "Phone(…)");
        for good in ["12345", "123456789012345", "(030) 123"] {
            assert!(Phone::new(good).is_ok(), "{good}");
        }
        for bad in ["", "1234", "1234567890123456", "12345x", "1+2345", "\u{202E}12345", "call me"] {
            assert!(Phone::new(bad).is_err(), "{bad}");
        }
    }
}
