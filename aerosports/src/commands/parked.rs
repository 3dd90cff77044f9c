//! `aerosports parked`: events that a view could not apply, and what waits behind them. They are retried and skipped by
//! whoever runs the projections.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use domain::{ids::StreamName, log::Version};
use events::RecordedEvent;
use projector::{Skip, list_parked, list_skipped, request_retry, request_skip};
use read_store::{ReadStore, catalog::ParkedRow};
use runtime::{clock::SharedClock, config::Settings};
use serde_json::{Value, json};
use store::EventLog;
use tokio::time::Instant;

use super::{caller::caller, confirm::confirm, events::as_json};
use crate::{cli::Parked, composition::event_store::EventStore, settings::database::Database};

/// How long an operator waits for a projector.
const PATIENCE: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(100);

/// More than so many are not retried without a question.
const MANY: usize = 1_000;

/// Carries out `command`.
///
/// # Errors
/// When the store or the read tables cannot be read, when nothing of that stream is parked, or when no projector does
/// what is requested.
pub async fn run(command: Parked, settings: &Settings, clock: SharedClock) -> Result<()> {
    let database = Database::of(settings)?;
    let store = database.open(clock.clone()).await?;
    let db = database.open_read_tables(None).await?;
    let outcome = carry_out(command, &store, &db, &clock).await;
    db.close().await;
    store.close().await;
    outcome
}

async fn carry_out(command: Parked, store: &EventStore, db: &ReadStore, clock: &SharedClock) -> Result<()> {
    match command {
        Parked::List { json } => list(db, json).await,
        Parked::Show { projection, stream, json } => {
            show(&**store, db, (&projection, &stream.parse().context("the stream's name")?), json).await
        }
        Parked::Retry { projection: Some(projection), stream: Some(stream), json, .. } => {
            let stream: StreamName = stream.parse().context("the stream's name")?;
            retry(db, &[(projection, stream)], json).await
        }
        Parked::Retry { json, .. } => retry_all(db, json).await,
        Parked::Skip { projection, stream, reason, by, yes, json } => {
            let stream: StreamName = stream.parse().context("the stream's name")?;
            let skip = Skip { by: by.unwrap_or_else(caller), reason, at: clock.now() };
            skip_first(db, (&projection, &stream), skip, (yes, json)).await
        }
        Parked::Skipped { json } => skipped(db, json).await,
    }
}

fn row_as_json(row: &ParkedRow) -> Value {
    json!({
        "projection": &*row.projection,
        "position": row.position,
        "stream": row.stream.as_str(),
        "version": row.stream_version,
        "type": &*row.event_type,
        "error": row.error.as_deref(),
        "waits": row.error.is_none(),
        "tries": row.tries,
        "requested": row.requested.as_deref(),
        "parked_at": row.parked_at,
    })
}

fn print(row: &ParkedRow, json: bool) {
    if json {
        println!("{}", row_as_json(row));
    } else {
        let why = row.error.as_deref().unwrap_or("waits behind the one that failed");
        println!(
            "{:<14} {:>8}  {}@{}  {}  tried {}  {why}",
            row.projection, row.position.0, row.stream, row.stream_version, row.event_type, row.tries
        );
    }
}

async fn list(db: &ReadStore, json: bool) -> Result<()> {
    let parked = list_parked(db).await?;
    if parked.is_empty() && !json {
        println!("nothing is set aside");
    }
    for row in &parked {
        print(row, json);
    }
    Ok(())
}

async fn of(db: &ReadStore, projection: &str, stream: &StreamName) -> Result<Vec<ParkedRow>> {
    let mut parked = list_parked(db).await?;
    parked.retain(|row| &*row.projection == projection && row.stream == *stream);
    Ok(parked)
}

