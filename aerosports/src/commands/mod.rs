//! What the binary can do: a file a subcommand.

pub mod at;
pub mod backup;
pub mod bus;
mod caller;
pub mod config;
mod confirm;
pub mod doctor;
pub mod events;
pub mod keys;
pub mod migrate;
mod opened;
mod output;
pub mod parked;
pub mod ping;
pub mod plugs;
pub mod projections;
pub mod promote;
pub mod replay;
pub mod serve;
pub mod timeline;
pub mod up;
mod why;

use std::process::ExitCode;

use anyhow::Result;
use runtime::config::Settings;

use crate::{cli::Command, composition::clock, demo, load};

/// Carries out `command`.
///
/// # Errors
/// What the command fails with.
pub async fn run(command: Command, settings: &Settings) -> Result<ExitCode> {
    match command {
        Command::Up => return up::run(settings).await,
        Command::Serve { service } => return Box::pin(serve::run(service, settings)).await,
        Command::Promote(options) => return promote::run(&options, settings, clock()).await,
        Command::Demo(options) => return demo::command::run(&options, settings).await,
        Command::Projections(command) => return Box::pin(projections::run(command, settings, clock())).await,
        Command::Parked(command) => return Box::pin(parked::run(command, settings, clock())).await,
        Command::Doctor(options) => return Box::pin(doctor::run(&options, settings, clock())).await,
        Command::Plugs(command) => return plugs::run(command, clock()).await,
        Command::Backup(options) => Box::pin(backup::run(&options, settings, clock())).await?,
        Command::Restore(options) => Box::pin(backup::restore(&options, settings, clock())).await?,
        Command::Replay(options) => replay::run(&options, settings, clock()).await?,
        Command::At(options) => Box::pin(at::run(&options, settings, clock())).await?,
        Command::Migrate => migrate::run(settings).await?,
        Command::Keys(command) => keys::run(command, settings, clock()).await?,
        Command::Events(command) => events::run(command, settings, clock()).await?,
        Command::Bus(command) => Box::pin(bus::run(command, settings, clock())).await?,
        Command::Timeline(command) => Box::pin(timeline::run(command, settings, clock())).await?,
        Command::Load(options) => Box::pin(load::run(options, clock())).await?,
        Command::Config(command) => config::run(&command, settings)?,
        Command::Ping { address } => ping::run(address).await?,
    }
    Ok(ExitCode::SUCCESS)
}
