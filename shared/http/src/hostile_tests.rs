//! Clients that want to take the service from others: they do not read, they do not write, they come in crowds.

use std::{
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    process::{Child, Command, Stdio},
    time::Duration,
};

use runtime::lifecycle::{Lifecycle, Outcome};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
    time::{Instant, sleep, timeout},
};

use super::{
    HttpConfig, Server,
    api_tests::HOME,
    pipeline_tests::pipeline,
    server_tests::{GET, PATIENCE, Running, quick, read_until, start},
};

const HUGE: &[u8] = b"GET /huge HTTP/1.1\r\nhost: x\r\n\r\n";
const SLEEPS: &[u8] = b"GET /sleeps HTTP/1.1\r\nhost: x\r\n\r\n";
/// What an honest client waits at most while others misbehave.
const SOON: Duration = Duration::from_secs(4);

/// A connection from the loopback address that ends in `host`.
async fn from(host: u8, to: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::from(([127, 0, 0, host], 0))).unwrap();
    socket.connect(to).await.unwrap()
}

/// `count` connections from `host` that sent `request` and never read.
async fn crowd(host: u8, to: SocketAddr, count: usize, request: &[u8]) -> Vec<TcpStream> {
    let mut streams = Vec::new();
    for _ in 0..count {
        let mut stream = from(host, to).await;
        // The server may have refused it already.
        let _ = stream.write_all(request).await;
        streams.push(stream);
    }
    streams
}

/// Whether a new connection from `host` is answered soon.
async fn is_served(host: u8, to: SocketAddr) -> bool {
    let answered = async {
        let mut stream = from(host, to).await;
        stream.write_all(GET).await.ok()?;
        let mut start = [0; 12];
        stream.read_exact(&mut start).await.ok()?;
        Some(&start == b"HTTP/1.1 200")
    };
    timeout(SOON, answered).await.ok().flatten().unwrap_or(false)
}

