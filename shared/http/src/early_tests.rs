//! Requests that are refused before they were read whole, over TCP: the connection stays usable, or the answer
//! says that it does not.

use std::time::Duration;

use tokio::{io::AsyncWriteExt as _, net::TcpStream, time::sleep};

use super::{
    HttpConfig,
    api_tests::HOME,
    server_tests::{GET, Running, quick, read_to_end, read_until, start},
};

/// Between a request's head and its body.
const A_MOMENT: Duration = Duration::from_millis(60);

/// Sends `head`, then `body` in a second write, then a request that must be answered like any other; unless the
/// first answer announced that the connection closes.
async fn refused_then_usable(running: &Running, head: &str, body: &[u8], status: &str) {
    let mut stream = running.connect().await;
    stream.write_all(head.as_bytes()).await.unwrap();
    sleep(A_MOMENT).await;
    stream.write_all(body).await.unwrap();
    let refusal = read_until(&mut stream, "trace_id").await;
    assert!(refusal.starts_with(&format!("HTTP/1.1 {status}")), "{refusal}");
    if refusal.to_ascii_lowercase().contains("connection: close") {
        read_to_end(&mut stream).await;
        return;
    }
    stream.write_all(GET).await.unwrap();
    assert!(read_until(&mut stream, "\"trace\"").await.contains("HTTP/1.1 200"), "after: {refusal}");
}

fn head(target: &str, key: &str, length: usize) -> String {
    format!(
        "POST {target} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\nx-api-key: {key}\r\n\
         content-length: {length}\r\n\r\n"
    )
}

#[tokio::test]
async fn a_connection_is_usable_after_an_early_refusal() {
    let running = start(HttpConfig::default()).await;
    let rooms = format!("/v1/locations/{HOME}/rooms");
    let kiosk = running.keys.key(auth::KeyKind::Kiosk).to_owned();
    let body = vec![b' '; 2_000];
    refused_then_usable(&running, &head(&rooms, "nobody", 2_000), &body, "401").await;
    refused_then_usable(&running, &head(&rooms, &kiosk, 2_000), &body, "403").await;
    refused_then_usable(&running, &head("/v1/nowhere", "nobody", 2_000), &body, "404").await;
    refused_then_usable(&running, &head("/context", "nobody", 2_000), &body, "405").await;
    let typed = head("/bytes", "nobody", 2_000).replace("POST", "GET").replace("/json", "/xml");
    refused_then_usable(&running, &typed, &body, "415").await;
    let large = vec![b' '; 400_000];
    refused_then_usable(&running, &head(&rooms, "nobody", 400_000), &large, "413").await;
    running.stop().await;
}

#[tokio::test]
async fn a_small_rest_is_read_so_that_the_connection_is_kept() {
    let running = start(HttpConfig::default()).await;
    let rooms = format!("/v1/locations/{HOME}/rooms");
    let mut stream = running.connect().await;
    for _ in 0..3 {
        stream.write_all(head(&rooms, "nobody", 100).as_bytes()).await.unwrap();
        sleep(A_MOMENT).await;
        stream.write_all(&[b' '; 100]).await.unwrap();
        let refusal = read_until(&mut stream, "trace_id").await.to_ascii_lowercase();
        assert!(refusal.contains("401") && !refusal.contains("connection: close"), "{refusal}");
    }
    running.stop().await;
}

#[tokio::test]
async fn a_rest_that_does_not_come_is_announced_as_the_connections_end() {
    let running = start(HttpConfig::default()).await;
    let rooms = format!("/v1/locations/{HOME}/rooms");
    let request = head(&rooms, "nobody", 5_000);
    let expecting = request.replace("\r\n\r\n", "\r\nexpect: 100-continue\r\n\r\n");
    for request in [request, expecting] {
        let refusal = running.exchange(request.as_bytes()).await.to_ascii_lowercase();
        assert!(refusal.starts_with("http/1.1 401"), "{refusal}");
        assert!(refusal.contains("connection: close"), "{refusal}");
    }
    running.stop().await;
}

#[tokio::test]
async fn a_sender_who_is_still_writing_gets_to_read_the_refusal() {
    let running = start(HttpConfig::default()).await;
    let rooms = format!("/v1/locations/{HOME}/rooms");
    let mut request = head(&rooms, "nobody", 200_000).into_bytes();
    request.resize(request.len() + 200_000, b' ');
    let mut stream = running.connect().await;
    for piece in request.chunks(50_000) {
        stream.write_all(piece).await.unwrap();
        sleep(A_MOMENT).await;
    }
    assert!(read_until(&mut stream, "trace_id").await.starts_with("HTTP/1.1 401"));
    running.stop().await;
}

