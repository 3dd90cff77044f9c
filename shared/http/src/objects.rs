//! Reads objects as objects only, and knows where in the body it is. What serde derives for a struct also
//! takes an array, its items as the fields in their order: a caller's mistake, or a way round the names that
//! a request is checked by.
//!
//! Takes a whole number for an integer however it is written, see [`super::whole`].
//!
//! Wraps any self-describing deserializer. Inside of enums that carry data, and of what serde reads ahead
//! (`flatten`, `untagged`), it looks no further: a mistake in there has the place of the whole.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess, SeqAccess, Visitor};

use super::{
    keys::Key,
    trail::{Step, Trail},
    whole::Whole,
};

/// A deserializer that gives a struct nothing but an object, at every depth.
pub(super) struct Objects<'t, D> {
    inner: D,
    trail: &'t Trail,
}

impl<'t, D> Objects<'t, D> {
    /// Notes places in `trail`.
    pub(super) fn new(inner: D, trail: &'t Trail) -> Self {
        Self { inner, trail }
    }

    /// `visitor`, for something with these `fields`.
    fn inside<V>(&self, visitor: V, fields: &'static [&'static str]) -> Inside<'t, V> {
        Inside { inner: visitor, trail: self.trail, fields }
    }
}

/// Passes a method on; what it finds inside stays wrapped.
macro_rules! inside_too {
    ($($method:ident($($argument:ident: $kind:ty),*);)*) => {
        $(fn $method<V: Visitor<'de>>(self, $($argument: $kind,)* visitor: V) -> Result<V::Value, D::Error> {
            let visitor = self.inside(visitor, &[]);
            self.inner.$method($($argument,)* visitor)
        })*
    };
}

/// Passes a method on; there is nothing inside.
macro_rules! as_it_is {
    ($($method:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
            self.inner.$method(visitor)
        })*
    };
}

/// Passes a method on; a whole number with a fraction or an exponent becomes an integer.
macro_rules! whole {
    ($($method:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
            self.inner.$method(Whole(visitor))
        })*
    };
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Objects<'_, D> {
    type Error = D::Error;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        let visitor = self.inside(visitor, fields);
        self.inner.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.inner.deserialize_enum(name, variants, visitor)
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.inner.deserialize_unit_struct(name, visitor)
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
        self.inner.is_human_readable()
    }
}

/// A visitor or a seed: wraps the values inside.
struct Inside<'t, T> {
    inner: T,
    trail: &'t Trail,
    /// Of the struct that is read, in its order; empty for anything else.
    fields: &'static [&'static str],
}

/// Passes a found value on.
macro_rules! found {
    ($($method:ident($kind:ty))*) => {
        $(fn $method<E: Error>(self, value: $kind) -> Result<V::Value, E> {
            self.inner.$method(value)
        })*
    };
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Inside<'_, V> {
    type Value = V::Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.expecting(formatter)
    }

    found! {
        visit_bool(bool) visit_i64(i64) visit_i128(i128) visit_u64(u64) visit_u128(u128) visit_f64(f64)
        visit_str(&str) visit_borrowed_str(&'de str) visit_string(String)
    }

    fn visit_none<E: Error>(self) -> Result<V::Value, E> {
        self.inner.visit_none()
    }

    fn visit_unit<E: Error>(self) -> Result<V::Value, E> {
        self.inner.visit_unit()
    }

    fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<V::Value, D::Error> {
        self.inner.visit_some(Objects::new(inner, self.trail))
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<V::Value, D::Error> {
        self.inner.visit_newtype_struct(Objects::new(inner, self.trail))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<V::Value, A::Error> {
        self.inner.visit_seq(Items { inner: items, trail: self.trail, index: 0 })
    }

    fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<V::Value, A::Error> {
        let (trail, fields) = (self.trail, self.fields);
        self.inner.visit_map(Entries { inner: entries, trail, fields, key: String::new() })
    }

    fn visit_enum<A: EnumAccess<'de>>(self, variant: A) -> Result<V::Value, A::Error> {
        self.inner.visit_enum(variant)
    }
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Inside<'_, S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, inner: D) -> Result<S::Value, D::Error> {
        self.inner.deserialize(Objects::new(inner, self.trail))
    }
}

/// An array's items.
struct Items<'t, A> {
    inner: A,
    trail: &'t Trail,
    index: usize,
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Items<'_, A> {
    type Error = A::Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error> {
        let (index, seed) = (self.index, Inside { inner: seed, trail: self.trail, fields: &[] });
        self.index += 1;
        let step = || Step { name: index.to_string(), rank: index };
        self.trail.inside(step, || self.inner.next_element_seed(seed))
    }

    fn size_hint(&self) -> Option<usize> {
        self.inner.size_hint()
    }
}

/// An object's entries.
struct Entries<'t, A> {
    inner: A,
    trail: &'t Trail,
    fields: &'static [&'static str],
    /// Of the value that comes next.
    key: String,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Entries<'_, A> {
    type Error = A::Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error> {
        self.key.clear();
        self.inner.next_key_seed(Key { inner: seed, text: &mut self.key })
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        let seed = Inside { inner: seed, trail: self.trail, fields: &[] };
        let (fields, key) = (self.fields, &self.key);
        let step = || Step {
            name: key.clone(),
            rank: fields.iter().position(|field| field == key).unwrap_or_default(),
        };
        self.trail.inside(step, || self.inner.next_value_seed(seed))
    }

    fn size_hint(&self) -> Option<usize> {
        self.inner.size_hint()
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
        Everywhere::deserialize(Objects::new(
            &mut serde_json::Deserializer::from_str(&text),
            &Trail::default(),
        ))
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
