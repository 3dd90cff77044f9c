//! Reads objects as objects only. What serde derives for a struct also takes an array, its items as the
//! fields in their order: a caller's mistake, or a way round the names that a request is checked by.
//!
//! Takes a whole number for an integer however it is written, `60`, `60.0` or `6E+1`, as JSON Schema does.
//!
//! Wraps any self-describing deserializer. Inside of enums that carry data it looks no further: no request
//! has any.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess, SeqAccess, Visitor};

/// A deserializer that gives a struct nothing but an object, at every depth.
pub(super) struct Objects<D>(pub(super) D);

/// Passes a method on; what it finds inside stays wrapped.
macro_rules! inside_too {
    ($($method:ident($($argument:ident: $kind:ty),*);)*) => {
        $(fn $method<V: Visitor<'de>>(self, $($argument: $kind,)* visitor: V) -> Result<V::Value, D::Error> {
            self.0.$method($($argument,)* Inside(visitor))
        })*
    };
}

/// Passes a method on; there is nothing inside.
macro_rules! as_it_is {
    ($($method:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
            self.0.$method(visitor)
        })*
    };
}

/// Passes a method on; a whole number with a fraction or an exponent becomes an integer.
macro_rules! whole {
    ($($method:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
            self.0.$method(Whole(visitor))
        })*
    };
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Objects<D> {
    type Error = D::Error;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_map(Inside(visitor))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_enum(name, variants, visitor)
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_unit_struct(name, visitor)
    }

    inside_too! {
        deserialize_any();
        deserialize_option();
        deserialize_newtype_struct(name: &'static str);
        deserialize_seq();
        deserialize_tuple(len: usize);
        deserialize_tuple_struct(name: &'static str, len: usize);
        deserialize_map();
    }

    whole! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64
    }

    as_it_is! {
        deserialize_bool deserialize_i128 deserialize_u128 deserialize_f32 deserialize_f64 deserialize_char deserialize_str deserialize_string deserialize_bytes
        deserialize_byte_buf deserialize_unit deserialize_identifier deserialize_ignored_any
    }

    fn is_human_readable(&self) -> bool {
        self.0.is_human_readable()
    }
}

/// Up to here `serde_json` reads a number with a fraction or an exponent so exactly that it cannot become its
/// neighbour.
const MAX_EXACT: f64 = 1e15;

/// A visitor of an integer.
struct Whole<V>(V);

impl<'de, V: Visitor<'de>> Visitor<'de> for Whole<V> {
    type Value = V::Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(formatter)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<V::Value, E> {
        self.0.visit_i64(value)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<V::Value, E> {
        self.0.visit_u64(value)
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole and in range")]
    fn visit_f64<E: Error>(self, value: f64) -> Result<V::Value, E> {
        if value.fract() != 0.0 || value.abs() > MAX_EXACT {
            self.0.visit_f64(value)
        } else if value < 0.0 {
            self.0.visit_i64(value as i64)
        } else {
            self.0.visit_u64(value as u64)
        }
    }
}

/// A visitor, or a seed, or what either is given: wraps the values inside.
struct Inside<T>(T);

/// Passes a found value on.
macro_rules! found {
    ($($method:ident($kind:ty))*) => {
        $(fn $method<E: Error>(self, value: $kind) -> Result<V::Value, E> {
            self.0.$method(value)
        })*
    };
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Inside<V> {
    type Value = V::Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(formatter)
    }

    found! {
        visit_bool(bool) visit_i64(i64) visit_i128(i128) visit_u64(u64) visit_u128(u128) visit_f64(f64)
        visit_str(&str) visit_borrowed_str(&'de str) visit_string(String)
    }

    fn visit_none<E: Error>(self) -> Result<V::Value, E> {
        self.0.visit_none()
    }

    fn visit_unit<E: Error>(self) -> Result<V::Value, E> {
        self.0.visit_unit()
    }

    fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<V::Value, D::Error> {
        self.0.visit_some(Objects(inner))
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<V::Value, D::Error> {
        self.0.visit_newtype_struct(Objects(inner))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<V::Value, A::Error> {
        self.0.visit_seq(Inside(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<V::Value, A::Error> {
        self.0.visit_map(Inside(entries))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, variant: A) -> Result<V::Value, A::Error> {
        self.0.visit_enum(variant)
    }
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Inside<S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, inner: D) -> Result<S::Value, D::Error> {
        self.0.deserialize(Objects(inner))
    }
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Inside<A> {
    type Error = A::Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error> {
        self.0.next_element_seed(Inside(seed))
    }

    fn size_hint(&self) -> Option<usize> {
        self.0.size_hint()
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Inside<A> {
    type Error = A::Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error> {
        self.0.next_key_seed(seed)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.0.next_value_seed(Inside(seed))
    }

    fn size_hint(&self) -> Option<usize> {
        self.0.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;
    use serde_json::{Value, json};

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Pair {
        uid: String,
        points: i64,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Wrapped(Pair);

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Everywhere {
        field: Option<Pair>,
        list: Option<Vec<Pair>>,
        map: Option<BTreeMap<String, Pair>>,
        wrapped: Option<Wrapped>,
        tuple: Option<(u8, Pair)>,
        any: Option<Value>,
    }

    fn read(body: &Value) -> Result<Everywhere, serde_json::Error> {
        let text = body.to_string();
        Everywhere::deserialize(Objects(&mut serde_json::Deserializer::from_str(&text)))
    }

    #[test]
    fn objects_are_read_wherever_they_are() {
        let pair = json!({"uid": "A", "points": 5});
        let body = json!({
            "field": pair, "list": [pair, pair], "map": {"k": pair}, "wrapped": pair, "tuple": [1, pair],
            "any": {"deep": [[1, -2, 0.5, true, null, "x"]]},
        });
        let expected = || Pair { uid: "A".into(), points: 5 };
        let Everywhere { field, list, map, wrapped, tuple, any } = read(&body).unwrap();
        assert_eq!(field, Some(expected()));
        assert_eq!(list, Some(vec![expected(), expected()]));
        assert_eq!(map, Some(BTreeMap::from([("k".into(), expected())])));
        assert_eq!(wrapped, Some(Wrapped(expected())));
        assert_eq!(tuple, Some((1, expected())));
        assert_eq!(any, Some(body["any"].clone()));
        assert_eq!(read(&json!({"field": null})).unwrap().field, None);
    }

    #[test]
    fn an_array_is_no_object_wherever_it_is() {
        let array = json!(["A", 5]);
        for body in [
            json!([null, null, null, null, null, null]),
            json!({"field": array}),
            json!({"list": [array]}),
            json!({"map": {"k": array}}),
            json!({"wrapped": array}),
            json!({"tuple": [1, array]}),
        ] {
            let error = read(&body).unwrap_err().to_string();
            assert!(error.starts_with("invalid type: sequence, expected struct "), "{body}: {error}");
        }
    }
}
