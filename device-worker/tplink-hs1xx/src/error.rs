//! What can go wrong between a client and a device.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use thiserror::Error;

use crate::codec::FrameError;
use crate::identity::Identity;
use crate::refusal::{Refusal, ReplyError};
use crate::request::RequestError;
use crate::unsupported::Unsupported;

/// Where in an exchange something went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Opening the connection.
    Connect,
    /// Sending the request.
    Write,
    /// Waiting for the reply, or for the rest of it.
    Read,
}

impl std::fmt::Display for Phase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Connect => "connect",
            Self::Write => "write",
            Self::Read => "read",
        })
    }
}

/// Why a call on a [`Client`](crate::Client) or [`Plug`](crate::Plug) failed.
///
/// `Display` never includes the source: print the chain to see all of it.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// The request was not sent: it breaks a limit.
    #[error("request was not sent")]
    Request(#[from] RequestError),
    /// Nothing listens at the address, and it did not say that its firmware is another.
    #[error("{address} refused the connection")]
    ConnectionRefused {
        /// The address.
        address: SocketAddr,
    },
    /// A deadline passed. The connection is closed; after [`Phase::Write`] and
    /// [`Phase::Read`] the device may have obeyed all the same.
    #[error("no {phase} within {} ms", limit.as_millis())]
    Timeout {
        /// What was under way.
        phase: Phase,
        /// The deadline that passed.
        limit: Duration,
    },
    /// The device closed the connection before its reply was whole.
    #[error("device closed the connection after {received} bytes of its reply")]
    Disconnected {
        /// Bytes of the reply received, header included.
        received: usize,
    },
    /// Any other failure of the network.
    #[error("{phase} failed")]
    Io {
        /// What was under way.
        phase: Phase,
        /// The operating system's reason.
        source: io::Error,
    },
    /// What came is no frame.
    #[error("device sent a bad frame")]
    Frame(#[from] FrameError),
    /// The frame holds no usable reply.
    #[error("device sent a bad reply")]
    Reply(#[source] ReplyError),
    /// The device answered with an error code; it is alive and did not obey.
    #[error("device refused the request")]
    Refused(#[source] Refusal),
    /// The device is on line with firmware that this protocol does not reach.
    #[error("firmware is not supported: it speaks {}", .0.encryption)]
    UnsupportedFirmware(Box<Unsupported>),
    /// Another device lives at the address. Nothing was switched.
    #[error("address belongs to {found}, not to {expected}")]
    IdentityMismatch {
        /// The device wanted.
        expected: Box<Identity>,
        /// The device found.
        found: Box<Identity>,
    },
}

impl From<ReplyError> for Error {
    fn from(error: ReplyError) -> Self {
        match error {
            ReplyError::Refused(refusal) => Self::Refused(refusal),
            other => Self::Reply(other),
        }
    }
}

impl Error {
    /// Whether the device could not be talked to at all: worth a later try at this address or,
    /// after a discovery, at another.
    #[must_use]
    pub fn is_unreachable(&self) -> bool {
        matches!(
            self,
            Self::ConnectionRefused { .. }
                | Self::Timeout { .. }
                | Self::Disconnected { .. }
                | Self::Io { .. }
        )
    }

    /// The code the device refused with, if that is what happened.
    #[must_use]
    pub fn code(&self) -> Option<crate::ErrorCode> {
        match self {
            Self::Refused(refusal) => Some(refusal.code),
            _ => None,
        }
    }
}
