//! `aerosports parked`: events that a projection could not apply, with everything that waits behind them. What an
//! operator requests is done by the projection's owner, which looks for requests under its lease. Personal data stays
//! sealed.

use std::{collections::BTreeMap, process::ExitCode};

use anyhow::{Context as _, Result, bail};
use domain::{ids::StreamName, log::Position};
use projector::{SkipNote, list_parked, list_skipped, request_retry, request_skip};
use read_store::catalog::{ParkedRow, SkippedEvent};
use runtime::{clock::SharedClock, config::Settings};
use serde_json::{Value, json};
use tokio::time::{Duration, Instant, sleep, timeout};

use super::{
    caller::caller,
    confirm::confirm,
    events,
    opened::{LOOK_EVERY, Opened},
};
use crate::cli::{Parked, ParkedEvent};

/// Retrying more events than this is asked back.
const MANY: usize = 1_000;
/// How long a projector may take to do what was requested.
const PATIENCE: Duration = Duration::from_mins(1);

/// Carries out `command`.
///
/// # Errors
/// When the database cannot be read, or nothing of that name is parked.
pub async fn run(command: Parked, settings: &Settings, clock: SharedClock) -> Result<ExitCode> {
    let opened = Opened::open(settings, clock).await?;
    let outcome = match command {
        Parked::List { skipped: true, json } => list_given_up(&opened, json).await,
        Parked::List { skipped: false, json } => list(&opened, json).await,
        Parked::Show { event, json } => show(&opened, &event, json).await,
        Parked::Retry { projection, event, all, yes, wait, json } => {
            let which = Which { projection, event, all };
            retry(&opened, &which, yes, Report { wait, json }).await
        }
        Parked::Skip { event, reason, by, wait, json } => {
            let by = by.unwrap_or_else(caller);
            let note = SkipNote { by, reason, at: opened.clock.now() };
            skip(&opened, &event, &note, Report { wait, json }).await
        }
    };
    opened.close().await;
    outcome
}

/// Which events are to be retried.
struct Which {
    projection: Option<String>,
    event: Option<String>,
    all: bool,
}

/// How a request is reported.
struct Report {
    wait: bool,
    json: bool,
}