#[tokio::test]
async fn how_long_a_connection_is_kept_is_said() {
    let running = start(HttpConfig::default()).await;
    let mut stream = running.connect().await;
    stream.write_all(GET).await.unwrap();
    let kept = read_until(&mut stream, "\"trace\"").await.to_ascii_lowercase();
    assert!(kept.contains("\r\nkeep-alive: timeout=120\r\n"), "{kept}");
    let last = "GET /context HTTP/1.1\r\nhost: x\r\nConnection: close\r\n\r\n";
    let last = running.exchange(last.as_bytes()).await.to_ascii_lowercase();
    assert!(last.contains("\r\nconnection: close\r\n") && !last.contains("keep-alive"), "{last}");
    running.stop().await;
}

#[tokio::test]
async fn a_connection_is_kept_for_longer_than_a_head_may_take() {
    let config = HttpConfig { keep_alive: Duration::from_mins(1), ..quick() };
    let running = start(config).await;
    let mut stream = running.connect().await;
    for _ in 0..2 {
        stream.write_all(GET).await.unwrap();
        read_until(&mut stream, "\"trace\"").await;
        sleep(Duration::from_millis(500)).await;
    }
    // A head that has begun has no more than its own time.
    stream.write_all(b"GET /context HTTP/1.1\r\nhost: ").await.unwrap();
    assert_eq!(read_to_end(&mut stream).await, "");
    running.stop().await;
}

/// The head and the body of an answer, header names in lower case.
async fn answered(running: &Running, request: &str) -> (String, serde_json::Value) {
    let mut stream: TcpStream = running.connect().await;
    // The server may close before it has read all of it.
    let _ = stream.write_all(request.as_bytes()).await;
    let answer = read_to_end(&mut stream).await;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    (head.to_ascii_lowercase(), serde_json::from_str(body).unwrap_or_default())
}

#[tokio::test]
async fn what_cannot_be_parsed_is_refused_like_everything_else() {
    let running = start(HttpConfig::default()).await;
    let many = format!("GET /context HTTP/1.1\r\nhost: x\r\n{}\r\n", "x-many: y\r\n".repeat(100));
    let large = format!("GET /context HTTP/1.1\r\nhost: x\r\nx-large: {}\r\n\r\n", "y".repeat(100_000));
    let long = format!("GET /{} HTTP/1.1\r\nhost: x\r\n\r\n", "y".repeat(70_000));
    let lengths = "POST /bytes HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello";
    let cases = [
        ("\u{16}\u{3} hello\r\n\r\n", 400, "/problems/malformed"),
        ("GET /context HTTP/1.1\r\nbad header: x\r\n\r\n", 400, "/problems/malformed"),
        (lengths, 400, "/problems/malformed"),
        (&*many, 431, "/problems/head_too_large"),
        (&*large, 431, "/problems/head_too_large"),
        (&*long, 431, "/problems/head_too_large"),
    ];
    for (request, status, kind) in cases {
        let (head, body) = answered(&running, request).await;
        let start: String = request.chars().take(60).collect();
        let status = if head.starts_with("http/1.1 414") { 414 } else { status };
        assert!(head.starts_with(&format!("http/1.1 {status} ")), "{start:?}: {head}");
        assert_eq!((&body["type"], &body["status"]), (&kind.into(), &status.into()), "{start:?}");
        assert_eq!(body["trace_id"].as_str().unwrap().len(), 32);
        for header in [
            "content-type: application/problem+json",
            "x-content-type-options: nosniff",
            "strict-transport-security: ",
            "content-security-policy: ",
            "cache-control: no-store",
            "x-request-id: ",
            "connection: close",
        ] {
            assert!(head.contains(&format!("\r\n{header}")), "{start:?}: {header}: {head}");
        }
    }
    running.stop().await;
}

#[tokio::test]
async fn a_request_names_one_host() {
    let running = start(HttpConfig::default()).await;
    let status = async |hosts: &str, version: &str| {
        let request = format!("GET /context HTTP/{version}\r\n{hosts}connection: close\r\n\r\n");
        let (head, body) = answered(&running, &request).await;
        (head.split(' ').nth(1).unwrap_or_default().to_owned(), body["errors"][0]["field"].clone())
    };
    let refused = ("400".to_owned(), serde_json::json!("Host"));
    assert_eq!(status("", "1.1").await, refused);
    assert_eq!(status("host: a\r\nhost: a\r\n", "1.1").await, refused);
    assert_eq!(status("host: a\r\nHOST: b\r\n", "1.0").await, refused);
    assert_eq!(status("host: a b\r\n", "1.1").await, refused);
    assert_eq!(status("host: user@a\r\n", "1.1").await, refused);
    for good in ["host: a\r\n", "host: [::1]:8080\r\n", "host: a.example:80\r\n", "host:\r\n"] {
        assert_eq!(status(good, "1.1").await.0, "200", "{good}");
    }
    assert_eq!(status("", "1.0").await.0, "200");
    running.stop().await;
}
