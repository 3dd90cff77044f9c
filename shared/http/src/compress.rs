//! gzip for larger answers to `GET`. One pass over a body that is already whole; streams are left alone.

use std::io::Write as _;

use axum::{
    body::Body,
    http::{
        HeaderMap, HeaderValue,
        header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, ETAG},
    },
    response::Response,
};
use flate2::{Compression, write::GzEncoder};
use http_body_util::BodyExt as _;
use hyper::body::Body as _;

/// Below, it costs more than it saves.
const SMALLEST: u64 = 1_024;
/// Above, it would keep a thread from other requests for too long.
const LARGEST: u64 = 4 * 1_024 * 1_024;

/// Whether the client takes gzip.
pub(super) fn accepted(headers: &HeaderMap) -> bool {
    let refused = |quality: &str| {
        let weight = quality.trim().trim_start_matches(['q', 'Q']);
        matches!(weight, "=0" | "=0." | "=0.0" | "=0.00" | "=0.000")
    };
    headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok()).any(|value| {
        value.split(',').any(|coding| {
            let (name, quality) = coding.split_once(';').unwrap_or((coding, ""));
            name.trim().eq_ignore_ascii_case("gzip") && !refused(quality)
        })
    })
}

fn worth_it(response: &Response) -> bool {
    let text =
        response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).is_some_and(|kind| {
            (kind.starts_with("application/json") || kind.starts_with("text/"))
                && !kind.starts_with("text/event-stream")
        });
    let size = response.body().size_hint().exact().unwrap_or(0);
    text && (SMALLEST..=LARGEST).contains(&size) && !response.headers().contains_key(CONTENT_ENCODING)
}

/// The same answer, smaller where that is worth it.
pub(super) async fn gzip(response: Response) -> Response {
    if !worth_it(&response) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let Ok(whole) = body.collect().await else { return Response::from_parts(parts, Body::empty()) };
    let whole = whole.to_bytes();
    let mut encoder = GzEncoder::new(Vec::with_capacity(whole.len() / 4), Compression::fast());
    let packed = encoder.write_all(&whole).and_then(|()| encoder.finish());
    let Ok(packed) = packed else { return Response::from_parts(parts, Body::from(whole)) };
    parts.headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    parts.headers.remove(CONTENT_LENGTH);
    weaken_tag(&mut parts.headers);
    Response::from_parts(parts, Body::from(packed))
}

/// A strong tag promises the same bytes, which these are not any more.
fn weaken_tag(headers: &mut HeaderMap) {
    let strong = headers.get(ETAG).and_then(|tag| tag.to_str().ok()).filter(|tag| tag.starts_with('"'));
    if let Some(weak) = strong.and_then(|tag| HeaderValue::try_from(format!("W/{tag}")).ok()) {
        headers.insert(ETAG, weak);
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    fn answer(kind: &'static str, length: usize) -> Response {
        let mut response = Response::new(Body::from("7".repeat(length)));
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        response.headers_mut().insert(ETAG, HeaderValue::from_static("\"a\""));
        response
    }

    #[tokio::test]
    async fn a_larger_text_is_packed_and_unpacks_to_itself() {
        let packed = gzip(answer("application/json", 5_000)).await;
        assert_eq!(
            (&packed.headers()[CONTENT_ENCODING], &packed.headers()[ETAG]),
            (&"gzip".parse().unwrap(), &"W/\"a\"".parse().unwrap())
        );
        let bytes = packed.into_body().collect().await.unwrap().to_bytes();
        let mut text = String::new();
        flate2::read::GzDecoder::new(&*bytes).read_to_string(&mut text).unwrap();
        assert_eq!(text, "7".repeat(5_000));
    }

    #[tokio::test]
    async fn small_or_streamed_or_other_answers_are_left_alone() {
        for response in
            [answer("application/json", 100), answer("text/event-stream", 5_000), answer("image/png", 5_000)]
        {
            assert!(!gzip(response).await.headers().contains_key(CONTENT_ENCODING));
        }
        let stream = Body::from_stream(futures::stream::iter([Ok::<_, std::io::Error>("7".repeat(5_000))]));
        let mut response = Response::new(stream);
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        assert!(!gzip(response).await.headers().contains_key(CONTENT_ENCODING));
    }

    #[test]
    fn what_a_client_takes() {
        let accepts =
            |value: &str| accepted(&HeaderMap::from_iter([(ACCEPT_ENCODING, value.parse().unwrap())]));
        assert!(accepts("gzip") && accepts("br, GZIP;q=0.5"));
        assert!(!accepts("gzip;Q=0") && !accepts("gzip; q=0.") && accepts("gzip;Q=0.1"));
        assert!(!accepts("br") && !accepts("gzip;q=0") && !accepted(&HeaderMap::new()));
    }
}
