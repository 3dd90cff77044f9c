//! The accept loop: hyper's HTTP/1.1 with every limit set, and a stop in two stages. Knows no route.

use std::{convert::Infallible, error::Error, io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{body::Body, http::Request};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    pin, select,
    sync::Semaphore,
    time::sleep,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::pipeline::Pipeline;

/// Longest head of a request, in bytes; more is 431.
const MAX_HEAD: usize = 32 * 1024;
/// Pause after an accept that failed for lack of file descriptors or memory.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

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

/// A bound listener with what answers on it.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    pipeline: Pipeline,
}

impl Server {
    /// Listens on `address`; port 0 takes a free one.
    ///
    /// # Errors
    /// [`BindError`], which says what to change.
    pub async fn bind(address: SocketAddr, pipeline: Pipeline) -> Result<Self, BindError> {
        let listener = TcpListener::bind(address).await.map_err(|source| BindError { address, source })?;
        Ok(Self { listener, pipeline })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn local_address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Answers until `soft` is cancelled: then takes no new connection after a short grace, lets requests
    /// finish, and returns. Whatever is still there when `hard` is cancelled is dropped.
    pub async fn serve(self, soft: CancellationToken, hard: CancellationToken) {
        let connections = TaskTracker::new();
        let closing = CancellationToken::new();
        let stop = async {
            soft.cancelled().await;
            sleep(self.pipeline.config().drain_grace).await;
        };
        select! {
            () = accept(&self, &connections, &closing, &hard) => {}
            () = stop => {}
            () = hard.cancelled() => {}
        }
        drop(self.listener);
        closing.cancel();
        connections.close();
        connections.wait().await;
    }
}

async fn accept(
    server: &Server,
    connections: &TaskTracker,
    closing: &CancellationToken,
    hard: &CancellationToken,
) {
    let config = server.pipeline.config();
    let slots = Arc::new(Semaphore::new(config.max_connections));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(config.head_timeout)
        .max_headers(config.max_headers)
        .max_buf_size(MAX_HEAD);
    while let Ok(slot) = slots.clone().acquire_owned().await {
        match server.listener.accept().await {
            Ok((stream, peer)) => {
                let (http, pipeline) = (http.clone(), server.pipeline.clone());
                let (closing, hard) = (closing.child_token(), hard.child_token());
                connections.spawn(async move {
                    connection(&http, stream, peer, pipeline, &closing, &hard).await;
                    drop(slot);
                });
            }
            Err(error) => refused_accept(&error).await,
        }
    }
}

/// A client that went away is no trouble; being out of descriptors is, and needs a pause.
async fn refused_accept(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    if !matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) {
        tracing::warn!(error = error as &dyn Error, "a connection could not be accepted");
        sleep(ACCEPT_PAUSE).await;
    }
}

async fn connection(
    http: &http1::Builder,
    stream: TcpStream,
    peer: SocketAddr,
    pipeline: Pipeline,
    closing: &CancellationToken,
    hard: &CancellationToken,
) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(error = &error as &dyn Error, "no TCP_NODELAY");
    }
    let service = service_fn(move |request: Request<Incoming>| {
        let pipeline = pipeline.clone();
        async move { Ok::<_, Infallible>(pipeline.handle(peer.ip(), request.map(Body::new)).await) }
    });
    let connection = http.serve_connection(TokioIo::new(stream), service).with_upgrades();
    pin!(connection);
    let finished = select! {
        finished = connection.as_mut() => finished,
        () = closing.cancelled() => {
            connection.as_mut().graceful_shutdown();
            select! {
                finished = connection.as_mut() => finished,
                () = hard.cancelled() => Ok(()),
            }
        }
    };
    if let Err(error) = finished {
        tracing::debug!(error = &error as &dyn Error, "a connection ended early");
    }
}
