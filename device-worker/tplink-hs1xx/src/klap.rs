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

use serde_json::Value;
use tokio::net::UdpSocket;

use crate::deadline::Deadline;
use crate::error::{Error, Phase};
use crate::fields::Fields;
use crate::identity::Mac;

/// The UDP port newer firmware answers on.
pub const PORT: u16 = 20002;

/// The query: a bare header, the same for every device.
pub const QUERY: [u8; HEADER_LEN] = *b"\x02\0\0\x01\0\0\0\0\0\0\0\0\x46\x3c\xb5\xd3";

const HEADER_LEN: usize = 16;
const MAX_TEXT_CHARS: usize = 64;
/// Datagrams get lost; the query is sent as often as this within its time.
const SENDS: u32 = 2;

/// What a device with other firmware says of itself. All of it is untrusted text, cut to 64
/// characters.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unsupported {
    /// The kind of encryption it wants: `KLAP`, `AES`, or `unknown`.
    pub encryption: String,
    /// Its model; empty when not told.
    pub model: String,
    /// Its MAC address.
    pub mac: Option<Mac>,
}

impl Unsupported {
    /// Reads an answer to [`QUERY`]. `None` for anything else, and for a device that says it
    /// speaks the protocol of this crate (`XOR`).
    #[must_use]
    pub fn parse(datagram: &[u8]) -> Option<Self> {
        let json: Value = serde_json::from_slice(datagram.get(HEADER_LEN..)?).ok()?;
        let result = json.get("result")?.as_object()?;
        let text = |value: Option<&str>| -> Option<String> {
            let printable = value?.chars().filter(|c| !c.is_control());
            Some(printable.take(MAX_TEXT_CHARS).collect())
        };
        let scheme = result.get("mgt_encrypt_schm").and_then(Value::as_object);
        let encryption = text(scheme.and_then(|scheme| Fields(scheme).text("encrypt_type")))
            .unwrap_or_else(|| "unknown".to_owned());
        if encryption.eq_ignore_ascii_case("xor") {
            return None;
        }
        let fields = Fields(result);
        Some(Self {
            encryption,
            model: text(fields.text("device_model")).unwrap_or_default(),
            mac: fields.text("mac").and_then(|mac| mac.parse().ok()),
        })
    }
}

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
