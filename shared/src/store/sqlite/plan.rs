//! What one batch will do: a verdict for each command, and the rows they add up to. Pure: the database
//! was asked before, and is written after.

use std::{collections::HashMap, sync::Arc};

use jiff::Timestamp;

use crate::{
    domain::ids::{LocationId, PlayerId, StreamName},
    events::RecordedEvent,
    store::{
        Append, CommandId, Head, PersonKeyChange, Position, StoredAnswer, StreamAppend, Token, Verdict,
        Version, WrappedKey,
    },
};

/// What the database says about everything a batch names.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) head: Head,
    pub(super) answers: HashMap<CommandId, StoredAnswer>,
    /// A stream that is absent has no events.
    pub(super) streams: HashMap<StreamName, Place>,
    /// Highest number of a stream.
    pub(super) last_stream: u64,
}

/// Where a stream stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) number: u64,
    pub(super) version: u64,
}

/// A row of `events`.
#[derive(Debug)]
pub(super) struct EventRow {
    pub(super) stream_number: u64,
    pub(super) event: Arc<RecordedEvent>,
}

/// A row of `streams`.
#[derive(Debug)]
pub(super) struct StreamRow {
    pub(super) number: u64,
    pub(super) name: StreamName,
    pub(super) version: u64,
    pub(super) location: Option<LocationId>,
}

/// A row of `commands`; the rest of it stands in the append at `index`.
#[derive(Clone, Copy, Debug)]
pub(super) struct CommandRow {
    pub(super) index: usize,
    pub(super) position: Position,
}

/// The whole effect of a batch.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// One for each command, in order.
    pub(super) verdicts: Vec<Verdict>,
    pub(super) events: Vec<EventRow>,
    pub(super) streams: Vec<StreamRow>,
    pub(super) commands: Vec<CommandRow>,
    pub(super) created_keys: Vec<(PlayerId, WrappedKey, Timestamp)>,
    pub(super) destroyed_keys: Vec<(PlayerId, Timestamp)>,
    /// The head after the batch.
    pub(super) head: Head,
    /// Highest number of a stream after the batch.
    pub(super) last_stream: u64,
}

/// Names of event types, shared by all events that carry them.
pub(super) type TypeNames = HashMap<&'static str, Arc<str>>;

/// Judges `appends` one after the other; each sees what those before it did.
pub(super) fn plan(appends: &[&Append], known: Known, types: &mut TypeNames) -> Plan {
    let mut planner = Planner {
        plan: Plan { head: known.head, last_stream: known.last_stream, ..Plan::default() },
        appends,
        answers: known.answers,
        accepted: HashMap::with_capacity(appends.len()),
        streams: known.streams,
        changed: HashMap::new(),
        types,
    };
    for (index, append) in appends.iter().enumerate() {
        let verdict = planner.judge(index, append);
        planner.plan.verdicts.push(verdict);
    }
    planner.finish()
}

struct Planner<'a> {
    plan: Plan,
    appends: &'a [&'a Append],
    answers: HashMap<CommandId, StoredAnswer>,
    /// Commands of this batch that took effect: the same id again gets the same answer.
    accepted: HashMap<CommandId, CommandRow>,
    streams: HashMap<StreamName, Place>,
    /// Streams that got events, with the location of the first command that wrote them.
    changed: HashMap<StreamName, Option<LocationId>>,
    types: &'a mut TypeNames,
}

impl Planner<'_> {
    fn judge(&mut self, index: usize, append: &Append) -> Verdict {
        if let Some(answer) = self.answer_of(append.command) {
            return Verdict::AlreadyDone(answer);
        }
        if let Some(conflict) = append.streams.iter().find_map(|stream| self.conflict(stream)) {
            return conflict;
        }
        self.accept(index, append)
    }

    fn answer_of(&self, command: CommandId) -> Option<StoredAnswer> {
        if let Some(row) = self.accepted.get(&command) {
            let first = self.appends.get(row.index)?;
            return Some(StoredAnswer {
                request_hash: first.request_hash,
                status: first.answer.status,
                body: first.answer.body.clone(),
                token: Token { timeline: self.plan.head.timeline, position: row.position },
            });
        }
        self.answers.get(&command).cloned()
    }

    fn conflict(&self, wanted: &StreamAppend) -> Option<Verdict> {
        let actual = Version(self.streams.get(&wanted.stream).map_or(0, |place| place.version));
        (actual != wanted.expected).then(|| Verdict::Conflict {
            stream: wanted.stream.clone(),
            expected: wanted.expected,
            actual,
        })
    }

    fn accept(&mut self, index: usize, append: &Append) -> Verdict {
        let metadata: Arc<str> = append.metadata.as_str().into();
        for stream in append.streams.iter().filter(|stream| !stream.events.is_empty()) {
            self.add_events(append, stream, &metadata);
        }
        self.add_keys(append);
        let token = self.plan.head.token();
        let row = CommandRow { index, position: token.position };
        self.plan.commands.push(row);
        self.accepted.insert(append.command, row);
        Verdict::Committed(token)
    }

    fn add_events(&mut self, append: &Append, stream: &StreamAppend, metadata: &Arc<str>) {
        let stream_number = self.number(&stream.stream);
        let mut version = stream.expected;
        for event in &stream.events {
            version = version.next();
            self.plan.head.position = self.plan.head.position.next();
            let name = self.types.entry(event.event_type).or_insert_with(|| event.event_type.into());
            let event = RecordedEvent {
                position: self.plan.head.position,
                id: event.id,
                stream: stream.stream.clone(),
                version,
                event_type: Arc::clone(name),
                location: append.location,
                data: event.data.as_str().into(),
                metadata: Arc::clone(metadata),
                recorded_at: append.at,
            };
            self.plan.events.push(EventRow { stream_number, event: Arc::new(event) });
        }
        self.streams.insert(stream.stream.clone(), Place { number: stream_number, version: version.0 });
        self.changed.entry(stream.stream.clone()).or_insert(append.location);
    }

    fn number(&mut self, stream: &StreamName) -> u64 {
        self.streams.get(stream).map_or_else(
            || {
                self.plan.last_stream += 1;
                self.plan.last_stream
            },
            |place| place.number,
        )
    }

    fn add_keys(&mut self, append: &Append) {
        for change in &append.person_keys {
            match change {
                PersonKeyChange::Create(person, key) => {
                    self.plan.created_keys.push((*person, key.clone(), append.at));
                }
                PersonKeyChange::Destroy(person) => self.plan.destroyed_keys.push((*person, append.at)),
            }
        }
    }

    fn finish(mut self) -> Plan {
        let streams = &self.streams;
        let row = |(name, location): (StreamName, Option<LocationId>)| {
            let Place { number, version } = *streams.get(&name)?;
            Some(StreamRow { number, name, version, location })
        };
        self.plan.streams = self.changed.into_iter().filter_map(row).collect();
        // New streams have the highest numbers: their rows then follow each other in the table.
        self.plan.streams.sort_unstable_by_key(|stream| stream.number);
        self.plan
    }
}
