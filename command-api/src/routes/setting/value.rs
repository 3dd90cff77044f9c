//! From a JSON value to a setting's typed one.

use domain::setting::{SettingValue, ValueType};
use http_api::FieldErrors;
use serde::Deserialize;
use serde_json::{Number, Value};
use utoipa::ToSchema;

/// Integers up to this are exact as the floating point numbers that settings hold.
const LARGEST_EXACT: u64 = 1 << 53;

/// What a setting holds.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SettingType {
    /// A text.
    Text,
    /// A number.
    Number,
    /// True or false.
    Boolean,
    /// Any JSON.
    Json,
}

impl From<SettingType> for ValueType {
    fn from(wanted: SettingType) -> Self {
        match wanted {
            SettingType::Text => Self::Text,
            SettingType::Number => Self::Number,
            SettingType::Boolean => Self::Boolean,
            SettingType::Json => Self::Json,
        }
    }
}

/// `value` as the `wanted` type, or as its own when none is.
pub(super) fn typed(
    errors: &mut FieldErrors,
    value: &Value,
    wanted: Option<SettingType>,
) -> Option<SettingValue> {
    match (wanted.map_or_else(|| type_of(value), ValueType::from), value) {
        (ValueType::Text, Value::String(text)) => Some(SettingValue::Text(text.clone())),
        (ValueType::Number, Value::Number(given)) => number(errors, given),
        (ValueType::Boolean, Value::Bool(flag)) => Some(SettingValue::Boolean(*flag)),
        (ValueType::Json, any) => Some(SettingValue::Json(any.to_string())),
        (wanted @ (ValueType::Text | ValueType::Number | ValueType::Boolean), _) => {
            let message = format!("`value` must be a {wanted}, as `type` says");
            errors.refuse("value", "wrong_type", message);
            None
        }
    }
}

fn type_of(value: &Value) -> ValueType {
    match value {
        Value::String(_) => ValueType::Text,
        Value::Number(_) => ValueType::Number,
        Value::Bool(_) => ValueType::Boolean,
        Value::Null | Value::Array(_) | Value::Object(_) => ValueType::Json,
    }
}

/// Refuses a whole number that would silently become another one.
fn number(errors: &mut FieldErrors, given: &Number) -> Option<SettingValue> {
    let whole = given.as_u64().or_else(|| given.as_i64().map(i64::unsigned_abs));
    if whole.is_some_and(|whole| whole > LARGEST_EXACT) {
        let message = format!("`value` must be between -{LARGEST_EXACT} and {LARGEST_EXACT}, is {given}");
        errors.refuse("value", "out_of_range", message);
        return None;
    }
    given.as_f64().map(SettingValue::Number)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn result(value: &Value, wanted: Option<SettingType>) -> Result<SettingValue, String> {
        let mut errors = FieldErrors::default();
        let value = typed(&mut errors, value, wanted);
        errors.finish(value).map_err(|problem| problem.field_errors()[0].message.clone())
    }

    #[test]
    fn the_type_follows_from_the_value() {
        assert_eq!(result(&json!("a"), None), Ok(SettingValue::Text("a".into())));
        assert_eq!(result(&json!(-1.5), None), Ok(SettingValue::Number(-1.5)));
        assert_eq!(result(&json!(7), None), Ok(SettingValue::Number(7.0)));
        assert_eq!(result(&json!(true), None), Ok(SettingValue::Boolean(true)));
        assert_eq!(result(&json!([1, "x"]), None), Ok(SettingValue::Json("[1,\"x\"]".into())));
        assert_eq!(result(&json!(null), None), Ok(SettingValue::Json("null".into())));
    }

    #[test]
    fn a_wanted_type_is_kept_to() {
        assert_eq!(result(&json!("a"), Some(SettingType::Json)), Ok(SettingValue::Json("\"a\"".into())));
        let refused = result(&json!("7"), Some(SettingType::Number));
        assert_eq!(refused, Err("`value` must be a number, as `type` says".into()));
        assert!(result(&json!(0), Some(SettingType::Boolean)).is_err());
        assert!(result(&json!(null), Some(SettingType::Text)).is_err());
    }

    #[test]
    fn a_whole_number_is_kept_exactly_or_refused() {
        let largest = 9_007_199_254_740_992_i64;
        assert_eq!(result(&json!(largest), None), Ok(SettingValue::Number(9_007_199_254_740_992.0)));
        assert_eq!(result(&json!(-largest), None), Ok(SettingValue::Number(-9_007_199_254_740_992.0)));
        for inexact in [json!(largest + 1), json!(-largest - 1), json!(u64::MAX), json!(i64::MIN)] {
            assert!(result(&inexact, None).is_err(), "{inexact}");
        }
    }
}