async fn show(
    log: &dyn EventLog,
    db: &ReadStore,
    (projection, stream): (&str, &StreamName),
    json: bool,
) -> Result<()> {
    let parked = of(db, projection, stream).await?;
    let Some(first) = parked.first() else {
        bail!("nothing of {stream} is set aside in {projection}; `aerosports parked list` shows what is")
    };
    let events = log.read_stream(stream, Version(1), usize::MAX >> 1).await?;
    let stored = |row: &ParkedRow| events.iter().find(|event| event.position == row.position).map(shown);
    if json {
        for row in &parked {
            let mut shown = row_as_json(row);
            shown["event"] = stored(row).unwrap_or_default();
            println!("{shown}");
        }
        return Ok(());
    }
    println!("{projection} could not apply position {} of {stream}:", first.position);
    println!("  {}", first.error.as_deref().unwrap_or("its failure was not kept"));
    println!("The rows of {stream} in {projection} stand as they were before it. Set aside in their order:");
    for row in &parked {
        print(row, false);
        if let Some(event) = stored(row) {
            println!("    {}", event["data"]);
            println!("    {}", event["metadata"]);
        }
    }
    Ok(())
}

fn shown(event: &RecordedEvent) -> Value {
    as_json(event)
}

async fn retry_all(db: &ReadStore, json: bool) -> Result<()> {
    let parked = list_parked(db).await?;
    if parked.len() > MANY {
        let question = format!("{} events are applied again. Type retry to go on:", parked.len());
        confirm(&question, "retry")?;
    }
    let mut streams: Vec<_> =
        parked.iter().map(|row| (row.projection.to_string(), row.stream.clone())).collect();
    streams.dedup();
    if streams.is_empty() && !json {
        println!("nothing is set aside");
    }
    retry(db, &streams, json).await
}

async fn retry(db: &ReadStore, streams: &[(String, StreamName)], json: bool) -> Result<()> {
    for (projection, stream) in streams {
        request_retry(db, projection, stream).await?;
    }
    for (projection, stream) in streams {
        outcome(db, (projection, stream), json).await?;
    }
    Ok(())
}

async fn skip_first(
    db: &ReadStore,
    (projection, stream): (&str, &StreamName),
    skip: Skip,
    (yes, json): (bool, bool),
) -> Result<()> {
    let parked = of(db, projection, stream).await?;
    let Some(first) = parked.first() else {
        bail!("nothing of {stream} is set aside in {projection}; `aerosports parked list` shows what is")
    };
    if !yes {
        let question = format!(
            "{} at position {} is left out of {projection} for good, and {} behind it are applied. Type its position to go on:",
            first.event_type,
            first.position,
            parked.len() - 1
        );
        confirm(&question, &first.position.to_string())?;
    }
    tracing::warn!(projection, %stream, position = %first.position, by = skip.by, reason = skip.reason, "an event is skipped");
    request_skip(db, projection, stream, skip).await?;
    outcome(db, (projection, stream), json).await
}

/// Waits until a projector has done what was requested, and says what came of it.
async fn outcome(db: &ReadStore, (projection, stream): (&str, &StreamName), json: bool) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let left = of(db, projection, stream).await?;
        if left.iter().all(|row| row.requested.is_none()) {
            return say(projection, stream, &left, json);
        }
        if Instant::now() > deadline {
            bail!(
                "it is requested, and nobody has done it yet: is a projector running? It is done as soon as one runs"
            );
        }
        tokio::time::sleep(POLL).await;
    }
}

fn say(projection: &str, stream: &StreamName, left: &[ParkedRow], json: bool) -> Result<()> {
    let error = left.first().and_then(|row| row.error.as_deref());
    if json {
        println!(
            "{}",
            json!({"projection": projection, "stream": stream.as_str(), "applied": left.is_empty(), "left": left.len(), "error": error})
        );
    } else if left.is_empty() {
        println!("{stream} is applied in {projection}; nothing of it is set aside any more");
    }
    match error {
        Some(error) => bail!("{stream} failed again in {projection}, {} are set aside: {error}", left.len()),
        None => Ok(()),
    }
}

async fn skipped(db: &ReadStore, json: bool) -> Result<()> {
    for row in list_skipped(db).await? {
        if json {
            let shown = json!({
                "projection": &*row.projection, "position": row.position, "stream": row.stream.as_str(),
                "type": &*row.event_type, "error": row.error.as_deref(), "reason": row.reason,
                "by": row.skipped_by, "at": row.skipped_at,
            });
            println!("{shown}");
        } else {
            println!(
                "{:<14} {:>8}  {}  {}  {}  {}  {}",
                row.projection,
                row.position.0,
                row.stream,
                row.event_type,
                row.skipped_at,
                row.skipped_by,
                row.reason
            );
        }
    }
    Ok(())
}
