//! Closes the objects of a schema: a field that the schema does not list is refused, unless the schema says
//! what further fields are (`additionalProperties`), as a documented map does.
//!
//! The parts of an `allOf` each know some fields of one object, so they stay open and the whole is closed with
//! `unevaluatedProperties`. A component that is such a part somewhere exists twice, closed and open.

use serde_json::{Map, Value, json};

/// What the name of a component ends in where it stays open.
const OPEN: &str = ".open";
/// Where components are.
const COMPONENTS: &str = "#/components/schemas/";

/// Every component, closed under its name, and open under that with [`OPEN`].
pub(crate) fn schemas(components: &Value) -> Value {
    let components = components.as_object().into_iter().flatten();
    let both = components.flat_map(|(name, part)| {
        [(name.clone(), schema(part)), (format!("{name}{OPEN}"), close(part, false))]
    });
    both.collect::<Map<_, _>>().into()
}

/// `schema`, closed.
pub(crate) fn schema(schema: &Value) -> Value {
    close(schema, true)
}

fn close(schema: &Value, closing: bool) -> Value {
    let Some(object) = schema.as_object() else { return schema.clone() };
    let has = |key: &str| object.contains_key(key);
    let branches = has("oneOf") || has("anyOf");
    let composed = has("allOf") || has("properties") && (branches || has("$ref"));
    let parts_close = closing && !composed;
    let mut result: Map<_, _> =
        object.iter().map(|(key, value)| (key.clone(), part(key, value, parts_close))).collect();
    if closing && !has("additionalProperties") && !has("unevaluatedProperties") {
        if composed {
            result.insert("unevaluatedProperties".into(), json!(false));
        } else if has("properties") {
            result.insert("additionalProperties".into(), json!(false));
        }
    }
    result.into()
}

/// The value of `key` in a schema; `closing` says whether the branches for the same object are closed.
fn part(key: &str, value: &Value, closing: bool) -> Value {
    match (key, value) {
        ("properties" | "patternProperties" | "$defs", Value::Object(members)) => {
            members.iter().map(|(name, member)| (name.clone(), schema(member))).collect::<Map<_, _>>().into()
        }
        ("items" | "additionalProperties" | "contains" | "propertyNames", _) => schema(value),
        ("prefixItems", Value::Array(items)) => items.iter().map(schema).collect(),
        ("allOf", Value::Array(parts)) => parts.iter().map(|part| close(part, false)).collect(),
        ("oneOf" | "anyOf", Value::Array(parts)) => parts.iter().map(|part| close(part, closing)).collect(),
        ("$ref", Value::String(name)) if !closing && name.starts_with(COMPONENTS) => {
            format!("{name}{OPEN}").into()
        }
        _ => value.clone(),
    }
}
