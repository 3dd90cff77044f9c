//! A search under way. It owns its socket and runs only while it is polled.

use std::collections::HashSet;
use std::io;
use std::net::{IpAddr, SocketAddr, SocketAddrV4};
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::time::{Instant, sleep, timeout_at};
use tracing::{debug, warn};

use super::{Discovery, DiscoveryError, Sighting, parse_datagram};
use crate::codec::{self, MAX_MESSAGE_LEN};
use crate::identity::DeviceId;
use crate::klap;
use crate::method::GetSysInfo;
use crate::request::Request;

/// Keeps invented device ids from filling the memory.
const MAX_DEVICES: usize = 4096;

/// A search under way.
#[derive(Debug)]
pub struct Search {
    socket: UdpSocket,
    plan: Discovery,
    query: Vec<u8>,
    /// Queries still to send to each target.
    left: u32,
    /// When the next query is due, or the search over.
    due: Instant,
    seen: HashSet<Key>,
    buffer: Vec<u8>,
}

/// What makes a device one device within a search.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Key {
    Plug(DeviceId),
    Unsupported(IpAddr),
}

impl Search {
    pub(super) async fn start(plan: Discovery) -> Result<Self, DiscoveryError> {
        if plan.targets.is_empty() {
            return Err(DiscoveryError::NoTarget);
        }
        let socket = UdpSocket::bind(plan.bind).await.map_err(DiscoveryError::Socket)?;
        socket.set_broadcast(true).map_err(DiscoveryError::Socket)?;
        let json = Request::new(GetSysInfo {}).to_json().unwrap_or_default();
        let mut search = Self {
            socket,
            query: codec::encode_datagram(&json),
            left: plan.packets,
            due: Instant::now(),
            seen: HashSet::new(),
            buffer: vec![0; MAX_MESSAGE_LEN],
            plan,
        };
        search.send().await.map_err(DiscoveryError::Send)?;
        Ok(search)
    }

    /// The next device; `None` when the search is over. May be dropped and called again.
    ///
    /// Each plug comes once, by device id, with the address of its first answer.
    pub async fn next(&mut self) -> Option<Sighting> {
        loop {
            if Instant::now() >= self.due {
                if self.left == 0 {
                    return None;
                }
                if let Err(error) = self.send().await {
                    warn!(error = &error as &dyn std::error::Error, "no target could be sent to");
                }
            }
            let received = timeout_at(self.due, self.socket.recv_from(&mut self.buffer));
            match received.await {
                Err(_) => {}
                Ok(Ok((length, from))) => {
                    if let Some(sighting) = self.accept(length, from) {
                        return Some(sighting);
                    }
                }
                Ok(Err(error)) => {
                    debug!(error = &error as &dyn std::error::Error, "receive failed");
                    // Some systems report a target's closed port here; do not spin on it.
                    sleep(Duration::from_millis(10)).await;
                }
            }
        }
    }

    fn accept(&mut self, length: usize, from: SocketAddr) -> Option<Sighting> {
        let Some(sighting) = parse_datagram(from, self.buffer.get(..length)?) else {
            debug!(%from, length, "datagram is no answer");
            return None;
        };
        let key = match &sighting {
            Sighting::Plug(found) => Key::Plug(found.info.device_id.clone()),
            Sighting::Unsupported(device) => Key::Unsupported(device.address.ip()),
        };
        let new = self.seen.len() < MAX_DEVICES && self.seen.insert(key);
        new.then_some(sighting)
    }

    /// Sends one query to each target. Fails only when none of them could be sent.
    async fn send(&mut self) -> io::Result<()> {
        // Counted first: a call dropped half-way must not send for ever.
        self.left = self.left.saturating_sub(1);
        let now = Instant::now();
        self.due = now.checked_add(self.plan.interval).unwrap_or(now);
        let mut outcome = Ok(());
        let mut sent = false;
        for target in &self.plan.targets {
            match self.query_target(target.address()).await {
                Ok(()) => sent = true,
                Err(error) => {
                    debug!(%target, error = &error as &dyn std::error::Error, "send failed");
                    outcome = Err(error);
                }
            }
        }
        if sent { Ok(()) } else { outcome }
    }

    async fn query_target(&self, target: SocketAddrV4) -> io::Result<()> {
        self.socket.send_to(&self.query, target).await?;
        if let Some(port) = self.plan.firmware_port {
            let firmware = SocketAddrV4::new(*target.ip(), port);
            // A bonus: its failure does not make the search fail.
            if let Err(error) = self.socket.send_to(&klap::QUERY, firmware).await {
                debug!(%firmware, error = &error as &dyn std::error::Error, "send failed");
            }
        }
        Ok(())
    }
}
