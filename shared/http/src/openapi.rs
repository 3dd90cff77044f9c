//! Writes the OpenAPI 3.1 document from the list of routes, and finds what is wrong with the list. The pieces
//! come from [`super::describe`]; the frame that all routes share (security, headers, problems) is here.

use std::collections::{BTreeMap, BTreeSet};

use auth::KeyKind;
use serde_json::{Map, Value, json};

use super::route::{About, Kind, Operation, Scope};

/// What a command can be refused with.
const COMMAND_PROBLEMS: &[u16] = &[400, 401, 403, 404, 408, 409, 412, 413, 415, 422, 429, 500, 503];
/// What a query can be refused with.
const QUERY_PROBLEMS: &[u16] = &[400, 401, 403, 404, 409, 429, 500, 503];

/// The whole document.
pub(super) fn document(about: About, tags: &[(&str, &str)], operations: &[Operation]) -> Value {
    let mut paths = Map::new();
    for operation in operations {
        let path = paths.entry(operation.route.path).or_insert_with(|| json!({}));
        path[operation.route.method.as_str().to_ascii_lowercase()] = describe(operation, operations);
    }
    let tags: Vec<_> = tags.iter().map(|(name, text)| json!({"name": name, "description": text})).collect();
    json!({
        "openapi": "3.1.0",
        "info": {"title": about.title, "version": about.version, "description": about.description},
        "servers": [{"url": "/", "description": "The host and port that this document comes from."}],
        "tags": tags,
        "paths": paths,
        "components": {
            "securitySchemes": security_schemes(),
            "parameters": parameters(),
            "responses": responses(),
            "schemas": schemas(operations),
        },
    })
}

fn describe(operation: &Operation, operations: &[Operation]) -> Value {
    let (summary, description) = split_text(operation.text);
    let mut object = json!({
        "operationId": operation_id(operation, operations),
        "summary": summary,
        "description": description,
        "tags": operation.tag.as_slice(),
        "parameters": operation_parameters(operation),
        "responses": operation_responses(operation),
    });
    if let Some(body) = &operation.doc.body {
        let required = operation.doc.body_required;
        object["requestBody"] =
            json!({"required": required, "content": {"application/json": {"schema": body}}});
    }
    match operation.route.permission {
        None => object["security"] = json!([]),
        Some(permission) => {
            let holders = KeyKind::ALL.iter().filter(|kind| kind.permissions().contains(permission));
            object["security"] = json!([{"apiKey": []}, {"bearer": []}]);
            object["x-permission"] = permission.as_str().into();
            object["x-key-kinds"] = holders.map(|kind| kind.as_str()).collect();
        }
    }
    object["x-scope"] = match operation.route.scope {
        Scope::Location => "location",
        Scope::Global => "global",
        Scope::Public => "public",
    }
    .into();
    object
}

fn split_text(text: &str) -> (&str, &str) {
    text.split_once("\n\n").map_or((text.trim(), ""), |(summary, rest)| (summary.trim(), rest.trim()))
}

/// `POST /v1/locations/{location}/rename` → `post_locations_rename`; a parameter at the end counts. Where the same
/// is done to one thing by its id and to many of them, the latter says so.
fn operation_id(operation: &Operation, operations: &[Operation]) -> String {
    let id = words_of(operation);
    let parameters = path_names(operation.route.path).len();
    let is_of_many = operations
        .iter()
        .any(|other| path_names(other.route.path).len() > parameters && words_of(other) == id);
    if is_of_many { format!("{id}_to_many") } else { id }
}

fn words_of(operation: &Operation) -> String {
    let path = operation.route.path;
    let segments: Vec<_> =
        path.split('/').filter(|segment| !segment.is_empty() && *segment != "v1").collect();
    let words = segments.iter().enumerate().filter_map(|(at, segment)| {
        match segment.strip_prefix('{').and_then(|segment| segment.strip_suffix('}')) {
            None => Some(segment.replace(['-', '.'], "_")),
            Some(parameter) if at + 1 == segments.len() => Some(format!("by_{parameter}")),
            Some(_) => None,
        }
    });
    std::iter::once(operation.route.method.as_str().to_ascii_lowercase())
        .chain(words)
        .collect::<Vec<_>>()
        .join("_")
}

