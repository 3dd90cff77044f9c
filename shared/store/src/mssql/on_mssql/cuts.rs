//! The connection is cut at every step of an append: the command takes effect once, whatever its caller was
//! told at first.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use ::mssql::{Encryption, MssqlConfig};
use domain::log::{Position, Version};
use runtime::clock::SystemClock;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
};

use super::{MssqlDatabase, MssqlStore};
use crate::{
    Append, EventLog as _, StoreError, Verdict,
    contract::fixtures::{command, commit_one, fresh_stream, writes},
};

/// Where in a request to the server the connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum CutAt {
    /// The server gets nothing of it.
    Before,
    /// The server gets half of it.
    Within,
    /// The server has done it; its answer is lost.
    After,
}

/// What the [`ConnectionCutter`] is yet to do.
#[derive(Default)]
struct Plan {
    place: Option<CutAt>,
    /// Requests that still pass.
    passing: usize,
    /// Connections that still die, each at its next such request.
    cuts: usize,
}

/// Cuts connections in the middle of requests.
#[derive(Clone, Default)]
struct ConnectionCutter(Arc<Mutex<Plan>>);

impl ConnectionCutter {
    fn arm(&self, place: CutAt, passing: usize, cuts: usize) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Plan { place: Some(place), passing, cuts };
    }

    /// Stops cutting; whether it cut as often as it should.
    fn disarm(&self) -> bool {
        let mut plan = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *plan).cuts == 0
    }

    fn next_request(&self) -> Option<CutAt> {
        let mut plan = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        plan.place?;
        if plan.cuts == 0 {
            return None;
        }
        if plan.passing > 0 {
            plan.passing -= 1;
            return None;
        }
        plan.cuts -= 1;
        plan.place
    }
}

/// Stands between the store and the server, and knows where a request ends.
async fn proxy(server: &MssqlConfig) -> (MssqlConfig, ConnectionCutter) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let config = MssqlConfig {
        host: "127.0.0.1".into(),
        port: listener.local_addr().unwrap().port(),
        // Requests are told apart by what is written on them.
        encryption: Encryption::Off,
        ..server.clone()
    };
    let (cutter, address) = (ConnectionCutter::default(), (server.host.clone(), server.port));
    let cutting = cutter.clone();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let upstream = TcpStream::connect(address.clone()).await.unwrap();
            tokio::spawn(pass(client, upstream, cutting.clone()));
        }
    });
    (config, cutter)
}

/// Ends, and with it both connections, when one end does or a request is cut.
async fn pass(client: TcpStream, upstream: TcpStream, cutter: ConnectionCutter) {
    let (from_client, mut to_client) = client.into_split();
    let (mut from_server, to_server) = upstream.into_split();
    let mute = Arc::new(AtomicBool::new(false));
    let answered = Arc::new(tokio::sync::Notify::new());
    let answers = async {
        let mut bytes = vec![0; 16 << 10];
        while let Ok(count @ 1..) = from_server.read(&mut bytes).await {
            if mute.load(Ordering::SeqCst) {
                answered.notify_one();
            } else if to_client.write_all(&bytes[..count]).await.is_err() {
                break;
            }
        }
    };
    tokio::select! {
        () = answers => {}
        () = requests(from_client, to_server, cutter, &mute, &answered) => {}
    }
}

