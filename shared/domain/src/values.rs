//! Value types shared by several aggregates: each can only hold what it promises.

use std::{fmt, num::NonZeroU32, sync::Arc};

use serde::{Deserialize, Deserializer};

pub use super::checked::InvalidValue;
use super::checked::{self, CheckedValue, Refused, checked_values};
use super::text;
pub use super::text::{visible_lines, visible_text};
pub use super::{email::EmailAddress, phone::Phone};

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

            /// Whatever a machine said, made fit to be kept: invisible characters become blanks, and what is over the
            /// length is cut off. None when nothing of it shows.
            #[must_use]
            pub fn shown(text: &str) -> Option<Self> {
                let shown = text::shown(text);
                let kept: String = shown.trim().chars().take(Self::MAX).collect();
                // The cut may have taken what a joiner stood between.
                Self::new(&text::shown(&kept)).ok()
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
text_value!(/// What a venue calls a result by, where nobody wore a band: 1 to 40 visible characters.
    Label, 40);
text_value!(/// Why somebody did something: 1 to 300 visible characters.
    Reason, 300);

impl Reason {
    /// As [`Reason::shown`]; where nothing shows, it says so.
    #[must_use]
    pub fn clipped(text: &str) -> Self {
        Self::shown(text).unwrap_or_else(|| Self("no reason given".into()))
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
    /// The same as a value.
    pub const LONGEST: Self = Self(NonZeroU32::MIN.saturating_add(1_439));

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

/// Whether the zone `name` is the same on every machine: what a system's folder of zones holds besides is not.
fn names_a_place(name: &str) -> bool {
    let of_this_machine = ["localtime", "posixrules", "Factory", "Etc/Unknown"];
    let folders = ["posix/", "right/"];
    !of_this_machine.iter().any(|other| other.eq_ignore_ascii_case(name))
        && !folders.iter().any(|folder| name.to_ascii_lowercase().starts_with(folder))
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
        let refused =
            InvalidValue::Malformed { expected: "an IANA time zone name such as Europe/Berlin or Etc/UTC" };
        let zone = jiff::tz::TimeZone::get(name.trim()).map_err(|_| refused.clone())?;
        match zone.iana_name() {
            Some(name) if names_a_place(name) => Ok(Self(name.into())),
            _ => Err(refused),
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

checked_values! {
    Name: String, |text| Self::new(&text), else Self("-".into());
    Label: String, |text| Self::new(&text), else Self("-".into());
    Reason: String, |text| Self::new(&text), else Self("-".into());
    Code: String, |text| Self::new(&text), else Self("-".into());
    Points: i64, |points| Self::new(points), else Self(0);
    TimeZoneName: String, |name| Self::new(&name), else Self("Etc/UTC".into());
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
    fn a_zone_is_one_that_means_the_same_on_every_machine() {
        for (name, stored) in [
            ("Europe/Berlin", "Europe/Berlin"),
            (" europe/berlin ", "Europe/Berlin"),
            ("Etc/UTC", "Etc/UTC"),
            ("UTC", "UTC"),
        ] {
            assert_eq!(TimeZoneName::new(name).unwrap().as_str(), stored);
        }
        for name in [
            "localtime",
            "Localtime",
            "posixrules",
            "Factory",
            "factory",
            "Etc/Unknown",
            "etc/unknown",
            "posix/Europe/Berlin",
            "right/Europe/Berlin",
            "Mars/Base",
            "",
            "../etc/passwd",
        ] {
            assert!(TimeZoneName::new(name).is_err(), "{name}");
        }
    }

    #[test]
    fn a_machines_text_becomes_a_reason() {
        assert_eq!(Reason::clipped("  refused\r\n(-3)\u{0} "), Reason::new("refused  (-3)").unwrap());
        assert_eq!(Reason::clipped(&"\u{e9}".repeat(400)).as_str(), "\u{e9}".repeat(300));
        assert_eq!(Reason::clipped("\u{200B}").as_str(), "no reason given");
        assert_eq!(Name::shown("\u{3164}\u{2800} \u{200B}"), None);
        assert_eq!(Name::shown(" Fog\u{200B}\n "), Some(Name::stored("Fog")));
        assert_eq!(Name::shown(&"x".repeat(200)), Some(Name::stored(&"x".repeat(100))));
        for text in ["", " \t", &format!("{}  tail", "x".repeat(299))] {
            let clipped = Reason::clipped(text);
            assert_eq!(Reason::new(clipped.as_str()), Ok(clipped));
        }
    }
}
