//! The accept loop: hyper's HTTP/1.1 with every limit set, and a stop in two stages. Knows no route.

use std::{collections::VecDeque, error::Error, io, net::SocketAddr, sync::Arc, time::Duration};

use futures::FutureExt as _;
use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use runtime::repeated::Repeated;
use tokio::{
    net::{TcpListener, TcpStream},
    pin, select,
    time::{Instant, sleep},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    connection::Connection,
    descriptors::{self, Room},
    exchange,
    pipeline::Pipeline,
    problem::Problem,
    slots::{Slot, Slots},
    unparsed,
    watched::Watched,
};

/// Longest head of a request, in bytes; more is 431.
const MAX_HEAD: usize = 32 * 1024;
/// Pause after an accept that failed for lack of file descriptors or memory.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// How often connections that wait for a place try again, although none was given back.
const TRY_EVERY: Duration = Duration::from_millis(50);
/// A connection that waits for a place for longer is refused.
const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// A connection is kept for so much longer than its client was told, so that the client lets go first.
const KEPT_LONGER: Duration = Duration::from_secs(5);
/// During a stop, a peer that neither sends nor takes anything for this long is given up.
const STOP_STALL: Duration = Duration::from_secs(1);
/// How often that is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Why an address cannot be listened on.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}: {}", advice(source))]
pub struct BindError {
    address: SocketAddr,
    #[source]
    source: io::Error,
}

fn advice(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::AddrInUse => {
            "another program does already; stop it, or choose another port with --listen"
        }
        io::ErrorKind::PermissionDenied => "this port needs privileges; choose one above 1023 with --listen",
        io::ErrorKind::AddrNotAvailable => "this machine has no such address; choose another with --listen",
        _ => "choose another address with --listen",
    }
}

/// Listens on `address`; port 0 takes a free one. Who connects waits until a [`Server`] answers.
///
/// # Errors
/// [`BindError`], which says what to change.
pub async fn listen(address: SocketAddr) -> Result<TcpListener, BindError> {
    TcpListener::bind(address).await.map_err(|source| BindError { address, source })
}

/// A bound listener with what answers on it.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    pipeline: Pipeline,
    room: Room,
}

impl Server {
    /// Listens on `address` and answers with `pipeline`.
    ///
    /// # Errors
    /// As [`listen`].
    pub async fn bind(address: SocketAddr, pipeline: Pipeline) -> Result<Self, BindError> {
        Ok(Self::on(listen(address).await?, pipeline))
    }

    /// Answers on `listener` with `pipeline`. Raises the process's limit of open files as far as it may.
    #[must_use]
    pub fn on(listener: TcpListener, pipeline: Pipeline) -> Self {
        let limit = descriptors::raise_limit();
        let wanted = pipeline.config().max_connections;
        let room = descriptors::room(limit, wanted);
        if room.serving < wanted {
            tracing::warn!(
                connections = room.serving,
                wanted,
                "the limit of open files (ulimit -n) allows fewer connections"
            );
        }
        Self { listener, pipeline, room }
    }

    /// Where it listens.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn local_address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Answers until `soft` is cancelled: then takes no new connection after a short grace, lets requests
    /// finish, and returns. Whatever is still there at the drain limit, or when `hard` is cancelled, is dropped.
    pub async fn serve(self, soft: CancellationToken, hard: CancellationToken) {
        let connections = TaskTracker::new();
        let (closing, cut) = (CancellationToken::new(), hard.child_token());
        let config = self.pipeline.config().clone();
        let stop = async {
            soft.cancelled().await;
            sleep(config.drain_grace).await;
        };
        select! {
            () = accept(&self, &connections, &closing, &cut) => {}
            () = stop => {}
            () = hard.cancelled() => {}
        }
        drop(self.listener);
        closing.cancel();
        connections.close();
        select! {
            () = connections.wait() => return,
            () = sleep(config.drain_limit) => {}
        }
        tracing::warn!(connections = connections.len(), "connections were still busy at the end of the stop");
        cut.cancel();
        connections.wait().await;
    }
}

/// A connection without a place.
struct Waiting {
    stream: TcpStream,
    peer: SocketAddr,
    since: Instant,
}

