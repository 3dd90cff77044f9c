//! Requests that hyper refuses before anybody sees them. Its bare answer is replaced by one like all others.

use std::{fmt::Write as _, net::IpAddr};

use axum::http::{StatusCode, header::DATE};
use bytes::Bytes;

use super::{pipeline::Pipeline, problem::Problem};

/// What hyper refuses by itself.
const STATUSES: [(&[u8], StatusCode); 3] = [
    (b"HTTP/1.1 400 ", StatusCode::BAD_REQUEST),
    (b"HTTP/1.1 414 ", StatusCode::URI_TOO_LONG),
    (b"HTTP/1.1 431 ", StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE),
];

/// The status, if `bytes` are an answer of hyper's own. An answer of ours has the request's id.
pub(super) fn refused_by_hyper(bytes: &[u8]) -> Option<StatusCode> {
    let (_, status) = STATUSES.into_iter().find(|(start, _)| bytes.starts_with(start))?;
    let head = str::from_utf8(bytes).ok()?.strip_suffix("\r\n\r\n")?.to_ascii_lowercase();
    (head.contains("\r\ncontent-length: 0") && !head.contains("\r\nx-request-id:")).then_some(status)
}

/// The answer to be sent instead of `bare`, as bytes.
pub(super) fn refusal(pipeline: &Pipeline, peer: IpAddr, status: StatusCode, bare: &[u8]) -> Bytes {
    let problem = match status {
        StatusCode::BAD_REQUEST => {
            Problem::bad_request("The request is not HTTP/1.1: its first line or a header cannot be read.")
        }
        status => Problem::head_too_large(status),
    };
    rendered(pipeline, peer, &problem, date_of(bare))
}

/// `problem` as the last answer on a connection, as bytes.
pub(super) fn rendered(pipeline: &Pipeline, peer: IpAddr, problem: &Problem, date: Option<&str>) -> Bytes {
    let (parts, body) = pipeline.unparsed(peer, problem);
    let reason = parts.status.canonical_reason().unwrap_or_default();
    let mut head = format!("HTTP/1.1 {} {reason}\r\n", parts.status.as_u16());
    for (name, value) in &parts.headers {
        // Every value is text of our own.
        let _ = write!(head, "{name}: {}\r\n", value.to_str().unwrap_or_default());
    }
    if let Some(date) = date {
        let _ = write!(head, "{DATE}: {date}\r\n");
    }
    let _ = write!(head, "connection: close\r\ncontent-length: {}\r\n\r\n", body.len());
    [head.into_bytes(), body].concat().into()
}

fn date_of(bare: &[u8]) -> Option<&str> {
    str::from_utf8(bare).ok()?.split("\r\n").find_map(|line| line.strip_prefix("date: "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_hypers_own_answers_are_replaced() {
        let bare = |status: &str, more: &str| {
            let answer =
                format!("HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: 0\r\n{more}\r\n");
            refused_by_hyper(answer.as_bytes()).map(|status| status.as_u16())
        };
        assert_eq!(bare("400", "date: now\r\n"), Some(400));
        assert_eq!((bare("414", ""), bare("431", "")), (Some(414), Some(431)));
        assert_eq!(
            (bare("400", "x-request-id: a\r\n"), bare("404", ""), bare("200", "")),
            (None, None, None)
        );
        assert_eq!(refused_by_hyper(b"HTTP/1.1 400 X\r\ncontent-length: 5\r\n\r\nhello"), None);
    }
}
