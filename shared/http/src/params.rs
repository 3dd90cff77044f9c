//! Typed parameters of path and query. An id in a path that cannot exist is 404, like one that does not. A code
//! that people write and machines read, and a query parameter, is 400 and named when its form is wrong.

use axum::{
    extract::{
        FromRequestParts, Path, RawPathParams,
        path::{ErrorKind, FailedToDeserializePathParams},
        rejection::PathRejection,
    },
    http::request::Parts,
};
use serde::de::DeserializeOwned;
use serde_path_to_error::Segment;
use uuid::Uuid;

use super::{
    problem::{FieldError, Problem},
    shape::{self, Notation},
};

/// The path's parameters, in the order of the path: `ValidPath((location, room))`.
#[derive(Clone, Debug)]
pub struct ValidPath<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for ValidPath<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Path::from_request_parts(parts, state).await {
            Ok(Path(values)) => Ok(Self(values)),
            Err(PathRejection::FailedToDeserializePathParams(failed)) => {
                let values = RawPathParams::from_request_parts(parts, state).await;
                Err(values.map_or_else(|_| Problem::not_found(), |values| refused(failed, &values)))
            }
            Err(_) => Err(Problem::not_found()),
        }
    }
}

/// Ids are made here and not written by people: a wrong one is one that is not there. A path has at most one value
/// that is no id.
fn refused(failed: FailedToDeserializePathParams, values: &RawPathParams) -> Problem {
    let (ErrorKind::DeserializeError { message, .. } | ErrorKind::Message(message)) = failed.into_kind()
    else {
        return Problem::not_found();
    };
    let written = values.iter().find(|(_, value)| Uuid::try_parse(value).is_err());
    match written {
        Some((name, _)) if !message.starts_with("UUID parsing failed") => {
            let expected = message.find("must ").map_or(&*message, |at| &message[at..]);
            let message = format!("`{name}` {expected}");
            Problem::bad_field(FieldError { field: name.to_owned(), message, code: "malformed" })
        }
        _ => Problem::not_found(),
    }
}

/// The query string as a `T`, which should `deny_unknown_fields`.
#[derive(Clone, Debug)]
pub struct ValidQuery<T>(pub T);

impl<S: Sync, T: DeserializeOwned> FromRequestParts<S> for ValidQuery<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parse(parts.uri.query().unwrap_or_default()).map(Self)
    }
}

fn parse<T: DeserializeOwned>(query: &str) -> Result<T, Problem> {
    let pairs = serde_urlencoded::Deserializer::new(form_urlencoded::parse(query.as_bytes()));
    serde_path_to_error::deserialize(pairs).map_err(|error| {
        let parameter = error.path().iter().filter_map(parameter).collect();
        Problem::bad_field(shape::field_error(parameter, &error.inner().to_string(), Notation::Name))
    })
}

fn parameter(segment: &Segment) -> Option<String> {
    match segment {
        Segment::Map { key } => Some(key.clone()),
        Segment::Seq { index } => Some(index.to_string()),
        Segment::Enum { .. } | Segment::Unknown => None,
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Filter {
        limit: Option<u8>,
        name: Option<String>,
        active: Option<bool>,
    }

    #[test]
    fn parameters_are_decoded() {
        let filter = parse::<Filter>("limit=20&name=J%C3%B6rg+M%26M&active=true").unwrap();
        let expected = Filter { limit: Some(20), name: Some("Jörg M&M".into()), active: Some(true) };
        assert_eq!(filter, expected);
        assert_eq!(parse::<Filter>("").unwrap(), Filter { limit: None, name: None, active: None });
    }

    #[test]
    fn a_refused_parameter_is_named() {
        let cases = [
            ("limit=x", "limit", "`limit`: must be a whole number", "invalid"),
            ("limit=", "limit", "`limit`: must be a whole number", "invalid"),
            ("limit=300", "limit", "`limit`: is too large", "invalid"),
            ("limit=1&limit=2", "limit", "`limit` is there twice", "duplicate"),
            ("active=maybe", "active", "`active`: must be true or false", "invalid"),
            (
                "api_key=x",
                "api_key",
                "`api_key` is not known here; known: `limit`, `name`, `active`",
                "unknown",
            ),
        ];
        for (query, field, message, code) in cases {
            let problem = parse::<Filter>(query).unwrap_err();
            let error = &problem.field_errors()[0];
            assert_eq!((&*error.field, &*error.message, error.code), (field, message, code), "{query}");
            assert_eq!(problem.status_code(), 400);
        }
    }
}
