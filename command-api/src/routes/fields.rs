//! Fields whose form a request says itself: no value type of the domain reads them.
//!
//! What is refused here is noted beside the refusals of the value types (see [`domain::checked`]), so that a
//! caller hears of all of it at once.

use std::{fmt, marker::PhantomData, ops::RangeInclusive};

use domain::{
    checked::{Refused, or_stand_in},
    values::InvalidValue,
};
use jiff::{Timestamp, civil::Time};
use runtime::clock::whole_micros;
use serde::{
    Deserialize, Deserializer,
    de::{SeqAccess, Visitor},
};

/// What `check` makes of a text.
pub(super) fn text<'de, T, R: Into<Refused>, D: Deserializer<'de>>(
    deserializer: D,
    check: impl FnOnce(&str) -> Result<T, R>,
    stand_in: T,
) -> Result<T, D::Error> {
    let text = String::deserialize(deserializer)?;
    or_stand_in(check(&text).map_err(Into::into), || stand_in)
}

/// What `check` makes of a text or of `null`. A field that may be left out also needs `#[serde(default)]`.
pub(super) fn optional_text<'de, T, R: Into<Refused>, D: Deserializer<'de>>(
    deserializer: D,
    check: impl FnOnce(&str) -> Result<T, R>,
) -> Result<Option<T>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    or_stand_in(text.as_deref().map(check).transpose().map_err(Into::into), || None)
}

/// A list of an `allowed` length, otherwise refused with `code` and `message`. Items beyond the most are read
/// as an `S`, which checks their shape alone: the answer to a long list stays short.
pub(super) fn list<'de, T: Deserialize<'de>, S: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
    allowed: &RangeInclusive<usize>,
    code: &'static str,
    message: String,
) -> Result<Vec<T>, D::Error> {
    let list = List::<T, S> { most: *allowed.end(), items: PhantomData };
    let (items, surplus) = deserializer.deserialize_seq(list)?;
    let good = allowed.contains(&(items.len() + surplus));
    or_stand_in(if good { Ok(items) } else { Err(Refused::Said { code, message }) }, Vec::new)
}

struct List<T, S> {
    most: usize,
    items: PhantomData<(T, S)>,
}

impl<'de, T: Deserialize<'de>, S: Deserialize<'de>> Visitor<'de> for List<T, S> {
    /// The items up to the most, and how many follow.
    type Value = (Vec<T>, usize);

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a sequence")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sent: A) -> Result<Self::Value, A::Error> {
        let (mut items, mut surplus) = (Vec::new(), 0);
        while items.len() < self.most {
            let Some(item) = sent.next_element()? else { return Ok((items, surplus)) };
            items.push(item);
        }
        while sent.next_element::<S>()?.is_some() {
            surplus += 1;
        }
        Ok((items, surplus))
    }
}

/// An instant.
pub(super) fn instant<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
    text(deserializer, moment, Timestamp::UNIX_EPOCH)
}

/// An instant of a field that may be left out or be `null`.
pub(super) fn optional_instant<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Timestamp>, D::Error> {
    optional_text(deserializer, moment)
}

fn moment(text: &str) -> Result<Timestamp, InvalidValue> {
    let expected = "an instant with its zone, such as 2027-05-31T12:00:00Z";
    text.parse().map(whole_micros).map_err(|_| InvalidValue::Malformed { expected })
}

/// A time of day.
pub(super) fn time_of_day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Time, D::Error> {
    text(deserializer, clock_time, Time::midnight())
}

/// A time of day at which something ends: midnight may be written as `24:00` too.
pub(super) fn end_of_span<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Time, D::Error> {
    let end = |text: &str| match text {
        "24:00" | "24:00:00" => Ok(Time::midnight()),
        _ => clock_time(text),
    };
    text(deserializer, end, Time::midnight())
}

/// `09:30` or `09:30:00`, and none of the other ways to write a time: a date or a zone in it would be lost.
fn clock_time(text: &str) -> Result<Time, InvalidValue> {
    let malformed = InvalidValue::Malformed {
        expected: "a time of day at the location such as 09:30 or 09:30:00, without date and zone",
    };
    let parts: Option<Vec<i8>> = text.split(':').map(two_digits).collect();
    let time = match parts.as_deref() {
        Some([hour, minute]) => Time::new(*hour, *minute, 0, 0),
        Some([hour, minute, second]) => Time::new(*hour, *minute, *second, 0),
        _ => return Err(malformed),
    };
    time.map_err(|_| malformed)
}