/// MS-TDS 2.2.3.1: a packet is eight bytes of header, with the status in the second and the length in the
/// third and fourth, and bit 0 of the status ends a request.
async fn requests(
    mut client: OwnedReadHalf,
    mut server: OwnedWriteHalf,
    cutter: ConnectionCutter,
    mute: &AtomicBool,
    answered: &tokio::sync::Notify,
) {
    loop {
        let mut request = Vec::new();
        loop {
            let mut header = [0; 8];
            if client.read_exact(&mut header).await.is_err() {
                return;
            }
            let mut body = vec![0; usize::from(u16::from_be_bytes([header[2], header[3]])) - 8];
            client.read_exact(&mut body).await.unwrap();
            request.extend(header);
            request.extend(body);
            if header[1] & 1 == 1 {
                break;
            }
        }
        let cut = cutter.next_request();
        let passed = match cut {
            Some(CutAt::Before) => 0,
            Some(CutAt::Within) => request.len() / 2,
            Some(CutAt::After) => {
                mute.store(true, Ordering::SeqCst);
                request.len()
            }
            None => request.len(),
        };
        if server.write_all(&request[..passed]).await.is_err() {
            return;
        }
        match cut {
            None => {}
            Some(CutAt::After) => return answered.notified().await,
            Some(CutAt::Before | CutAt::Within) => return,
        }
    }
}

/// Sends the command until somebody says what became of it.
async fn append_until_known(store: &MssqlStore, append: &Append) -> Verdict {
    for _ in 0..20 {
        match store.append(append.clone()).await {
            Ok(verdict) => return verdict,
            Err(StoreError::Unavailable(_) | StoreError::OutcomeUnknown(_)) => {
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            }
            Err(other) => panic!("a lost connection is no reason for {other:?}"),
        }
    }
    panic!("the server is there again, and still no verdict");
}

/// Which way an append takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    OneRequest,
    Stepwise,
}

/// Cuts each request of an append in turn, `cuts` connections each time, until one needs no more requests.
async fn cut_every_request(way: Way, cuts: usize) {
    let database = MssqlDatabase::new().await;
    let direct = database.store().await;
    let (config, cutter) = proxy(database.database.config()).await;
    let options = super::MssqlOptions { config, ..database.options() };
    let store = MssqlStore::open(&options, Arc::new(SystemClock)).await.unwrap();
    let (mut effects, mut steps) = (0, 0);
    for place in [CutAt::Before, CutAt::Within, CutAt::After] {
        for passing in 0.. {
            // It is connected, and nothing but what follows goes over that connection.
            commit_one(&(store.clone() as _)).await;
            let stream = fresh_stream();
            let mut append = command(vec![writes(&stream, 0, 2)]);
            if way == Way::Stepwise {
                // No JSON text holds a tab as it is.
                append.answer.body = "\t".into();
            }
            cutter.arm(place, passing, cuts);
            let verdict = append_until_known(&store, &append).await;
            let cut = cutter.disarm();
            let token = match verdict {
                Verdict::Committed(token) => token,
                Verdict::AlreadyDone(answer) => answer.token,
                conflict @ Verdict::Conflict { .. } => panic!("{place:?} {passing}: {conflict:?}"),
            };
            let events = direct.read_stream(&stream, Version(1), 10).await.unwrap();
            assert_eq!(events.len(), 2, "{place:?}, request {passing}: it took effect once");
            assert_eq!(events[1].position, token.position, "{place:?}, request {passing}");
            let Verdict::AlreadyDone(again) = direct.append(append).await.unwrap() else {
                panic!("{place:?}, request {passing}: the answer is not stored");
            };
            assert_eq!(again.token, token);
            effects += 1;
            steps += usize::from(cut);
            if !cut {
                break;
            }
        }
    }
    let head = direct.head().await.unwrap().position;
    assert_eq!(head, Position(effects * 3), "dense, and nothing besides");
    // Each place of every request: one of them, or begin, lock, two loads in three requests each, advance and
    // commit.
    let least = if way == Way::OneRequest { 3 } else { 3 * 8 };
    assert!(steps >= least, "only {steps} requests were cut");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_append_in_one_request_cut_anywhere_takes_effect_once() {
    cut_every_request(Way::OneRequest, 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_append_cut_twice_takes_effect_once() {
    cut_every_request(Way::OneRequest, 2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_append_in_steps_cut_anywhere_takes_effect_once() {
    cut_every_request(Way::Stepwise, 1).await;
}
