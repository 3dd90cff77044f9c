//! The log: dense, as it was written, and the same as what appends know of its streams.

use std::collections::HashMap;

use domain::{
    ids::StreamName,
    log::{Position, Version},
};
use jiff::{SignedDuration, Timestamp};
use runtime::clock::SharedClock;
use store::{CommandMark, Inspect, StoreError};

use super::{RESTORE, report::Report};
use crate::composition::event_store::EventStore;

/// Rows read at once.
const PAGE: usize = 4_000;
/// A newest event that is further ahead than this was recorded by a clock that is wrong, or this one is.
const AHEAD: SignedDuration = SignedDuration::from_secs(5);

/// The log as far as it was read.
#[derive(Default)]
struct Walk {
    /// The last version of each stream.
    versions: HashMap<StreamName, Version>,
    last: Position,
    newest: Option<Timestamp>,
}

/// Whether all of the log can be read.
pub(super) async fn check(
    store: &EventStore,
    clock: &SharedClock,
    report: &mut Report,
) -> Result<bool, StoreError> {
    let inspect = store.inspect();
    for line in inspect.integrity().await.unwrap_or_else(|error| vec![error.to_string()]) {
        report.error("event_store", format!("events.db is damaged: {line}"), RESTORE);
    }
    let mut walk = Walk::default();
    if let Err(error) = walk.to(inspect, store.head().await?.position).await {
        report.error("log", error.to_string(), RESTORE);
        return Ok(false);
    }
    let before = walk.versions.clone();
    let ends = stream_ends(inspect).await?;
    walk.to(inspect, store.head().await?.position).await?;
    compare_streams(&before, &ends, &walk.versions, report);
    check_answers(inspect, &walk, report).await?;
    check_clock(walk.newest, clock.now(), report);
    Ok(true)
}

impl Walk {
    /// Reads on to `end`.
    async fn to(&mut self, store: &dyn Inspect, end: Position) -> Result<(), StoreError> {
        while self.last < end {
            let page = store.read_log(self.last.next(), PAGE).await?;
            if page.is_empty() {
                return Err(StoreError::Corrupt(format!("position {} is missing", self.last.next())));
            }
            for event in page.iter().take_while(|event| event.position <= end) {
                let last = self.versions.entry(event.stream.clone()).or_default();
                if event.version != last.next() {
                    let (stream, version) = (&event.stream, event.version);
                    return Err(StoreError::Corrupt(format!("{stream} has version {version} after {last}")));
                }
                (*last, self.last, self.newest) = (event.version, event.position, Some(event.recorded_at));
            }
        }
        Ok(())
    }
}

async fn stream_ends(store: &dyn Inspect) -> Result<HashMap<StreamName, Version>, StoreError> {
    let (mut ends, mut after) = (HashMap::new(), None);
    loop {
        let page = store.stream_ends(after.as_ref(), PAGE).await?;
        let Some((last, _)) = page.last() else { return Ok(ends) };
        after = Some(last.clone());
        ends.extend(page);
    }
}

/// A stream's end must lie between what its events were before it was asked and after.
fn compare_streams(
    before: &HashMap<StreamName, Version>,
    ends: &HashMap<StreamName, Version>,
    after: &HashMap<StreamName, Version>,
    report: &mut Report,
) {
    for (stream, least) in before {
        let end = ends.get(stream).copied().unwrap_or_default();
        if end < *least {
            let message = format!("{stream} ends at version {end}, and its events at {least}");
            report.error("streams", message, RESTORE);
        }
    }
    for (stream, end) in ends {
        let most = after.get(stream).copied().unwrap_or_default();
        if *end > most {
            let message = format!("{stream} ends at version {end}, and its events at {most}");
            report.error("streams", message, RESTORE);
        }
    }
}

/// An answer past the log's end belongs to a log that is lost.
async fn check_answers(store: &dyn Inspect, walk: &Walk, report: &mut Report) -> Result<(), StoreError> {
    let mut mark = CommandMark::default();
    loop {
        let (page, end) = store.export_commands(mark, PAGE).await?;
        let Some(last) = page.iter().max_by_key(|record| record.position) else { return Ok(()) };
        let head = store.head().await?.position;
        if last.position > head {
            let (position, read) = (last.position, walk.last);
            let message = format!("an answer is kept for position {position}, and the log ends at {read}");
            report.error("answers", message, RESTORE);
            return Ok(());
        }
        mark = end;
    }
}

fn check_clock(newest: Option<Timestamp>, now: Timestamp, report: &mut Report) {
    let Some(newest) = newest.filter(|newest| newest.duration_since(now) > AHEAD) else { return };
    let message = format!("the newest event was recorded at {newest}, and this machine's clock says {now}");
    report.warning(
        "clock",
        message,
        "set the clock of this machine right, or that of the one that recorded it",
    );
}
