//! Plugs that follow plays: how soon after the answer to a play's start the relay has changed, beside one
//! bare exchange with a plug; with a mute plug among them; over NATS; and what 500 plugs cost a worker.
//! The plugs are simulated, by this process.

mod fleet;
mod hall;
mod mute;
mod services;

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use plug_simulator::{Model, Plug};
use runtime::clock::SharedClock;
use tplink_hs1xx::{Client, Outlets};

use self::{hall::Hall, services::Services};
use super::report::Figure;
use crate::{cli::Load, composition::one_process};

/// Plays in each of the rooms before those that count: a stream that is not there yet is made half a second after it
/// was missed first, and what is done for the first time takes longest.
const WARM_UP: usize = 2;
/// Plays in each of the rooms: a thousand in all.
const PLAYS: usize = 50;
/// Bare exchanges.
const EXCHANGES: usize = 2_000;

/// See the module.
///
/// # Errors
/// When a service does not start, or a plug does not follow.
pub async fn measure(options: &Load, clock: &SharedClock) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    let exchanges = exchanges(options.scaled(EXCHANGES)).await.context("bare exchanges")?;
    figures.extend(Figure::latencies("raw: one set_relay_state, kept connection", &exchanges));
    figures.extend(in_process(options.scaled(PLAYS)).await.context("in one process")?);
    figures.extend(over_nats(options.scaled(PLAYS), clock).await.context("over NATS")?);
    figures.extend(fleet::measure(options, clock).await.context("500 plugs")?);
    Ok(figures)
}

/// The limit: one request and its answer on a connection that stands.
async fn exchanges(count: usize) -> Result<Vec<Duration>> {
    let device = Plug::start(Model::plug("Light")).await?;
    let (mut plug, _) = tplink_hs1xx::Plug::open(Client::new(device.address())).await?;
    let mut took = Vec::with_capacity(count);
    for turn in 0..count {
        let sent = Instant::now();
        plug.set_relay(&Outlets::Whole, turn % 2 == 0).await?;
        took.push(sent.elapsed());
    }
    ensure!(device.changes().len() == count, "the plug was switched {} times", device.changes().len());
    Ok(took)
}

async fn in_process(plays: usize) -> Result<Vec<Figure>> {
    let folder = tempfile::tempdir().context("a temporary folder")?;
    let running = one_process::start_on_loopback(folder.path()).await?;
    let hall = Hall::open(running.address, &running.admin_key().await?).await?;
    hall.follow(&hall.rooms, WARM_UP).await?;
    let all = hall.follow(&hall.rooms, plays).await?;
    let mut figures = all.figures("up, 20 plugs: answer to a play's start until its plug is");
    let others = mute::others(&hall, plays).await.context("beside a mute plug")?;
    figures.extend(others.figures("the same, the 19 beside a mute plug:"));
    let attempts = mute::off_behind_a_poll(&hall).await.context("an OFF behind a poll")?;
    let longest = attempts.iter().max().copied().unwrap_or_default();
    let name = format!("OFF behind a hanging poll: asked until attempted, {} times", attempts.len());
    figures.extend(Figure::latencies(&name, &attempts));
    figures.push(Figure::new(format!("{name}, longest"), longest.as_secs_f64() * 1_000.0, "ms"));
    running.stop().await?;
    Ok(figures)
}

async fn over_nats(plays: usize, clock: &SharedClock) -> Result<Vec<Figure>> {
    let folder = tempfile::tempdir().context("a temporary folder")?;
    let Some(services) = Services::over_nats(folder.path(), clock).await? else {
        eprintln!("not measured: plugs over NATS. There is no nats-server on the path: install one");
        return Ok(vec![]);
    };
    let hall = Hall::open(services.command_api(), &services.admin).await?;
    hall.follow(&hall.rooms, WARM_UP).await?;
    let followed = hall.follow(&hall.rooms, plays).await?;
    Ok(followed.figures("four services over NATS, 20 plugs: answer to a play's start until its plug is"))
}
