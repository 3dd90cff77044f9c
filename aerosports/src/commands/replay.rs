//! `aerosports replay`: copies events out of the log, in their order. It changes nothing and switches nothing: nothing that
//! follows the log sees it. Personal data stays sealed.

use std::{
    collections::BTreeMap,
    fs::{File, OpenOptions},
    io::{self, BufRead as _, BufReader, BufWriter, Seek as _, SeekFrom, Write},
    path::Path,
    time::Duration,
};

use anyhow::{Context as _, Result, bail};
use domain::{ids::LocationId, log::Position};
use events::RecordedEvent;
use flate2::{Compression, write::GzEncoder};
use runtime::{clock::SharedClock, config::Settings};
use serde_json::Value;
use store::EventLog;
use tokio::time::{Instant, sleep_until};

use super::events::as_json;
use crate::{cli::Replay, settings::database::Database};

/// Events read at once.
const PAGE: usize = 1_000;

/// Carries out the command.
///
/// # Errors
/// When the store cannot be read or the file cannot be written.
pub async fn run(options: Replay, settings: &Settings, clock: SharedClock) -> Result<()> {
    let store = Database::of(settings)?.open(clock).await?;
    let outcome = replay(&*store, &options).await;
    store.close().await;
    outcome
}

async fn replay(log: &dyn EventLog, options: &Replay) -> Result<()> {
    let head = log.head().await?.position;
    let last = Position(options.to.unwrap_or(head.0).min(head.0));
    let mut sink = match &options.out {
        Some(file) => Some(Sink::open(file, options.resume)?),
        None => None,
    };
    let after = sink.as_ref().and_then(|sink| sink.after);
    let mut next = after.map_or(Position(options.from.max(1)), Position::next);
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    let mut tempo = options.rate.map(Pace::of);
    while next <= last {
        let page = log.read_log(next, PAGE).await?;
        let Some(end) = page.last().map(|event| event.position) else { break };
        for event in page.iter().filter(|event| event.position <= last && wanted(options, event)) {
            if let Some(tempo) = &mut tempo {
                tempo.wait().await;
            }
            if let Some(sink) = &mut sink {
                sink.write(event)?;
            }
            *counts.entry(event.event_type.to_string()).or_default() += 1;
        }
        next = end.next();
    }
    report(&counts, options.out.as_deref());
    sink.map_or(Ok(()), Sink::finish)
}

fn wanted(options: &Replay, event: &RecordedEvent) -> bool {
    options.event_type.as_ref().is_none_or(|start| event.event_type.starts_with(start.as_str()))
        && options.stream.as_ref().is_none_or(|stream| event.stream.as_str() == stream)
        && options.location.is_none_or(|location| event.location == Some(LocationId(location)))
}

fn report(counts: &BTreeMap<String, u64>, out: Option<&Path>) {
    for (event_type, count) in counts {
        eprintln!("{count:>10}  {event_type}");
    }
    let total: u64 = counts.values().sum();
    match out {
        Some(file) => eprintln!("{total:>10}  events in {}", file.display()),
        None => eprintln!("{total:>10}  events; nothing was written: name a file with --out"),
    }
}

/// At most so many a second, evenly.
struct Pace {
    every: Duration,
    next: Instant,
}

impl Pace {
    fn of(rate: u32) -> Self {
        Self { every: Duration::from_secs(1) / rate, next: Instant::now() }
    }

    async fn wait(&mut self) {
        sleep_until(self.next).await;
        self.next += self.every;
    }
}

/// The file being written.
struct Sink {
    out: Box<dyn Out + Send>,
    /// The last event that is in it already.
    after: Option<Position>,
}

trait Out: Write {
    fn end(self: Box<Self>) -> io::Result<File>;
}

impl Out for BufWriter<File> {
    fn end(self: Box<Self>) -> io::Result<File> {
        self.into_inner().map_err(io::IntoInnerError::into_error)
    }
}

impl Out for GzEncoder<BufWriter<File>> {
    fn end(self: Box<Self>) -> io::Result<File> {
        Box::new(self.finish()?).end()
    }
}

impl Sink {
    fn open(path: &Path, resume: bool) -> Result<Self> {
        let compressed = path.extension().is_some_and(|extension| extension == "gz");
        if resume && compressed {
            bail!("a compressed file cannot be gone on with; leave --resume out, or write one without `.gz`");
        }
        if resume && path.exists() {
            return Self::go_on(path);
        }
        let file = OpenOptions::new().write(true).create_new(true).open(path);
        let file = file.with_context(|| {
            format!("making {}; it must not be there yet, or --resume goes on with it", path.display())
        })?;
        let out = BufWriter::new(file);
        let out: Box<dyn Out + Send> =
            if compressed { Box::new(GzEncoder::new(out, Compression::default())) } else { Box::new(out) };
        Ok(Self { out, after: None })
    }

    /// After the last whole line; what follows it was cut off and is written again.
    fn go_on(path: &Path) -> Result<Self> {
        let mut file = OpenOptions::new().read(true).write(true).open(path)?;
        let (mut whole, mut after) = (0_u64, None);
        let mut lines = BufReader::new(&file);
        let mut line = Vec::new();
        while lines.read_until(b'\n', &mut line)? > 0 && line.ends_with(b"\n") {
            let event: Value = serde_json::from_slice(&line)
                .with_context(|| format!("{} holds a line that is no event", path.display()))?;
            after = event["position"].as_u64().map(Position);
            whole += line.len() as u64;
            line.clear();
        }
        file.set_len(whole)?;
        file.seek(SeekFrom::End(0))?;
        Ok(Self { out: Box::new(BufWriter::new(file)), after })
    }

    fn write(&mut self, event: &RecordedEvent) -> io::Result<()> {
        writeln!(self.out, "{}", as_json(event))
    }

    fn finish(self) -> Result<()> {
        Ok(self.out.end()?.sync_all()?)
    }
}