/// The names of a path's parameters.
fn path_names(path: &str) -> Vec<&str> {
    path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}')).collect()
}

fn operation_parameters(operation: &Operation) -> Vec<Value> {
    let text = json!({"type": "string"});
    let mut parameters: Vec<_> = path_names(operation.route.path)
        .into_iter()
        .enumerate()
        .map(|(at, name)| {
            let mut schema = operation.doc.path_parts.get(at).unwrap_or(&text).clone();
            let description = schema.as_object_mut().and_then(|schema| schema.remove("description"));
            let mut parameter = json!({"name": name, "in": "path", "required": true, "schema": schema});
            if let Some(description) = description {
                parameter["description"] = description;
            }
            parameter
        })
        .collect();
    parameters.extend(operation.doc.query.iter().cloned());
    let headers: &[&str] = match operation.kind {
        Kind::Command => &["IdempotencyKey", "IfMatch"],
        Kind::Query => &["AeroMinPosition", "AeroMaxWait", "AeroAllowStale", "IfNoneMatch"],
        Kind::Public => &[],
    };
    parameters.extend(headers.iter().map(|name| json!({"$ref": format!("#/components/parameters/{name}")})));
    parameters
}

fn operation_responses(operation: &Operation) -> Value {
    let mut responses = Map::new();
    for (status, description, schema) in &operation.doc.answers {
        let mut response = json!({"description": description});
        if let Some(schema) = schema {
            response["content"] = json!({"application/json": {"schema": schema}});
        }
        responses.insert(status.to_string(), response);
    }
    let problems = match operation.kind {
        Kind::Command => COMMAND_PROBLEMS,
        Kind::Query => QUERY_PROBLEMS,
        Kind::Public => &[],
    };
    for status in problems {
        responses
            .entry(status.to_string())
            .or_insert_with(|| json!({"$ref": format!("#/components/responses/{status}")}));
    }
    Value::Object(responses)
}

fn security_schemes() -> Value {
    json!({
        "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
        "bearer": {"type": "http", "scheme": "bearer", "description": "The same API key."},
    })
}

fn parameters() -> Value {
    let header = |name: &str, description: &str, schema: Value| json!({"name": name, "in": "header", "required": false, "description": description, "schema": schema});
    json!({
        "IdempotencyKey": header(
            "Idempotency-Key",
            "The caller's name for this command. Sent again with the same key, it takes effect once and gets \
             the same answer.",
            json!({"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"}),
        ),
        "IfMatch": header(
            "If-Match",
            "The version the thing must still have, in quotation marks; otherwise 412.",
            json!({"type": "string", "pattern": "^\"[0-9]+\"$", "example": "\"7\""}),
        ),
        "AeroMinPosition": header(
            "Aero-Min-Position",
            "The `token` of a command; the answer contains its effect.",
            json!({"type": "string", "example": "1.4711"}),
        ),
        "AeroMaxWait": header(
            "Aero-Max-Wait",
            "How many seconds to wait for it (1 when not sent, at most 10), then 503.",
            json!({"type": "number", "minimum": 0, "maximum": 10, "default": 1, "example": 0.5}),
        ),
        "AeroAllowStale": header(
            "Aero-Allow-Stale",
            "`true`: when the wait was in vain, an older answer rather than none.",
            json!({"type": "boolean", "default": false}),
        ),
        "IfNoneMatch": header(
            "If-None-Match",
            "The `ETag` of the answer the caller has; 304 when it is still right.",
            json!({"type": "string"}),
        ),
    })
}

