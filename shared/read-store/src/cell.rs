//! Rust types that fit a column, and how.

use std::{fmt::Write as _, sync::Arc};

use domain::{
    ids::{
        AutomationId, EventId, GameId, LocationId, PlayId, PlayerId, PlugId, RoomId, StreamName, VariantId,
        WristbandUid,
    },
    log::{Position, Version},
    values::{Code, EmailAddress, Minutes, Name, Points, Reason, TimeZoneName},
};
use jiff::{Timestamp, civil::Date};
use serde::{Serialize, de::DeserializeOwned};
use uuid::Uuid;

use super::{ColumnType, Value, dialect::is_noncharacter};

/// A type that one column can hold.
pub trait Cell: Sized {
    /// The column it needs.
    const TYPE: ColumnType;
    /// Whether the column may be null.
    const NULLABLE: bool = false;

    /// The value to be stored.
    fn to_value(&self) -> Value;

    /// From a stored value; none when it is of another kind.
    fn from_value(value: &Value) -> Option<Self>;
}

impl<T: Cell> Cell for Option<T> {
    const TYPE: ColumnType = T::TYPE;
    const NULLABLE: bool = true;

    fn to_value(&self) -> Value {
        self.as_ref().map_or(Value::Null, Cell::to_value)
    }

    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Null => Some(None),
            value => T::from_value(value).map(Some),
        }
    }
}

impl Cell for i64 {
    const TYPE: ColumnType = ColumnType::Integer;

    fn to_value(&self) -> Value {
        Value::Integer(*self)
    }

    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Integer(number) => Some(*number),
            _ => None,
        }
    }
}

impl Cell for f64 {
    const TYPE: ColumnType = ColumnType::Real;

    fn to_value(&self) -> Value {
        Value::Real(*self)
    }

    #[expect(clippy::cast_precision_loss, reason = "a server may answer a whole average as an integer")]
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Real(number) => Some(*number),
            Value::Integer(number) => Some(*number as f64),
            _ => None,
        }
    }
}

impl Cell for bool {
    const TYPE: ColumnType = ColumnType::Boolean;

    fn to_value(&self) -> Value {
        Value::Integer(i64::from(*self))
    }

    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Integer(0) => Some(false),
            Value::Integer(1) => Some(true),
            _ => None,
        }
    }
}

impl Cell for Timestamp {
    const TYPE: ColumnType = ColumnType::Timestamp;

    fn to_value(&self) -> Value {
        Value::Integer(self.as_microsecond())
    }

    fn from_value(value: &Value) -> Option<Self> {
        i64::from_value(value).and_then(|micros| Self::from_microsecond(micros).ok())
    }
}

/// A day is the number `YYYYMMDD`: short, and in the order of time.
impl Cell for Date {
    const TYPE: ColumnType = ColumnType::Integer;

    fn to_value(&self) -> Value {
        let (year, month, day) = (i64::from(self.year()), i64::from(self.month()), i64::from(self.day()));
        Value::Integer(year * 10_000 + month * 100 + day)
    }

    fn from_value(value: &Value) -> Option<Self> {
        let number = i64::from_value(value)?;
        let year = i16::try_from(number / 10_000).ok()?;
        let month = i8::try_from(number / 100 % 100).ok()?;
        let day = i8::try_from(number % 100).ok()?;
        Self::new(year, month, day).ok()
    }
}

impl Cell for Arc<str> {
    const TYPE: ColumnType = ColumnType::Text;

    fn to_value(&self) -> Value {
        Value::Text(self.clone())
    }

    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Text(text) => Some(text.clone()),
            _ => None,
        }
    }
}

impl Cell for String {
    const TYPE: ColumnType = ColumnType::Text;

    fn to_value(&self) -> Value {
        Value::Text(self.as_str().into())
    }

    fn from_value(value: &Value) -> Option<Self> {
        <Arc<str>>::from_value(value).map(|text| text.as_ref().to_owned())
    }
}

impl Cell for Uuid {
    const TYPE: ColumnType = ColumnType::Uuid;

    fn to_value(&self) -> Value {
        let mut text = [0; uuid::fmt::Hyphenated::LENGTH];
        Value::Text((&*self.hyphenated().encode_lower(&mut text)).into())
    }

    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Text(text) => Self::try_parse(text).ok(),
            _ => None,
        }
    }
}

