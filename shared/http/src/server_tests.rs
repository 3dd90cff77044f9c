//! The server over TCP, with clients that misbehave.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::JoinHandle,
    time::timeout,
};
use tokio_util::sync::CancellationToken;

use super::{HttpConfig, Server, api_tests::OneKeyAKind, pipeline_tests::pipeline};

/// A test that hangs fails after this.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);

pub(super) struct Running {
    pub(super) address: SocketAddr,
    pub(super) soft: CancellationToken,
    pub(super) hard: CancellationToken,
    pub(super) task: JoinHandle<()>,
    pub(super) keys: Arc<OneKeyAKind>,
}

pub(super) async fn start(config: HttpConfig) -> Running {
    let (pipeline, keys, _) = pipeline(config);
    let server = Server::bind("127.0.0.1:0".parse().unwrap(), pipeline).await.unwrap();
    let address = server.local_address().unwrap();
    let (soft, hard) = (CancellationToken::new(), CancellationToken::new());
    let task = tokio::spawn(server.serve(soft.clone(), hard.clone()));
    Running { address, soft, hard, task, keys }
}

pub(super) fn quick() -> HttpConfig {
    HttpConfig {
        head_timeout: Duration::from_millis(200),
        keep_alive: Duration::from_millis(200),
        drain_grace: Duration::ZERO,
        ..HttpConfig::default()
    }
}

impl Running {
    pub(super) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Sends `request` and reads until the server closes.
    pub(super) async fn exchange(&self, request: &[u8]) -> String {
        let mut stream = self.connect().await;
        stream.write_all(request).await.unwrap();
        read_to_end(&mut stream).await
    }

    pub(super) async fn stop(self) {
        self.soft.cancel();
        timeout(PATIENCE, self.task).await.unwrap().unwrap();
    }
}

