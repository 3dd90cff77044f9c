//! `aerosports events`: looks into the log. Personal data stays sealed: it prints what is stored.

use std::{
    io::{self, Write as _},
    time::Duration,
};

use anyhow::{Context as _, Result, bail};
use domain::{
    ids::{LocationId, StreamName},
    log::{Position, Version},
};
use events::RecordedEvent;
use runtime::{clock::SharedClock, config::Settings};
use serde_json::{Value, json};
use store::EventLog;

use super::{output::is_closed_pipe, why};
use crate::{cli::Events, settings::database::Database};

/// Events read at once.
const PAGE: usize = 1_000;

/// How often `tail --follow` looks for more. Another process appends, so there is no notification.
const FOLLOW_EVERY: Duration = Duration::from_millis(250);

/// Carries out `command`.
///
/// # Errors
/// When the store cannot be read, or a stream does not exist.
pub async fn run(command: Events, settings: &Settings, clock: SharedClock) -> Result<()> {
    let json = command.json();
    if let Events::Why { view, key, location, .. } = command {
        return Box::pin(why::run(&why::Question { view, key, location, json }, settings, clock)).await;
    }
    let store = Database::of(settings)?.open(clock).await?;
    let log: &dyn EventLog = &*store;
    let outcome = match command {
        Events::Tail { count, follow, .. } => tail(log, count, follow, json).await,
        Events::Show { stream, .. } => show(log, &stream, json).await,
        Events::Why { .. } => Ok(()),
        Events::Search { text, event_type, location, from, limit, .. } => {
            let wanted = Wanted { text, event_type, location: location.map(LocationId) };
            search(log, &wanted, from, limit, json).await
        }
    };
    store.close().await;
    match outcome {
        Err(error) if is_closed_pipe(&error) => Ok(()),
        outcome => outcome,
    }
}

async fn tail(store: &dyn EventLog, count: u64, follow: bool, json: bool) -> Result<()> {
    let mut next = Position((store.head().await?.position.0 + 1).saturating_sub(count).max(1));
    loop {
        let page = store.read_log(next, PAGE).await?;
        for event in &page {
            print(event, json)?;
        }
        match page.last() {
            Some(last) => next = last.position.next(),
            None if follow => tokio::select! {
                () = tokio::time::sleep(FOLLOW_EVERY) => {}
                _ = tokio::signal::ctrl_c() => return Ok(()),
            },
            None => return Ok(()),
        }
    }
}

async fn show(store: &dyn EventLog, stream: &str, json: bool) -> Result<()> {
    let stream: StreamName = stream.parse().context("the stream's name")?;
    let mut next = Version(1);
    loop {
        let page = store.read_stream(&stream, next, PAGE).await?;
        for event in &page {
            print(event, json)?;
        }
        match page.last() {
            Some(last) => next = last.version.next(),
            None if next == Version(1) => {
                bail!("there is no stream {stream}; `aerosports events search` finds some")
            }
            None => return Ok(()),
        }
    }
}

struct Wanted {
    text: Option<String>,
    event_type: Option<String>,
    location: Option<LocationId>,
}

impl Wanted {
    fn matches(&self, event: &RecordedEvent) -> bool {
        let holds = |text: &String| {
            [&*event.data, event.stream.as_str(), &*event.metadata]
                .iter()
                .any(|part| part.contains(text.as_str()))
        };
        self.text.as_ref().is_none_or(holds)
            && self.event_type.as_ref().is_none_or(|start| event.event_type.starts_with(start.as_str()))
            && self.location.is_none_or(|location| event.location == Some(location))
    }
}

async fn search(store: &dyn EventLog, wanted: &Wanted, from: u64, limit: usize, json: bool) -> Result<()> {
    let mut next = Position(from.max(1));
    let mut found = 0;
    loop {
        let page = store.read_log(next, PAGE).await?;
        for event in page.iter().filter(|event| wanted.matches(event)) {
            if found == limit {
                eprintln!("stopped after {limit}; go on with --from {}", event.position);
                return Ok(());
            }
            print(event, json)?;
            found += 1;
        }
        match page.last() {
            Some(last) => next = last.position.next(),
            None => return Ok(()),
        }
    }
}

fn print(event: &RecordedEvent, json: bool) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if json {
        writeln!(out, "{}", as_json(event))
    } else {
        writeln!(
            out,
            "{:>8}  {}  {:<28} {}@{}  {}",
            event.position.0, event.recorded_at, event.event_type, event.stream, event.version, event.data
        )
    }
}

/// `event` as it is stored, its JSON parsed.
pub(super) fn as_json(event: &RecordedEvent) -> Value {
    let parsed = |text: &str| serde_json::from_str(text).unwrap_or_else(|_| Value::from(text));
    json!({
        "position": event.position,
        "event_id": event.id,
        "stream": event.stream.as_str(),
        "version": event.version,
        "type": &*event.event_type,
        "location_id": event.location,
        "recorded_at": event.recorded_at,
        "data": parsed(&event.data),
        "metadata": parsed(&event.metadata),
    })
}
