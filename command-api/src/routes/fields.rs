//! Fields whose form a request says itself: no value type of the domain reads them.
//!
//! What is refused here is noted beside the refusals of the value types (see [`domain::checked`]), so that a
//! caller hears of all of it at once.

use std::{fmt, marker::PhantomData, ops::RangeInclusive};

use domain::checked::{Refused, or_stand_in};
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
