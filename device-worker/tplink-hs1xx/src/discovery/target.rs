//! Where a search sends its queries.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::str::FromStr;

use thiserror::Error;

use crate::PORT;

/// An IPv4 address to query: a single device, or a broadcast address such as 192.168.1.255.
///
/// Plugs have no IPv6. Reads `192.168.1.255` and `127.0.0.1:19999`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Target(SocketAddrV4);

/// Text that is no [`Target`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a target is an IPv4 address, with or without a port")]
pub struct InvalidTarget;

impl Target {
    /// 255.255.255.255: the network of the interface the system chooses.
    pub const BROADCAST: Self = Self(SocketAddrV4::new(Ipv4Addr::BROADCAST, PORT));

    /// The address and port queried.
    #[must_use]
    pub fn address(self) -> SocketAddrV4 {
        self.0
    }
}

impl From<Ipv4Addr> for Target {
    fn from(ip: Ipv4Addr) -> Self {
        Self(SocketAddrV4::new(ip, PORT))
    }
}

impl From<SocketAddrV4> for Target {
    fn from(address: SocketAddrV4) -> Self {
        Self(address)
    }
}

impl FromStr for Target {
    type Err = InvalidTarget;

    fn from_str(text: &str) -> Result<Self, InvalidTarget> {
        if let Ok(ip) = text.parse::<Ipv4Addr>() {
            return Ok(ip.into());
        }
        text.parse().map(Self).map_err(|_| InvalidTarget)
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
