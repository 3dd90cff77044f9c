//! A broadcast address on loopback: a search sent there is heard by every plug that joined.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr, SocketAddrV4},
    sync::{Arc, Mutex, PoisonError},
};

use tokio::{
    net::UdpSocket,
    sync::{mpsc, oneshot},
    task::JoinHandle,
};

use crate::{
    host::{Instruction, Order},
    plug::Plug,
};

const BROADCAST: Ipv4Addr = Ipv4Addr::new(127, 255, 255, 255);
const MOST_BYTES: usize = 2_048;

type Members = Arc<Mutex<Vec<mpsc::WeakSender<Order>>>>;

/// The network the simulated plugs are on. It ends when dropped.
#[derive(Debug)]
pub struct Network {
    address: SocketAddrV4,
    members: Members,
    task: JoinHandle<()>,
}

impl Network {
    /// Listens at 127.255.255.255; port 0 takes a free one.
    ///
    /// # Errors
    /// When the port is taken.
    pub async fn start(port: u16) -> io::Result<Self> {
        let socket = UdpSocket::bind((BROADCAST, port)).await?;
        let address = SocketAddrV4::new(BROADCAST, socket.local_addr()?.port());
        let members = Members::default();
        let task = tokio::spawn(relay(socket, members.clone()));
        Ok(Self { address, members, task })
    }

    /// Where to send a search.
    #[must_use]
    pub fn address(&self) -> SocketAddrV4 {
        self.address
    }

    /// From now on `plug` hears broadcasts; it answers from its own address.
    pub fn join(&self, plug: &Plug) {
        self.members.lock().unwrap_or_else(PoisonError::into_inner).push(plug.inbox());
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn relay(socket: UdpSocket, members: Members) {
    let mut buffer = vec![0; MOST_BYTES];
    loop {
        let Ok((length, from)) = socket.recv_from(&mut buffer).await else { continue };
        let members = members.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for member in members.iter().filter_map(mpsc::WeakSender::upgrade) {
            tell(&member, &buffer[..length], from).await;
        }
    }
}

async fn tell(member: &mpsc::Sender<Order>, datagram: &[u8], from: SocketAddr) {
    // Nobody waits for the outcome.
    let (done, _) = oneshot::channel();
    let _ = member.send((Instruction::Hear(datagram.to_vec(), from), done)).await;
}
