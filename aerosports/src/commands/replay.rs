//! `aerosports replay`: a stretch of the log into a file, as JSON lines, as it is stored: what is sealed stays so. Nothing
//! is done by it but the file.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, ensure};
use domain::{ids::LocationId, log::Position};
use events::RecordedEvent;
use flate2::{Compression, write::GzEncoder};
use runtime::{clock::SharedClock, config::Settings};
use store::EventLog;

use super::events::as_json;
use crate::{cli::Replay, settings::database::Database};

/// Events read at once.
const PAGE: usize = 4_000;

/// Carries out `options`.
///
/// # Errors
/// When the log cannot be read, or the file cannot be written.
pub async fn run(options: &Replay, settings: &Settings, clock: SharedClock) -> Result<()> {
    ensure!(!options.out.exists(), "{} is there already: name another file", options.out.display());
    let store = Database::of(settings)?.open(clock).await?;
    let written = write(&*store, options).await;
    store.close().await;
    let (events, last) = written?;
    println!("{events} events up to position {last} are in {}", options.out.display());
    Ok(())
}

/// How many events were written, and how far the log was read.
async fn write(log: &dyn EventLog, options: &Replay) -> Result<(u64, Position)> {
    let head = log.head().await?.position;
    let to = options.to.map_or(head, Position).min(head);
    let unfinished = unfinished(&options.out);
    let mut out = Output::create(&unfinished, is_gzip(&options.out))?;
    let (mut written, mut next) = (0, Position(options.from.max(1)));
    while next <= to {
        let page = log.read_log(next, PAGE).await?;
        let Some(last) = page.last() else { break };
        for event in
            page.iter().take_while(|event| event.position <= to).filter(|event| wants(options, event))
        {
            writeln!(out.writer(), "{}", as_json(event))?;
            written += 1;
        }
        next = last.position.next();
    }
    out.finish().with_context(|| format!("writing {}", unfinished.display()))?;
    fs::rename(&unfinished, &options.out).with_context(|| format!("naming {}", options.out.display()))?;
    Ok((written, to))
}

fn wants(options: &Replay, event: &RecordedEvent) -> bool {
    let is_of = |start: &String| event.event_type.starts_with(start.as_str());
    options.event_type.as_ref().is_none_or(is_of)
        && options.stream.as_ref().is_none_or(|stream| event.stream.as_str() == stream)
        && options.location.is_none_or(|location| event.location == Some(LocationId(location)))
}

/// What is not whole yet has another name.
fn unfinished(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".unfinished");
    name.into()
}

fn is_gzip(file: &Path) -> bool {
    file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("gz"))
}

/// A file of text, compressed by its name.
enum Output {
    Plain(BufWriter<File>),
    Gzip(GzEncoder<BufWriter<File>>),
}

impl Output {
    fn create(file: &Path, gzip: bool) -> Result<Self> {
        let made = File::create(file).with_context(|| format!("making {}", file.display()))?;
        let made = BufWriter::new(made);
        Ok(if gzip { Self::Gzip(GzEncoder::new(made, Compression::default())) } else { Self::Plain(made) })
    }

    fn writer(&mut self) -> &mut dyn Write {
        match self {
            Self::Plain(out) => out,
            Self::Gzip(out) => out,
        }
    }

    fn finish(self) -> io::Result<()> {
        let out = match self {
            Self::Plain(out) => out,
            Self::Gzip(out) => out.finish()?,
        };
        out.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()
    }
}
