//! A plug that runs in the test's own process and misbehaves on demand.
//!
//! Each request takes the next act of the script; once the script is empty, the plug behaves.

pub mod model;

use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};
use tplink_hs1xx::{Client, Options, codec};

pub use model::Model;

/// What the plug does with one request.
pub enum Act {
    /// Answers as a real one would.
    Answer,
    /// Answers in writes of one byte each.
    Chunks,
    /// Answers one byte at a time, with a pause before each.
    Drip(Duration),
    /// Sends a frame around this message.
    Message(Vec<u8>),
    /// Sends these bytes as they are.
    Raw(Vec<u8>),
    /// Answers, then closes the connection.
    AnswerThenClose,
    /// Answers, then knows nothing of the connection any more, as after a restart.
    AnswerThenForget,
    /// Sends the first bytes of the answer, then closes the connection.
    Cut(usize),
    /// Closes the connection after a pause, without an answer.
    CloseAfter(Duration),
    /// Says nothing and keeps the connection open.
    Hang,
    /// Closes its sending side, without an answer, and goes on listening.
    HalfClose,
}

pub struct FakePlug {
    pub address: SocketAddr,
    shared: Arc<Shared>,
    open: watch::Receiver<usize>,
}

struct Shared {
    state: Mutex<State>,
    open: watch::Sender<usize>,
    stalled: Notify,
}

struct State {
    model: Model,
    script: VecDeque<Act>,
    requests: Vec<String>,
    connections: usize,
}

impl FakePlug {
    pub async fn start(model: Model, script: impl IntoIterator<Item = Act>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, open) = watch::channel(0);
        let shared = Arc::new(Shared {
            state: Mutex::new(State {
                model,
                script: script.into_iter().collect(),
                requests: Vec::new(),
                connections: 0,
            }),
            open: sender,
            stalled: Notify::new(),
        });
        tokio::spawn(accept(listener, Arc::clone(&shared)));
        Self { address, shared, open }
    }

    /// A client that asks no other port about firmware.
    pub fn client(&self) -> Client {
        let mut options = Options::default();
        options.firmware_probe = Duration::ZERO;
        Client::with_options(self.address, options)
    }

    pub fn requests(&self) -> Vec<String> {
        self.shared.state.lock().unwrap().requests.clone()
    }

    pub fn connections(&self) -> usize {
        self.shared.state.lock().unwrap().connections
    }

    pub fn then(&self, act: Act) {
        self.shared.state.lock().unwrap().script.push_back(act);
    }

    pub fn replace_model(&self, model: Model) {
        self.shared.state.lock().unwrap().model = model;
    }

    /// Resolves when the plug has a request and is in no hurry to answer it.
    pub async fn stalled(&self) {
        self.shared.stalled.notified().await;
    }

    /// Resolves when no connection is open any more.
    pub async fn all_closed(&mut self) {
        self.open.wait_for(|open| *open == 0).await.unwrap();
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((stream, _)) = listener.accept().await {
        shared.state.lock().unwrap().connections += 1;
        shared.open.send_modify(|open| *open += 1);
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            let _ = serve(stream, &shared).await;
            shared.open.send_modify(|open| *open -= 1);
        });
    }
}

async fn serve(mut stream: TcpStream, shared: &Shared) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    loop {
        let length = stream.read_u32().await?;
        let mut body = vec![0; usize::try_from(length).unwrap()];
        stream.read_exact(&mut body).await?;
        codec::reveal(&mut body);
        let (act, answer) = {
            let mut state = shared.state.lock().unwrap();
            state.requests.push(String::from_utf8(body.clone()).unwrap());
            let act = state.script.pop_front().unwrap_or(Act::Answer);
            // Only an act that obeys changes anything.
            let obeys = !matches!(act, Act::Hang | Act::HalfClose | Act::CloseAfter(_));
            let answer = if obeys { state.model.answer(&body) } else { Vec::new() };
            (act, codec::encode_frame(&answer).unwrap())
        };
        match act {
            Act::Answer => stream.write_all(&answer).await?,
            Act::Chunks => drip(&mut stream, &answer, Duration::ZERO).await?,
            Act::Drip(pause) => {
                shared.stalled.notify_one();
                drip(&mut stream, &answer, pause).await?;
            }
            Act::Message(message) => {
                let frame = codec::encode_frame(&message).unwrap();
                stream.write_all(&frame).await?;
            }
            Act::Raw(bytes) => stream.write_all(&bytes).await?,
            Act::AnswerThenClose => return stream.write_all(&answer).await,
            Act::AnswerThenForget => {
                stream.write_all(&answer).await?;
                // A reset that comes at once would take the answer along.
                tokio::time::sleep(Duration::from_millis(50)).await;
                return stream.set_zero_linger();
            }
            Act::Cut(bytes) => return stream.write_all(&answer[..bytes]).await,
            Act::CloseAfter(pause) => {
                shared.stalled.notify_one();
                tokio::time::sleep(pause).await;
                return Ok(());
            }
            // The next read ends when the client closes.
            Act::Hang => shared.stalled.notify_one(),
            Act::HalfClose => stream.shutdown().await?,
        }
    }
}

async fn drip(stream: &mut TcpStream, bytes: &[u8], pause: Duration) -> std::io::Result<()> {
    for byte in bytes {
        if pause.is_zero() {
            tokio::task::yield_now().await;
        } else {
            tokio::time::sleep(pause).await;
        }
        stream.write_all(&[*byte]).await?;
    }
    Ok(())
}
