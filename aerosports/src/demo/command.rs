//! `aerosports demo`: starts `up` in a temporary folder (or uses running services), runs the day, holds
//! what the clients were told against log and views, and says how it went.

use std::{io::IsTerminal as _, process::ExitCode, time::Duration};

use anyhow::{Context as _, Result};
use indicatif::{ProgressBar, ProgressStyle};
use runtime::{config::Settings, lifecycle::Lifecycle};
use store::EventLog;
use tempfile::TempDir;
use tokio::time::Instant;

use super::{
    Day, Target,
    api::Api,
    audit,
    ledger::{Ledger, quantile},
};
use crate::{
    cli::Demo,
    composition::{clock, one_process},
    settings::{
        database::Database,
        declared::{API_KEY, DATABASE},
    },
};

/// The exit code after a signal, as shells give it for an interrupt.
const INTERRUPTED: u8 = 130;

/// Differences shown before the rest is only counted.
const SHOWN: usize = 20;

/// Runs the day; a failing exit code when a play is not accounted for.
///
/// # Errors
/// When the server does not start or stays away.
pub async fn run(options: &Demo, settings: &Settings) -> Result<ExitCode> {
    let day = Day {
        seed: options.seed,
        guests: options.guests,
        speed: options.speed,
        parallel: options.parallel,
        plugs: options.plugs || options.command.is_none(),
        ..Day::default()
    };
    if let Some((target, database)) = running_services(options, settings).await? {
        let mut signals = Lifecycle::new().context("taking over signals")?;
        return unless(signals.signalled(), simulate(&target, &day, database.as_ref())).await;
    }
    let folder = TempDir::new().context("a temporary folder")?;
    let mut running = one_process::start_on_loopback(folder.path()).await?;
    let api_key = running.admin_key().await?;
    let target = Target { command: running.address, query: running.address, api_key, observers: None };
    let database = Database::Sqlite(folder.path().to_owned());
    let outcome = unless(running.signalled(), simulate(&target, &day, Some(&database))).await;
    running.stop().await?;
    outcome
}

/// What the day comes to, unless a signal ends it before.
async fn unless(
    signalled: impl Future<Output = ()>,
    day: impl Future<Output = Result<ExitCode>>,
) -> Result<ExitCode> {
    tokio::select! {
        outcome = day => outcome,
        () = signalled => {
            eprintln!("aerosports: stopped by a signal: the day is not over, and nothing was compared");
            Ok(ExitCode::from(INTERRUPTED))
        }
    }
}

async fn running_services(options: &Demo, settings: &Settings) -> Result<Option<(Target, Option<Database>)>> {
    let (Some(command), Some(query)) = (&options.command, &options.query) else { return Ok(None) };
    let (command, query) = (command.resolve().await?, query.resolve().await?);
    let (api_key, database) = (settings.get(&API_KEY)?.expose().clone(), settings.find(&DATABASE)?);
    Ok(Some((Target { command, query, api_key, observers: None }, database)))
}

async fn simulate(target: &Target, day: &Day, database: Option<&Database>) -> Result<ExitCode> {
    let bar = progress(day.guests);
    let begun = Instant::now();
    let ledger = super::run(target, day, |members, ledger| {
        bar.inc(members as u64);
        bar.set_message(format!("{} plays, {} commands", ledger.plays.len(), ledger.accepted));
    })
    .await?;
    bar.finish_and_clear();
    let took = begun.elapsed();
    let lag = lag(target, &ledger).await?;
    let comparing = comparing();
    let differences = differences(target, day, &ledger, database).await?;
    comparing.finish_and_clear();
    summary(&ledger, day, took, lag);
    for difference in differences.iter().take(SHOWN) {
        println!("  DIFFERENCE  {difference}");
    }
    if differences.is_empty() {
        println!(
            "every play is accounted for: clients, log{} and views agree",
            if ledger.plugs.is_some() { ", plugs" } else { "" }
        );
        return Ok(ExitCode::SUCCESS);
    }
    println!("{} differences between clients, log and views", differences.len());
    Ok(ExitCode::FAILURE)
}

/// Everything in which clients, log and views do not agree.
///
/// # Errors
/// When log or views cannot be read.
pub async fn differences(
    target: &Target,
    day: &Day,
    ledger: &Ledger,
    database: Option<&Database>,
) -> Result<Vec<String>> {
    let location = ledger.location.context("the day has no location")?;
    let mut differences: Vec<String> =
        ledger.plugs.iter().flat_map(|seen| seen.differences.clone()).collect();
    if let Some(database) = database {
        let store = database.open(clock()).await?;
        let log: &dyn EventLog = &*store;
        differences.extend(audit::compare_log(ledger, &audit::read_log(log, location).await?));
        store.close().await;
    } else {
        println!("the log was not looked at: give --database to hold it against the clients too");
    }
    let mut api = Api::reader(target, day, ledger);
    differences.extend(audit::compare_views(&mut api, location, ledger).await?);
    Ok(differences)
}

/// How long the views needed to show the last thing the clients were told.
async fn lag(target: &Target, ledger: &Ledger) -> Result<Duration> {
    let begun = Instant::now();
    let location = ledger.location.context("the day has no location")?;
    let mut api = Api::reader(target, &Day::default(), ledger);
    api.query(&format!("/v1/locations/{location}/occupancy")).await?;
    Ok(begun.elapsed())
}

fn progress(guests: usize) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    // As wide as the terminal, whatever that is.
    let style = ProgressStyle::with_template("{wide_bar} {pos}/{len} guests, {msg}");
    ProgressBar::new(guests as u64).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

fn comparing() -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let spinner = ProgressBar::new_spinner().with_message("comparing every play with the log and the views");
    spinner.enable_steady_tick(Duration::from_millis(100));
    spinner
}

#[expect(clippy::cast_precision_loss, reason = "a count of a day's commands")]
fn summary(ledger: &Ledger, day: &Day, took: Duration, lag: Duration) {
    let rate = ledger.accepted as f64 / took.as_secs_f64().max(1e-9);
    let milliseconds = |share| ledger.quantile(share).as_secs_f64() * 1_000.0;
    println!("seed {}, {} guests, {:.1} s", day.seed, ledger.players.len(), took.as_secs_f64());
    println!("  commands accepted   {:>8}   {rate:.0}/s", ledger.accepted);
    println!("  p50 / p99           {:>8.2} / {:.2} ms", milliseconds(0.5), milliseconds(0.99));
    println!("  views behind by     {:>8.2} ms", lag.as_secs_f64() * 1_000.0);
    println!("  plays               {:>8}   {} finished", ledger.plays.len(), ledger.finished());
    println!("  good scans          {:>8}", ledger.good_scans);
    if let Some(seen) = &ledger.plugs {
        let milliseconds = |samples: &[Duration], share| quantile(samples, share).as_secs_f64() * 1_000.0;
        let quantiles = |samples: &[Duration]| (milliseconds(samples, 0.5), milliseconds(samples, 0.99));
        let ((lit, lit_late), (dark, dark_late)) = (quantiles(&seen.lit), quantiles(&seen.dark));
        println!("  lights on p50 / p99 {lit:>8.2} / {lit_late:.2} ms   off {dark:.2} / {dark_late:.2} ms");
        println!("  plugs switched      {:>8}", seen.switches());
    }
    println!("  sent again          {:>8}", ledger.retried);
    println!("  refused             {:>8}", ledger.refused.values().sum::<usize>());
    for (code, count) in &ledger.refused {
        println!("    {code:<30} {count}");
    }
}
