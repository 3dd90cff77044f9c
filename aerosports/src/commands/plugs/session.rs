//! One short exchange with one plug, with a deadline.

use std::{net::SocketAddr, time::Duration};

use tokio::time::timeout;
use tplink_hs1xx::{Client, Plug, SysInfo};

use super::{host::Host, trouble::Trouble};

/// The longest an exchange may take, resolving a name included. With the start of the process it is three seconds.
const PATIENCE: Duration = Duration::from_millis(2_500);

/// Runs `work` with the plug at `host`, after it said who it is.
///
/// # Errors
/// What went wrong, or that the deadline passed.
pub async fn with_plug<T>(
    host: &Host,
    work: impl AsyncFnOnce(SocketAddr, Plug, SysInfo) -> Result<T, Trouble>,
) -> Result<T, Trouble> {
    let talk = async {
        let address = host.resolve().await?;
        let opened = Plug::open(Client::new(address)).await;
        let (plug, info) = opened.map_err(|error| Trouble::at(address, &error))?;
        work(address, plug, info).await
    };
    timeout(PATIENCE, talk).await.unwrap_or_else(|_| Err(Trouble::slow(host, PATIENCE)))
}
