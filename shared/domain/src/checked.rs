//! How value types are read by serde: each checks itself, and a reader may ask for all refusals at once.
//!
//! Anywhere else a refused value is serde's error, and reading ends. Inside of [`collect`] a refused value is
//! noted instead and a stand-in takes its place, so that reading goes on to the next field. What was read is
//! to be thrown away when anything was noted; nothing but the notes says that a stand-in is in it.

use std::cell::RefCell;

use serde::{Deserialize, Deserializer, de::Error};

/// Why a value was refused; the message completes "`field` …".
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidValue {
    /// Empty, or only blanks.
    #[error("must not be empty")]
    Empty,
    /// More characters than allowed.
    #[error("must have at most {max} characters, has {actual}")]
    TooLong {
        /// Most characters allowed.
        max: usize,
        /// Characters given.
        actual: usize,
    },
    /// A control, bidirectional-override or zero-width character.
    #[error("must not contain the invisible character U+{code:04X}")]
    Invisible {
        /// The character's code point.
        code: u32,
    },
    /// A number outside its range.
    #[error("must be between {min} and {max}, is {actual}")]
    OutOfRange {
        /// Smallest allowed.
        min: i64,
        /// Largest allowed.
        max: i64,
        /// What was given.
        actual: i64,
    },
    /// Anything else, said in words.
    #[error("must be {expected}")]
    Malformed {
        /// The form it must have.
        expected: &'static str,
    },
}

/// Why a text is not an identifier of the kind asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind} must be {expected}")]
pub struct InvalidId {
    /// What was being read, such as `room id`.
    pub kind: &'static str,
    /// The form it must have.
    pub expected: &'static str,
}

/// Why a value is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It breaks the rule of its value type.
    #[error(transparent)]
    Value(#[from] InvalidValue),
    /// It is no identifier of its kind.
    #[error(transparent)]
    Id(#[from] InvalidId),
    /// Anything else.
    #[error("{message}")]
    Said {
        /// Stable, `snake_case`.
        code: &'static str,
        /// A whole sentence.
        message: String,
    },
}

/// A type that holds only what its rule allows, made of a text or a number.
pub trait CheckedValue: Sized {
    /// What it is made of.
    type Raw: for<'de> Deserialize<'de>;

    /// The value, if the rule allows it.
    ///
    /// # Errors
    /// Which rule is broken.
    fn check(raw: Self::Raw) -> Result<Self, Refused>;

    /// Any value, to go on with while refusals are collected.
    fn stand_in() -> Self;
}

thread_local! {
    /// What [`collect`] has noted so far; none outside of it.
    static NOTED: RefCell<Option<Vec<Refused>>> = const { RefCell::new(None) };
}

/// Takes the notes back when reading ends, however it ends.
struct Collecting {
    before: Option<Vec<Refused>>,
}

impl Collecting {
    fn begin() -> Self {
        Self { before: NOTED.replace(Some(Vec::new())) }
    }
}

impl Drop for Collecting {
    fn drop(&mut self) {
        NOTED.set(self.before.take());
    }
}

/// What `read` gives, and every refusal noted while it ran on this thread, in its order.
pub fn collect<R>(read: impl FnOnce() -> R) -> (R, Vec<Refused>) {
    let _collecting = Collecting::begin();
    let result = read();
    (result, NOTED.take().unwrap_or_default())
}

/// How many refusals are noted so far.
#[must_use]
pub fn noted() -> usize {
    NOTED.with_borrow(|noted| noted.as_ref().map_or(0, Vec::len))
}

/// Notes `refused` where refusals are collected.
///
/// # Errors
/// The refusal, where they are not.
pub fn note(refused: Refused) -> Result<(), Refused> {
    NOTED.with_borrow_mut(|noted| match noted {
        Some(noted) => {
            noted.push(refused);
            Ok(())
        }
        None => Err(refused),
    })
}

/// `result`, or its refusal noted and `stand_in` in its place.
///
/// # Errors
/// The refusal, where refusals are not collected.
pub fn or_stand_in<T, E: Error>(result: Result<T, Refused>, stand_in: impl FnOnce() -> T) -> Result<T, E> {
    match result {
        Ok(value) => Ok(value),
        Err(refused) => note(refused).map(|()| stand_in()).map_err(E::custom),
    }
}

/// The `Deserialize` of a value type.
///
/// # Errors
/// Those of its raw form, and the refusal where refusals are not collected.
pub fn deserialize<'de, T: CheckedValue, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    let raw = T::Raw::deserialize(deserializer)?;
    or_stand_in(T::check(raw), T::stand_in)
}

