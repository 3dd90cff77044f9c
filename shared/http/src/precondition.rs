//! `If-Match` for editors who must not overwrite, `If-None-Match` for readers who have it already.
//! Source: RFC 9110 §8.8.3 and §13.1.

use axum::{
    extract::FromRequestParts,
    http::{
        HeaderMap, HeaderValue,
        header::{IF_MATCH, IF_NONE_MATCH},
        request::Parts,
    },
};
use domain::log::Version;

use super::problem::{FieldError, Problem};

/// The version that `If-Match: "<version>"` names. `*` asks for nothing that a command does not check anyway.
///
/// # Errors
/// 400 when it is anything but one quoted version.
pub fn if_match(headers: &HeaderMap) -> Result<Option<Version>, Problem> {
    let mut sent = headers.get_all(IF_MATCH).iter();
    let Some(value) = sent.next() else { return Ok(None) };
    let malformed = || {
        let message = "`If-Match` must be one version in quotation marks, such as \"7\"".into();
        Problem::bad_field(FieldError { field: "If-Match".into(), message, code: "malformed" })
    };
    match (value.as_bytes().trim_ascii(), sent.next()) {
        (b"*", None) => Ok(None),
        (text, None) => quoted_version(text).map(Some).ok_or_else(malformed),
        (_, Some(_)) => Err(malformed()),
    }
}

fn quoted_version(text: &[u8]) -> Option<Version> {
    let digits = text.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
    let all_digits = digits.iter().all(u8::is_ascii_digit);
    str::from_utf8(digits).ok().filter(|_| all_digits)?.parse().map(Version).ok()
}

/// The entity tags a reader has.
#[derive(Clone, Debug, Default)]
pub struct IfNoneMatch(Vec<HeaderValue>);

impl IfNoneMatch {
    /// From `headers`.
    #[must_use]
    pub fn find(headers: &HeaderMap) -> Self {
        Self(headers.get_all(IF_NONE_MATCH).iter().cloned().collect())
    }

    /// Whether it is `*`: the reader has something, and whatever there is will do.
    #[must_use]
    pub fn is_any(&self) -> bool {
        matches!(self.0.as_slice(), [only] if only.as_bytes().trim_ascii() == b"*")
    }

    /// Whether the reader has `etag` (a quoted tag, weak or not), so that 304 is the answer.
    #[must_use]
    pub fn has(&self, etag: &str) -> bool {
        let wanted = etag.strip_prefix("W/").unwrap_or(etag);
        self.0.iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')).any(|tag| {
            let tag = tag.trim();
            tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == wanted
        })
    }
}

impl<S: Sync> FromRequestParts<S> for IfNoneMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(Self::find(&parts.headers))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn if_match_names_one_version() {
        let read = |value: &str| if_match(&HeaderMap::from_iter([(IF_MATCH, value.parse().unwrap())]));
        assert_eq!(if_match(&HeaderMap::new()).unwrap(), None);
        assert_eq!(read("\"7\"").unwrap(), Some(Version(7)));
        assert_eq!(read("*").unwrap(), None);
        for bad in
            ["7", "\"\"", "W/\"7\"", "\"7\", \"8\"", "\"-1\"", "\"+1\"", "\"x\"", "\"99999999999999999999\""]
        {
            assert_eq!(read(bad).unwrap_err().status_code(), 400, "{bad}");
        }
        let two = HeaderMap::from_iter([(IF_MATCH, "\"1\"".parse().unwrap())]);
        let mut two = two;
        two.append(IF_MATCH, "\"2\"".parse().unwrap());
        assert_eq!(if_match(&two).unwrap_err().status_code(), 400);
    }

    #[test]
    fn if_none_match_compares_weakly() {
        let has = |sent: &str, etag| {
            IfNoneMatch::find(&HeaderMap::from_iter([(IF_NONE_MATCH, sent.parse().unwrap())])).has(etag)
        };
        assert!(has("\"a\"", "\"a\""));
        assert!(has("W/\"a\"", "\"a\""));
        assert!(has("\"b\", W/\"a\"", "W/\"a\""));
        assert!(has("*", "\"a\""));
        assert!(!has("\"b\"", "\"a\""));
        assert!(!IfNoneMatch::default().has("\"a\""));
    }

    #[test]
    fn a_star_stands_for_whatever_there_is() {
        let is_any = |sent: &str| {
            IfNoneMatch::find(&HeaderMap::from_iter([(IF_NONE_MATCH, sent.parse().unwrap())])).is_any()
        };
        assert!(is_any("*") && is_any(" * ") && !is_any("\"*\"") && !is_any("\"a\""));
        assert!(!IfNoneMatch::default().is_any());
    }
}
