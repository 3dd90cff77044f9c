//! `aerosports plugs`: talks to plugs directly, without a server, for the person who installs them. No command
//! waits for a plug longer than three seconds, and every failure is printed with what to check.

pub mod arguments;
mod discover;
mod energy;
mod host;
mod list;
mod outlet;
mod print;
mod session;
mod switch;
mod trouble;
mod watch;

use std::process::ExitCode;

use anyhow::Result;
use runtime::clock::SharedClock;

use super::output::is_closed_pipe;
use arguments::Plugs;

/// Carries out `command`; a failing exit code when a plug did not do or say what was asked.
///
/// # Errors
/// When standard output cannot be written.
pub async fn run(command: Plugs, clock: SharedClock) -> Result<ExitCode> {
    let outcome = match command {
        Plugs::Discover { search, json } => discover::run(&search, json).await,
        Plugs::List { hosts, search, json } => list::run(&hosts, &search, json).await,
        Plugs::Switch { host, state, outlet, json } => {
            switch::run(&host, state, outlet.as_deref(), json).await
        }
        Plugs::Energy { host, outlet, json } => energy::run(&host, outlet.as_deref(), json).await,
        Plugs::Watch { hosts, search, every, json } => watch::run(hosts, &search, every, json, clock).await,
    };
    match outcome {
        Err(error) if is_closed_pipe(&error) => Ok(ExitCode::SUCCESS),
        outcome => outcome,
    }
}