/// Anything with a JSON form, kept as JSON text. Keep its shape stable: byte-equal rebuilds compare it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Json<T>(pub T);

impl<T: Serialize + DeserializeOwned> Cell for Json<T> {
    const TYPE: ColumnType = ColumnType::Json;

    // What has no JSON form becomes null, which the column refuses.
    fn to_value(&self) -> Value {
        serde_json::to_string(&self.0)
            .map_or(Value::Null, |text| Value::Text(without_noncharacters(text).into()))
    }

    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Text(text) => serde_json::from_str(text).ok().map(Self),
            _ => None,
        }
    }
}

/// JSON can name what tables must not hold.
fn without_noncharacters(json: String) -> String {
    if !json.contains(is_noncharacter) {
        return json;
    }
    let mut out = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        if is_noncharacter(c) {
            let _ = write!(out, "\\u{:04x}", u32::from(c));
        } else {
            out.push(c);
        }
    }
    out
}

macro_rules! number_cells {
    ($($name:ty),*) => {
        $(impl Cell for $name {
            const TYPE: ColumnType = ColumnType::Integer;

            // A number past the column's range saturates; no counter of ours comes near it.
            fn to_value(&self) -> Value {
                Value::Integer(i64::try_from(*self).unwrap_or(i64::MAX))
            }

            fn from_value(value: &Value) -> Option<Self> {
                i64::from_value(value).and_then(|number| number.try_into().ok())
            }
        })*
    };
}
number_cells!(u8, u16, u32, u64, i32);

macro_rules! wrapped_cells {
    ($($name:ident($inner:ty)),* $(,)?) => {
        $(impl Cell for $name {
            const TYPE: ColumnType = <$inner>::TYPE;

            fn to_value(&self) -> Value {
                self.0.to_value()
            }

            fn from_value(value: &Value) -> Option<Self> {
                <$inner>::from_value(value).map(Self)
            }
        })*
    };
}
wrapped_cells!(
    Position(u64),
    Version(u64),
    LocationId(Uuid),
    GameId(Uuid),
    VariantId(Uuid),
    RoomId(Uuid),
    PlayerId(Uuid),
    PlayId(Uuid),
    PlugId(Uuid),
    AutomationId(Uuid),
    EventId(Uuid),
);

macro_rules! text_cells {
    ($($name:ident: $read:expr),* $(,)?) => {
        $(impl Cell for $name {
            const TYPE: ColumnType = ColumnType::Text;

            fn to_value(&self) -> Value {
                self.as_str().into()
            }

            fn from_value(value: &Value) -> Option<Self> {
                match value {
                    Value::Text(text) => $read(text),
                    _ => None,
                }
            }
        })*
    };
}
text_cells!(
    Code: |text: &str| Some(Code::stored(text)),
    Name: |text: &str| Some(Name::stored(text)),
    Reason: |text: &str| Some(Reason::stored(text)),
    EmailAddress: |text: &str| Some(EmailAddress::stored(text)),
    TimeZoneName: |text: &str| Some(TimeZoneName::stored(text)),
    WristbandUid: |text: &str| Some(WristbandUid::stored(text)),
    StreamName: |text: &str| text.parse().ok(),
);

impl Cell for Points {
    const TYPE: ColumnType = ColumnType::Integer;

    fn to_value(&self) -> Value {
        self.get().to_value()
    }

    fn from_value(value: &Value) -> Option<Self> {
        i64::from_value(value).and_then(|points| Self::new(points).ok())
    }
}

impl Cell for Minutes {
    const TYPE: ColumnType = ColumnType::Integer;

    fn to_value(&self) -> Value {
        self.get().to_value()
    }

    fn from_value(value: &Value) -> Option<Self> {
        i64::from_value(value).and_then(|minutes| Self::new(minutes).ok())
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn days_are_numbers_in_the_order_of_time() {
        let day = date(2028, 2, 29);
        assert_eq!(day.to_value(), Value::Integer(20_280_229));
        assert_eq!(Date::from_value(&day.to_value()), Some(day));
        for impossible in [20_260_229, 20_261_301, 0, -20_260_101, i64::MAX] {
            assert_eq!(Date::from_value(&Value::Integer(impossible)), None, "{impossible}");
        }
    }
}
