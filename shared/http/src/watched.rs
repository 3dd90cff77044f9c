//! The stream under hyper: closes on peers that send a head too slowly or take next to nothing of an answer,
//! gives hyper's own bare refusals the form of all others, and reads on before closing where that lets the peer
//! read the last answer.

use std::{
    io::{self, IoSlice},
    net::IpAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::{Buf as _, Bytes};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::{Instant, Sleep, sleep_until},
};

use super::{connection::Connection, pipeline::Pipeline, unparsed};

/// A peer that takes less than this within the time for writing takes nothing.
const LEAST_TAKEN: usize = 16 * 1024;
/// How long is read on before closing.
const READ_ON: Duration = Duration::from_secs(1);

/// A moment that matters only while something is awaited, and so has a timer only then.
#[derive(Default)]
struct Deadline {
    at: Option<Instant>,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Deadline {
    fn set(&mut self, at: Instant) {
        self.at = Some(at);
    }

    fn clear(&mut self) {
        self.at = None;
    }

    fn is_set(&self) -> bool {
        self.at.is_some()
    }

    /// Ready once it has passed; pending for ever when it is not set.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(at) = self.at else { return Poll::Pending };
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(at)));
        if timer.deadline() != at {
            timer.as_mut().reset(at);
        }
        timer.as_mut().poll(cx)
    }
}

/// A connection's stream.
pub(super) struct Watched {
    stream: TcpStream,
    peer: IpAddr,
    connection: Arc<Connection>,
    pipeline: Pipeline,
    /// For the head that is being read.
    head: Deadline,
    /// The requests that had come when it was set.
    head_of: u64,
    /// For the peer to take something.
    write: Deadline,
    taken: usize,
    /// What is written in the place of hyper's refusal.
    instead: Option<Bytes>,
    shut: bool,
    read_on: Deadline,
}

impl Watched {
    /// Watches `stream`.
    pub(super) fn new(
        stream: TcpStream,
        peer: IpAddr,
        connection: Arc<Connection>,
        pipeline: Pipeline,
    ) -> Self {
        let mut head = Deadline::default();
        head.set(Instant::now() + pipeline.config().head_timeout);
        let (write, read_on) = (Deadline::default(), Deadline::default());
        let (head_of, taken, instead, shut) = (0, 0, None, false);
        Self { stream, peer, connection, pipeline, head, head_of, write, taken, instead, shut, read_on }
    }

    /// Takes note of a write and its outcome. A peer that takes nothing for too long ends the connection.
    fn watch(&mut self, cx: &mut Context<'_>, wrote: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        match wrote {
            Poll::Ready(Ok(count)) if self.write.is_set() => {
                self.taken += count;
                if self.taken >= LEAST_TAKEN {
                    self.moves_again();
                }
                wrote
            }
            Poll::Ready(_) => wrote,
            Poll::Pending => {
                if !self.write.is_set() {
                    self.write.set(Instant::now() + self.pipeline.config().write_timeout);
                    self.taken = 0;
                    self.connection.stalls(true);
                }
                self.write.poll(cx).map(|()| Err(too_slow("the peer does not take its answer")))
            }
        }
    }

    fn moves_again(&mut self) {
        self.write.clear();
        self.connection.stalls(false);
    }

    /// Whether `bytes` are hyper's own refusal; then ours is written instead.
    fn replaces(&mut self, bytes: &[u8]) -> bool {
        if self.instead.is_none()
            && self.connection.is_idle()
            && let Some(status) = unparsed::refused_by_hyper(bytes)
        {
            self.instead = Some(unparsed::refusal(&self.pipeline, self.peer, status, bytes));
            self.connection.read_on();
        }
        self.instead.is_some()
    }

    /// Writes all of ours, then says that hyper's `length` bytes are written.
    fn write_instead(&mut self, cx: &mut Context<'_>, length: usize) -> Poll<io::Result<usize>> {
        while let Some(bytes) = self.instead.as_mut().filter(|bytes| !bytes.is_empty()) {
            let wrote = Pin::new(&mut self.stream).poll_write(cx, bytes);
            if let Poll::Ready(Ok(count)) = &wrote {
                bytes.advance(*count);
            }
            ready!(self.watch(cx, wrote))?;
        }
        self.instead = None;
        Poll::Ready(Ok(length))
    }
}

fn too_slow(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, what)
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let before = buffer.filled().len();
        let read = Pin::new(&mut this.stream).poll_read(cx, buffer);
        let requests = this.connection.requests();
        if requests != this.head_of {
            this.head_of = requests;
            this.head.clear();
        }
        if read.is_ready() {
            if buffer.filled().len() > before && !this.head.is_set() && this.connection.is_idle() {
                this.head.set(Instant::now() + this.pipeline.config().head_timeout);
            }
            return read;
        }
        this.head.poll(cx).map(|()| Err(too_slow("the head of a request does not arrive")))
    }
}

impl AsyncWrite for Watched {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        if this.replaces(bytes) {
            return this.write_instead(cx, bytes.len());
        }
        let wrote = Pin::new(&mut this.stream).poll_write(cx, bytes);
        this.watch(cx, wrote)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        if let Some(first) = parts.first()
            && this.replaces(first)
        {
            return this.write_instead(cx, first.len());
        }
        let wrote = Pin::new(&mut this.stream).poll_write_vectored(cx, parts);
        this.watch(cx, wrote)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    /// hyper flushes once all that it has is written.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.write.is_set() {
            self.moves_again();
        }
        self.connection.flushed();
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if !this.shut {
            ready!(Pin::new(&mut this.stream).poll_shutdown(cx))?;
            this.shut = true;
            this.read_on.set(Instant::now() + READ_ON);
        }
        let mut bytes = [0; 4_096];
        while this.connection.reads_on() && this.read_on.poll(cx).is_pending() {
            let mut buffer = ReadBuf::new(&mut bytes);
            match ready!(Pin::new(&mut this.stream).poll_read(cx, &mut buffer)) {
                Ok(()) if !buffer.filled().is_empty() => {}
                _ => break,
            }
        }
        Poll::Ready(Ok(()))
    }
}