async fn list(opened: &Opened, json: bool) -> Result<ExitCode> {
    let rows = list_parked(&opened.db).await?;
    for row in &rows {
        let first = first_of(&rows, row);
        if json {
            println!("{}", as_json(row, first));
        } else {
            println!("{}", as_line(row, first));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The event that `row` waits behind, or itself.
fn first_of<'a>(rows: &'a [ParkedRow], row: &'a ParkedRow) -> &'a ParkedRow {
    let same = |other: &&ParkedRow| other.projection == row.projection && other.stream == row.stream;
    rows.iter().find(same).unwrap_or(row)
}

fn as_json(row: &ParkedRow, first: &ParkedRow) -> Value {
    let behind = (first.position != row.position).then_some(first.position.0);
    json!({
        "projection": &*row.projection,
        "version": row.version,
        "position": row.position.0,
        "stream": row.stream.as_str(),
        "stream_version": row.stream_version.0,
        "event_type": &*row.event_type,
        "error": row.error.as_deref(),
        "waits_behind": behind,
        "tries": row.tries,
        "requested": row.requested.as_deref(),
        "parked_at": row.parked_at,
    })
}

fn as_line(row: &ParkedRow, first: &ParkedRow) -> String {
    let (projection, position, event_type, stream) =
        (&row.projection, row.position.0, &row.event_type, &row.stream);
    let why = match &row.error {
        _ if first.position != row.position => format!("waits behind position {}", first.position),
        Some(error) => error.to_string(),
        None => "waits".to_owned(),
    };
    format!("{projection:<14} {position:>9}  {event_type} of {stream}: {why}")
}

async fn list_given_up(opened: &Opened, json: bool) -> Result<ExitCode> {
    for row in list_skipped(&opened.db).await? {
        if json {
            println!("{}", given_up_json(&row));
        } else {
            let (projection, position, by, reason) =
                (&row.projection, row.position.0, &row.requested_by, &row.reason);
            let at = row.skipped_at.map_or_else(|| "not done yet".to_owned(), |at| at.to_string());
            println!("{projection:<14} {position:>9}  {at}  {by}: {reason}");
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn given_up_json(row: &SkippedEvent) -> Value {
    json!({
        "projection": &*row.projection,
        "version": row.version,
        "position": row.position.0,
        "stream": row.stream.as_str(),
        "event_type": &*row.event_type,
        "error": row.error.as_deref(),
        "reason": &*row.reason,
        "by": &*row.requested_by,
        "requested_at": row.requested_at,
        "skipped_at": row.skipped_at,
    })
}

/// Whether `event`, a position or a stream, names `row`.
fn is_named(row: &ParkedRow, event: &str) -> bool {
    row.stream.as_str() == event || event.parse() == Ok(row.position.0)
}

fn find<'a>(rows: &'a [ParkedRow], event: &ParkedEvent) -> Result<&'a ParkedRow> {
    let named = |row: &&ParkedRow| *row.projection == *event.projection && is_named(row, &event.event);
    rows.iter().find(named).with_context(|| {
        let (projection, event) = (&event.projection, &event.event);
        format!("nothing at {event} is parked in {projection}; `aerosports parked list` shows what is")
    })
}

async fn show(opened: &Opened, event: &ParkedEvent, json: bool) -> Result<ExitCode> {
    let rows = list_parked(&opened.db).await?;
    let row = find(&rows, event)?;
    let first = first_of(&rows, row);
    let waiting: Vec<_> = rows
        .iter()
        .filter(|other| other.projection == row.projection && other.stream == row.stream)
        .filter(|other| other.position > row.position)
        .collect();
    let stored = stored(opened, row.position).await;
    if json {
        let mut shown = as_json(row, first);
        shown["event"] = stored;
        shown["waiting"] = waiting.iter().map(|row| as_json(row, first)).collect();
        println!("{shown}");
        return Ok(ExitCode::SUCCESS);
    }
    println!("{}", as_line(row, first));
    println!("tried {} times, parked at {}", row.tries, row.parked_at);
    println!("{stored:#}");
    println!("{} wait behind it:", waiting.len());
    for row in waiting {
        println!("{}", as_line(row, first));
    }
    Ok(ExitCode::SUCCESS)
}

/// The event as it is stored, or why it cannot be read.
async fn stored(opened: &Opened, position: Position) -> Value {
    match opened.store.read_log(position, 1).await {
        Ok(found) => found.first().map_or(Value::Null, |event| events::as_json(event)),
        Err(error) => json!({ "unreadable": error.to_string() }),
    }
}

/// A stream of a projection, with how many of its events are parked.
type Streams = BTreeMap<(String, StreamName), usize>;

fn streams<'a>(rows: impl Iterator<Item = &'a ParkedRow>) -> Streams {
    let mut streams = Streams::new();
    for row in rows {
        *streams.entry((row.projection.to_string(), row.stream.clone())).or_default() += 1;
    }
    streams
}

async fn retry(opened: &Opened, which: &Which, yes: bool, report: Report) -> Result<ExitCode> {
    if which.projection.is_none() && !which.all {
        bail!("say which: a projection and a stream or position, a projection and --all, or --all");
    }
    if which.projection.is_some() && which.event.is_none() && !which.all {
        bail!("say which stream or position, or --all for everything that is parked in this projection");
    }
    let rows = list_parked(&opened.db).await?;
    let named = |row: &&ParkedRow| {
        which.projection.as_deref().is_none_or(|projection| *row.projection == *projection)
            && which.event.as_deref().is_none_or(|event| is_named(row, event))
    };
    let chosen = streams(rows.iter().filter(named));
    let chosen: Streams =
        streams(rows.iter()).into_iter().filter(|(stream, _)| chosen.contains_key(stream)).collect();
    if chosen.is_empty() {
        bail!("nothing of that is parked; `aerosports parked list` shows what is");
    }
    let events: usize = chosen.values().sum();
    eprintln!("{events} events of {} streams are applied again", chosen.len());
    if events > MANY && !yes {
        confirm("Their rows change. Type the number of events to go on:", &events.to_string())?;
    }
    for (projection, stream) in chosen.keys() {
        request_retry(&opened.db, projection, stream).await?;
    }
    settled(opened, &chosen, "retry", report).await
}

async fn skip(opened: &Opened, event: &ParkedEvent, note: &SkipNote, report: Report) -> Result<ExitCode> {
    if note.reason.trim().is_empty() {
        bail!("say why with --reason: it is kept");
    }
    let rows = list_parked(&opened.db).await?;
    let row = find(&rows, event)?;
    let first = first_of(&rows, row);
    // A stream names its first event; a position names itself alone.
    if event.event.parse() == Ok(row.position.0) && first.position != row.position {
        bail!(
            "the event at {} waits behind the one at {}: retry or skip that one",
            row.position,
            first.position
        );
    }
    let chosen = streams(rows.iter().filter(|other| {
        first_of(&rows, other).position == first.position && other.projection == first.projection
    }));
    let position = request_skip(&opened.db, &first.projection, &first.stream, note).await?;
    eprintln!("the event at {position} is given up, and those behind it are applied");
    settled(opened, &chosen, "skip", report).await
}

/// Reports what was requested; with `wait`, once it is done. Exit 1 when something is parked still.
async fn settled(opened: &Opened, chosen: &Streams, requested: &str, report: Report) -> Result<ExitCode> {
    if report.wait {
        timeout(PATIENCE, done(opened, chosen)).await.context(
            "no projector has done it yet: the request stays. Look at `aerosports projections list`",
        )??;
    }
    let left = list_parked(&opened.db).await?;
    let mut any = false;
    for ((projection, stream), before) in chosen {
        let mine = || left.iter().filter(|row| *row.projection == **projection && row.stream == *stream);
        let (parked, error) = (mine().count(), mine().find_map(|row| row.error.as_deref()));
        any |= parked > 0;
        if report.json {
            let line = json!({"projection": projection, "stream": stream.as_str(), "requested": requested,
                "events": before, "done": report.wait, "parked": parked, "error": error});
            println!("{line}");
        } else if report.wait {
            println!(
                "{projection}: {parked} of {before} events of {stream} are parked: {}",
                error.unwrap_or("none")
            );
        } else {
            println!("{projection}: {requested} of {before} events of {stream} is requested");
        }
    }
    Ok(if report.wait && any { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Waits until no request of `chosen` is left.
async fn done(opened: &Opened, chosen: &Streams) -> Result<()> {
    let mut waited_since = Instant::now();
    loop {
        let rows = list_parked(&opened.db).await?;
        let open = |row: &ParkedRow| {
            row.requested.is_some() && chosen.contains_key(&(row.projection.to_string(), row.stream.clone()))
        };
        if !rows.iter().any(open) {
            return Ok(());
        }
        if waited_since.elapsed() > Duration::from_secs(5) {
            eprintln!("waiting for a projector");
            waited_since = Instant::now();
        }
        sleep(LOOK_EVERY).await;
    }
}
