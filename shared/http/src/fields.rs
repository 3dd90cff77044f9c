//! Collects what is wrong with a request's values, so that a caller hears of all of it at once.

use std::{any::Any, fmt::Display};

use domain::{checked::Refused, ids::InvalidId, values::InvalidValue};

use super::{
    problem::{FieldError, Problem},
    shape::{self, Notation},
};

/// Every refused field of one request.
///
/// ```
/// # use domain::values::{Minutes, Name};
/// # use http_api::FieldErrors;
/// let mut errors = FieldErrors::default();
/// let name = errors.field("name", Name::new("Laser maze"));
/// let minutes = errors.field("minutes", Minutes::new(60));
/// let (name, minutes) = errors.finish((name, minutes))?;
/// # assert_eq!((name.as_str(), minutes.get()), ("Laser maze", 60));
/// # Ok::<(), http_api::Problem>(())
/// ```
#[derive(Debug, Default)]
pub struct FieldErrors(Vec<FieldError>);

impl FieldErrors {
    /// The value, or its error noted. `path` is the field's name, or a path such as `results/0/points`.
    pub fn field<T, E: Display + 'static>(&mut self, path: impl Display, result: Result<T, E>) -> Option<T> {
        result.map_err(|error| self.0.push(field_error(&path.to_string(), &error))).ok()
    }

    /// Notes an error that no value type found. `message` is a whole sentence.
    pub fn refuse(&mut self, path: impl Display, code: &'static str, message: impl Into<String>) {
        self.0.push(FieldError { field: format!("/{path}"), message: message.into(), code });
    }

    /// The values, when nothing was refused.
    ///
    /// # Errors
    /// 422 with every refused field.
    pub fn finish<T: Collected>(self, values: T) -> Result<T::Values, Problem> {
        match values.all() {
            Some(values) if self.0.is_empty() => Ok(values),
            _ => Err(Problem::invalid_fields(self.0)),
        }
    }
}

/// The field at `segments`, refused while the body was read.
pub(super) fn refused_field(segments: &[String], refused: Refused) -> FieldError {
    let path = segments.join("/");
    let error = match refused {
        Refused::Value(value) => field_error(&path, &value),
        Refused::Id(id) => field_error(&path, &id),
        Refused::Said { code, message } => FieldError { field: String::new(), message, code },
    };
    FieldError { field: shape::written(segments, Notation::Pointer), ..error }
}

fn field_error(path: &str, error: &(impl Display + 'static)) -> FieldError {
    let name = path.rsplit('/').find(|part| part.parse::<u32>().is_err()).unwrap_or(path);
    let any: &dyn Any = error;
    let (code, message) = match (any.downcast_ref::<InvalidValue>(), any.downcast_ref::<InvalidId>()) {
        (Some(value), _) => (code_of(value), format!("`{name}` {value}")),
        (_, Some(id)) => ("malformed", format!("`{name}` must be {}", id.expected)),
        _ => ("invalid", format!("`{name}`: {error}")),
    };
    FieldError { field: format!("/{path}"), message, code }
}

fn code_of(value: &InvalidValue) -> &'static str {
    match value {
        InvalidValue::Empty => "empty",
        InvalidValue::TooLong { .. } => "too_long",
        InvalidValue::Invisible { .. } => "invisible_character",
        InvalidValue::OutOfRange { .. } => "out_of_range",
        InvalidValue::Malformed { .. } => "malformed",
    }
}

/// Values that [`FieldErrors::field`] gave, one or a tuple of up to eight.
pub trait Collected {
    /// The same without the `Option`s.
    type Values;
    /// All of them, if none is missing.
    fn all(self) -> Option<Self::Values>;
}

impl<T> Collected for Option<T> {
    type Values = T;
    fn all(self) -> Option<T> {
        self
    }
}

macro_rules! collected {
    ($($name:ident)+) => {
        impl<$($name),+> Collected for ($(Option<$name>,)+) {
            type Values = ($($name,)+);
            #[allow(non_snake_case, reason = "one variable a type")]
            fn all(self) -> Option<Self::Values> {
                let ($($name,)+) = self;
                Some(($($name?,)+))
            }
        }
    };
}
collected!(A);
collected!(A B);
collected!(A B C);
collected!(A B C D);
collected!(A B C D E);
collected!(A B C D E F);
collected!(A B C D E F G);
collected!(A B C D E F G H);

#[cfg(test)]
mod tests {

    use domain::{
        ids::RoomId,
        values::{Minutes, Name, Points},
    };

    use super::*;

    #[test]
    fn good_values_come_out_without_options() {
        let mut errors = FieldErrors::default();
        let minutes = errors.field("minutes", Minutes::new(5));
        let sent: Option<String> = serde_json::from_str("\"x\"").unwrap();
        let name = errors.field("name", sent.as_deref().map(Name::new).transpose());
        let (minutes, name) = errors.finish((minutes, name)).unwrap();
        assert_eq!((minutes.get(), name.unwrap().as_str()), (5, "x"));
    }

    #[test]
    fn all_refused_fields_are_named_at_once() {
        let mut errors = FieldErrors::default();
        let minutes = errors.field("minutes", Minutes::new(0));
        let name = errors.field("name", Name::new("  "));
        let points = errors.field(format_args!("results/{}/points", 3), Points::new(-1));
        let room = errors.field("room_id", "x".parse::<RoomId>());
        let problem = errors.finish((minutes, name, points, room)).unwrap_err();
        let named: Vec<_> =
            problem.field_errors().iter().map(|e| (e.field.as_str(), e.message.as_str(), e.code)).collect();
        let expected = [
            ("/minutes", "`minutes` must be between 1 and 1440, is 0", "out_of_range"),
            ("/name", "`name` must not be empty", "empty"),
            ("/results/3/points", "`points` must be between 0 and 1000000, is -1", "out_of_range"),
            ("/room_id", "`room_id` must be a UUID", "malformed"),
        ];
        assert_eq!(named, expected);
        assert_eq!(problem.status_code(), 422);
    }

    #[test]
    fn an_error_of_its_own_refuses_good_values_too() {
        let mut errors = FieldErrors::default();
        let minutes = errors.field("minutes", Minutes::new(5));
        errors.refuse("wristbands", "duplicate", "The same band is named twice.");
        assert_eq!(errors.finish(minutes).unwrap_err().field_errors()[0].code, "duplicate");
    }
}
