//! Deadlines, on a clock that only the test moves.
//!
//! Tokio's paused clock jumps to the next timer as soon as every task waits, also when bytes
//! are on their way. `Hold` stops that until the device has been reached.

use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc;
use std::time::Duration;

use crate::support::{Act, FakePlug, Model};
use tokio::net::TcpSocket;
use tokio::time::Instant;
use tplink_hs1xx::method::GetSysInfo;
use tplink_hs1xx::{Client, Error, Options, Phase, Request, SysInfo};

const SECOND: Duration = Duration::from_secs(1);

/// The clock does not move by itself while this lives: a blocking task is running.
struct Hold {
    _release: mpsc::Sender<()>,
}

impl Hold {
    fn new() -> Self {
        let (release, wait) = mpsc::channel();
        tokio::task::spawn_blocking(move || wait.recv());
        Self { _release: release }
    }
}

/// Calls a plug that will stall; the clock starts when it does.
async fn call(client: &mut Client, fake: &FakePlug) -> (Result<SysInfo, Error>, Duration) {
    let start = Instant::now();
    let hold = Hold::new();
    let request = Request::new(GetSysInfo {});
    let (outcome, ()) = tokio::join!(client.call(&request), async {
        fake.stalled().await;
        drop(hold);
    });
    (outcome, start.elapsed())
}

/// Timers have a resolution of a millisecond.
fn is_about(elapsed: Duration, wanted: Duration) -> bool {
    elapsed >= wanted && elapsed < wanted + Duration::from_millis(5)
}

#[tokio::test(start_paused = true)]
async fn a_silent_device_costs_the_exchange_deadline_and_its_socket_is_closed() {
    let mut fake = FakePlug::start(Model::plug(), [Act::Hang]).await;
    let mut client = fake.client();
    let (outcome, elapsed) = call(&mut client, &fake).await;
    let Err(Error::Timeout { phase, limit }) = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!((phase, limit), (Phase::Read, 2 * SECOND));
    assert!(is_about(elapsed, 2 * SECOND), "{elapsed:?}");
    fake.all_closed().await;
}

#[tokio::test(start_paused = true)]
async fn a_trickle_of_bytes_does_not_move_the_deadline() {
    let drip = Act::Drip(Duration::from_millis(300));
    let mut fake = FakePlug::start(Model::plug(), [drip]).await;
    let mut client = fake.client();
    let (outcome, elapsed) = call(&mut client, &fake).await;
    let phase = Phase::Read;
    assert!(matches!(outcome, Err(Error::Timeout { phase: p, .. }) if p == phase));
    assert!(is_about(elapsed, 2 * SECOND), "{elapsed:?}");
    fake.all_closed().await;
}

#[tokio::test(start_paused = true)]
async fn a_reconnection_shares_the_deadline() {
    let fake = FakePlug::start(Model::plug(), [Act::Answer]).await;
    let mut client = fake.client();
    let hold = Hold::new();
    client.call(&Request::new(GetSysInfo {})).await.unwrap();
    drop(hold);
    fake.then(Act::CloseAfter(SECOND + SECOND / 2));
    fake.then(Act::Hang);
    let (outcome, elapsed) = call(&mut client, &fake).await;
    assert!(matches!(outcome, Err(Error::Timeout { limit, .. }) if limit == 2 * SECOND));
    assert!(is_about(elapsed, 2 * SECOND), "{elapsed:?}");
}

#[tokio::test(start_paused = true)]
async fn a_shorter_deadline_is_honoured() {
    let fake = FakePlug::start(Model::plug(), [Act::Hang]).await;
    let mut options = Options::default();
    options.exchange = SECOND / 4;
    let mut client = Client::with_options(fake.address, options);
    let (outcome, elapsed) = call(&mut client, &fake).await;
    assert!(outcome.is_err());
    assert!(is_about(elapsed, SECOND / 4), "{elapsed:?}");
}

#[tokio::test(start_paused = true)]
async fn a_connection_nobody_accepts_costs_the_connect_deadline() {
    let (address, _full) = full_backlog();
    let mut options = Options::default();
    options.firmware_probe = Duration::ZERO;
    let mut client = Client::with_options(address, options);
    let start = Instant::now();
    let outcome = client.call(&Request::new(GetSysInfo {})).await;
    let Err(Error::Timeout { phase, limit }) = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!((phase, limit), (Phase::Connect, SECOND));
    let elapsed = start.elapsed();
    assert!(is_about(elapsed, SECOND), "{elapsed:?}");
}

/// A listener whose queue is full, so that the system drops further connections.
fn full_backlog() -> (SocketAddr, impl Sized) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(([127, 0, 0, 1], 0).into()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let connect = || TcpStream::connect_timeout(&address, Duration::from_millis(200)).ok();
    let waiting: Vec<_> = std::iter::from_fn(connect).take(64).collect();
    assert!(waiting.len() < 64, "the queue never fills on this system");
    (address, (listener, waiting))
}