async fn authenticate(running: &Running, host: u8) {
    let key = running.keys.key(auth::KeyKind::Kiosk);
    let request = format!("GET /v1/locations/{HOME}/rooms HTTP/1.1\r\nhost: x\r\nx-api-key: {key}\r\n\r\n");
    let mut stream = from(host, running.address).await;
    stream.write_all(request.as_bytes()).await.unwrap();
    assert!(read_until(&mut stream, "seen_by").await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn a_peer_that_takes_nothing_is_given_up() {
    let running = start(HttpConfig { write_timeout: Duration::from_millis(300), ..quick() }).await;
    let mut stream = running.connect().await;
    stream.write_all(HUGE).await.unwrap();
    sleep(Duration::from_millis(1_500)).await;
    let mut all = Vec::new();
    let read = timeout(PATIENCE, stream.read_to_end(&mut all)).await.unwrap();
    assert!(read.is_err() || all.len() < 32 * 1024 * 1024, "all {} bytes were still there", all.len());
    running.stop().await;
}

#[tokio::test]
async fn a_peer_that_reads_slowly_gets_all_of_its_answer_although_places_are_wanted() {
    let config = HttpConfig { write_timeout: Duration::from_millis(800), max_connections: 8, ..quick() };
    let running = start(config).await;
    let mut stream = running.connect().await;
    stream.write_all(b"GET /huge HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.unwrap();
    let (mut all, mut piece) = (0, vec![0; 1024 * 1024]);
    let mut crowds = Vec::new();
    for host in 2..20 {
        crowds.extend(crowd(host, running.address, 2, b"").await);
    }
    loop {
        let count = timeout(PATIENCE, stream.read(&mut piece)).await.unwrap().unwrap();
        if count == 0 {
            break;
        }
        all += count;
        sleep(Duration::from_millis(10)).await;
    }
    assert!(all > 32 * 1024 * 1024, "{all}");
    running.stop().await;
}

#[tokio::test]
async fn those_who_do_not_read_leave_room_for_others() {
    let running = start(HttpConfig { max_connections: 16, ..quick() }).await;
    let _crowd = crowd(2, running.address, 40, HUGE).await;
    assert!(is_served(1, running.address).await);
    assert!(is_served(2, running.address).await, "not even from the address of the crowd");
}

#[tokio::test]
async fn idle_sockets_leave_room_for_others() {
    let config = HttpConfig { max_connections: 32, drain_grace: Duration::ZERO, ..HttpConfig::default() };
    let running = start(config).await;
    let _crowd = crowd(2, running.address, 300, b"").await;
    let _half_heads = crowd(3, running.address, 100, b"GET /context HTTP/1.1\r\nhost: ").await;
    let began = Instant::now();
    for host in [1, 2, 3] {
        assert!(is_served(host, running.address).await, "127.0.0.{host}");
    }
    assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
    running.stop().await;
}

#[tokio::test]
async fn one_address_has_its_share_and_no_more() {
    let config = HttpConfig { max_connections: 32, request_timeout: Duration::from_mins(1), ..quick() };
    let running = start(config).await;
    let _crowd = crowd(2, running.address, 60, SLEEPS).await;
    assert!(!is_served(2, running.address).await);
    assert!(is_served(1, running.address).await);
    running.hard.cancel();
    running.stop().await;
}

#[tokio::test]
async fn a_proxy_of_ours_has_no_share() {
    let config = HttpConfig {
        max_connections: 32,
        request_timeout: Duration::from_mins(1),
        trusted_proxies: vec!["127.0.0.2".parse().unwrap()],
        ..quick()
    };
    let running = start(config).await;
    let _waiting = crowd(2, running.address, 28, SLEEPS).await;
    assert!(is_served(2, running.address).await);
    running.hard.cancel();
    running.stop().await;
}

#[tokio::test]
async fn places_are_kept_for_addresses_that_are_known() {
    let config = HttpConfig { max_connections: 32, request_timeout: Duration::from_mins(1), ..quick() };
    let running = start(config).await;
    authenticate(&running, 1).await;
    let mut crowds = Vec::new();
    for host in 2..12 {
        crowds.extend(crowd(host, running.address, 8, SLEEPS).await);
    }
    assert!(!is_served(20, running.address).await, "a stranger found a place");
    assert!(is_served(1, running.address).await);
    running.hard.cancel();
    running.stop().await;
}

#[tokio::test]
async fn who_finds_no_place_is_told_so() {
    let config = HttpConfig { max_connections: 8, request_timeout: Duration::from_mins(1), ..quick() };
    let running = start(config).await;
    let mut crowd = crowd(2, running.address, 100, SLEEPS).await;
    let mut answer = String::new();
    for stream in crowd.iter_mut().skip(8) {
        let mut bytes = [0; 2_048];
        if let Ok(Ok(count @ 1..)) = timeout(Duration::from_millis(50), stream.read(&mut bytes)).await {
            answer = String::from_utf8_lossy(&bytes[..count]).into_owned();
            break;
        }
    }
    assert!(answer.starts_with("HTTP/1.1 503 ") && answer.contains("retry-after"), "{answer}");
    assert!(answer.contains("nosniff") && answer.contains("/problems/"), "{answer}");
    running.hard.cancel();
    running.stop().await;
}

#[tokio::test]
async fn those_who_do_not_read_do_not_hold_up_a_stop() {
    let running = start(quick()).await;
    let _crowd = crowd(1, running.address, 20, HUGE).await;
    sleep(Duration::from_millis(200)).await;
    let began = Instant::now();
    running.soft.cancel();
    timeout(Duration::from_secs(6), running.task).await.unwrap().unwrap();
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_stop_ends_by_its_deadline() {
    let config = HttpConfig {
        request_timeout: Duration::from_hours(1),
        drain_limit: Duration::from_millis(300),
        ..quick()
    };
    let running = start(config).await;
    let _crowd = crowd(1, running.address, 5, SLEEPS).await;
    sleep(Duration::from_millis(200)).await;
    running.soft.cancel();
    timeout(Duration::from_secs(2), running.task).await.unwrap().unwrap();
}

/// Set in the environment of a child: it serves and prints where.
const CHILD: &str = "HTTP_API_TEST_SERVES";

/// The child of the tests below; alone it does nothing.
#[tokio::test]
async fn a_process_of_its_own_serves() {
    if std::env::var_os(CHILD).is_none() {
        return;
    }
    let lifecycle = Lifecycle::new().unwrap();
    let (pipeline, ..) = pipeline(HttpConfig::default());
    let server = Server::bind("127.0.0.1:0".parse().unwrap(), pipeline).await.unwrap();
    println!("\nlistening on {}", server.local_address().unwrap());
    let tasks = lifecycle.tasks();
    let (soft, hard) = (tasks.soft(), tasks.hard());
    tasks.spawn("http", async move {
        server.serve(soft, hard).await;
        Ok(())
    });
    let outcome = lifecycle.run(Duration::from_secs(15)).await;
    std::process::exit(i32::from(outcome == Outcome::Failed));
}

/// Ends the child with the test.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// This program again, with at most `descriptors` of them, serving.
fn serving(descriptors: u32) -> (Process, SocketAddr) {
    let own = std::env::current_exe().unwrap();
    let script = format!("ulimit -n {descriptors}; exec \"$0\" \"$@\"");
    let mut child = Command::new("sh")
        .args(["-c", &script, own.to_str().unwrap()])
        .args(["--exact", "hostile_tests::a_process_of_its_own_serves", "--nocapture"])
        .env(CHILD, "1")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let address = lines
        .map_while(Result::ok)
        .find_map(|line| line.strip_prefix("listening on ").and_then(|address| address.parse().ok()));
    (Process(child), address.unwrap())
}

#[tokio::test]
async fn few_descriptors_are_no_end() {
    let (_process, address) = serving(64);
    let _idle = crowd(2, address, 200, b"").await;
    let _unread = crowd(3, address, 50, HUGE).await;
    for _ in 0..3 {
        assert!(is_served(1, address).await);
    }
}

#[tokio::test]
async fn sigterm_ends_the_process_cleanly_although_nobody_reads() {
    let (mut process, address) = serving(1_024);
    let _unread = crowd(1, address, 50, HUGE).await;
    sleep(Duration::from_millis(300)).await;
    let id = process.0.id().to_string();
    let began = Instant::now();
    assert!(Command::new("kill").args(["-s", "TERM", &id]).status().unwrap().success());
    let status = loop {
        if let Some(status) = process.0.try_wait().unwrap() {
            break status;
        }
        assert!(began.elapsed() < PATIENCE, "still there");
        sleep(Duration::from_millis(50)).await;
    };
    assert!(status.success(), "{status}");
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
}
