//! Value types shared by several aggregates: each can only hold what it promises.

use std::{fmt, num::NonZeroU32, sync::Arc};

use serde::{Deserialize, Deserializer};

pub use super::checked::InvalidValue;
use super::checked::{self, CheckedValue, Refused, checked_values};

/// Characters that show nothing or reorder what is shown, and so could disguise a text.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{00AD}' | '\u{061C}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{2069}' | '\u{FDD0}'..='\u{FDEF}' | '\u{FEFF}')
}

/// `text` trimmed, when it is 1 to `max` characters and all of them visible.
///
/// # Errors
/// `Empty`, `TooLong`, `Invisible`.
pub fn visible_text(text: &str, max: usize) -> Result<&str, InvalidValue> {
    let text = text.trim();
    if text.is_empty() {
        return Err(InvalidValue::Empty);
    }
    let actual = text.chars().count();
    if actual > max {
        return Err(InvalidValue::TooLong { max, actual });
    }
    match text.chars().find(|c| is_invisible(*c)) {
        Some(c) => Err(InvalidValue::Invisible { code: c as u32 }),
        None => Ok(text),
    }
}

/// Checks that `text`, which may be empty, has at most `max` characters and none but line breaks and
/// tabs is invisible.
///
/// # Errors
/// `TooLong`, `Invisible`.
pub fn visible_lines(text: &str, max: usize) -> Result<(), InvalidValue> {
    let actual = text.chars().count();
    if actual > max {
        return Err(InvalidValue::TooLong { max, actual });
    }
    match text.chars().find(|c| is_invisible(*c) && !matches!(c, '\n' | '\r' | '\t')) {
        Some(c) => Err(InvalidValue::Invisible { code: c as u32 }),
        None => Ok(()),
    }
}

