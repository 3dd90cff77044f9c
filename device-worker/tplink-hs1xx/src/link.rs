//! One TCP connection and one exchange at a time over it.
//!
//! A link that failed is dropped by its owner, never reused: what still arrives on it could
//! be taken for the answer to a later request.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::codec::{self, FrameError, HEADER_LEN};
use crate::deadline::Deadline;
use crate::error::{Error, Phase};

#[derive(Debug)]
pub(crate) struct Link {
    stream: TcpStream,
    /// Whether the device at the other end has proved who it is.
    pub(crate) verified: bool,
    exchanges: u32,
    reset: bool,
}

impl Link {
    pub(crate) async fn open(address: SocketAddr, deadline: Deadline) -> Result<Self, Error> {
        let stream = deadline
            .run(Phase::Connect, TcpStream::connect(address))
            .await
            .map_err(|error| refused(error, address))?;
        stream.set_nodelay(true).map_err(|source| Error::Io { phase: Phase::Connect, source })?;
        Ok(Self { stream, verified: false, exchanges: 0, reset: false })
    }

    /// Whether the connection is open and silent, as it has to be between two exchanges.
    pub(crate) fn is_idle(&mut self) -> bool {
        let Err(error) = self.stream.try_read(&mut [0]) else { return false };
        self.reset = is_reset(&error);
        error.kind() == ErrorKind::WouldBlock
    }

    /// Sends a frame and reads the message that answers it.
    pub(crate) async fn exchange(&mut self, frame: &[u8], deadline: Deadline) -> Result<Vec<u8>, Error> {
        // One buffer, one write: some devices decode each segment alone.
        let written = deadline.run(Phase::Write, self.stream.write_all(frame)).await;
        written.map_err(|error| self.disconnected(error, 0))?;
        let header = self.read(HEADER_LEN, 0, deadline).await?;
        let header = header.try_into().map_err(|short: Vec<u8>| {
            Error::Frame(FrameError::Truncated { received: short.len(), expected: HEADER_LEN })
        })?;
        let length = codec::body_len(header)?;
        let mut body = self.read(length, HEADER_LEN, deadline).await?;
        codec::reveal(&mut body);
        self.exchanges = self.exchanges.saturating_add(1);
        Ok(body)
    }

    /// Whether the device, which had kept this connection from one exchange to another, does not know it any
    /// more. A device that resets each after its first answer has not forgotten anything.
    pub(crate) fn is_forgotten(&self) -> bool {
        self.reset && self.exchanges > 1
    }

    /// Reads exactly `length` bytes, `before` bytes into the reply.
    async fn read(&mut self, length: usize, before: usize, deadline: Deadline) -> Result<Vec<u8>, Error> {
        let mut bytes = Vec::with_capacity(length);
        let limit = u64::try_from(length).unwrap_or(u64::MAX);
        let mut stream = (&mut self.stream).take(limit);
        let outcome = deadline.run(Phase::Read, stream.read_to_end(&mut bytes)).await;
        let received = before.saturating_add(bytes.len());
        outcome.map_err(|error| self.disconnected(error, received))?;
        if bytes.len() < length {
            return Err(Error::Disconnected { received });
        }
        Ok(bytes)
    }

    /// A reset is a disconnection too: which of the two arrives is a matter of timing.
    fn disconnected(&mut self, error: Error, received: usize) -> Error {
        match error {
            Error::Io { source, .. } if is_hang_up(&source) => {
                self.reset |= is_reset(&source);
                Error::Disconnected { received }
            }
            other => other,
        }
    }
}

fn refused(error: Error, address: SocketAddr) -> Error {
    match error {
        Error::Io { source, .. } if source.kind() == ErrorKind::ConnectionRefused => {
            Error::ConnectionRefused { address }
        }
        other => other,
    }
}

/// A device that closes a connection announces it; a reset comes from one that does not know the connection.
fn is_reset(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted)
}

fn is_hang_up(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ConnectionReset
            | ErrorKind::ConnectionAborted
            | ErrorKind::BrokenPipe
            | ErrorKind::NotConnected
            | ErrorKind::UnexpectedEof
    )
}
