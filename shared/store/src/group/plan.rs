//! What one batch will do: a verdict for each command, and the rows they add up to. Pure: the database
//! was asked before, and is written after.

use std::{collections::HashMap, sync::Arc};

use domain::{
    ids::{LocationId, PlayerId, StreamName},
    log::{CommandId, Head, Position, Token, Version},
};
use events::RecordedEvent;
use jiff::Timestamp;

use crate::{Append, PersonKeyChange, StoredAnswer, StreamAppend, Verdict, WrappedKey};

/// What the database says about everything a batch names.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known {
    pub(crate) head: Head,
    pub(crate) answers: HashMap<CommandId, StoredAnswer>,
    /// A stream that is absent has no events.
    pub(crate) streams: HashMap<StreamName, StreamHead>,
    /// Highest number of a stream.
    pub(crate) last_stream: u64,
}

/// Where a stream stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StreamHead {
    pub(crate) number: u64,
    pub(crate) version: u64,
}

/// A row of `events`.
#[derive(Debug)]
#[cfg_attr(not(feature = "sqlite"), expect(dead_code, reason = "SQL Server fills these columns by itself"))]
pub(crate) struct EventRow {
    pub(crate) stream_number: u64,
    pub(crate) event: Arc<RecordedEvent>,
}

/// A row of `streams`.
#[derive(Debug)]
#[cfg_attr(not(feature = "sqlite"), expect(dead_code, reason = "SQL Server fills these columns by itself"))]
pub(crate) struct StreamRow {
    pub(crate) number: u64,
    pub(crate) name: StreamName,
    pub(crate) version: u64,
    pub(crate) location: Option<LocationId>,
}

/// A row of `commands`; the rest of it stands in the append at `index`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CommandRow {
    pub(crate) index: usize,
    pub(crate) position: Position,
}

/// The whole effect of a batch.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// One for each command, in order.
    pub(crate) verdicts: Vec<Verdict>,
    pub(crate) events: Vec<EventRow>,
    pub(crate) streams: Vec<StreamRow>,
    pub(crate) commands: Vec<CommandRow>,
    pub(crate) created_keys: Vec<(PlayerId, WrappedKey, Timestamp)>,
    pub(crate) destroyed_keys: Vec<(PlayerId, Timestamp)>,
    /// The head after the batch.
    pub(crate) head: Head,
    /// Highest number of a stream after the batch.
    pub(crate) last_stream: u64,
}

/// Names of event types, shared by all events that carry them.
pub(crate) type TypeNames = HashMap<&'static str, Arc<str>>;

/// Judges `appends` one after the other; each sees what those before it did.
pub(crate) fn plan(appends: &[&Append], known: Known, types: &mut TypeNames) -> Plan {
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
    streams: HashMap<StreamName, StreamHead>,
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
        self.streams.insert(stream.stream.clone(), StreamHead { number: stream_number, version: version.0 });
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
            let StreamHead { number, version } = *streams.get(&name)?;
            Some(StreamRow { number, name, version, location })
        };
        self.plan.streams = self.changed.into_iter().filter_map(row).collect();
        // New streams have the highest numbers: their rows then follow each other in the table.
        self.plan.streams.sort_unstable_by_key(|stream| stream.number);
        self.plan
    }
}

#[cfg(test)]
mod tests {
    use domain::ids::EventId;
    use events::NewEvent;
    use uuid::Uuid;

    use super::*;
    use crate::NewAnswer;

    fn append(id: u128, stream: &str, expected: u64, events: u128) -> Append {
        let event = |n| NewEvent {
            id: EventId(Uuid::from_u128(id * 100 + n)),
            event_type: "room.installed.v1",
            data: "{}".into(),
        };
        Append {
            command: CommandId(Uuid::from_u128(id)),
            request_hash: [u8::try_from(id).unwrap(); 32],
            location: None,
            metadata: "{}".into(),
            at: Timestamp::UNIX_EPOCH,
            streams: vec![StreamAppend {
                stream: stream.parse().unwrap(),
                expected: Version(expected),
                events: (0..events).map(event).collect(),
            }],
            answer: NewAnswer { status: 201, body: format!("{id}") },
            person_keys: Vec::new(),
        }
    }

    fn planned(appends: &[Append]) -> Plan {
        let known = Known {
            head: Head { timeline: 3, position: Position(10) },
            streams: HashMap::from([("room-old".parse().unwrap(), StreamHead { number: 4, version: 7 })]),
            last_stream: 5,
            ..Known::default()
        };
        plan(&appends.iter().collect::<Vec<_>>(), known, &mut TypeNames::new())
    }

    fn committed(position: u64) -> Verdict {
        Verdict::Committed(Token { timeline: 3, position: Position(position) })
    }

    #[test]
    fn a_command_sees_what_those_before_it_in_the_batch_did() {
        let plan = planned(&[
            append(1, "room-old", 7, 2),
            append(2, "room-old", 7, 1),
            append(3, "room-old", 9, 1),
            append(4, "room-new", 0, 1),
            append(5, "room-new", 1, 1),
        ]);
        let conflict = Verdict::Conflict {
            stream: "room-old".parse().unwrap(),
            expected: Version(7),
            actual: Version(9),
        };
        let expected = [committed(12), conflict, committed(13), committed(14), committed(15)];
        assert_eq!(plan.verdicts, expected);
        let streams: Vec<_> =
            plan.streams.iter().map(|row| (row.number, row.name.as_str(), row.version)).collect();
        assert_eq!(streams, [(4, "room-old", 10), (6, "room-new", 2)]);
        let events: Vec<_> = plan
            .events
            .iter()
            .map(|row| (row.event.position.0, row.stream_number, row.event.version.0))
            .collect();
        assert_eq!(events, [(11, 4, 8), (12, 4, 9), (13, 4, 10), (14, 6, 1), (15, 6, 2)]);
        assert_eq!((plan.head.position, plan.last_stream), (Position(15), 6));
    }

    #[test]
    fn a_command_that_comes_twice_in_a_batch_gets_the_first_ones_answer() {
        let mut again = append(1, "room-old", 7, 1);
        again.request_hash = [9; 32];
        let plan = planned(&[append(1, "room-old", 7, 1), again]);
        let answer = StoredAnswer {
            request_hash: [1; 32],
            status: 201,
            body: "1".into(),
            token: Token { timeline: 3, position: Position(11) },
        };
        assert_eq!(plan.verdicts, [committed(11), Verdict::AlreadyDone(answer)]);
        assert_eq!((plan.events.len(), plan.commands.len()), (1, 1));
    }

    #[test]
    fn a_refused_command_leaves_its_id_free() {
        let plan = planned(&[append(1, "room-old", 6, 1), append(1, "room-old", 7, 1)]);
        assert!(matches!(plan.verdicts[0], Verdict::Conflict { .. }));
        assert_eq!(plan.verdicts[1], committed(11));
    }

    #[test]
    fn guards_write_no_stream() {
        let plan = planned(&[append(1, "room-old", 7, 0), append(2, "room-new", 0, 0)]);
        assert_eq!(plan.verdicts, [committed(10), committed(10)]);
        assert!(plan.streams.is_empty() && plan.events.is_empty());
        assert_eq!(plan.commands.len(), 2);
    }
}
