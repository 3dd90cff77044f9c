//! One device, wherever it is: a client that talks to no other device.

use std::net::SocketAddr;

use crate::client::Client;
use crate::countdown::{CountdownRule, NewCountdown};
use crate::energy::Energy;
use crate::error::Error;
use crate::identity::Identity;
use crate::method::{DeleteCountdowns, GetCountdown, GetEnergy, GetSysInfo};
use crate::method::{Reboot, SetAlias, SetRelayState};
use crate::request::{Method, Outlets, Request};
use crate::sysinfo::SysInfo;

/// A plug or strip of known identity.
///
/// On every new connection the device is asked who it is before it is asked for anything
/// else; if DHCP gave its address to another device, that one is left alone and the call fails
/// with [`Error::IdentityMismatch`]. Follow the device with [`set_address`](Self::set_address)
/// once [`discovery`](crate::discovery) has found it.
///
/// All methods fail as [`Error`] says, within [`Options::exchange`](crate::Options::exchange)
/// unless stated otherwise.
#[derive(Debug)]
pub struct Plug {
    client: Client,
    identity: Identity,
}

impl Plug {
    /// The device of this identity, presumed at the client's address. Sends nothing.
    #[must_use]
    pub fn new(client: Client, identity: Identity) -> Self {
        Self { client, identity }
    }

    /// Whatever device is at the client's address; its identity is what counts from then on.
    ///
    /// # Errors
    ///
    /// As [`Client::call`].
    pub async fn open(mut client: Client) -> Result<(Self, SysInfo), Error> {
        let info = client.call(&Request::new(GetSysInfo {})).await?;
        client.trust();
        Ok((Self::new(client, info.identity()), info))
    }

    /// What tells the device from another.
    #[must_use]
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Where it is presumed to be.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.client.address()
    }

    /// How many connections it forgot between two calls: see [`Client::resets`].
    #[must_use]
    pub fn resets(&self) -> u64 {
        self.client.resets()
    }

    /// Follows it to another address.
    pub fn set_address(&mut self, address: SocketAddr) {
        self.client.set_address(address);
    }

    /// Closes the connection, if there is one.
    pub fn disconnect(&mut self) {
        self.client.disconnect();
    }

    /// Sends any request.
    ///
    /// # Errors
    ///
    /// Any [`Error`].
    pub async fn call<M: Method>(&mut self, request: &Request<M>) -> Result<M::Reply, Error> {
        self.client.call_checked(request, &self.identity).await
    }

    /// Its state.
    ///
    /// # Errors
    ///
    /// Any [`Error`].
    pub async fn sys_info(&mut self) -> Result<SysInfo, Error> {
        self.client.info_checked(&self.identity).await
    }

    /// Switches relays. Success is the device's word; [`sys_info`](Self::sys_info) with
    /// [`SysInfo::is_on`] reads it back.
    ///
    /// # Errors
    ///
    /// Any [`Error`].
    pub async fn set_relay(&mut self, outlets: &Outlets, on: bool) -> Result<(), Error> {
        self.send(SetRelayState::new(on), outlets).await
    }

    /// Reads the energy meter; on a strip, that of one outlet.
    ///
    /// # Errors
    ///
    /// Any [`Error`]; a device without a meter answers
    /// [`ErrorCode::ModuleNotSupported`](crate::ErrorCode::ModuleNotSupported).
    pub async fn energy(&mut self, outlets: &Outlets) -> Result<Energy, Error> {
        self.send(GetEnergy {}, outlets).await
    }

    /// Reads the device's timer: none or one rule.
    ///
    /// # Errors
    ///
    /// Any [`Error`].
    pub async fn countdown(&mut self, outlets: &Outlets) -> Result<Vec<CountdownRule>, Error> {
        self.send(GetCountdown {}, outlets).await
    }

    /// Arms the device's timer and returns the id of the rule.
    ///
    /// # Errors
    ///
    /// Any [`Error`]; [`ErrorCode::TableFull`](crate::ErrorCode::TableFull) when it is armed
    /// already, which [`renew_countdown`](Self::renew_countdown) takes care of.
    pub async fn add_countdown(&mut self, outlets: &Outlets, rule: &NewCountdown) -> Result<String, Error> {
        self.send(rule.clone(), outlets).await
    }

    /// Disarms the device's timer.
    ///
    /// # Errors
    ///
    /// Any [`Error`].
    pub async fn delete_countdowns(&mut self, outlets: &Outlets) -> Result<(), Error> {
        self.send(DeleteCountdowns {}, outlets).await
    }

    /// Disarms the timer, then arms it anew: two calls, each with a deadline of its own.
    ///
    /// If only the second fails the timer is left disarmed.
    ///
    /// # Errors
    ///
    /// Any [`Error`].
    pub async fn renew_countdown(&mut self, outlets: &Outlets, rule: &NewCountdown) -> Result<String, Error> {
        self.delete_countdowns(outlets).await?;
        self.add_countdown(outlets, rule).await
    }

    /// Renames the device, or one outlet.
    ///
    /// # Errors
    ///
    /// Any [`Error`]; [`Error::Request`] for a name that makes the request too long.
    pub async fn set_alias(&mut self, outlets: &Outlets, alias: &str) -> Result<(), Error> {
        self.send(SetAlias::new(alias), outlets).await
    }

    /// Restarts the device `delay_seconds` from now and closes the connection.
    ///
    /// # Errors
    ///
    /// Any [`Error`].
    pub async fn reboot(&mut self, delay_seconds: u32) -> Result<(), Error> {
        let answer = self.send(Reboot::after(delay_seconds), &Outlets::Whole);
        answer.await?;
        self.disconnect();
        Ok(())
    }

    async fn send<M: Method>(&mut self, method: M, outlets: &Outlets) -> Result<M::Reply, Error> {
        self.call(&Request::to(method, outlets.clone())).await
    }
}