fn two_digits(text: &str) -> Option<i8> {
    let digits = text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|_| digits)
}

#[cfg(test)]
mod tests {
    use domain::{
        checked::collect,
        ids::{RoomId, WristbandUid},
    };
    use serde_json::{Error, Value, json};
    use uuid::Uuid;

    use super::*;

    fn room(sent: &Value) -> Result<RoomId, Error> {
        text(sent, str::parse, RoomId(Uuid::nil()))
    }

    fn optional_room(sent: &Value) -> Result<Option<RoomId>, Error> {
        optional_text(sent, str::parse)
    }

    fn bands(sent: &Value) -> Result<Vec<WristbandUid>, Error> {
        list::<WristbandUid, String, _>(sent, &(1..=2), "length", "Send 1 or 2.".into())
    }

    #[test]
    fn a_time_of_day_is_hours_and_minutes_and_perhaps_seconds() {
        let at = |hour, minute, second| Ok(Time::constant(hour, minute, second, 0));
        assert_eq!(clock_time("09:30"), at(9, 30, 0));
        assert_eq!(clock_time("23:59:59"), at(23, 59, 59));
        for text in [
            "",
            "9:30",
            "09:3",
            "0930",
            "24:00",
            "23:60",
            "10:00:60",
            "10:00:00.5",
            "10:00:00+02:00",
            "10:00:00Z",
            "2026-01-01T10:00:00",
            "2026-01-01T10:00",
            "+9:30",
            "10:00 ",
            "10:00:00:00",
            "noon",
        ] {
            let refused = clock_time(text).unwrap_err().to_string();
            assert!(refused.starts_with("must be a time of day at the location such as 09:30"), "{text}");
        }
    }

    #[test]
    fn only_an_end_may_be_at_24_00() {
        for text in ["24:00", "24:00:00", "00:00"] {
            assert_eq!(end_of_span(json!(text)).unwrap(), Time::midnight());
        }
        assert!(time_of_day(json!("24:00")).is_err() && end_of_span(json!("24:01")).is_err());
    }

    #[test]
    fn an_instant_has_a_zone() {
        let instant: Timestamp = "2026-12-01T10:00:00Z".parse().unwrap();
        assert_eq!(optional_instant(json!("2026-12-01T11:00:00+01:00")).unwrap(), Some(instant));
        assert_eq!(optional_instant(json!(null)).unwrap(), None);
        for text in ["2026-12-01T10:00:00", "2026-12-01", "10:00", "now"] {
            let refused = optional_instant(json!(text)).unwrap_err().to_string();
            assert!(refused.contains("must be an instant with its zone"), "{refused}");
        }
    }

    #[test]
    fn good_fields_are_read() {
        let id = Uuid::from_u128(7);
        assert_eq!(room(&json!(id)).unwrap(), RoomId(id));
        assert_eq!(optional_room(&json!(id)).unwrap(), Some(RoomId(id)));
        assert_eq!(optional_room(&json!(null)).unwrap(), None);
        let read = bands(&json!(["A", "B"])).unwrap();
        assert_eq!(read.iter().map(WristbandUid::as_str).collect::<Vec<_>>(), ["A", "B"]);
    }

    #[test]
    fn refused_fields_are_errors_outside_of_a_body() {
        assert!(room(&json!("x")).is_err() && optional_room(&json!("x")).is_err());
        for sent in [json!([]), json!(["?"]), json!(["A", "B", "C"])] {
            assert!(bands(&sent).is_err(), "{sent}");
        }
    }

    #[test]
    fn refused_fields_are_noted_in_a_body() {
        let noted = |sent: Value| collect(|| bands(&sent).is_ok());
        let (read, refused) = collect(|| room(&json!("x")).is_ok() && optional_room(&json!("y")).is_ok());
        assert_eq!((read, refused.len()), (true, 2));
        let length = Refused::Said { code: "length", message: "Send 1 or 2.".into() };
        assert_eq!(noted(json!([])), (true, vec![length.clone()]));
        assert_eq!(
            noted(json!(["A", "B", "?"])),
            (true, vec![length]),
            "only the shape of the third is read"
        );
        assert_eq!(noted(json!(["A", "?", "?"])).1.len(), 2);
        assert_eq!(noted(json!(["A", "B", 3])), (false, vec![]));
    }
}
