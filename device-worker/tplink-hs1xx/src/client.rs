//! A client of the device at one address.
//!
//! Knows deadlines, connections and errors, and checks identities for
//! [`Plug`](crate::Plug), because only here is it known when a connection is new.

use std::net::SocketAddr;

use tracing::debug;

use crate::codec;
use crate::deadline::Deadline;
use crate::error::{Error, Phase};
use crate::identity::Identity;
use crate::klap;
use crate::link::Link;
use crate::method::GetSysInfo;
use crate::options::Options;
use crate::request::{Method, Request};
use crate::sysinfo::SysInfo;

/// A client of the device at one address, with at most one connection to it.
///
/// Nothing is connected before the first call. A connection is kept and used again; if the
/// device turns out to have closed it, the client opens another, once, within the same
/// deadline. After any other failure, and when a call's future is dropped, the connection is
/// closed.
#[derive(Debug)]
pub struct Client {
    address: SocketAddr,
    options: Options,
    /// Taken out for the time of an exchange: what is dropped half-way is closed.
    link: Option<Link>,
    resets: u64,
}

impl Client {
    /// A client with the default [`Options`].
    #[must_use]
    pub fn new(address: SocketAddr) -> Self {
        Self::with_options(address, Options::default())
    }

    /// A client with other options.
    #[must_use]
    pub fn with_options(address: SocketAddr, options: Options) -> Self {
        Self { address, options, link: None, resets: 0 }
    }

    /// Where the device is.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many connections the device forgot between two calls instead of closing them.
    ///
    /// A call that finds that out opens another one and succeeds, so this is all that tells of a
    /// device that restarted, or lost its power for a moment, while nothing was asked of it.
    /// Connections that carried a single exchange do not count: some devices keep none for longer.
    #[must_use]
    pub fn resets(&self) -> u64 {
        self.resets
    }

    /// Follows the device to another address. Closes the connection if that is a change.
    pub fn set_address(&mut self, address: SocketAddr) {
        if address != self.address {
            self.disconnect();
            self.address = address;
        }
    }

    /// Closes the connection, if there is one.
    pub fn disconnect(&mut self) {
        self.link = None;
    }

    /// Sends a request to whatever device is at the address, and reads the answer.
    ///
    /// # Errors
    ///
    /// Every [`Error`] but [`Error::IdentityMismatch`].
    pub async fn call<M: Method>(&mut self, request: &Request<M>) -> Result<M::Reply, Error> {
        let frame = frame(request)?;
        let deadline = Deadline::after(self.options.exchange);
        let json = self.round(&frame, deadline).await?;
        self.read(request, &json)
    }

    /// Takes the device at the other end for the right one as long as the connection lasts.
    pub(crate) fn trust(&mut self) {
        if let Some(link) = &mut self.link {
            link.verified = true;
        }
    }

    /// Sends a request to the device `expected`, and to no other.
    ///
    /// On a connection where the device has not said yet who it is, it is asked first; one
    /// deadline covers both.
    pub(crate) async fn call_checked<M: Method>(
        &mut self,
        request: &Request<M>,
        expected: &Identity,
    ) -> Result<M::Reply, Error> {
        let frame = frame(request)?;
        let deadline = Deadline::after(self.options.exchange);
        let mut reply = None;
        if self.link.as_ref().is_some_and(|link| link.verified) {
            reply = self.reuse(&frame, deadline).await?;
        }
        let json = if let Some(json) = reply {
            json
        } else {
            self.info(expected, deadline).await?;
            // A device that closes after every reply gets a second connection here; it said
            // who it is a moment ago.
            self.round(&frame, deadline).await?
        };
        self.read(request, &json)
    }

    /// Asks who is there, and refuses anyone but `expected`.
    pub(crate) async fn info_checked(&mut self, expected: &Identity) -> Result<SysInfo, Error> {
        let deadline = Deadline::after(self.options.exchange);
        let info = self.info(expected, deadline).await?;
        self.settle();
        Ok(info)
    }

    async fn info(&mut self, expected: &Identity, deadline: Deadline) -> Result<SysInfo, Error> {
        let request = Request::new(GetSysInfo {});
        let json = self.round(&frame(&request)?, deadline).await?;
        let found = request.parse_reply(&json).inspect_err(|_| self.link = None)?;
        if !found.identity().matches(expected) {
            self.link = None;
            return Err(Error::IdentityMismatch {
                expected: Box::new(expected.clone()),
                found: Box::new(found.identity()),
            });
        }
        self.trust();
        Ok(found)
    }

    /// Reads the answer; a connection that carried nonsense is closed.
    fn read<M: Method>(&mut self, request: &Request<M>, json: &[u8]) -> Result<M::Reply, Error> {
        self.settle();
        let reply = request.parse_reply(json);
        if reply.as_ref().is_err_and(|error| !error.is_refusal()) {
            self.disconnect();
        }
        Ok(reply?)
    }

    /// One exchange, over the kept connection if that still works.
    async fn round(&mut self, frame: &[u8], deadline: Deadline) -> Result<Vec<u8>, Error> {
        if let Some(message) = self.reuse(frame, deadline).await? {
            return Ok(message);
        }
        let mut link = self.connect(deadline).await?;
        let message = link.exchange(frame, deadline).await?;
        self.link = Some(link);
        Ok(message)
    }

    /// One exchange over the kept connection. `None` when there is none, or when the device
    /// closed it without a byte of reply.
    async fn reuse(&mut self, frame: &[u8], deadline: Deadline) -> Result<Option<Vec<u8>>, Error> {
        let Some(mut link) = self.link.take() else { return Ok(None) };
        let outcome = if link.is_idle() {
            link.exchange(frame, deadline).await
        } else {
            Err(Error::Disconnected { received: 0 })
        };
        if link.is_forgotten() {
            self.resets = self.resets.saturating_add(1);
        }
        match outcome {
            Ok(message) => {
                self.link = Some(link);
                Ok(Some(message))
            }
            Err(Error::Disconnected { received: 0 }) => {
                debug!(address = %self.address, "device had closed the connection");
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    async fn connect(&self, deadline: Deadline) -> Result<Link, Error> {
        let opened = Link::open(self.address, deadline.capped(self.options.connect)).await;
        let error = match opened {
            Err(error) if is_closed_port(&error) => error,
            other => return other,
        };
        let limit = self.options.firmware_probe;
        let port = SocketAddr::new(self.address.ip(), self.options.firmware_port);
        match klap::probe_until(port, deadline.capped(limit), limit).await {
            Some(unsupported) => Err(Error::UnsupportedFirmware(Box::new(unsupported))),
            None => Err(error),
        }
    }

    fn settle(&mut self) {
        if !self.options.keep_connection {
            self.disconnect();
        }
    }
}

fn frame<M: Method>(request: &Request<M>) -> Result<Vec<u8>, Error> {
    Ok(codec::encode_frame(&request.to_json()?)?)
}

/// Refused or not answered: the two ways a closed port shows.
fn is_closed_port(error: &Error) -> bool {
    matches!(error, Error::ConnectionRefused { .. } | Error::Timeout { phase: Phase::Connect, .. })
}
