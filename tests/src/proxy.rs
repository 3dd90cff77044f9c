//! A TCP proxy on loopback that can go away: it cuts what is connected, and its port refuses.

use std::net::SocketAddr;

use anyhow::{Context as _, Result};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
};
use tokio_util::sync::CancellationToken;

use crate::contract;

/// Stands between a client and a server.
#[derive(Debug)]
pub struct Proxy {
    /// Where it listens.
    pub address: SocketAddr,
    server: SocketAddr,
    connected: Option<CancellationToken>,
}

impl Proxy {
    /// Leads to `server`.
    ///
    /// # Errors
    /// When no port is free.
    pub async fn start(server: SocketAddr) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.context("a port")?;
        let address = listener.local_addr().context("the port")?;
        let mut proxy = Self { address, server, connected: None };
        proxy.accept(listener);
        contract::leads_to(address, server);
        Ok(proxy)
    }

    fn accept(&mut self, listener: TcpListener) {
        let (connected, server) = (CancellationToken::new(), self.server);
        self.connected = Some(connected.clone());
        tokio::spawn(connected.clone().run_until_cancelled_owned(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(connected.clone().run_until_cancelled_owned(carry(client, server)));
            }
        }));
    }

    /// Ends every connection and refuses new ones.
    pub async fn cut(&mut self) {
        if let Some(connected) = self.connected.take() {
            connected.cancel();
        }
        // The port refuses once the listener is dropped.
        while TcpStream::connect(self.address).await.is_ok() {
            tokio::task::yield_now().await;
        }
    }

    /// Leads to the server again, at the same address.
    ///
    /// # Errors
    /// When the port was taken meanwhile.
    pub async fn restore(&mut self) -> Result<()> {
        let listener = TcpListener::bind(self.address).await.context("the proxy's port again")?;
        self.accept(listener);
        Ok(())
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        if let Some(connected) = self.connected.take() {
            connected.cancel();
        }
    }
}

async fn carry(mut client: TcpStream, server: SocketAddr) {
    if let Ok(mut server) = TcpStream::connect(server).await {
        // It ends when one side does.
        let _ = copy_bidirectional(&mut client, &mut server).await;
    }
}
