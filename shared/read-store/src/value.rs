//! Values and rows as they cross the executor's boundary: what every dialect can hold.

use std::sync::Arc;

use serde::Serialize;

use super::{Cell, ColumnType, SqlError};

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

/// One row of an answer; columns by place, from 0.
#[derive(Clone, Debug, PartialEq)]
pub struct Row(Box<[Value]>);

impl Row {
    /// A row of `values`.
    #[must_use]
    pub fn new(values: Vec<Value>) -> Self {
        Self(values.into_boxed_slice())
    }

    /// Column `at` as a `T`; `Option<T>` where it may be null.
    ///
    /// # Errors
    /// `Bug` when there is no such column or it holds something else.
    pub fn get<T: Cell>(&self, at: usize) -> Result<T, SqlError> {
        let value = self.value(at)?;
        T::from_value(value).ok_or_else(|| {
            let wanted = std::any::type_name::<T>();
            SqlError::Bug(format!("column {at} is not a {wanted}"))
        })
    }

    /// Column `at` as borrowed text.
    ///
    /// # Errors
    /// `Bug` when there is no such column or it holds something else.
    pub fn text(&self, at: usize) -> Result<&str, SqlError> {
        match self.value(at)? {
            Value::Text(text) => Ok(text),
            _ => Err(SqlError::Bug(format!("column {at} is not text"))),
        }
    }

    /// Column `at` as a whole number.
    ///
    /// # Errors
    /// `Bug` when there is no such column or it holds something else.
    pub fn integer(&self, at: usize) -> Result<i64, SqlError> {
        self.get(at)
    }

    /// The columns in order.
    #[must_use]
    pub fn values(&self) -> &[Value] {
        &self.0
    }

    fn value(&self, at: usize) -> Result<&Value, SqlError> {
        self.0.get(at).ok_or_else(|| SqlError::Bug(format!("the row has no column {at}")))
    }
}
