//! The log: every event is read once, in its order. Positions and versions have no holes, checksums fit, and no event is of
//! the future.

use std::collections::HashMap;

use domain::{
    ids::StreamName,
    log::{Head, Position, Version},
};
use events::RecordedEvent;
use jiff::SignedDuration;
use runtime::clock::SharedClock;
use store::{EventLog, StoreError};

use super::{Finding, Findings};
use crate::composition::event_store::EventStore;

/// Events read at once.
const PAGE: usize = 2_000;
/// Clocks of a venue's machines may be apart by this much.
const CLOCKS_APART: SignedDuration = SignedDuration::from_secs(5);

const RESTORE: &str = "stop every process, keep the files, and restore a backup with `aerosports restore`";

pub(super) async fn look(store: &EventStore, clock: &SharedClock, findings: &mut Findings) {
    match read(&**store).await {
        Ok(Walk { head, newest, broken, read_to }) => {
            if let Some(broken) = broken {
                findings.add(Finding::error("event_log", broken, RESTORE));
            }
            if read_to < head.position {
                let message =
                    format!("the log says that it ends at {}, and ends at {read_to}", head.position);
                findings.add(Finding::error("event_log", message, RESTORE));
            }
            let ahead = newest.map(|newest| newest.recorded_at.duration_since(clock.now()));
            if let Some(ahead) = ahead.filter(|ahead| *ahead > CLOCKS_APART) {
                let message =
                    format!("the newest event is {} s ahead of this machine's clock", ahead.as_secs());
                findings.add(Finding::warning("clock", message, "set this machine's clock right"));
            }
        }
        Err(error) => {
            let error = anyhow::Error::from(error);
            findings.add(Finding::error("event_log", format!("{error:#}"), RESTORE));
        }
    }
}

struct Walk {
    head: Head,
    newest: Option<std::sync::Arc<RecordedEvent>>,
    broken: Option<String>,
    read_to: Position,
}

/// As far as the log went when the walk began.
async fn read(log: &dyn EventLog) -> Result<Walk, StoreError> {
    let head = log.head().await?;
    let mut versions: HashMap<StreamName, Version> = HashMap::new();
    let mut walk = Walk { head, newest: None, broken: None, read_to: Position::default() };
    while walk.read_to < head.position {
        let page = log.read_log(walk.read_to.next(), PAGE).await?;
        let Some(last) = page.last().cloned() else { break };
        for event in page.iter().filter(|event| event.position <= head.position) {
            let version = versions.entry(event.stream.clone()).or_default();
            if event.version != version.next() && walk.broken.is_none() {
                walk.broken = Some(format!(
                    "{} goes from version {version} to {} at position {}",
                    event.stream, event.version, event.position
                ));
            }
            *version = event.version;
        }
        walk.read_to = last.position;
        walk.newest = Some(last);
    }
    Ok(walk)
}
