//! Bodies: what is taken, and how what is not is named.

use std::collections::HashMap;

use serde::Deserialize;

use super::*;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only read by the parser")]
struct Finish {
    minutes: u32,
    starts: Option<Starts>,
    #[serde(default)]
    results: Vec<Score>,
    #[serde(default)]
    extra: HashMap<String, u8>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Starts {
    Now,
    FirstScan,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only read by the parser")]
struct Score {
    uid: String,
    points: i64,
}

fn refused(body: &str) -> (String, String, &'static str) {
    let problem = parse::<Finish>(body.as_bytes()).unwrap_err();
    assert_eq!(problem.status_code(), 400);
    let error = problem.field_errors().first().cloned().unwrap_or_else(|| panic!("{problem:?}"));
    (error.field, error.message, error.code)
}

#[test]
fn the_message_names_the_field_and_says_what_it_must_be() {
    let cases = [
        ("", "/minutes", "`minutes` is missing", "missing"),
        (
            r#"{"minutes":"x"}"#,
            "/minutes",
            "`minutes` must be a whole number from 0 to 4294967295, is the text \"x\"",
            "wrong_type",
        ),
        (
            r#"{"minutes":-1}"#,
            "/minutes",
            "`minutes` must be a whole number from 0 to 4294967295, is `-1`",
            "invalid_value",
        ),
        (
            r#"{"minutes":1.5}"#,
            "/minutes",
            "`minutes` must be a whole number from 0 to 4294967295, is `1.5`",
            "wrong_type",
        ),
        (
            r#"{"minutes":99999999999}"#,
            "/minutes",
            "`minutes` must be a whole number from 0 to 4294967295, is `99999999999`",
            "invalid_value",
        ),
        (
            r#"{"minutes":null}"#,
            "/minutes",
            "`minutes` must be a whole number from 0 to 4294967295, is null",
            "wrong_type",
        ),
        (
            r#"{"minutes":{"$ne":null}}"#,
            "/minutes",
            "`minutes` must be a whole number from 0 to 4294967295, is an object",
            "wrong_type",
        ),
        (r#"{"minutes":1,"minutes":2}"#, "/minutes", "`minutes` is there twice", "duplicate"),
        (
            r#"{"minutes":1,"price":2}"#,
            "/price",
            "`price` is not known here; known: `minutes`, `starts`, `results`, `extra`",
            "unknown",
        ),
        (
            r#"{"minutes":1,"starts":"later"}"#,
            "/starts",
            "`starts` must be `now` or `first_scan`, is `later`",
            "unknown_value",
        ),
        (
            r#"{"minutes":1,"starts":5}"#,
            "/starts",
            "`starts` must be a string, is another type",
            "wrong_type",
        ),
        (
            r#"{"minutes":1,"results":{}}"#,
            "/results",
            "`results` must be an array, is an object",
            "wrong_type",
        ),
        (
            r#"{"minutes":1,"results":[{"uid":"a","points":1},{"uid":"b"}]}"#,
            "/results/1/points",
            "`points` is missing",
            "missing",
        ),
        (
            r#"{"minutes":1,"results":[{"uid":[],"points":1}]}"#,
            "/results/0/uid",
            "`uid` must be a string, is an array",
            "wrong_type",
        ),
        (r#"{"minutes":1,"results":[3]}"#, "/results/0", "`results` must be an object, is `3`", "wrong_type"),
        (
            r#"{"minutes":1,"results":[["P1",5]]}"#,
            "/results/0",
            "`results` must be an object, is an array",
            "wrong_type",
        ),
        (
            r#"{"minutes":1,"extra":{"a/b~":300}}"#,
            "/extra/a~1b~0",
            "`a/b~` must be a whole number from 0 to 255, is `300`",
            "invalid_value",
        ),
    ];
    for (body, field, message, code) in cases {
        assert_eq!(refused(body), (field.to_owned(), message.to_owned(), code), "{body}");
    }
}

#[test]
fn a_body_of_another_kind_is_refused_as_a_whole() {
    let array = ("the body must be an object, is an array".to_owned(), "wrong_type");
    for body in ["[]", "[1, \"now\", [], {}]"] {
        let (field, message, code) = refused(body);
        assert_eq!((field.as_str(), (message, code)), ("", array.clone()), "{body}");
    }
    assert_eq!(refused("7").1, "the body must be an object, is `7`");
}

#[test]
fn what_is_not_json_is_refused_with_its_place() {
    let not_json =
        ["{", "{\"minutes\":1}x", "{'minutes':1}", "nul", "{\"minutes\":1,}", "{\"minutes\":\"\u{0}\"}"];
    for body in not_json {
        let problem = parse::<Finish>(body.as_bytes()).unwrap_err();
        assert_eq!((problem.status_code().as_u16(), problem.field_errors().len()), (400, 0), "{body:?}");
    }
    let invalid_utf8 = b"{\"minutes\":1,\"results\":[{\"uid\":\"\xff\",\"points\":1}]}";
    assert_eq!(parse::<Finish>(invalid_utf8).unwrap_err().status_code(), 400);
}

#[test]
fn what_is_no_text_or_no_number_is_named() {
    let cases: [(&str, &str, &str, &str); 7] = [
        (
            r#"{"minutes":1,"results":[{"uid":"\ud83d","points":1}]}"#,
            "/results/0/uid",
            "`uid` has half of a surrogate pair (\\uD800 to \\uDFFF), which stands for no character",
            "not_text",
        ),
        (
            r#"{"minutes":1,"results":[{"uid":"a\ude00b","points":1}]}"#,
            "/results/0/uid",
            "`uid` has half of a surrogate pair (\\uD800 to \\uDFFF), which stands for no character",
            "not_text",
        ),
        (
            r#"{"minutes":1,"starts":"\ud83d\u0041"}"#,
            "/starts",
            "`starts` has half of a surrogate pair (\\uD800 to \\uDFFF), which stands for no character",
            "not_text",
        ),
        (
            r#"{"minutes":1e400}"#,
            "/minutes",
            "`minutes` is a number beyond what can be worked with",
            "out_of_range",
        ),
        (
            r#"{"minutes":1,"results":[{"uid":"a","points":-1E999}]}"#,
            "/results/0/points",
            "`points` is a number beyond what can be worked with",
            "out_of_range",
        ),
        (
            r#"{"minutes":1,"starts":1e400}"#,
            "/starts",
            "`starts` must be a string, is another type",
            "wrong_type",
        ),
        (
            r#"{"minutes":1,"starts":[]}"#,
            "/starts",
            "`starts` must be a string, is another type",
            "wrong_type",
        ),
    ];
    for (body, field, message, code) in cases {
        assert_eq!(refused(body), (field.to_owned(), message.to_owned(), code), "{body}");
    }
}

#[test]
fn a_body_in_another_encoding_is_named() {
    let said = |body: &[u8]| {
        let problem = parse::<Finish>(body).unwrap_err();
        assert_eq!((problem.status_code().as_u16(), problem.field_errors().len()), (400, 0), "{body:?}");
        format!("{problem:?}")
    };
    let text = r#"{"minutes":1,"extra":{"ü":1}}"#;
    let latin: Vec<u8> = text.chars().map(|c| u8::try_from(c).unwrap()).collect();
    assert!(said(&latin).contains("is not UTF-8: byte 0xFC at position 23"), "{}", said(&latin));
    assert!(said(format!("\u{feff}{text}").as_bytes()).contains("byte-order mark"));
    for (mark, order) in [(true, true), (true, false), (false, true), (false, false)] {
        let units = mark.then_some(0xfeff).into_iter().chain(text.encode_utf16());
        let bytes = units.flat_map(|unit| if order { unit.to_le_bytes() } else { unit.to_be_bytes() });
        let said = said(&bytes.collect::<Vec<_>>());
        assert!(said.contains("is UTF-16"), "{said}");
    }
    let utf32: Vec<u8> = text.chars().flat_map(|c| u32::from(c).to_be_bytes()).collect();
    assert!(said(&utf32).contains("is UTF-32"));
}

#[test]
fn a_whole_number_is_one_however_it_is_written() {
    let minutes = |number: &str| parse::<Finish>(format!("{{\"minutes\":{number}}}").as_bytes());
    for (written, value) in [("1250.0", 1_250), ("6E+1", 60), ("6.5e1", 65), ("-0.0", 0), ("100e-2", 1)] {
        assert_eq!(minutes(written).unwrap().minutes, value, "{written}");
    }
    let points = |number: &str| {
        parse::<Finish>(
            format!("{{\"minutes\":1,\"results\":[{{\"uid\":\"a\",\"points\":{number}}}]}}").as_bytes(),
        )
        .map(|finish| finish.results[0].points)
        .map_err(|problem| problem.field_errors()[0].code)
    };
    assert_eq!(points("-6E+1"), Ok(-60));
    assert_eq!(points("-999999999999999.0"), Ok(-999_999_999_999_999));
    assert_eq!(points("9007199254740991"), Ok(9_007_199_254_740_991));
    assert_eq!(points("9007199254740991.0"), Err("wrong_type"), "the numbers beside it read the same");
    assert_eq!(points("1e300"), Err("wrong_type"));
    assert_eq!(points("0.5"), Err("wrong_type"));
    for refused in ["1.5", "6e-1", "1e10", "-1.0"] {
        assert!(minutes(refused).is_err(), "{refused}");
    }
}

#[test]
fn deep_nesting_is_refused_before_parsing() {
    let deep = "[".repeat(100_000);
    let problem = parse::<serde_json::Value>(deep.as_bytes()).unwrap_err();
    assert!(format!("{problem:?}").contains("32 levels"));
    let level = |n| format!("{{\"a\":{}1{}}}", "[".repeat(n - 1), "]".repeat(n - 1));
    assert!(parse::<serde_json::Value>(level(MAX_DEPTH).as_bytes()).is_ok());
    assert!(parse::<serde_json::Value>(level(MAX_DEPTH + 1).as_bytes()).is_err());
    let in_text = format!("\"{}\\\"{}\"", "[".repeat(50), "{".repeat(50));
    assert!(parse::<String>(in_text.as_bytes()).is_ok(), "brackets inside of a text do not count");
}

#[test]
fn a_long_value_is_not_echoed_whole() {
    let body = format!(r#"{{"minutes":"{}"}}"#, "ä".repeat(10_000));
    assert!(refused(&body).1.chars().count() <= 301);
}

async fn read_body(content_type: Option<&str>, body: Body) -> Result<Bytes, Problem> {
    let mut request = Request::builder();
    if let Some(content_type) = content_type {
        request = request.header(CONTENT_TYPE, content_type);
    }
    read(request.body(body).unwrap()).await
}

#[tokio::test]
async fn only_json_is_read() {
    let status = async |kind| read_body(kind, "{}".into()).await.map_err(|p| p.status_code().as_u16());
    for good in ["application/json", "Application/JSON; charset=utf-8"] {
        assert_eq!(status(Some(good)).await, Ok(Bytes::from_static(b"{}")));
    }
    for bad in [None, Some("text/plain"), Some("application/jsonx"), Some("multipart/form-data")] {
        assert_eq!(status(bad).await, Err(415), "{bad:?}");
    }
    assert_eq!(read_body(None, Body::empty()).await.unwrap(), Bytes::new());
}

#[tokio::test]
async fn the_encoding_identity_is_none_in_any_case() {
    let status = async |encoding: &str| {
        let request = Request::builder()
            .header(CONTENT_TYPE, "application/json")
            .header(CONTENT_ENCODING, encoding)
            .body(Body::from("{}"))
            .unwrap();
        read(request).await.map_or_else(|problem| problem.status_code().as_u16(), |_| 200)
    };
    for good in ["identity", "Identity", "IDENTITY", " identity , Identity "] {
        assert_eq!(status(good).await, 200, "{good}");
    }
    for bad in ["gzip", "identity, gzip", "identityx"] {
        assert_eq!(status(bad).await, 415, "{bad}");
    }
}

fn pieces(count: usize, size: usize) -> Body {
    let piece = Bytes::from(vec![b' '; size]);
    let pieces = (0..count).map(move |_| Ok::<_, std::io::Error>(piece.clone()));
    Body::from_stream(futures::stream::iter(pieces))
}

#[tokio::test]
async fn bodies_in_pieces_are_joined_up_to_the_limit() {
    let joined = read_body(Some("application/json"), pieces(4, 1_000)).await.unwrap();
    assert_eq!(joined.len(), 4_000);
    let limit = BodyLimits::default().bytes;
    let large = read_body(Some("application/json"), pieces(3, limit / 2)).await.unwrap_err();
    assert_eq!(large.status_code(), 413);
    let endless = read_body(Some("application/json"), pieces(usize::MAX, 1 << 20)).await.unwrap_err();
    assert_eq!(endless.status_code(), 413);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_stops_coming_is_given_up() {
    let silent = Body::from_stream(futures::stream::pending::<Result<Bytes, std::io::Error>>());
    assert_eq!(read_body(Some("application/json"), silent).await.unwrap_err().status_code(), 408);
}
