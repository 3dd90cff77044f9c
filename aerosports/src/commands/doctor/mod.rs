//! `aerosports doctor`: proves that log and views are what they should be, or names what is not and what to do. Works
//! beside running services and repairs nothing.

mod files;
mod keys;
mod log;
mod report;
mod views;

use std::process::ExitCode;

use anyhow::Result;
use runtime::{causes::with_causes, clock::SharedClock, config::Settings};

use self::report::Report;
use crate::{cli::Doctor, composition::event_store::EventStore, settings::database::Database};

/// What helps against a broken log.
const RESTORE: &str = "stop every process, keep the files for a look, and restore a backup: docs/operations.md, After a \
                       restore";

/// Carries out `options`.
///
/// # Errors
/// When a setting cannot be used; what is broken is found and no error.
pub async fn run(options: &Doctor, settings: &Settings, clock: SharedClock) -> Result<ExitCode> {
    let (database, mut report) = (Database::of(settings)?, Report::default());
    if let Some(folder) = database.folder() {
        files::check(folder, &mut report);
    }
    match database.open(clock.clone()).await {
        Ok(store) => {
            examine(options, settings, (&database, &store), &clock, &mut report).await?;
            store.close().await;
        }
        Err(error) => report.error("event_store", format!("{error:#}"), RESTORE),
    }
    report.print(options.json)
}

async fn examine(
    options: &Doctor,
    settings: &Settings,
    (database, store): (&Database, &EventStore),
    clock: &SharedClock,
    report: &mut Report,
) -> Result<()> {
    let whole = match log::check(store, clock, report).await {
        Ok(whole) => whole,
        Err(error) => {
            report.error("event_store", with_causes(&error), RESTORE);
            false
        }
    };
    let key = keys::check(store, database, settings, report).await?;
    // What the views should be follows from the whole log, and from every name in it.
    let folds = whole && key && !options.quick;
    views::check(settings, (database, store), clock, folds, report).await
}
