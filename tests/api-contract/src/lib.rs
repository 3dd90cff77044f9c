//! Holds an HTTP answer against the OpenAPI 3.1 document that describes it. For tests only.
//!
//! An answer fails with a status that the document does not list, another content type, a field that is
//! missing, undocumented or of another type. Objects whose fields are listed are closed ([`closed`]): the
//! document may leave fields out for a client's sake, and a test must notice.

mod closed;
mod operation;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use http::{Method, StatusCode};
use jsonschema::Validator;
use serde_json::{Value, json};

use operation::{Operation, best};

/// What is said to be wrong with at most so many characters of the body.
const SHOWN: usize = 2000;

/// The document, ready to be held against answers; remembers which operations it has seen succeed.
pub struct Contract {
    operations: Vec<Operation>,
    responses: Value,
    schemas: Value,
    validators: Mutex<BTreeMap<String, Arc<Validator>>>,
    succeeded: Mutex<BTreeSet<String>>,
}

/// One answer, and what it answers.
#[derive(Clone, Copy)]
pub struct Exchange<'a> {
    /// The request's method.
    pub method: &'a Method,
    /// The request's path, with its query or without.
    pub target: &'a str,
    /// The answer's status.
    pub status: StatusCode,
    /// The answer's content type.
    pub content_type: Option<&'a str>,
    /// The answer's body.
    pub body: &'a [u8],
}

impl fmt::Debug for Contract {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Contract of {} operations", self.operations.len())
    }
}

impl Contract {
    /// The contract that an OpenAPI 3.1 document states.
    #[must_use]
    pub fn of(document: &Value) -> Self {
        Self {
            operations: operation::all(document),
            responses: document["components"]["responses"].clone(),
            schemas: closed::schemas(&document["components"]["schemas"]),
            validators: Mutex::default(),
            succeeded: Mutex::default(),
        }
    }

    /// Fails the test when the answer is not as documented.
    ///
    /// # Panics
    /// Then, with route, pointer and body.
    pub fn assert(&self, exchange: Exchange<'_>) {
        if let Err(fault) = self.check(exchange) {
            panic!("the answer is not as documented\n{fault}");
        }
    }

    /// What is not as documented.
    ///
    /// # Errors
    /// With route, pointer and body.
    pub fn check(&self, exchange: Exchange<'_>) -> Result<(), String> {
        let Exchange { method, target, status, body, .. } = exchange;
        self.faults(exchange).map_err(|faults| {
            let body: String = String::from_utf8_lossy(body).chars().take(SHOWN).collect();
            format!("{method} {target} → {status}\n  {}\n  body: {body}", faults.join("\n  "))
        })
    }

    /// The operations of which no valid 2xx answer was seen.
    #[must_use]
    pub fn untried(&self) -> Vec<String> {
        let succeeded = self.succeeded.lock().unwrap_or_else(PoisonError::into_inner);
        let names = self.operations.iter().map(|operation| operation.name.clone());
        names.filter(|name| !succeeded.contains(name)).collect()
    }

    fn faults(&self, exchange: Exchange<'_>) -> Result<(), Vec<String>> {
        let path = exchange.target.split('?').next().unwrap_or_default();
        let at_path: Vec<_> = self.operations.iter().filter(|operation| operation.matches(path)).collect();
        let Some(operation) = best(&at_path, exchange.method) else {
            // Pages for people, such as `/docs`, are not in the document.
            return if path.starts_with("/v1") || !exchange.status.is_success() {
                self.without_operation(exchange, !at_path.is_empty())
            } else {
                Ok(())
            };
        };
        let status = exchange.status.as_u16().to_string();
        let Some(response) = operation.responses.get(&status).map(|response| self.resolved(response)) else {
            return Err(vec![format!("{}: {status} is not documented", operation.name)]);
        };
        self.body_faults(&format!("{} {status}", operation.name), response, exchange)?;
        if exchange.status.is_success() {
            let mut succeeded = self.succeeded.lock().unwrap_or_else(PoisonError::into_inner);
            succeeded.insert(operation.name.clone());
        }
        Ok(())
    }

    /// No operation is documented there, so the answer must be a problem that says so.
    fn without_operation(&self, exchange: Exchange<'_>, known_path: bool) -> Result<(), Vec<String>> {
        let expected = if known_path { StatusCode::METHOD_NOT_ALLOWED } else { StatusCode::NOT_FOUND };
        // The pipeline refuses some requests before it looks for a route.
        let refused = exchange.status.is_client_error() || exchange.status.is_server_error();
        if !refused || exchange.status.is_client_error() && known_path && exchange.status != expected {
            return Err(vec![format!("the document has no such operation, so {expected} is expected")]);
        }
        let problem = json!({"content": {"application/problem+json": {
            "schema": {"$ref": "#/components/schemas/Problem"},
        }}});
        self.body_faults("Problem", &problem, exchange)
    }

    fn resolved<'a>(&'a self, response: &'a Value) -> &'a Value {
        let reference = response["$ref"].as_str().and_then(|name| name.rsplit('/').next());
        reference.map_or(response, |name| &self.responses[name])
    }

    fn body_faults(&self, name: &str, response: &Value, exchange: Exchange<'_>) -> Result<(), Vec<String>> {
        let Some(content) = response["content"].as_object() else {
            let empty = exchange.body.is_empty();
            return if empty { Ok(()) } else { Err(vec![format!("{name}: no body is documented")]) };
        };
        let media = exchange.content_type.and_then(|media| media.split(';').next()).unwrap_or_default();
        let Some(described) = content.get(media) else {
            return Err(vec![format!("{name}: the content type {media:?} is not documented")]);
        };
        if !media.ends_with("json") {
            return Ok(());
        }
        let body: Value = serde_json::from_slice(exchange.body)
            .map_err(|error| vec![format!("{name}: the body is no JSON: {error}")])?;
        let validator = self.validator(&format!("{name} {media}"), &described["schema"]);
        let faults: Vec<_> = validator
            .iter_errors(&body)
            .map(|error| format!("{name}: at {:?}: {error}", error.instance_path().as_str()))
            .collect();
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }

    fn validator(&self, name: &str, schema: &Value) -> Arc<Validator> {
        let mut validators = self.validators.lock().unwrap_or_else(PoisonError::into_inner);
        let made = validators.entry(name.to_owned()).or_insert_with(|| {
            let mut root = closed::schema(schema);
            if let Some(root) = root.as_object_mut() {
                root.insert("components".into(), json!({"schemas": self.schemas}));
            }
            let options = jsonschema::draft202012::options().should_validate_formats(true);
            match options.build(&root) {
                Ok(validator) => Arc::new(validator),
                Err(error) => panic!("{name}: the schema is not one: {error}"),
            }
        });
        made.clone()
    }
}
