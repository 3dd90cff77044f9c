//! The handle of a simulated device: reads it, presses its button, breaks it.

use std::{
    io,
    net::{SocketAddr, SocketAddrV4},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use tokio::sync::{mpsc, oneshot};

use crate::{
    fault::Fault,
    host::{Host, Instruction, Order},
    model::Model,
    record::{Cause, Heard, RelayChange},
    shared::Shared,
    sockets::Sockets,
};

/// A simulated plug or strip. It leaves the network when dropped.
///
/// Whatever is asked of it has taken effect when the call returns.
#[derive(Debug)]
pub struct Plug {
    shared: Arc<Shared>,
    address: Mutex<SocketAddrV4>,
    orders: mpsc::Sender<Order>,
}

impl Plug {
    /// Starts on a loopback address of its own, port 9999.
    ///
    /// # Errors
    /// When no address is to be had.
    pub async fn start(model: Model) -> io::Result<Self> {
        Ok(Self::on(model, Sockets::bind_own().await?))
    }

    /// Starts at this address; port 0 takes a free one.
    ///
    /// # Errors
    /// When the address is taken.
    pub async fn start_at(model: Model, address: SocketAddrV4) -> io::Result<Self> {
        Ok(Self::on(model, Sockets::bind(address).await?))
    }

    fn on(model: Model, (sockets, address): (Sockets, SocketAddrV4)) -> Self {
        let shared = Arc::new(Shared::new(model));
        let (orders, inbox) = mpsc::channel(16);
        tokio::spawn(Host::new(shared.clone(), sockets, address).run(inbox));
        Self { shared, address: Mutex::new(address), orders }
    }

    /// Where it is, or was before it left the network.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        SocketAddr::V4(*self.address.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Its device id.
    #[must_use]
    pub fn device_id(&self) -> String {
        self.shared.device().model.device_id.clone()
    }

    /// What it calls its model.
    #[must_use]
    pub fn model(&self) -> String {
        self.shared.device().model.name.to_owned()
    }

    /// Whether it measures energy.
    #[must_use]
    pub fn has_energy_meter(&self) -> bool {
        self.shared.device().model.meter.is_some()
    }

    /// Its MAC address, with colons.
    #[must_use]
    pub fn mac(&self) -> String {
        self.shared.device().model.mac.clone()
    }

    /// The full id of an outlet of a strip, from 0; `None` on a plug.
    #[must_use]
    pub fn child_id(&self, outlet: usize) -> Option<String> {
        let device = self.shared.device();
        device.outlets.get(outlet).map(|outlet| outlet.id.clone()).filter(|id| !id.is_empty())
    }

    /// Whether any of its relays is on.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.shared.device().outlets.iter().any(crate::outlet::Outlet::is_on)
    }

    /// Whether this outlet, from 0, is on.
    #[must_use]
    pub fn is_outlet_on(&self, outlet: usize) -> bool {
        self.shared.device().outlets.get(outlet).is_some_and(crate::outlet::Outlet::is_on)
    }

    /// Every change of every relay so far, oldest first.
    #[must_use]
    pub fn changes(&self) -> Vec<RelayChange> {
        self.shared.device().record.changes.clone()
    }

    /// The last ten thousand connections and requests over TCP, oldest first, obeyed or not.
    #[must_use]
    pub fn heard(&self) -> Vec<Heard> {
        self.shared.device().record.heard.iter().cloned().collect()
    }

    /// Forgets the changes and requests so far.
    pub fn forget(&self) {
        self.shared.change(|device| device.record = crate::record::Record::default());
    }

    /// Whether a timer of its own is armed.
    #[must_use]
    pub fn has_countdown(&self) -> bool {
        self.shared.device().due().is_some()
    }

    /// Resolves when an outlet, from 0, is on (or off).
    pub async fn until_outlet(&self, outlet: usize, on: bool) {
        let mut changes = self.shared.changes.subscribe();
        while self.is_outlet_on(outlet) != on {
            if changes.changed().await.is_err() {
                return;
            }
        }
    }

    /// Resolves when the relay of a plug, or the first outlet of a strip, is on (or off).
    pub async fn until(&self, on: bool) {
        self.until_outlet(0, on).await;
    }

    /// Presses the button of an outlet, from 0, until it is on (or off).
    pub fn press(&self, outlet: usize, on: bool) {
        self.shared.change(|device| device.switch(outlet, on, Cause::Button, Instant::now()));
    }

    /// Misbehaves from now on.
    ///
    /// # Errors
    /// When its address, given up by an earlier fault, was taken by others meanwhile.
    pub async fn set_fault(&self, fault: Fault) -> io::Result<()> {
        self.instruct(Instruction::Fault(fault)).await
    }

    /// Behaves again.
    ///
    /// # Errors
    /// As [`set_fault`](Self::set_fault).
    pub async fn clear_fault(&self) -> io::Result<()> {
        self.set_fault(Fault::None).await
    }

    /// Loses power: the address does not answer, connections are not closed, timers are forgotten.
    ///
    /// # Errors
    /// When the system does not give the sockets that it takes.
    pub async fn lose_power(&self) -> io::Result<()> {
        self.instruct(Instruction::LosePower).await
    }

    /// Gets power again, with relays as before (or off, as the model has it).
    ///
    /// # Errors
    /// As [`set_fault`](Self::set_fault).
    pub async fn restore_power(&self) -> io::Result<()> {
        self.instruct(Instruction::RestorePower).await
    }

    /// Restarts: connections are reset, and for so long new ones are refused.
    ///
    /// # Errors
    /// As [`set_fault`](Self::set_fault).
    pub async fn reboot(&self, away: Duration) -> io::Result<()> {
        self.instruct(Instruction::Reboot(away)).await
    }

    /// Gets another address, as DHCP does it.
    ///
    /// # Errors
    /// When that one is taken; the plug stays where it is.
    pub async fn move_to(&self, address: SocketAddrV4) -> io::Result<()> {
        self.instruct(Instruction::Move(address)).await
    }

    /// Two plugs, each at the other's address.
    ///
    /// # Errors
    /// As [`move_to`](Self::move_to).
    pub async fn swap_addresses(&self, other: &Self) -> io::Result<()> {
        let (SocketAddr::V4(mine), SocketAddr::V4(theirs)) = (self.address(), other.address()) else {
            return Err(io::ErrorKind::Unsupported.into());
        };
        self.instruct(Instruction::Leave).await?;
        other.move_to(mine).await?;
        self.move_to(theirs).await
    }

    /// Another device takes its address; what was recorded stays.
    ///
    /// # Errors
    /// Never while the runtime lives.
    pub async fn replace_with(&self, model: Model) -> io::Result<()> {
        self.instruct(Instruction::Replace(Box::new(model))).await
    }

    pub(crate) fn inbox(&self) -> mpsc::WeakSender<Order> {
        self.orders.downgrade()
    }

    async fn instruct(&self, instruction: Instruction) -> io::Result<()> {
        let gone = || io::Error::from(io::ErrorKind::NotConnected);
        let (done, outcome) = oneshot::channel();
        self.orders.send((instruction, done)).await.map_err(|_| gone())?;
        let address = outcome.await.map_err(|_| gone())??;
        *self.address.lock().unwrap_or_else(PoisonError::into_inner) = address;
        Ok(())
    }
}
