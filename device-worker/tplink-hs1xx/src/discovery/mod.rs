//! Finds devices by UDP: the state query, sent to broadcast or single addresses.
//!
//! A search sends its query several times, since datagrams get lost, and reports each device
//! once. What answers but is no plug is dropped: anyone on the network can send anything.
//!
//! ```no_run
//! # async fn run() -> Result<(), tplink_hs1xx::discovery::DiscoveryError> {
//! let mut search = tplink_hs1xx::Discovery::new().start().await?;
//! while let Some(sighting) = search.next().await {
//!     println!("{sighting:?}");
//! }
//! # Ok(())
//! # }
//! ```

mod search;
mod target;

use std::io;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::time::Duration;

use thiserror::Error;

pub use search::Search;
pub use target::{InvalidTarget, Target};

use crate::codec;
use crate::klap;
use crate::method::GetSysInfo;
use crate::request::Request;
use crate::sysinfo::SysInfo;
use crate::unsupported::Unsupported;

/// A search that could not begin.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DiscoveryError {
    /// No socket for it.
    #[error("no socket to search with")]
    Socket(#[source] io::Error),
    /// Not one target could be sent to: no network, or no route.
    #[error("no target could be sent to")]
    Send(#[source] io::Error),
    /// There is no target.
    #[error("no target to search")]
    NoTarget,
}

/// A device that answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sighting {
    /// One this crate can talk to.
    Plug(Box<Found>),
    /// One whose firmware speaks another protocol.
    Unsupported(UnsupportedDevice),
}

/// A plug or strip, and where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Where it answered from; the same port serves TCP.
    pub address: SocketAddr,
    /// Its state.
    pub info: SysInfo,
}

/// A device with other firmware, and where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnsupportedDevice {
    /// Where it answered from.
    pub address: SocketAddr,
    /// What it says of itself.
    pub device: Unsupported,
}

/// What a whole search found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Discovered {
    /// Plugs and strips, each once, by device id.
    pub plugs: Vec<Found>,
    /// Devices with other firmware, each once, without those that are plugs as well.
    pub unsupported: Vec<UnsupportedDevice>,
}

/// How to search. The default is three queries to 255.255.255.255, a second apart, and a
/// second more for the last answers.
#[derive(Debug, Clone)]
#[must_use]
pub struct Discovery {
    targets: Vec<Target>,
    packets: u32,
    interval: Duration,
    bind: SocketAddrV4,
    firmware_port: Option<u16>,
}

impl Default for Discovery {
    fn default() -> Self {
        Self {
            targets: vec![Target::BROADCAST],
            packets: 3,
            interval: Duration::from_secs(1),
            bind: SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 0),
            firmware_port: Some(klap::PORT),
        }
    }
}

impl Discovery {
    /// The default search.
    pub fn new() -> Self {
        Self::default()
    }

    /// Searches these targets instead of 255.255.255.255.
    pub fn targets<T: Into<Target>>(mut self, targets: impl IntoIterator<Item = T>) -> Self {
        self.targets = targets.into_iter().map(Into::into).collect();
        self
    }

    /// Sends this many queries to each target, at least one.
    pub fn packets(mut self, packets: u32) -> Self {
        self.packets = packets.max(1);
        self
    }

    /// Waits this long after each query, the last one included; at most a minute.
    pub fn interval(mut self, interval: Duration) -> Self {
        self.interval = interval.min(Duration::from_mins(1));
        self
    }

    /// Sends from this address: on a machine with several networks it decides which of them
    /// 255.255.255.255 goes to. Port 0 takes a free one.
    pub fn bind(mut self, address: SocketAddrV4) -> Self {
        self.bind = address;
        self
    }

    /// Also asks the targets' addresses for other firmware, on this port; `None` does not.
    /// Default [`klap::PORT`].
    pub fn firmware_port(mut self, port: Option<u16>) -> Self {
        self.firmware_port = port;
        self
    }

    /// Sends the first queries and returns the search, to be read to its end.
    ///
    /// # Errors
    ///
    /// [`DiscoveryError`], each variant as its name says.
    pub async fn start(self) -> Result<Search, DiscoveryError> {
        Search::start(self).await
    }

    /// Searches to the end, some seconds, and returns what was found.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start).
    pub async fn collect(self) -> Result<Discovered, DiscoveryError> {
        let mut search = self.start().await?;
        let mut found = Discovered::default();
        while let Some(sighting) = search.next().await {
            match sighting {
                Sighting::Plug(plug) => found.plugs.push(*plug),
                Sighting::Unsupported(device) => found.unsupported.push(device),
            }
        }
        let plugs = &found.plugs;
        found.unsupported.retain(|device| {
            let ip = device.address.ip();
            plugs.iter().all(|plug| plug.address.ip() != ip)
        });
        Ok(found)
    }
}

/// What a datagram from `address` says; `None` for garbage. Never panics.
#[must_use]
pub fn parse_datagram(address: SocketAddr, datagram: &[u8]) -> Option<Sighting> {
    if let Some(device) = Unsupported::parse(datagram) {
        let device = UnsupportedDevice { address, device };
        return Some(Sighting::Unsupported(device));
    }
    let json = codec::decode_datagram(datagram).ok()?;
    let info = Request::new(GetSysInfo {}).parse_reply(&json).ok()?;
    Some(Sighting::Plug(Box::new(Found { address, info })))
}
