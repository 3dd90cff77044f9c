//! The end of the log in memory, so that whoever follows it does not ask the database. Only ever a
//! contiguous run of one timeline: events of another process in between empty it, and so does a restore.

use std::{
    collections::VecDeque,
    sync::{Arc, PoisonError, RwLock},
};

use domain::log::{Head, Position};
use events::RecordedEvent;

/// The most recent events that this process appended.
pub(crate) struct Recent {
    run: RwLock<Run>,
    max_events: usize,
    max_bytes: usize,
}

#[derive(Default)]
struct Run {
    timeline: u32,
    events: VecDeque<Arc<RecordedEvent>>,
    bytes: usize,
}

impl Recent {
    pub(crate) fn new(max_events: usize, max_bytes: usize) -> Self {
        Self { run: RwLock::default(), max_events, max_bytes }
    }

    /// Where the run ends.
    pub(crate) fn end(&self) -> Option<Head> {
        let run = self.run.read().unwrap_or_else(PoisonError::into_inner);
        let last = run.events.back()?;
        Some(Head { timeline: run.timeline, position: last.position })
    }

    /// Empties it if the log, which was asked for its `head` when the run ended at `end`, does not hold the run.
    pub(crate) fn compare(&self, end: Option<Head>, head: Head) {
        if end.is_some_and(|end| end.timeline != head.timeline || end.position > head.position) {
            *self.run.write().unwrap_or_else(PoisonError::into_inner) = Run::default();
        }
    }

    /// Adds a batch that was committed on `timeline`.
    pub(crate) fn push(&self, batch: Vec<Arc<RecordedEvent>>, timeline: u32) {
        let Some(first) = batch.first().map(|event| event.position) else { return };
        let mut run = self.run.write().unwrap_or_else(PoisonError::into_inner);
        if run.timeline != timeline || run.events.back().is_some_and(|last| last.position.next() != first) {
            *run = Run { timeline, ..Run::default() };
        }
        for event in batch {
            run.bytes += bytes(&event);
            run.events.push_back(event);
        }
        while run.events.len() > self.max_events || run.bytes > self.max_bytes {
            let Some(oldest) = run.events.pop_front() else { break };
            run.bytes -= bytes(&oldest);
        }
    }

    /// Events from `from` on, at most `limit`; none when `from` is not in memory.
    pub(crate) fn read(&self, from: Position, limit: usize) -> Option<Vec<Arc<RecordedEvent>>> {
        let run = self.run.read().unwrap_or_else(PoisonError::into_inner);
        let first = run.events.front()?.position;
        let skip = usize::try_from(from.0.checked_sub(first.0)?).ok()?;
        if skip >= run.events.len() {
            return None;
        }
        let end = run.events.len().min(skip.saturating_add(limit));
        Some(run.events.range(skip..end).cloned().collect())
    }
}

fn bytes(event: &RecordedEvent) -> usize {
    event.data.len() + event.metadata.len() + event.stream.as_str().len() + size_of::<RecordedEvent>()
}

#[cfg(test)]
mod tests {
    use domain::{
        ids::{EventId, StreamName},
        log::Version,
    };
    use jiff::Timestamp;
    use uuid::Uuid;

    use super::*;

    fn events(positions: std::ops::RangeInclusive<u64>) -> Vec<Arc<RecordedEvent>> {
        let event = |position| RecordedEvent {
            position: Position(position),
            id: EventId(Uuid::from_u128(position.into())),
            stream: StreamName::new("room", position),
            version: Version(1),
            event_type: "room.installed.v1".into(),
            location: None,
            data: "{}".into(),
            metadata: "{}".into(),
            recorded_at: Timestamp::UNIX_EPOCH,
        };
        positions.map(event).map(Arc::new).collect()
    }

    fn positions(recent: &Recent, from: u64, limit: usize) -> Option<Vec<u64>> {
        let events = recent.read(Position(from), limit)?;
        Some(events.iter().map(|event| event.position.0).collect())
    }

    #[test]
    fn reads_what_it_holds_and_nothing_else() {
        let recent = Recent::new(4, usize::MAX);
        recent.push(events(1..=3), 1);
        recent.push(events(4..=6), 1);
        assert_eq!(positions(&recent, 2, 10), None);
        assert_eq!(positions(&recent, 3, 10), Some(vec![3, 4, 5, 6]));
        assert_eq!(positions(&recent, 4, 2), Some(vec![4, 5]));
        assert_eq!(positions(&recent, 7, 2), None);
    }

    #[test]
    fn a_gap_starts_a_new_run() {
        let recent = Recent::new(100, usize::MAX);
        recent.push(events(1..=3), 1);
        recent.push(events(5..=6), 1);
        assert_eq!(positions(&recent, 3, 10), None);
        assert_eq!(positions(&recent, 5, 10), Some(vec![5, 6]));
    }

    #[test]
    fn the_oldest_leave_when_the_bytes_are_spent() {
        let one = bytes(&events(1..=1)[0]);
        let recent = Recent::new(100, one * 2);
        recent.push(events(1..=3), 1);
        assert_eq!(positions(&recent, 1, 10), None);
        assert_eq!(positions(&recent, 2, 10), Some(vec![2, 3]));
    }

    #[test]
    fn what_a_restored_log_has_lost_is_given_up() {
        let head = |timeline, position| Head { timeline, position: Position(position) };
        let recent = Recent::new(100, usize::MAX);
        recent.push(events(1..=5), 1);
        recent.compare(recent.end(), head(1, 7));
        assert_eq!(positions(&recent, 4, 10), Some(vec![4, 5]), "another process appended");
        recent.compare(recent.end(), head(1, 4));
        assert_eq!(positions(&recent, 4, 10), None, "the log ends before");
        recent.push(events(1..=5), 1);
        recent.compare(recent.end(), head(2, 5));
        assert_eq!(positions(&recent, 4, 10), None, "another timeline");
        recent.push(events(1..=5), 1);
        recent.push(events(6..=7), 2);
        assert_eq!(positions(&recent, 4, 10), None, "those before may be of the lost state");
        assert_eq!(positions(&recent, 6, 10), Some(vec![6, 7]));
    }
}