fn responses() -> Value {
    let texts: BTreeMap<u16, &str> = BTreeMap::from([
        (
            400,
            "The shape is wrong: not JSON, a field or parameter missing, unknown or of the wrong type. An \
             integer is one however it is written (`60`, `60.0`, `6E+1`).",
        ),
        (401, "No API key, or one that is not valid."),
        (403, "This key may not do this."),
        (404, "Nothing there, or at a location this key is not for."),
        (408, "The body did not arrive in time."),
        (409, "The state of things does not allow it now."),
        (412, "Not at the version that `If-Match` names."),
        (413, "The body is too large."),
        (415, "The body is not `application/json`."),
        (422, "Well-formed, but a value or a rule forbids it."),
        (429, "Too many requests; `Retry-After` says when to go on."),
        (500, "A fault on our side."),
        (503, "Not now; `Retry-After` says when to try again."),
    ]);
    let schema = json!({"$ref": "#/components/schemas/Problem"});
    let response = |text: &str| json!({"description": text, "content": {"application/problem+json": {"schema": schema}}});
    texts.iter().map(|(status, text)| (status.to_string(), response(text))).collect::<Map<_, _>>().into()
}

fn schemas(operations: &[Operation]) -> Value {
    let mut schemas = Map::new();
    schemas.insert("Problem".into(), problem_schema());
    for (name, schema) in operations.iter().flat_map(|operation| &operation.doc.schemas) {
        schemas.insert(name.clone(), schema.clone());
    }
    Value::Object(schemas)
}

fn problem_schema() -> Value {
    let text = |description: &str| json!({"type": "string", "description": description});
    json!({
        "type": "object",
        "description": "RFC 9457. Further members carry facts about the refusal.",
        "required": ["type", "title", "status", "detail"],
        "additionalProperties": true,
        "properties": {
            "type": text("`/problems/<code>`, stable: look at this in programs."),
            "title": text("What kind of problem it is."),
            "status": {"type": "integer"},
            "detail": text("What to change."),
            "request_id": text("Names this request in the log."),
            "trace_id": text("W3C trace id."),
            "existing_id": {"type": "string", "format": "uuid", "description":
                "The thing that stands against it, such as the guardian whose family has an e-mail address."},
            "errors": {"type": "array", "description": "The refused fields.", "items": {
                "type": "object",
                "required": ["field", "message", "code"],
                "properties": {
                    "field": text("JSON pointer into the body, or the name of a parameter or header."),
                    "message": text("What it must be."),
                    "code": text("Stable, for programs."),
                },
            }},
        },
    })
}

/// See [`super::Api::defects`].
pub(super) fn defects(operations: &[Operation]) -> Vec<String> {
    let mut defects = Vec::new();
    let mut ids = BTreeSet::new();
    let mut schemas: BTreeMap<&str, &Value> = BTreeMap::new();
    for operation in operations {
        let route = format!("{} {}", operation.route.method, operation.route.path);
        let (named, taken) = (path_names(operation.route.path).len(), operation.doc.path_parts.len());
        if named != taken {
            defects.push(format!("{route}: the path has {named} parameters, the handler takes {taken}"));
        }
        if split_text(operation.text).0.is_empty() {
            defects.push(format!("{route}: no summary"));
        }
        if operation.kind != Kind::Public && operation.tag.is_none() {
            defects.push(format!("{route}: no tag"));
        }
        let id = operation_id(operation, operations);
        if !ids.insert(id.clone()) {
            defects.push(format!("{route}: another route has its operation id {id}"));
        }
        for (name, schema) in &operation.doc.schemas {
            if schemas.insert(name, schema).is_some_and(|other| other != schema) || name == "Problem" {
                defects.push(format!("{route}: another schema is called {name}"));
            }
        }
    }
    let about = About { title: "", version: "", description: "" };
    let document = document(about, &[], operations);
    defects.extend(dangling(&document, &document));
    defects
}

/// References in `part` that lead nowhere in `document`.
fn dangling(part: &Value, document: &Value) -> Vec<String> {
    match part {
        Value::Object(object) => object
            .iter()
            .flat_map(|(key, value)| match value.as_str().filter(|_| key == "$ref") {
                Some(reference) if document.pointer(reference.trim_start_matches('#')).is_none() => {
                    vec![format!("nothing is at {reference}")]
                }
                _ => dangling(value, document),
            })
            .collect(),
        Value::Array(items) => items.iter().flat_map(|item| dangling(item, document)).collect(),
        _ => Vec::new(),
    }
}
