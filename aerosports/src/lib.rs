//! Everything behind the `aerosports` binary, as a library so that the tests can drive it.

pub mod cli;
pub mod client;
pub mod demo;
pub mod devices;
pub mod event_store;
pub mod events;
pub mod keys;
pub mod later;
pub mod load;
pub mod master_key;
mod overdue;
pub mod ping;
pub mod place;
pub mod plugs;
pub mod promote;
mod reachable;
pub mod serve;
pub mod system;
pub mod up;

use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::Parser as _;
use shared::{config::Settings, telemetry};

use cli::{Cli, Command, Place};

/// Runs the command line; 0 for success, 1 for a failure that is said on standard error, 2 for a command
/// line that makes no sense.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    match start(cli) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("aerosports: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn start(cli: Cli) -> Result<ExitCode> {
    telemetry::init(&Settings::from_env()?)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("starting")?;
    runtime.block_on(run(cli.command))
}

async fn run(command: Command) -> Result<ExitCode> {
    let clock = system::clock();
    match command {
        Command::Up(options) => return up::run(&options).await,
        Command::Serve(options) => return serve::run(&options).await,
        Command::Promote(options) => return promote::run(&options, clock).await,
        Command::Demo(options) => return demo::command::run(&options).await,
        Command::Migrate(place) => migrate(&place).await?,
        Command::Keys(command) => keys::run(command, clock).await?,
        Command::Events(command) => events::run(command, clock).await?,
        Command::Plugs(command) => return plugs::run(command, clock).await,
        Command::Load(options) => load::run(options, clock).await?,
        Command::Ping { address } => ping::run(address).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn migrate(place: &Place) -> Result<()> {
    let database = place.database()?;
    let applied = database.migrate(&system::clock()).await?;
    if applied.is_empty() {
        println!("up to date");
    }
    for name in applied {
        println!("applied {name}");
    }
    master_key::prepare(&database).await?;
    Ok(())
}
