//! One connection: TCP, TLS, login, within a bounded time.

use std::{io, net::SocketAddr, time::Duration};

use futures::future::select_ok;
use tiberius::{AuthMethod, Config};
use tokio::{
    net::{TcpStream, lookup_host},
    time::timeout,
};
use tokio_util::compat::{Compat, TokioAsyncWriteCompatExt as _};

use super::{
    error::{MssqlError, handshake_error},
    tls,
    url::MssqlConfig,
};

/// The driver's connection.
pub type Client = tiberius::Client<Compat<TcpStream>>;

/// Bytes in one packet of the protocol. An encrypted connection may have at most 16 383, which some servers round down
/// and others refuse; 8 000 is what SQL Server's own drivers ask for.
const PACKET_BYTES: u32 = 8_000;

/// How long a connection may take.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// From the first packet to the end of the login.
    pub connect: Duration,
    /// For the server's answer to one request.
    pub command: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { connect: Duration::from_secs(10), command: Duration::from_secs(30) }
    }
}

/// Opens a connection and logs in.
///
/// # Errors
/// `Unavailable` when the server cannot be reached, `Refused` when it or its certificate says no.
pub async fn connect(config: &MssqlConfig, timeouts: Timeouts) -> Result<Client, MssqlError> {
    match timeout(timeouts.connect, Box::pin(open(config, timeouts))).await {
        Ok(opened) => opened,
        Err(_) => Err(MssqlError::Unavailable(format!(
            "SQL Server at {} did not answer within {} ms",
            config.address(),
            timeouts.connect.as_millis()
        ))),
    }
}

async fn open(config: &MssqlConfig, timeouts: Timeouts) -> Result<Client, MssqlError> {
    let settings = driver_config(config, timeouts).await?;
    let opened = match login(settings.clone(), &config.host, config.port).await {
        // Azure and availability groups send readers on to another server.
        Err(tiberius::error::Error::Routing { host, port }) => {
            let mut settings = settings;
            settings.host(&host);
            settings.port(port);
            login(settings, &host, port).await
        }
        result => result,
    };
    let mut client = opened.map_err(|error| handshake_error(config, error))?;
    // An error ends its transaction. Set here and not beside a statement: what is sent with parameters runs in a
    // batch of its own, at whose end the option is again what it was.
    Box::pin(async { client.simple_query("SET XACT_ABORT ON").await?.into_results().await })
        .await
        .map_err(|error| handshake_error(config, error))?;
    Ok(client)
}

async fn login(settings: Config, host: &str, port: u16) -> Result<Client, tiberius::error::Error> {
    let tcp = first_to_answer(lookup_host((host, port)).await?).await?;
    tcp.set_nodelay(true)?;
    Box::pin(Client::connect(settings, tcp.compat_write())).await
}

/// Asks all of a host's addresses at once: an availability group's name stands for one in each of its networks, and
/// only one of them answers.
async fn first_to_answer(addresses: impl Iterator<Item = SocketAddr>) -> io::Result<TcpStream> {
    let attempts: Vec<_> = addresses.map(|address| Box::pin(TcpStream::connect(address))).collect();
    if attempts.is_empty() {
        return Err(io::Error::new(io::ErrorKind::NotFound, "its name has no address"));
    }
    Ok(select_ok(attempts).await?.0)
}

async fn driver_config(config: &MssqlConfig, timeouts: Timeouts) -> Result<Config, MssqlError> {
    let mut settings = Config::new();
    settings.host(&config.host);
    settings.port(config.port);
    settings.database(&config.database);
    settings.application_name(&config.application);
    settings.authentication(AuthMethod::sql_server(&config.user, config.password.expose()));
    settings.readonly(config.read_only);
    settings.packet_size(PACKET_BYTES);
    settings.command_timeout(Some(timeouts.command));
    tls::apply(config.encryption, &config.trust, config.certificate_host.as_deref(), &mut settings).await?;
    Ok(settings)
}

#[cfg(test)]
mod tests {
    use tokio::net::{TcpListener, TcpSocket};

    use super::*;

    #[tokio::test]
    async fn an_address_that_is_silent_holds_up_no_other() {
        // Nobody accepts there: once its queue is full, packets are dropped as by a host that is gone.
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let silent = socket.listen(1).unwrap();
        let address = silent.local_addr().unwrap();
        let mut queued = Vec::new();
        while let Ok(connected) = timeout(Duration::from_millis(300), TcpStream::connect(address)).await {
            queued.push(connected.unwrap());
        }
        let listening = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addresses = [address, listening.local_addr().unwrap()].into_iter();
        // Far less than it takes to give up on the first.
        let found = timeout(Duration::from_secs(30), first_to_answer(addresses)).await.unwrap().unwrap();
        assert_eq!(found.peer_addr().unwrap(), listening.local_addr().unwrap());
        assert!(first_to_answer(std::iter::empty()).await.is_err());
    }
}
