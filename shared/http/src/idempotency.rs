//! `Idempotency-Key`: names a command for ever, so that sending it again does nothing again.

use std::fmt;

use aws_lc_rs::digest::{Context, SHA256};
use axum::http::{HeaderMap, HeaderName, Method};
use domain::log::CommandId;
use uuid::{Builder, Uuid};

use super::problem::{FieldError, Problem};

/// Source: IETF draft-ietf-httpapi-idempotency-key-header.
pub const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Longest key.
const MAX_CHARS: usize = 255;

/// A caller's name for one command: 1 to 255 visible ASCII characters.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct IdempotencyKey<'a>(&'a str);

impl<'a> IdempotencyKey<'a> {
    /// The key in `headers`, if there is one.
    ///
    /// # Errors
    /// 400 when there are several, or it has another form.
    pub fn find(headers: &'a HeaderMap) -> Result<Option<Self>, Problem> {
        let mut sent = headers.get_all(IDEMPOTENCY_KEY).iter();
        let Some(value) = sent.next() else { return Ok(None) };
        let text = value.to_str().ok().filter(|text| (1..=MAX_CHARS).contains(&text.len()));
        match text {
            Some(text) if text.bytes().all(|b| b.is_ascii_graphic()) && sent.next().is_none() => {
                Ok(Some(Self(text)))
            }
            _ => Err(Problem::bad_field(FieldError {
                field: "Idempotency-Key".into(),
                message: format!(
                    "`Idempotency-Key` must be one value of 1 to {MAX_CHARS} visible ASCII characters"
                ),
                code: "malformed",
            })),
        }
    }

    /// The command this key names when `caller` sends it: another caller's same key is another command.
    #[must_use]
    pub fn command_of(self, caller: Uuid) -> CommandId {
        let mut hash = Context::new(&SHA256);
        hash.update(b"aerosports.command.v1");
        hash.update(caller.as_bytes());
        hash.update(self.0.as_bytes());
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&hash.finish().as_ref()[..16]);
        CommandId(Builder::from_custom_bytes(bytes).into_uuid())
    }
}

impl fmt::Debug for IdempotencyKey<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

/// What a request was, so that its key is not used for another: caller, method, path and body.
#[must_use]
pub fn request_hash(caller: Uuid, method: &Method, path: &str, body: &[u8]) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    context.update(caller.as_bytes());
    // Neither a method nor a path can hold a line break, so the parts cannot run into each other.
    context.update(method.as_str().as_bytes());
    context.update(b"\n");
    context.update(path.as_bytes());
    context.update(b"\n");
    context.update(body);
    let mut hash = [0; 32];
    hash.copy_from_slice(context.finish().as_ref());
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(values: &[&[u8]]) -> HeaderMap {
        values
            .iter()
            .map(|value| (IDEMPOTENCY_KEY, axum::http::HeaderValue::from_bytes(value).unwrap()))
            .collect()
    }

    #[test]
    fn keys_of_another_form_are_refused() {
        assert_eq!(IdempotencyKey::find(&HeaderMap::new()).unwrap(), None);
        let longest = "k".repeat(255);
        assert!(IdempotencyKey::find(&headers(&[longest.as_bytes()])).unwrap().is_some());
        let too_long = "k".repeat(256);
        let wrong: [&[&[u8]]; 5] =
            [&[b""], &[b"two words"], &["schlüssel".as_bytes()], &[too_long.as_bytes()], &[b"a", b"b"]];
        for values in wrong {
            let problem = IdempotencyKey::find(&headers(values)).unwrap_err();
            assert_eq!(problem.status_code(), 400, "{values:?}");
        }
    }

    #[test]
    fn a_key_names_one_command_of_one_caller() {
        let command = |key: &str, caller| {
            let headers = headers(&[key.as_bytes()]);
            IdempotencyKey::find(&headers).unwrap().unwrap().command_of(Uuid::from_u128(caller))
        };
        assert_eq!(command("a", 1), command("a", 1));
        assert_ne!(command("a", 1), command("b", 1));
        assert_ne!(command("a", 1), command("a", 2));
        assert_eq!(command("a", 1).0.get_version_num(), 8);
    }

    #[test]
    fn the_name_of_a_command_never_changes() {
        let headers = headers(&[b"till-7/42"]);
        let command = IdempotencyKey::find(&headers).unwrap().unwrap().command_of(Uuid::from_u128(1));
        assert_eq!(command.to_string(), "649057b3-c6a7-88a8-8bc7-3882a0d059a2");
    }

    #[test]
    fn every_part_of_a_request_counts() {
        let base = request_hash(Uuid::from_u128(1), &Method::POST, "/a", b"b");
        let others = [
            request_hash(Uuid::from_u128(2), &Method::POST, "/a", b"b"),
            request_hash(Uuid::from_u128(1), &Method::PUT, "/a", b"b"),
            request_hash(Uuid::from_u128(1), &Method::POST, "/a\nb", b""),
            request_hash(Uuid::from_u128(1), &Method::POST, "/a", b""),
        ];
        assert!(!others.contains(&base));
        assert_eq!(base, request_hash(Uuid::from_u128(1), &Method::POST, "/a", b"b"));
    }
}
