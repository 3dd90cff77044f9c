//! The sockets of one address: TCP and UDP on the same port.

use std::{
    io,
    net::{Ipv4Addr, SocketAddrV4},
    sync::atomic::{AtomicU16, Ordering},
};

use tokio::net::{TcpListener, TcpSocket, TcpStream, UdpSocket};

/// Tries for a port that is free for both, or for an address.
const TRIES: usize = 200;

/// Both sockets of a device.
#[derive(Debug)]
pub(crate) struct Sockets {
    /// `None` while connections are refused.
    pub(crate) tcp: Option<TcpListener>,
    pub(crate) udp: UdpSocket,
}

impl Sockets {
    /// On `address`, or on a free port of it when its port is 0.
    pub(crate) async fn bind(address: SocketAddrV4) -> io::Result<(Self, SocketAddrV4)> {
        let mut tries = 0;
        loop {
            let tcp = TcpListener::bind(address).await?;
            let bound = SocketAddrV4::new(*address.ip(), tcp.local_addr()?.port());
            match UdpSocket::bind(bound).await {
                Ok(udp) => return Ok((Self { tcp: Some(tcp), udp }, bound)),
                Err(_) if address.port() == 0 && tries < TRIES => tries += 1,
                Err(error) => return Err(error),
            }
        }
    }

    /// On a loopback address nobody else has, port 9999.
    pub(crate) async fn bind_own() -> io::Result<(Self, SocketAddrV4)> {
        let mut outcome = Err(io::ErrorKind::AddrInUse.into());
        for _ in 0..TRIES {
            outcome = Self::bind(SocketAddrV4::new(next_ip(), tplink_hs1xx::PORT)).await;
            if outcome.is_ok() {
                break;
            }
        }
        outcome
    }
}

/// An address in 127.64.0.0/10 that this process has not tried yet, and others hardly have: far from
/// those that people type.
fn next_ip() -> Ipv4Addr {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let [high, low] = number.wrapping_add(first_number()).to_be_bytes();
    let [network, _] = first_number().to_be_bytes();
    Ipv4Addr::new(127, 64 | (network & 0x3f), high, low.clamp(1, 254))
}

/// Where this process begins, so that test processes side by side seldom meet.
fn first_number() -> u16 {
    static FIRST: std::sync::OnceLock<u16> = std::sync::OnceLock::new();
    *FIRST.get_or_init(rand::random)
}

/// A listener that answers no connection attempt, as if nothing with power were at the address: its
/// queue is full, and Linux drops what does not fit.
#[derive(Debug)]
pub(crate) struct Silence {
    _listener: TcpListener,
    _filler: TcpStream,
}

impl Silence {
    pub(crate) async fn at(address: SocketAddrV4) -> io::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.set_reuseaddr(true)?;
        socket.bind(address.into())?;
        let listener = socket.listen(0)?;
        let filler = TcpStream::connect(address).await?;
        Ok(Self { _listener: listener, _filler: filler })
    }
}
