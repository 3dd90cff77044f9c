//! The operations of a document, and which of them a request is for.

use http::Method;
use serde_json::Value;

/// One operation of the document.
pub(crate) struct Operation {
    /// Method and path template.
    pub(crate) name: String,
    method: String,
    segments: Vec<String>,
    /// By status.
    pub(crate) responses: Value,
}

/// Every operation of `document`.
pub(crate) fn all(document: &Value) -> Vec<Operation> {
    let paths = document["paths"].as_object().into_iter().flatten();
    paths
        .flat_map(|(path, methods)| {
            let methods = methods.as_object().into_iter().flatten();
            methods.map(move |(method, operation)| Operation {
                name: format!("{} {path}", method.to_uppercase()),
                method: method.to_uppercase(),
                segments: path.split('/').map(str::to_owned).collect(),
                responses: operation["responses"].clone(),
            })
        })
        .collect()
}

impl Operation {
    /// Whether `path` is of this operation's template.
    pub(crate) fn matches(&self, path: &str) -> bool {
        let mut given = path.split('/');
        let all = self.segments.iter().all(|segment| {
            given
                .next()
                .is_some_and(|part| if is_parameter(segment) { !part.is_empty() } else { part == segment })
        });
        all && given.next().is_none()
    }

    fn parameters(&self) -> usize {
        self.segments.iter().filter(|segment| is_parameter(segment)).count()
    }
}

fn is_parameter(segment: &str) -> bool {
    segment.starts_with('{')
}

/// The operation of `method`; where two templates match, the router takes the more literal one, whatever its
/// method.
pub(crate) fn best<'a>(at_path: &[&'a Operation], method: &Method) -> Option<&'a Operation> {
    let fewest = at_path.iter().map(|operation| operation.parameters()).min()?;
    // The router answers HEAD with what it answers GET.
    let method = if *method == Method::HEAD { "GET" } else { method.as_str() };
    at_path.iter().find(|operation| operation.parameters() == fewest && operation.method == method).copied()
}
