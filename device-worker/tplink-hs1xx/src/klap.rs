//! Recognises devices whose firmware has left the protocol of this crate.
//!
//! Newer firmware closes port 9999 and speaks KLAP or AES over HTTP. It still answers a fixed
//! query on UDP 20002, in clear text, with the kind of encryption it wants. This module asks
//! and reads that, no more, so that such a device is not taken for one that is off line.
//!
//! Source: the query and the shape of the answer as several public clients use them
//! (python-kasa 0.12.0, plugp100 5.0.0 among them); no vendor document.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use tokio::net::UdpSocket;

use crate::deadline::Deadline;
use crate::error::{Error, Phase};
use crate::unsupported::{HEADER_LEN, Unsupported};

/// The UDP port newer firmware answers on.
pub const PORT: u16 = 20002;

/// The query: a bare header, the same for every device.
pub const QUERY: [u8; HEADER_LEN] = *b"\x02\0\0\x01\0\0\0\0\0\0\0\0\x46\x3c\xb5\xd3";

/// Datagrams get lost; the query is sent as often as this within its time.
const SENDS: u32 = 2;

/// Asks the device at `address` whether its firmware is another, for at most `limit`.
///
/// `None` when it does not answer, or not with that.
pub async fn probe(address: SocketAddr, limit: Duration) -> Option<Unsupported> {
    probe_until(address, Deadline::after(limit), limit).await
}

pub(crate) async fn probe_until(
    address: SocketAddr,
    deadline: Deadline,
    limit: Duration,
) -> Option<Unsupported> {
    let each = limit.checked_div(SENDS)?;
    if each.is_zero() {
        return None;
    }
    let socket = connected(address).await.ok()?;
    for _ in 0..SENDS {
        match ask(&socket, deadline.capped(each)).await {
            Ok(answer) => return answer,
            Err(Error::Timeout { .. }) => {}
            // Nothing listens there: on a LAN that comes back at once.
            Err(_) => return None,
        }
    }
    None
}

async fn ask(socket: &UdpSocket, deadline: Deadline) -> Result<Option<Unsupported>, Error> {
    let mut buffer = [0; 2048];
    let received = deadline.run(Phase::Read, async {
        socket.send(&QUERY).await?;
        socket.recv(&mut buffer).await
    });
    let length = received.await?;
    Ok(buffer.get(..length).and_then(Unsupported::parse))
}

/// Connected, so that datagrams from elsewhere are not read and a closed port is noticed.
async fn connected(address: SocketAddr) -> std::io::Result<UdpSocket> {
    let local: SocketAddr = match address {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    let socket = UdpSocket::bind(local).await?;
    socket.connect(address).await?;
    Ok(socket)
}
