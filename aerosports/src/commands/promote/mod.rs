//! `aerosports promote`: moves a venue from the embedded database into SQL Server: the whole log, the answers of
//! commands, person keys and API keys. Snapshots, leases and read tables are made again there.
//!
//! Positions, ids, times and the timeline stay, so that tokens, keys and `Idempotency-Key`s that were given out
//! stay valid. An interrupted promotion resumes where it ended. No service opens the database until it is finished.

mod copy;
mod report;

use std::{path::Path, process::ExitCode};

use ::mssql::MssqlConfig;
use anyhow::{Context as _, Result, bail};
use jiff::{SignedDuration, Timestamp};
use runtime::{clock::SharedClock, config::Settings};
use store::{
    ANSWERS_KEPT, Export, Proof, StoreError,
    mssql::Importer,
    prove,
    sqlite::{FILE_NAME, SqliteOptions, SqliteStore},
};

use crate::{
    cli::Promote,
    composition::{event_store::EventStore, one_process},
    settings::{database::Database, declared::DATABASE},
};
use report::Progress;

/// Moves the venue, proves that nothing is missing, and says so; a failing exit code when something is.
///
/// # Errors
/// When one of the two cannot be used, or the copy stops; the same command then goes on with it.
pub async fn run(options: &Promote, settings: &Settings, clock: SharedClock) -> Result<ExitCode> {
    let target = target(settings)?;
    let folder = &options.from;
    if !folder.join(FILE_NAME).is_file() {
        bail!("--from {}: there is no event store in this folder", folder.display());
    }
    let _nobody_else = one_process::lock(folder).context("--from")?;
    let source = SqliteStore::open(&SqliteOptions::in_dir(folder), clock.clone())
        .await
        .with_context(|| format!("opening the event store in {}", folder.display()))?;
    let outcome = promote(&*source, &target, &clock).await;
    source.close().await;
    let (source, target) = outcome?;
    report::print(&source, &target, folder, options.json);
    Ok(if source == target { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The database to move to.
fn target(settings: &Settings) -> Result<Box<MssqlConfig>> {
    match settings.get(&DATABASE)? {
        Database::Mssql(config) => Ok(config),
        Database::Sqlite(_) => bail!(
            "--to names the embedded database; it must be mssql://user:password@host[:port]/database \
             (AEROSPORTS_DATABASE and AEROSPORTS_DATABASE_FILE are read too)"
        ),
    }
}

/// Copies, and proves both sides.
async fn promote(source: &dyn Export, config: &MssqlConfig, clock: &SharedClock) -> Result<(Proof, Proof)> {
    let database = Database::Mssql(Box::new(config.clone()));
    database.migrate(clock).await?;
    let importer = Importer::begin(config, source).await.context("beginning the promotion")?;
    let begun_with = source.head().await?;
    if importer.is_finished() {
        eprintln!("this venue was promoted before; only the proof is repeated");
    } else {
        copy::all(source, importer).await?;
    }
    anyhow::ensure!(
        source.head().await? == begun_with,
        "the venue's log has grown meanwhile: stop whatever uses the folder, and promote into an empty database"
    );
    let answers_since = young_answers(clock.now())?;
    let EventStore::Mssql(target) = database.open(clock.clone()).await? else {
        bail!("the target is no SQL Server");
    };
    let progress = Progress::new("proving", begun_with.position.0 * 2);
    let (mine, theirs) = tokio::join!(
        prove(source, answers_since, progress.part()),
        prove(&*target, answers_since, progress.part())
    );
    progress.finish();
    target.close().await;
    Ok((mine.context("proving the embedded store")?, theirs.context("proving the store in SQL Server")?))
}

/// The time since which both sides still have every answer: each purges old answers at its own pace.
fn young_answers(now: Timestamp) -> Result<Timestamp, StoreError> {
    const MARGIN: SignedDuration = SignedDuration::from_hours(1);
    now.checked_sub(ANSWERS_KEPT - MARGIN).map_err(|error| StoreError::Misuse(error.to_string()))
}

/// What an operator does next.
fn next_steps(folder: &Path) -> String {
    format!(
        "Start the services with AEROSPORTS_MASTER_KEY_FILE naming a copy of {}. Do not start `up` on the old \
         folder again: its log would part from the new one.",
        folder.join("master.key").display()
    )
}
