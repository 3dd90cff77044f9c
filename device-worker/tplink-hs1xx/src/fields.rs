//! Reading of single fields of a reply. Tolerant where a wrong value only loses information,
//! strict where it would turn into a wrong relay state or a wrong measurement.

use serde_json::{Map, Value};

use crate::refusal::ReplyError;

#[derive(Clone, Copy)]
pub(crate) struct Fields<'a>(pub(crate) &'a Map<String, Value>);

impl<'a> Fields<'a> {
    /// The text of `name`; `None` when absent or something else.
    pub(crate) fn text(self, name: &str) -> Option<&'a str> {
        self.0.get(name)?.as_str()
    }

    /// The whole number in `name`; `None` when absent or something else.
    pub(crate) fn integer(self, name: &str) -> Option<i64> {
        self.0.get(name)?.as_i64()
    }

    /// A count of seconds: negative and oversized values are as good as absent.
    pub(crate) fn seconds(self, name: &str) -> Option<u32> {
        u32::try_from(self.integer(name)?).ok()
    }

    /// The finite number in `name`.
    pub(crate) fn number(self, name: &'static str) -> Result<Option<f64>, ReplyError> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => match value.as_f64() {
                Some(number) if number.is_finite() => Ok(Some(number)),
                _ => Err(ReplyError::Field { name }),
            },
        }
    }

    /// A switch: 0 or 1, or a JSON boolean. Anything else is an error, not "off".
    pub(crate) fn flag(self, name: &'static str) -> Result<Option<bool>, ReplyError> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(value) => match value.as_i64() {
                Some(0) => Ok(Some(false)),
                Some(1) => Ok(Some(true)),
                _ => Err(ReplyError::Field { name }),
            },
        }
    }

    /// The objects in the array `name`; an absent or null array has none.
    pub(crate) fn objects(self, name: &'static str) -> Result<Vec<Fields<'a>>, ReplyError> {
        let wrong = || ReplyError::Field { name };
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(Vec::new()),
            Some(Value::Array(items)) => {
                items.iter().map(|item| item.as_object().map(Fields).ok_or_else(wrong)).collect()
            }
            Some(_) => Err(wrong()),
        }
    }
}

/// Turns "absent" into an error that names the field.
pub(crate) fn required<T>(value: Option<T>, name: &'static str) -> Result<T, ReplyError> {
    value.ok_or(ReplyError::Field { name })
}