async fn accept(
    server: &Server,
    connections: &TaskTracker,
    closing: &CancellationToken,
    cut: &CancellationToken,
) {
    let config = server.pipeline.config();
    let slots = Arc::new(Slots::new(server.room.serving, config.trusted_proxies.clone()));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(config.keep_alive + KEPT_LONGER)
        .max_headers(config.max_headers)
        .max_buf_size(MAX_HEAD);
    let mut waiting: VecDeque<Waiting> = VecDeque::new();
    let mut failures = Failures::default();
    loop {
        select! {
            accepted = server.listener.accept() => match accepted {
                Ok((stream, peer)) => waiting.push_back(Waiting { stream, peer, since: Instant::now() }),
                Err(error) => {
                    slots.make_room();
                    failures.after(&error).await;
                }
            },
            () = slots.freed(), if !waiting.is_empty() => {}
            () = sleep(TRY_EVERY), if !waiting.is_empty() => {}
        }
        while let Some((Waiting { stream, peer, .. }, slot)) = next(&mut waiting, &slots) {
            let (http, pipeline) = (http.clone(), server.pipeline.clone());
            let (closing, cut) = (closing.clone(), cut.clone());
            connections.spawn(async move {
                serve_connection(&http, stream, peer, pipeline, &slot, &closing, &cut).await;
            });
        }
        let too_many = waiting.len() > server.room.waiting;
        if let Some(Waiting { stream, peer, .. }) =
            waiting.pop_front_if(|oldest| too_many || oldest.since.elapsed() > LONGEST_WAIT)
        {
            refuse(&server.pipeline, &stream, peer);
        }
    }
}

/// The next that gets a place: the newest that has sent something, whose client has not given up yet; then the
/// oldest.
fn next(waiting: &mut VecDeque<Waiting>, slots: &Arc<Slots>) -> Option<(Waiting, Slot)> {
    let alone = waiting.len() == 1;
    for want_data in [true, false] {
        for step in 0..waiting.len() {
            let at = if want_data { waiting.len() - 1 - step } else { step };
            let candidate = waiting.get(at)?;
            if !alone && has_data(&candidate.stream) != want_data {
                continue;
            }
            if let Some(slot) = slots.take(candidate.peer.ip()) {
                return waiting.remove(at).map(|waiting| (waiting, slot));
            }
        }
    }
    None
}

fn has_data(stream: &TcpStream) -> bool {
    stream.peek(&mut [0]).now_or_never().is_some_and(|read| read.is_ok_and(|count| count > 0))
}

/// Says so to one that found no place, if it can be said at once.
fn refuse(pipeline: &Pipeline, stream: &TcpStream, peer: SocketAddr) {
    let answer = unparsed::rendered(pipeline, peer.ip(), &Problem::no_place(), None);
    if let Err(error) = stream.try_write(&answer) {
        tracing::debug!(error = &error as &dyn Error, "a connection that found no slot was not told so");
    }
}

/// Connections that could not be accepted. A client that went away is no trouble; being out of descriptors is,
/// and needs a pause.
#[derive(Debug, Default)]
struct Failures(Repeated);

impl Failures {
    async fn after(&mut self, error: &io::Error) {
        use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
        if matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) {
            return;
        }
        if let Some(count) = self.0.count() {
            tracing::warn!(error = error as &dyn Error, count, "connections could not be accepted");
        }
        sleep(ACCEPT_PAUSE).await;
    }
}

async fn serve_connection(
    http: &http1::Builder,
    stream: TcpStream,
    peer: SocketAddr,
    pipeline: Pipeline,
    slot: &Slot,
    closing: &CancellationToken,
    cut: &CancellationToken,
) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(error = &error as &dyn Error, "no TCP_NODELAY");
    }
    let known = &slot.connection;
    let stream = Watched::new(stream, peer.ip(), known.clone(), pipeline.clone());
    let service = service_fn(|request| exchange::answer(pipeline.clone(), known.clone(), peer.ip(), request));
    let connection = http.serve_connection(TokioIo::new(stream), service).with_upgrades();
    pin!(connection);
    let finished = select! {
        finished = connection.as_mut() => finished,
        () = last_request(known, closing) => {
            known.stop();
            connection.as_mut().graceful_shutdown();
            select! {
                finished = connection.as_mut() => finished,
                () = cut.cancelled() => Ok(()),
                () = nothing_moves(known) => Ok(()),
            }
        }
    };
    if let Err(error) = finished {
        tracing::debug!(error = &error as &dyn Error, "a connection ended early");
    }
}

/// Until the request under way is to be the last: the server stops, or others need the place.
async fn last_request(connection: &Connection, closing: &CancellationToken) {
    select! {
        () = connection.evicted() => {}
        () = closing.cancelled() => {}
    }
}

/// Until the peer neither sends the request it began nor takes the answer it asked for. One that makes room has
/// shown that already; a request that came meanwhile is still answered.
async fn nothing_moves(connection: &Connection) {
    let patience = if connection.is_evicted() { Duration::ZERO } else { STOP_STALL };
    let waits = || connection.stalled_for().max(connection.idle_for());
    while waits().is_none_or(|time| time < patience) {
        sleep(LOOK_EVERY).await;
    }
}
