//! `aerosports ping`: the health check of containers, which have no curl.

use anyhow::Result;

use crate::{client::Client, settings::address::Address};

/// Succeeds when the service at `address` says that it is ready.
///
/// # Errors
/// When it is not, or does not answer.
pub async fn run(address: Address) -> Result<()> {
    let reply = Client::new(address, "").get("/readyz", &[]).await?;
    anyhow::ensure!(reply.status.is_success(), "not ready: {}", reply.text());
    Ok(())
}