macro_rules! text_value {
    ($(#[$doc:meta])* $name:ident, $max:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Most characters it may have.
            pub const MAX: usize = $max;

            /// Checks and trims `text`.
            ///
            /// # Errors
            /// When it is empty, too long or holds invisible characters.
            pub fn new(text: &str) -> Result<Self, InvalidValue> {
                visible_text(text, Self::MAX).map(|text| Self(text.into()))
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// From a stored event, which was checked when it was written.
            #[must_use]
            pub fn stored(text: &str) -> Self {
                Self(text.into())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_value!(/// What a thing is called: 1 to 100 visible characters.
    Name, 100);
text_value!(/// Why somebody did something: 1 to 300 visible characters.
    Reason, 300);

impl Reason {
    /// Whatever a machine said, made fit to be kept: invisible characters become blanks, and what is
    /// over the length is cut off.
    #[must_use]
    pub fn clipped(text: &str) -> Self {
        let shown: String = text.chars().map(|c| if is_invisible(c) { ' ' } else { c }).collect();
        let kept: String = shown.trim().chars().take(Self::MAX).collect();
        let kept = kept.trim_end();
        Self(if kept.is_empty() { "no reason given" } else { kept }.into())
    }
}

/// A short key for people and machines: 1 to 40 of `a-z 0-9 - _`, folded to lower case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(Arc<str>);

impl Code {
    /// Checks and folds `text`.
    ///
    /// # Errors
    /// `Malformed`.
    pub fn new(text: &str) -> Result<Self, InvalidValue> {
        let folded = text.trim().to_ascii_lowercase();
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_');
        if (1..=40).contains(&folded.len()) && folded.bytes().all(plain) {
            Ok(Self(folded.into()))
        } else {
            Err(InvalidValue::Malformed { expected: "1 to 40 letters, digits, hyphens or underscores" })
        }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// From a stored event, which was checked when it was written.
    #[must_use]
    pub fn stored(text: &str) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A stretch of bought time, 1 to 1 440 minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct Minutes(NonZeroU32);

impl Minutes {
    /// Longest stretch sold at once: a day.
    pub const MAX: i64 = 1_440;

    /// Checks the range.
    ///
    /// # Errors
    /// `OutOfRange`.
    pub fn new(minutes: i64) -> Result<Self, InvalidValue> {
        let refused = InvalidValue::OutOfRange { min: 1, max: Self::MAX, actual: minutes };
        if minutes > Self::MAX {
            return Err(refused);
        }
        u32::try_from(minutes).ok().and_then(NonZeroU32::new).map(Self).ok_or(refused)
    }

    /// From a stored event, which was checked when it was written.
    #[must_use]
    pub fn stored(minutes: NonZeroU32) -> Self {
        Self(minutes)
    }

    /// The number of minutes.
    #[must_use]
    pub fn get(self) -> u32 {
        self.0.get()
    }

    /// The same in seconds.
    #[must_use]
    pub fn as_seconds(self) -> i64 {
        i64::from(self.0.get()) * 60
    }
}

impl CheckedValue for Minutes {
    type Raw = i64;

    fn check(minutes: i64) -> Result<Self, Refused> {
        Ok(Self::new(minutes)?)
    }

    fn stand_in() -> Self {
        Self(NonZeroU32::MIN)
    }
}

impl<'de> Deserialize<'de> for Minutes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            return checked::deserialize(deserializer);
        }
        // A snapshot holds what was serialised, not what people write.
        NonZeroU32::deserialize(deserializer).map(Self)
    }
}

/// Points of one player in one play, 0 to 1 000 000.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Points(u32);

impl Points {
    /// The most a play can give.
    pub const MAX: i64 = 1_000_000;

    /// Checks the range.
    ///
    /// # Errors
    /// `OutOfRange`.
    pub fn new(points: i64) -> Result<Self, InvalidValue> {
        match u32::try_from(points) {
            Ok(value) if points <= Self::MAX => Ok(Self(value)),
            _ => Err(InvalidValue::OutOfRange { min: 0, max: Self::MAX, actual: points }),
        }
    }

    /// The number of points.
    #[must_use]
    pub fn get(self) -> u32 {
        self.0
    }
}

/// An IANA time zone that this build knows, such as `Europe/Berlin`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TimeZoneName(Arc<str>);

impl TimeZoneName {
    /// Checks `name` against the time zone database.
    ///
    /// # Errors
    /// `Malformed`.
    pub fn new(name: &str) -> Result<Self, InvalidValue> {
        match jiff::tz::TimeZone::get(name.trim()) {
            Ok(zone) => Ok(Self(zone.iana_name().unwrap_or("Etc/UTC").into())),
            Err(_) => {
                Err(InvalidValue::Malformed { expected: "an IANA time zone name such as Europe/Berlin" })
            }
        }
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// From a stored event, which was checked when it was written.
    #[must_use]
    pub fn stored(name: &str) -> Self {
        Self(name.into())
    }

    /// The zone's rules; UTC when this build's database has since lost it.
    #[must_use]
    pub fn zone(&self) -> jiff::tz::TimeZone {
        jiff::tz::TimeZone::get(&self.0).unwrap_or(jiff::tz::TimeZone::UTC)
    }
}

/// An e-mail address, compared case-folded: NFKC, lower case, one `@`, at most 254 characters.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EmailAddress(Arc<str>);

impl EmailAddress {
    /// Checks and folds `text`.
    ///
    /// # Errors
    /// `Empty`, `TooLong`, `Invisible`, `Malformed`.
    ///
    /// Source: RFC 5321 §4.5.3.1 for the length; deliverability is not checked.
    pub fn new(text: &str) -> Result<Self, InvalidValue> {
        use unicode_normalization::UnicodeNormalization as _;
        let folded: String = visible_text(text, 254)?.nfkc().collect::<String>().to_lowercase();
        // Folding may have made it longer.
        visible_text(&folded, 254)?;
        let well_formed = folded.split_once('@').is_some_and(|(local, domain)| {
            !local.is_empty()
                && !domain.contains('@')
                && domain.contains('.')
                && !domain.starts_with('.')
                && !domain.ends_with('.')
                && !folded.contains(char::is_whitespace)
        });
        if well_formed {
            Ok(Self(folded.into()))
        } else {
            Err(InvalidValue::Malformed { expected: "an e-mail address such as ana@example.org" })
        }
    }

    /// The folded text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// From a stored event, which was checked when it was written.
    #[must_use]
    pub fn stored(text: &str) -> Self {
        Self(text.into())
    }
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EmailAddress(…)")
    }
}

checked_values! {
    Name: String, |text| Self::new(&text), else Self("-".into());
    Reason: String, |text| Self::new(&text), else Self("-".into());
    Code: String, |text| Self::new(&text), else Self("-".into());
    Points: i64, |points| Self::new(points), else Self(0);
    TimeZoneName: String, |name| Self::new(&name), else Self("Etc/UTC".into());
    EmailAddress: String, |text| Self::new(&text), else Self("nobody@example.org".into());
}

/// Personal data out of an event: gone for good once the person's key is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Personal<T> {
    /// The key was there.
    Known(T),
    /// The key is destroyed (or not needed where this was read).
    Erased,
}

impl<T> Personal<T> {
    /// The data, if it is still there.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(data) => Some(data),
            Self::Erased => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machines_text_becomes_a_reason() {
        assert_eq!(Reason::clipped("  refused\r\n(-3)\u{0} "), Reason::new("refused  (-3)").unwrap());
        assert_eq!(Reason::clipped(&"\u{e9}".repeat(400)).as_str(), "\u{e9}".repeat(300));
        assert_eq!(Reason::clipped("\u{200B}").as_str(), "no reason given");
        for text in ["", " \t", &format!("{}  tail", "x".repeat(299))] {
            let clipped = Reason::clipped(text);
            assert_eq!(Reason::new(clipped.as_str()), Ok(clipped));
        }
    }

    #[test]
    fn an_address_is_as_short_after_folding_as_before() {
        let ligature = |count| EmailAddress::new(&format!("{}@example.org", "\u{FB03}".repeat(count)));
        assert_eq!(ligature(2).unwrap().as_str(), "ffiffi@example.org");
        assert_eq!(ligature(81), Err(InvalidValue::TooLong { max: 254, actual: 255 }));
    }
}
