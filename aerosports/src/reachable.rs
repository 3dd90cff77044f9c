//! Waiting at the start for a SQL Server that comes up later than we do, as after a power cut. What somebody must
//! change (password, name, certificate, rights) is not waited for.

use std::time::Duration;

use anyhow::{Context as _, Result};
use shared::{
    mssql::{MssqlError, Timeouts, connect},
    retry::Delays,
};
use tokio::time::Instant;

use crate::place::Database;

const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Waits until the server of `database` takes our login, for at most `patience`.
///
/// # Errors
/// When it refuses us, or was not there all the time.
pub async fn await_server(database: &Database, patience: Duration) -> Result<()> {
    let Database::Mssql(config) = database else { return Ok(()) };
    let deadline = Instant::now() + patience;
    let mut delays = Delays::new(FIRST_PAUSE, LONGEST_PAUSE);
    loop {
        let delay = delays.next_delay();
        match connect(config, Timeouts::default()).await {
            Ok(_) => return Ok(()),
            Err(error) if passes(&error) && Instant::now() + delay < deadline => {
                tracing::warn!(%error, "waiting for SQL Server");
                tokio::time::sleep(delay).await;
            }
            Err(error) => return Err(error).context("the database"),
        }
    }
}

fn passes(error: &MssqlError) -> bool {
    matches!(error, MssqlError::Unavailable(_) | MssqlError::Lost(_) | MssqlError::Retry(_))
}
