//! One connection: TCP, TLS, login, within a bounded time.

use std::time::Duration;

use tiberius::{AuthMethod, Config};
use tokio::{net::TcpStream, time::timeout};
use tokio_util::compat::{Compat, TokioAsyncWriteCompatExt as _};

use super::{
    error::{MssqlError, handshake_error},
    tls,
    url::MssqlConfig,
};

/// The driver's connection.
pub type Client = tiberius::Client<Compat<TcpStream>>;

/// Bytes in one packet of the protocol: the most that works with TLS too.
const PACKET_BYTES: u32 = 16_384;

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
    match login(settings.clone(), &config.host, config.port).await {
        // Azure and availability groups send readers on to another server.
        Err(tiberius::error::Error::Routing { host, port }) => {
            let mut settings = settings;
            settings.host(&host);
            settings.port(port);
            login(settings, &host, port).await
        }
        result => result,
    }
    .map_err(|error| handshake_error(config, error))
}

async fn login(settings: Config, host: &str, port: u16) -> Result<Client, tiberius::error::Error> {
    let tcp = TcpStream::connect((host, port)).await?;
    tcp.set_nodelay(true)?;
    Box::pin(Client::connect(settings, tcp.compat_write())).await
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
