//! Everything behind the `aerosports` binary, as a library so that the tests can drive it.

pub mod cli;
pub mod client;
pub mod commands;
pub mod composition;
pub mod demo;
pub mod load;
pub mod settings;

use std::process::ExitCode;

use anyhow::{Context as _, Error, Result};
use clap::{ArgMatches, FromArgMatches as _};
use runtime::{
    config::{Problems, SettingError},
    telemetry,
};

use cli::{Cli, Command};

/// Settings or a command line that make no sense. `clap` uses the same code.
const SENSELESS: u8 = 2;

/// Runs the command line; 0 for success, 1 for a failure that is said on standard error, 2 for a command
/// line or settings that make no sense.
#[must_use]
pub fn main() -> ExitCode {
    match start(&cli::command().get_matches()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("aerosports: {error:#}");
            if is_of_settings(&error) { ExitCode::from(SENSELESS) } else { ExitCode::FAILURE }
        }
    }
}

fn is_of_settings(error: &Error) -> bool {
    error.downcast_ref::<Problems>().is_some() || error.downcast_ref::<SettingError>().is_some()
}

fn start(matches: &ArgMatches) -> Result<ExitCode> {
    let cli = Cli::from_arg_matches(matches).unwrap_or_else(|error| error.exit());
    let settings = settings::read(matches)?;
    // `config` says itself what is wrong, and needs no log.
    if !matches!(cli.command, Command::Config(_)) {
        settings::check(&settings, matches.subcommand_name())?;
        telemetry::init(&settings)?;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("starting")?;
    runtime.block_on(commands::run(cli.command, &settings))
}
