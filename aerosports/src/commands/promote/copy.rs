//! Copying from one store into the other: batches of the log with the answers that belong to them, then keys.

use std::collections::VecDeque;

use anyhow::{Context as _, Result};
use domain::log::Position;
use store::{
    CommandMark, CommandRecord, Export, PersonKeyRecord,
    mssql::{ImportBatch, ImportEnd, Importer},
};

use super::report::Progress;

/// Events in one transaction.
const BATCH: usize = 5_000;

/// Copies what `importer` lacks, and finishes it.
///
/// # Errors
/// When one side fails; what was copied stays, and the next try goes on from there.
pub(super) async fn all(source: &dyn Export, mut importer: Importer) -> Result<()> {
    let head = source.head().await?.position;
    let progress = Progress::new("copying", head.0);
    progress.reach(importer.position().0);
    let mut answers = Answers::after(source, importer.position());
    loop {
        let events = source.read_log(importer.position().next(), BATCH).await.context("reading the log")?;
        let Some(last) = events.last() else { break };
        let end = last.position;
        let commands = answers.up_to(end).await?;
        importer.write(&ImportBatch { events, commands }).await.context("writing the log")?;
        progress.reach(end.0);
    }
    let end = ImportEnd {
        commands: answers.up_to(head).await?,
        person_keys: person_keys(source).await.context("reading person keys")?,
        api_keys: source.list_api_keys().await.context("reading API keys")?,
    };
    importer.finish(&end).await.context("writing the keys")?;
    progress.finish();
    Ok(())
}

async fn person_keys(source: &dyn Export) -> Result<Vec<PersonKeyRecord>> {
    let mut keys: Vec<PersonKeyRecord> = Vec::new();
    loop {
        let page = source.export_person_keys(keys.last().map(|key| key.person), BATCH).await?;
        if page.is_empty() {
            return Ok(keys);
        }
        keys.extend(page);
    }
}

/// Stored answers in the order of the log.
struct Answers<'a> {
    source: &'a dyn Export,
    /// Everything up to here is there already, with its events; 0 when nothing is.
    after: Position,
    read: CommandMark,
    waiting: VecDeque<CommandRecord>,
    is_at_end: bool,
}

impl<'a> Answers<'a> {
    fn after(source: &'a dyn Export, after: Position) -> Self {
        Self { source, after, read: CommandMark::default(), waiting: VecDeque::new(), is_at_end: false }
    }

    /// Answers of commands whose last event is not after `end`.
    async fn up_to(&mut self, end: Position) -> Result<Vec<CommandRecord>> {
        let mut found = Vec::new();
        loop {
            while self.waiting.front().is_some_and(|record| record.position <= end) {
                found.extend(self.waiting.pop_front());
            }
            if self.is_at_end || !self.waiting.is_empty() {
                return Ok(found);
            }
            let (page, end) =
                self.source.export_commands(self.read, BATCH).await.context("reading stored answers")?;
            (self.is_at_end, self.read) = (page.is_empty(), end);
            let is_new = |record: &CommandRecord| self.after == Position(0) || record.position > self.after;
            self.waiting.extend(page.into_iter().filter(is_new));
        }
    }
}
