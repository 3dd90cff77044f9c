//! How fresh a reader wants its answer: `Aero-Min-Position`, `Aero-Max-Wait`, `Aero-Allow-Stale`.

use std::time::Duration;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderName, request::Parts},
};
use domain::log::Token;

use super::problem::{FieldError, Problem};

/// Request: the token of a command that the answer must contain.
pub const MIN_POSITION: HeaderName = HeaderName::from_static("aero-min-position");
/// Request: how long to wait for it, in seconds.
pub const MAX_WAIT: HeaderName = HeaderName::from_static("aero-max-wait");
/// Request: `true` takes an older answer rather than none.
pub const ALLOW_STALE: HeaderName = HeaderName::from_static("aero-allow-stale");
/// Response: the position of the data.
pub const POSITION: HeaderName = HeaderName::from_static("aero-position");

/// Waited when `Aero-Max-Wait` is not sent.
const DEFAULT_WAIT: Duration = Duration::from_secs(1);
/// Longest wait; more is refused.
pub(super) const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// What a reader asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Freshness {
    /// What the answer must contain.
    pub at_least: Option<Token>,
    /// How long to wait for it.
    pub max_wait: Duration,
    /// Whether an older answer is better than none.
    pub stale_ok: bool,
}

impl Freshness {
    /// From `headers`.
    ///
    /// # Errors
    /// 400 when a header has another form.
    pub fn find(headers: &HeaderMap) -> Result<Self, Problem> {
        let at_least = text(headers, &MIN_POSITION)
            .map(|text| {
                text.parse().map_err(|_| malformed("Aero-Min-Position", "a token as a command returned it"))
            })
            .transpose()?;
        let max_wait = match text(headers, &MAX_WAIT) {
            None => DEFAULT_WAIT,
            Some(text) => parse_wait(text)
                .ok_or_else(|| malformed("Aero-Max-Wait", "seconds from 0 to 10, such as 5 or 0.25"))?,
        };
        let stale_ok = match text(headers, &ALLOW_STALE) {
            None => false,
            Some(text) => text.parse().map_err(|_| malformed("Aero-Allow-Stale", "true or false"))?,
        };
        Ok(Self { at_least, max_wait, stale_ok })
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    // An unreadable value is not an absent one.
    headers.get(name).map(|value| value.to_str().unwrap_or("?").trim())
}

/// Plain decimals only, so that `inf` and `1e9` are no waits.
fn parse_wait(text: &str) -> Option<Duration> {
    let plain = text.len() <= 20 && text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let seconds: f64 = text.parse().ok().filter(|_| plain)?;
    (seconds <= LONGEST_WAIT.as_secs_f64()).then(|| Duration::from_secs_f64(seconds))
}

fn malformed(header: &str, form: &str) -> Problem {
    let message = format!("`{header}` must be {form}");
    Problem::bad_field(FieldError { field: header.into(), message, code: "malformed" })
}

impl<S: Sync> FromRequestParts<S> for Freshness {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Self::find(&parts.headers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(sent: &[(HeaderName, &str)]) -> Result<Freshness, Problem> {
        Freshness::find(&sent.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect())
    }

    #[test]
    fn headers_are_read_with_their_defaults_and_bounds() {
        let nothing = find(&[]).unwrap();
        assert_eq!((nothing.at_least, nothing.max_wait, nothing.stale_ok), (None, DEFAULT_WAIT, false));
        let asked = find(&[(MIN_POSITION, "2.41"), (MAX_WAIT, "0.25"), (ALLOW_STALE, "true")]).unwrap();
        assert_eq!(asked.at_least.unwrap().to_string(), "2.41");
        assert_eq!((asked.max_wait, asked.stale_ok), (Duration::from_millis(250), true));
        assert_eq!(find(&[(MAX_WAIT, "10")]).unwrap().max_wait, LONGEST_WAIT);
        assert_eq!(find(&[(MAX_WAIT, "0"), (ALLOW_STALE, "false")]).unwrap().max_wait, Duration::ZERO);
    }

    #[test]
    fn other_forms_are_refused_by_name() {
        let wrong = [
            (MIN_POSITION, "41"),
            (MIN_POSITION, "x.y"),
            (MAX_WAIT, "1s"),
            (MAX_WAIT, "-5"),
            (MAX_WAIT, "inf"),
            (MAX_WAIT, "1e3"),
            (MAX_WAIT, "10.1"),
            (MAX_WAIT, "600000"),
            (MAX_WAIT, "."),
            (ALLOW_STALE, "yes"),
        ];
        for (header, value) in wrong {
            let problem = find(&[(header.clone(), value)]).unwrap_err();
            assert!(problem.field_errors()[0].field.eq_ignore_ascii_case(header.as_str()), "{value}");
        }
    }
}
