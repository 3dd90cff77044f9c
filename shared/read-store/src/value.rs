//! Values as they cross the executor's boundary: what every dialect can hold.

use std::sync::Arc;

use serde::Serialize;

use super::{Cell, ColumnType};

/// One value. Booleans are 0 and 1, instants whole microseconds, ids their text.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Value {
    /// Nothing.
    Null,
    /// A whole number.
    Integer(i64),
    /// A finite number.
    Real(f64),
    /// Text without U+0000.
    Text(Arc<str>),
}

impl<T: Cell> From<T> for Value {
    fn from(value: T) -> Self {
        value.to_value()
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

/// A parameter for the `{list ?n}` marker: a JSON array of ids.
#[must_use]
pub fn list<T: Cell>(items: impl IntoIterator<Item = T>) -> Value {
    // Other texts may hold characters that JSON escapes, and not every server undoes that.
    const { assert!(matches!(T::TYPE, ColumnType::Uuid), "only ids can be listed") };
    let items: Vec<_> = items.into_iter().map(|item| item.to_value()).collect();
    Value::Text(serde_json::to_string(&items).unwrap_or_else(|_| "[]".to_owned()).into())
}

/// One row of an answer, its columns in order.
pub(super) type Row = Box<[Value]>;
