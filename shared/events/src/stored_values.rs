//! The stored form of single values.

use core::net::SocketAddr;
use std::{collections::BTreeMap, num::NonZeroU32};

use domain::{
    automation::{AutomationSpec, DoneAction, OccasionKind},
    game::Mode,
    ids::{AutomationId, GameId, LocationId, PlayId, PlayerId, PlugId, RoomId, VariantId, WristbandUid},
    plug::{CauseKind, HardwareId, MacAddress, RelayState},
    setting::SettingKey,
    values::{Code, EmailAddress, Label, Minutes, Name, Points, Reason, TimeZoneName},
    wristband::ClockStart,
};
use jiff::{
    Timestamp,
    civil::{Date, Time},
};

use super::{
    DecodeError, EncodeError,
    automation_spec::SpecV1,
    stored::{Reading, Stored, Writing},
};

/// Values that lie in an event as serde writes them.
macro_rules! as_they_are {
    ($($of:ty),* $(,)?) => {
        $(impl Stored for $of {
            type Written<'a> = &'a Self;
            type Read = Self;
            fn written(&self, _: &Writing<'_>) -> Result<&Self, EncodeError> {
                Ok(self)
            }
            fn read(read: Self, _: &Reading<'_>) -> Result<Self, DecodeError> {
                Ok(read)
            }
        })*
    };
}
as_they_are!(
    bool, u8, u32, u64, f64, String, BTreeMap<String, String>, Timestamp, Date, Time, SocketAddr,
    AutomationId, GameId, LocationId, PlayId, PlayerId, PlugId, RoomId, VariantId,
    CauseKind, ClockStart, DoneAction, HardwareId, MacAddress, Mode, OccasionKind, RelayState,
);

/// Values that lie in an event as a text.
macro_rules! as_texts {
    ($($of:ty),* $(,)?) => {
        $(impl Stored for $of {
            type Written<'a> = &'a str;
            type Read = String;
            fn written(&self, _: &Writing<'_>) -> Result<&str, EncodeError> {
                Ok(self.as_str())
            }
            fn read(read: String, reading: &Reading<'_>) -> Result<Self, DecodeError> {
                reading.text(&read, Self::stored, Self::new)
            }
        })*
    };
}
as_texts!(Code, EmailAddress, Label, Name, Reason, SettingKey, TimeZoneName);

impl<T: Stored> Stored for Option<T> {
    const SEALED: bool = T::SEALED;
    type Written<'a>
        = Option<T::Written<'a>>
    where
        T: 'a;
    type Read = Option<T::Read>;

    fn written(&self, writing: &Writing<'_>) -> Result<Option<T::Written<'_>>, EncodeError> {
        self.as_ref().map(|value| value.written(writing)).transpose()
    }

    fn read(read: Option<T::Read>, reading: &Reading<'_>) -> Result<Self, DecodeError> {
        read.map(|value| T::read(value, reading)).transpose()
    }
}

impl<T: Stored> Stored for Vec<T> {
    const SEALED: bool = T::SEALED;
    type Written<'a>
        = Vec<T::Written<'a>>
    where
        T: 'a;
    type Read = Vec<T::Read>;

    fn written(&self, writing: &Writing<'_>) -> Result<Vec<T::Written<'_>>, EncodeError> {
        self.iter().map(|value| value.written(writing)).collect()
    }

    fn read(read: Vec<T::Read>, reading: &Reading<'_>) -> Result<Self, DecodeError> {
        read.into_iter().map(|value| T::read(value, reading)).collect()
    }
}

impl Stored for WristbandUid {
    type Written<'a> = &'a str;
    type Read = String;

    fn written(&self, _: &Writing<'_>) -> Result<&str, EncodeError> {
        Ok(self.as_str())
    }

    /// As it is stored: the band is known under that form, not under today's.
    fn read(read: String, reading: &Reading<'_>) -> Result<Self, DecodeError> {
        let checked = |text: &str| text.parse::<Self>().map(|_| Self::stored(text));
        if reading.trusted {
            return Ok(Self::stored(&read));
        }
        checked(&read).map_err(|_| reading.impossible("wristband uid"))
    }
}

impl Stored for Minutes {
    type Written<'a> = u32;
    type Read = NonZeroU32;

    fn written(&self, _: &Writing<'_>) -> Result<u32, EncodeError> {
        Ok(self.get())
    }

    fn read(read: NonZeroU32, _: &Reading<'_>) -> Result<Self, DecodeError> {
        Ok(Self::stored(read))
    }
}

impl Stored for Points {
    type Written<'a> = u32;
    type Read = u32;

    fn written(&self, _: &Writing<'_>) -> Result<u32, EncodeError> {
        Ok(self.get())
    }

    fn read(read: u32, reading: &Reading<'_>) -> Result<Self, DecodeError> {
        Self::new(i64::from(read)).map_err(|_| reading.impossible("points"))
    }
}

impl Stored for AutomationSpec {
    type Written<'a> = SpecV1;
    type Read = SpecV1;

    fn written(&self, _: &Writing<'_>) -> Result<SpecV1, EncodeError> {
        Ok(self.into())
    }

    fn read(read: SpecV1, _: &Reading<'_>) -> Result<Self, DecodeError> {
        Ok(read.into())
    }
}