pub(super) async fn read_to_end(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    timeout(PATIENCE, stream.read_to_end(&mut bytes)).await.unwrap().unwrap();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Reads until the answer holds `text`.
pub(super) async fn read_until(stream: &mut TcpStream, text: &str) -> String {
    let mut read = String::new();
    while !read.contains(text) {
        let mut bytes = [0; 4_096];
        let count = timeout(PATIENCE, stream.read(&mut bytes)).await.unwrap().unwrap();
        assert_ne!(count, 0, "closed after: {read}");
        read.push_str(&String::from_utf8_lossy(&bytes[..count]));
    }
    read
}

pub(super) const GET: &[u8] = b"GET /context HTTP/1.1\r\nhost: x\r\n\r\n";

#[tokio::test]
async fn a_connection_is_kept_for_the_next_request() {
    let running = start(HttpConfig::default()).await;
    let mut stream = running.connect().await;
    for _ in 0..3 {
        stream.write_all(GET).await.unwrap();
        assert!(read_until(&mut stream, "\"trace\"").await.starts_with("HTTP/1.1 200"));
    }
    running.stop().await;
}

#[tokio::test]
async fn slow_heads_and_idle_connections_are_closed() {
    let running = start(quick()).await;
    let slow = running.exchange(b"GET /context HTTP/1.1\r\nhost: x\r\nx-slow: ").await;
    assert!(!slow.starts_with("HTTP/1.1 200"), "{slow}");
    let idle = running.exchange(b"").await;
    assert_eq!(idle, "");
    let after_use = running.exchange(GET).await;
    assert!(after_use.starts_with("HTTP/1.1 200"), "answered, then closed for idling");
    running.stop().await;
}

#[tokio::test]
async fn too_many_or_too_large_headers_are_refused() {
    let running = start(HttpConfig::default()).await;
    let many = "x-many: y\r\n".repeat(100);
    let large = format!("x-large: {}\r\n", "y".repeat(100_000));
    for headers in [many, large] {
        let mut stream = running.connect().await;
        let request = format!("GET /context HTTP/1.1\r\nhost: x\r\n{headers}\r\n");
        // The server may close before it has read all of it.
        let _ = stream.write_all(request.as_bytes()).await;
        assert!(read_until(&mut stream, "\r\n\r\n").await.starts_with("HTTP/1.1 431"));
    }
    running.stop().await;
}

#[tokio::test]
async fn an_oversized_body_gets_to_read_its_refusal() {
    let running = start(HttpConfig::default()).await;
    let head = "POST /bytes HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\nconnection: close\r\n";
    let length = 10_000_000;
    let mut plain = format!("{head}content-length: {length}\r\n\r\n").into_bytes();
    plain.resize(plain.len() + length, b' ');
    assert!(running.exchange(&plain).await.starts_with("HTTP/1.1 413"));
    let head = head.replace("POST", "GET");
    let mut chunked = format!("{head}transfer-encoding: chunked\r\n\r\n{length:x}\r\n").into_bytes();
    chunked.resize(chunked.len() + length, b' ');
    chunked.extend_from_slice(b"\r\n0\r\n\r\n");
    assert!(running.exchange(&chunked).await.starts_with("HTTP/1.1 413"));
    let expects = format!("{head}expect: 100-continue\r\ncontent-length: {length}\r\n\r\n");
    let refused = running.exchange(expects.as_bytes()).await;
    assert!(refused.starts_with("HTTP/1.1 413"), "refused without asking for the body: {refused}");
    running.stop().await;
}

#[tokio::test]
async fn a_body_that_stops_is_given_up() {
    let body = super::BodyLimits { time: Duration::from_millis(100), ..super::BodyLimits::default() };
    let running = start(HttpConfig { body, ..HttpConfig::default() }).await;
    let head =
        "GET /bytes HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 50\r\n\r\n{";
    let mut stream = running.connect().await;
    stream.write_all(head.as_bytes()).await.unwrap();
    assert!(read_until(&mut stream, "body_timeout").await.starts_with("HTTP/1.1 408"));
    running.stop().await;
}

#[tokio::test]
async fn what_is_not_http_is_refused() {
    let running = start(quick()).await;
    assert!(running.exchange(b"\x16\x03\x01 hello\r\n\r\n").await.starts_with("HTTP/1.1 400"));
    let smuggling = b"POST /bytes HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello";
    assert!(running.exchange(smuggling).await.starts_with("HTTP/1.1 400"));
    running.stop().await;
}

#[tokio::test]
async fn a_soft_stop_lets_requests_finish_and_takes_no_new_ones() {
    let config = HttpConfig { request_timeout: Duration::from_millis(500), ..quick() };
    let running = start(config).await;
    let mut in_flight = running.connect().await;
    in_flight.write_all(b"GET /sleeps HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let mut idle = running.connect().await;
    idle.write_all(GET).await.unwrap();
    read_until(&mut idle, "\"trace\"").await;
    running.soft.cancel();
    assert_eq!(read_to_end(&mut idle).await, "", "an idle connection is closed");
    let answer = read_to_end(&mut in_flight).await;
    assert!(answer.starts_with("HTTP/1.1 503") && answer.contains("timed_out"), "{answer}");
    let address = running.address;
    running.stop().await;
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn a_hard_stop_waits_for_nobody() {
    let running = start(HttpConfig { request_timeout: Duration::from_hours(1), ..quick() }).await;
    let mut in_flight = running.connect().await;
    in_flight.write_all(b"GET /sleeps HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let mut other = running.connect().await;
    other.write_all(GET).await.unwrap();
    read_until(&mut other, "\"trace\"").await;
    running.soft.cancel();
    running.hard.cancel();
    assert_eq!(read_to_end(&mut in_flight).await, "");
    running.stop().await;
}

#[tokio::test]
async fn connections_beyond_the_limit_wait_for_a_free_place() {
    let running = start(HttpConfig { max_connections: 1, ..HttpConfig::default() }).await;
    let mut first = running.connect().await;
    first.write_all(GET).await.unwrap();
    read_until(&mut first, "\"trace\"").await;
    let mut second = running.connect().await;
    second.write_all(GET).await.unwrap();
    let mut byte = [0];
    assert!(timeout(Duration::from_millis(100), second.read(&mut byte)).await.is_err());
    drop(first);
    assert!(read_until(&mut second, "\"trace\"").await.starts_with("HTTP/1.1 200"));
    running.stop().await;
}

#[tokio::test]
async fn a_taken_address_says_what_to_change() {
    let running = start(HttpConfig::default()).await;
    let (pipeline, ..) = pipeline(HttpConfig::default());
    let error = Server::bind(running.address, pipeline).await.unwrap_err().to_string();
    assert!(error.contains(&running.address.to_string()) && error.contains("--listen"), "{error}");
    running.stop().await;
}
