//! A worker alone in its process, with 500 plugs that nothing happens to.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use futures::future::try_join_all;
use plug_simulator::{Model, Plug};
use runtime::clock::SharedClock;
use serde_json::json;
use tokio::time::sleep;

use super::{hall::Desk, services::Services};
use crate::{cli::Load, load::report::Figure};

/// How many.
const PLUGS: usize = 500;
/// From the worker's start until every plug was looked at and read.
const SETTLES_WITHIN: Duration = Duration::from_mins(1);
/// Longer than the longest pause between two polls, twice.
const MEASURED: Duration = Duration::from_secs(65);
/// Sockets of a plug in this process: two that listen and the worker's connection.
const FILES_A_PLUG: usize = 3;

/// Memory and processor time of the worker's process.
///
/// # Errors
/// When the worker does not start, or does not look at every plug.
pub async fn measure(options: &Load, clock: &SharedClock) -> Result<Vec<Figure>> {
    let plugs = options.scaled(PLUGS);
    enough_files(plugs)?;
    let folder = tempfile::tempdir().context("a temporary folder")?;
    let mut services = Services::command_api_alone(folder.path(), clock).await?;
    let devices = install(&services, plugs).await?;
    let worker = services.serve("device-worker").await?;
    let begun = Instant::now();
    while !devices.iter().all(|device| is_polled(device, 2)) {
        ensure!(begun.elapsed() < SETTLES_WITHIN, "not every plug was looked at");
        sleep(Duration::from_millis(200)).await;
    }
    devices.iter().for_each(Plug::forget);
    let (before, begun) = (worker.busy()?, Instant::now());
    sleep(MEASURED).await;
    let (busy, took) = (worker.busy()?.saturating_sub(before), begun.elapsed());
    let resident = worker.resident_mib()?;
    ensure!(devices.iter().all(|device| is_polled(device, 1)), "not every plug was polled");
    let requests: usize = devices.iter().map(|device| device.heard().len()).sum();
    let name = format!("device worker, {plugs} plugs, nothing happens");
    Ok(vec![
        Figure::new(format!("{name}: resident"), resident, "MiB"),
        Figure::new(format!("{name}: of a core"), busy.as_secs_f64() / took.as_secs_f64() * 100.0, "%"),
        Figure::rate(format!("{name}: asked"), requests, took, "requests/s"),
    ])
}

/// Every second one has a meter; all of them are managed.
async fn install(services: &Services, count: usize) -> Result<Vec<Plug>> {
    let models = (0..count).map(|number| match number % 2 {
        0 => Model::plug("Light"),
        _ => Model::new_meter("Fog machine"),
    });
    let devices = try_join_all(models.map(Plug::start)).await.context("loopback addresses for plugs")?;
    let mut desk = Desk::open(services.command_api(), &services.admin).await?;
    let mut plugs = Vec::with_capacity(count);
    for (number, device) in devices.iter().enumerate() {
        plugs.push(desk.register(device, &format!("Plug {number}")).await?);
    }
    for (number, some) in plugs.chunks(20).enumerate() {
        let rule = json!({
            "name": format!("Evenings {number}"), "plug_ids": some,
            "trigger": {"type": "cron", "expression": "0 3 29 2 *"}, "action": {"type": "on", "seconds": 60},
        });
        desk.make("automations", &rule).await?;
    }
    Ok(devices)
}

fn is_polled(device: &Plug, times: usize) -> bool {
    let asked = device.heard().into_iter().filter_map(|heard| heard.request);
    asked.filter(|request| request.contains("get_sysinfo")).count() >= times
}

/// Says early what would fail late. Source: proc(5), `limits`.
fn enough_files(plugs: usize) -> Result<()> {
    let limits = std::fs::read_to_string("/proc/self/limits").context("reading /proc")?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    let soft = line.and_then(|line| line.split_whitespace().next()).and_then(|soft| soft.parse().ok());
    let needed = plugs * FILES_A_PLUG + 500;
    ensure!(
        soft.is_none_or(|soft: usize| soft >= needed),
        "{plugs} simulated plugs need {needed} open files: run `ulimit -n {needed}` before"
    );
    Ok(())
}
