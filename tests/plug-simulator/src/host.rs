//! The task of one device: it owns the sockets, the connections and the timer.

use std::{
    future, io,
    net::{SocketAddr, SocketAddrV4},
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{
    net::{TcpStream, UdpSocket},
    sync::{mpsc, oneshot, watch},
    task::JoinSet,
    time::sleep_until,
};
use tplink_hs1xx::{codec, klap};

use crate::{
    connection::{self, Line},
    fault::Fault,
    model::Model,
    shared::Shared,
    sockets::{Silence, Sockets},
};

/// How long a device that was told to restart is away.
const BOOT: Duration = Duration::from_secs(1);

/// Longest datagram read.
const MOST_BYTES: usize = 2_048;

/// What the handle wants of the task.
#[derive(Debug)]
pub(crate) enum Instruction {
    /// Misbehave, or behave again.
    Fault(Fault),
    /// No power any more.
    LosePower,
    /// Power is back.
    RestorePower,
    /// Restart, away for so long.
    Reboot(Duration),
    /// Leave the address.
    Leave,
    /// Live at another address.
    Move(SocketAddrV4),
    /// Be another device, at the same address.
    Replace(Box<Model>),
    /// A datagram that came by broadcast.
    Hear(Vec<u8>, SocketAddr),
}

/// An instruction, and where to say how it went.
pub(crate) type Order = (Instruction, oneshot::Sender<io::Result<SocketAddrV4>>);

/// The task's own things.
pub(crate) struct Host {
    shared: Arc<Shared>,
    address: SocketAddrV4,
    /// `None` away from the network.
    sockets: Option<Sockets>,
    /// In place of a listener while there is no power.
    silence: Option<Silence>,
    /// Answers for newer firmware.
    firmware: Option<UdpSocket>,
    connections: JoinSet<()>,
    /// The line of new connections, last, and those of dead ones.
    lines: Vec<watch::Sender<Line>>,
    /// When a device that is away is back.
    back_at: Option<Instant>,
}

enum HostEvent {
    Order(Option<Order>),
    Connection(TcpStream),
    Datagram(usize, SocketAddr),
    FirmwareQuery(SocketAddr),
    Moment,
}

impl Host {
    pub(crate) fn new(shared: Arc<Shared>, sockets: Sockets, address: SocketAddrV4) -> Self {
        Self {
            shared,
            address,
            sockets: Some(sockets),
            silence: None,
            firmware: None,
            connections: JoinSet::new(),
            lines: vec![watch::Sender::new(Line::Alive)],
            back_at: None,
        }
    }

    /// Lives until the plug's handle is dropped.
    pub(crate) async fn run(mut self, mut orders: mpsc::Receiver<Order>) {
        let mut buffer = vec![0; MOST_BYTES];
        loop {
            while self.connections.try_join_next().is_some() {}
            match self.next(&mut orders, &mut buffer).await {
                HostEvent::Order(None) => return,
                HostEvent::Order(Some((instruction, done))) => {
                    let outcome = self.carry_out(instruction).await.map(|()| self.address);
                    let _ = done.send(outcome);
                }
                HostEvent::Connection(stream) => self.accept(stream),
                HostEvent::Datagram(length, from) => self.answer(&buffer[..length], from).await,
                HostEvent::FirmwareQuery(from) => self.answer_firmware(from).await,
                HostEvent::Moment => self.moment().await,
            }
        }
    }

    async fn next(&self, orders: &mut mpsc::Receiver<Order>, buffer: &mut [u8]) -> HostEvent {
        let listening = self.silence.is_none();
        let sockets = self.sockets.as_ref();
        let mut query = [0; klap::QUERY.len()];
        tokio::select! {
            order = orders.recv() => HostEvent::Order(order),
            stream = accepted(sockets.filter(|_| listening)) => HostEvent::Connection(stream),
            (length, from) = received(sockets.map(|sockets| &sockets.udp), buffer) => {
                HostEvent::Datagram(length, from)
            }
            (_, from) = received(self.firmware.as_ref(), &mut query) => HostEvent::FirmwareQuery(from),
            () = self.shared.plans.notified() => HostEvent::Moment,
            () = until(self.next_moment()) => HostEvent::Moment,
        }
    }

    fn next_moment(&self) -> Option<Instant> {
        let due = self.shared.device().due();
        due.into_iter().chain(self.back_at).min()
    }

    async fn moment(&mut self) {
        let now = Instant::now();
        let asked = self.shared.change(|device| {
            if self.back_at.is_none() {
                device.fire(now);
            }
            device.reboot_after.take()
        });
        if let Some(delay) = asked {
            // The answer leaves first, as from a real one; an immediate restart would cut it off.
            tokio::time::sleep(delay.max(Duration::from_millis(20))).await;
            let _ = self.carry_out(Instruction::Reboot(BOOT)).await;
        }
        if self.back_at.is_some_and(|back| back <= now) {
            self.back_at = None;
            let _ = self.carry_out(Instruction::RestorePower).await;
        }
    }

    fn accept(&mut self, stream: TcpStream) {
        self.shared.device().record.hear(None);
        let Some(line) = self.lines.last().map(watch::Sender::subscribe) else { return };
        let shared = self.shared.clone();
        self.connections.spawn(async move { connection::run(stream, &shared, line).await });
    }

    /// Answers a search, unless it must not.
    async fn answer(&self, datagram: &[u8], from: SocketAddr) {
        let Some(sockets) = self.sockets.as_ref().filter(|_| self.silence.is_none()) else { return };
        let Ok(request) = codec::decode_datagram(datagram) else { return };
        let answer = {
            let mut device = self.shared.device();
            if device.fault.ignores_datagrams() {
                return;
            }
            if device.fault == Fault::Garbage {
                Some(b"\x17\x00{not json\xff".to_vec())
            } else {
                let answer = device.answer_datagram(&request, Instant::now());
                answer.map(|answer| answer.to_string().into_bytes())
            }
        };
        if let Some(answer) = answer {
            let _ = sockets.udp.send_to(&codec::encode_datagram(&answer), from).await;
        }
    }

    async fn answer_firmware(&self, from: SocketAddr) {
        let Some(socket) = &self.firmware else { return };
        let answer = {
            let device = self.shared.device();
            let mac = device.model.mac.replace(':', "-");
            serde_json::json!({"error_code": 0, "result": {
                "device_model": device.model.name, "mac": mac,
                "mgt_encrypt_schm": {"encrypt_type": "KLAP", "http_port": 80},
            }})
        };
        let datagram = [&[0; klap::QUERY.len()][..], answer.to_string().as_bytes()].concat();
        let _ = socket.send_to(&datagram, from).await;
    }

    async fn carry_out(&mut self, instruction: Instruction) -> io::Result<()> {
        match instruction {
            Instruction::Fault(fault) => self.set_fault(fault).await,
            Instruction::LosePower => self.lose_power().await,
            Instruction::RestorePower => {
                self.shared.change(|device| device.boot(Instant::now()));
                self.join(self.address).await
            }
            Instruction::Reboot(away) => {
                self.leave().await;
                self.back_at = Some(Instant::now() + away);
                Ok(())
            }
            Instruction::Leave => {
                self.leave().await;
                Ok(())
            }
            Instruction::Move(address) => {
                // Bound first: a plug that cannot move stays where it is.
                let elsewhere = Sockets::bind(address).await?;
                self.leave().await;
                self.settle(elsewhere);
                Ok(())
            }
            Instruction::Replace(model) => {
                self.reset_connections().await;
                self.shared.change(|device| device.replace(*model));
                Ok(())
            }
            Instruction::Hear(datagram, from) => {
                self.answer(&datagram, from).await;
                Ok(())
            }
        }
    }

    async fn set_fault(&mut self, fault: Fault) -> io::Result<()> {
        let closed = fault.closes_the_port();
        self.firmware = match fault {
            Fault::NewFirmware => Some(UdpSocket::bind((*self.address.ip(), klap::PORT)).await?),
            _ => None,
        };
        if fault == Fault::HalfOpen {
            self.change_line(Line::Dead);
        } else if closed || self.shared.device().fault == Fault::HalfOpen {
            self.reset_connections().await;
        }
        self.shared.device().fault = fault;
        let wrong_door = self.sockets.as_ref().is_some_and(|sockets| sockets.tcp.is_some() == closed);
        if wrong_door && self.silence.is_none() {
            self.join(self.address).await?;
        }
        Ok(())
    }

    /// Connections hear nothing any more, new ones get no answer, and what was armed is forgotten.
    async fn lose_power(&mut self) -> io::Result<()> {
        self.back_at = None;
        self.change_line(Line::Dead);
        self.shared.change(|device| device.outlets.iter_mut().for_each(crate::outlet::Outlet::disarm));
        if let Some(sockets) = &mut self.sockets {
            sockets.tcp = None;
            self.silence = Some(Silence::at(self.address).await?);
        }
        Ok(())
    }

    /// Gives up the address: connections are reset, new ones refused.
    async fn leave(&mut self) {
        self.reset_connections().await;
        self.sockets = None;
        self.silence = None;
        self.firmware = None;
    }

    /// Takes the address, anew if it is held already.
    async fn join(&mut self, address: SocketAddrV4) -> io::Result<()> {
        self.leave().await;
        let bound = Sockets::bind(address).await?;
        self.settle(bound);
        if self.shared.device().fault == Fault::NewFirmware {
            self.firmware = Some(UdpSocket::bind((*self.address.ip(), klap::PORT)).await?);
        }
        Ok(())
    }

    fn settle(&mut self, (mut sockets, address): (Sockets, SocketAddrV4)) {
        if self.shared.device().fault.closes_the_port() {
            sockets.tcp = None;
        }
        self.sockets = Some(sockets);
        self.address = address;
    }

    /// From now on connections there are have this line; new ones a line of their own.
    fn change_line(&mut self, line: Line) {
        for sender in &self.lines {
            sender.send_replace(line);
        }
        self.lines.push(watch::Sender::new(Line::Alive));
    }

    async fn reset_connections(&mut self) {
        self.change_line(Line::Reset);
        let last = self.lines.len() - 1;
        self.lines.drain(..last);
        while self.connections.join_next().await.is_some() {}
    }
}

async fn accepted(sockets: Option<&Sockets>) -> TcpStream {
    let Some(listener) = sockets.and_then(|sockets| sockets.tcp.as_ref()) else {
        return future::pending().await;
    };
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return stream,
            // Out of descriptors, for one: others get better only with time.
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}

async fn received(socket: Option<&UdpSocket>, buffer: &mut [u8]) -> (usize, SocketAddr) {
    let Some(socket) = socket else { return future::pending().await };
    loop {
        match socket.recv_from(buffer).await {
            Ok(received) => return received,
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}

async fn until(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment.into()).await,
        None => future::pending().await,
    }
}
