//! `aerosports up`: a whole venue in one process.

use std::{path::Path, process::ExitCode};

use anyhow::{Result, bail};
use runtime::config::Settings;

use crate::{
    composition::one_process::{self, Running},
    settings::{database::Database, declared::LISTEN},
};

/// Starts, says where, and runs until it is told to stop.
///
/// # Errors
/// When something does not start.
pub async fn run(settings: &Settings) -> Result<ExitCode> {
    let Database::Sqlite(data_dir) = Database::of(settings)? else {
        bail!(
            "`up` keeps a venue on the embedded database, and the database given is in SQL Server: run \
             `aerosports serve` for each service instead, or take the database out of the settings (--database, \
             AEROSPORTS_DATABASE); `aerosports config show` says where it is set"
        )
    };
    let running = one_process::start(&data_dir, settings.get(&LISTEN)?.resolve().await?, settings).await?;
    println!("AeroSports is ready: http://{}", running.address);
    greet(&running, &data_dir).await?;
    Ok(running.until_stopped().await.into())
}

/// Prints where to look, and at the first start how to get a key.
async fn greet(running: &Running, data_dir: &Path) -> Result<()> {
    if running.store.list_api_keys().await?.is_empty() {
        println!("Nobody has a key yet. The first one:");
        // The program as it was called, so that the line can be copied.
        let program = std::env::args().next().unwrap_or_else(|| "aerosports".to_owned());
        println!("  {program} keys issue --kind admin --data-dir {}", data_dir.display());
    }
    println!("Routes: http://{}/docs", running.address);
    Ok(())
}