/// Makes value types [`CheckedValue`]s that deserialise themselves.
macro_rules! checked_values {
    ($($name:ty: $raw:ty, |$input:ident| $check:expr, else $stand_in:expr;)*) => {
        $(impl $crate::checked::CheckedValue for $name {
            type Raw = $raw;

            fn check($input: $raw) -> Result<Self, $crate::checked::Refused> {
                $check.map_err(Into::into)
            }

            fn stand_in() -> Self {
                $stand_in
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::checked::deserialize(deserializer)
            }
        })*
    };
}
pub(super) use checked_values;

#[cfg(test)]
mod tests {
    use serde::de::{IntoDeserializer as _, value::Error as ReadError};

    use super::*;
    use crate::values::{Minutes, Name};

    fn minutes(number: i64) -> Result<Minutes, ReadError> {
        Minutes::deserialize(number.into_deserializer())
    }

    fn name(text: &str) -> Result<Name, ReadError> {
        Name::deserialize(text.into_deserializer())
    }

    #[test]
    fn a_value_checks_itself_when_it_is_read() {
        assert_eq!((minutes(60).unwrap().get(), name(" Fog ").unwrap().as_str()), (60, "Fog"));
        assert_eq!(minutes(0).unwrap_err().to_string(), "must be between 1 and 1440, is 0");
        let wrong =
            Name::deserialize(5_i64.into_deserializer()).map_err(|error: ReadError| error.to_string());
        assert_eq!(wrong, Err("invalid type: integer `5`, expected a string".into()));
    }

    #[test]
    fn collected_refusals_do_not_end_the_reading() {
        let (read, refused) = collect(|| (minutes(0), name("x"), name("")));
        assert!(read.0.is_ok() && read.2.is_ok());
        assert_eq!(read.1.unwrap().as_str(), "x");
        let range = InvalidValue::OutOfRange { min: 1, max: 1440, actual: 0 };
        assert_eq!(refused, [Refused::Value(range), Refused::Value(InvalidValue::Empty)]);
        let (read, refused) = collect(|| Name::deserialize(5_i64.into_deserializer()));
        let read: Result<Name, ReadError> = read;
        assert!(read.is_err() && refused.is_empty(), "a value of another type is no refused value");
    }

    #[test]
    fn collecting_ends_with_its_reading() {
        let nested = collect(|| collect(|| minutes(0)).1.len());
        assert_eq!(nested, (1, vec![]));
        let panicked = std::panic::catch_unwind(|| collect(|| panic!("while reading")));
        assert!(panicked.is_err());
        assert!(minutes(0).is_err());
    }

    #[test]
    fn every_stand_in_is_a_value() {
        fn is_valid<T: CheckedValue<Raw = String> + std::fmt::Debug>(text: fn(&T) -> String) -> bool {
            T::check(text(&T::stand_in())).is_ok()
        }
        use crate::{
            automation::cron::CronExpression,
            ids::WristbandUid,
            plug::{HardwareId, MacAddress},
            setting::SettingKey,
            values::{Code, EmailAddress, Reason, TimeZoneName},
        };
        assert!(is_valid::<Name>(Name::to_string) && is_valid::<Reason>(Reason::to_string));
        assert!(is_valid::<Code>(Code::to_string) && is_valid::<SettingKey>(SettingKey::to_string));
        assert!(is_valid::<EmailAddress>(|email| email.as_str().into()));
        assert!(is_valid::<TimeZoneName>(|zone| zone.as_str().into()));
        assert!(is_valid::<CronExpression>(|cron| cron.as_str().into()));
        assert!(is_valid::<WristbandUid>(WristbandUid::to_string));
        assert!(is_valid::<MacAddress>(MacAddress::to_string));
        assert!(is_valid::<HardwareId>(HardwareId::to_string));
        assert!(Minutes::new(Minutes::stand_in().get().into()).is_ok());
    }
}
