//! Runs commands: decide, append, and again when a stream moved meanwhile.

use std::{collections::BTreeMap, marker::PhantomData, sync::Arc, time::Duration};

use domain::{
    DomainEvent,
    ids::{EventId, LocationId, PlayerId, StreamName},
};
use events::{EncodeError, EventMetadata, NewEvent, encode, person_of};
use jiff::Timestamp;
use runtime::{clock::Clock, log_clock::LogClock, retry::Delays};
use sealing::{KeySet, PersonKeyCache};
use serde::Serialize;
use store::{
    Append, NewAnswer, PersonKeyChange, SharedStore, StoreError, StoredAnswer, StreamAppend, Verdict,
};
use tokio::time::Instant;
use tracing::{Instrument as _, field::Empty};

use super::{
    Accepted, Answer, Command, CommandContext, Decided, ExecuteError, UnitOfWork,
    assumed_new::AssumedNew,
    cache::{Cached, StateCache},
    in_flight::InFlight,
    unit_of_work::{Sources, Work},
};

/// States kept in memory; a venue's busy day has a few thousand live streams.
const CACHED_STATES: usize = 200_000;

/// Tries against streams that keep moving, before the caller is told.
const MOST_TRIES: usize = 50;

/// Executes commands against one store. Cheap to clone.
#[derive(Clone)]
pub struct Executor {
    sources: Arc<Sources>,
    in_flight: InFlight,
}

impl Executor {
    /// On `store`, with an empty cache.
    #[must_use]
    pub fn new(store: SharedStore, clock: Arc<LogClock>, keys: Arc<PersonKeyCache>) -> Self {
        let (cache, assumed_new) = (StateCache::new(CACHED_STATES), AssumedNew::default());
        let sources = Arc::new(Sources { store, clock, cache, assumed_new, keys });
        Self { sources, in_flight: InFlight::default() }
    }

    /// The store commands go to.
    #[must_use]
    pub fn store(&self) -> &SharedStore {
        &self.sources.store
    }

    /// The clock commands are stamped with.
    #[must_use]
    pub fn clock(&self) -> &dyn Clock {
        &*self.sources.clock
    }

    /// To look at states and people without recording anything.
    #[must_use]
    pub fn look(&self) -> UnitOfWork {
        UnitOfWork::new(self.sources.clone(), false)
    }

    /// Runs `command` until its outcome stands.
    ///
    /// # Errors
    /// See [`ExecuteError`]; whatever it is, nothing took effect, but for `OutcomeUnknown`.
    pub async fn execute<C: Command>(
        &self,
        context: &CommandContext,
        command: C,
    ) -> Result<Accepted<C::Answer>, ExecuteError> {
        let location = command.location();
        let span = tracing::info_span!(
            "command",
            command = C::NAME,
            command_id = %context.command,
            location = location.map(tracing::field::display),
            stream = Empty,
            position = Empty,
            replayed = Empty,
        );
        self.run(context, location, |work| command.clone().decide(work)).instrument(span).await
    }

    /// Runs `decide` until its outcome stands: it may be called several times and must only load from and record to
    /// the unit of work. `location` is the tenant of every event.
    ///
    /// # Errors
    /// As [`Self::execute`].
    pub async fn run<T, F, Fut>(
        &self,
        context: &CommandContext,
        location: Option<LocationId>,
        decide: F,
    ) -> Result<Accepted<T>, ExecuteError>
    where
        T: Serialize + Send,
        F: Fn(UnitOfWork) -> Fut + Send,
        Fut: Future<Output = Decided<T>> + Send,
    {
        let _held = if context.repeatable {
            Some(self.in_flight.hold(context.command).ok_or(ExecuteError::InFlight)?)
        } else {
            None
        };
        let mut contended = None;
        for attempt in 0..MOST_TRIES {
            let work = UnitOfWork::new(self.sources.clone(), attempt == 0);
            let tried = match decide(work.clone()).await {
                Ok(answer) => self.commit(context, location, &work, answer).await,
                Err(error) => Err(error),
            };
            match tried {
                Ok(Ok(accepted)) => return Ok(traced(accepted)),
                Ok(Err(stream)) => contended = Some(stream),
                Err(error) if error.follows_from_state() => {
                    if let Some(accepted) = self.earlier_answer(context).await? {
                        return Ok(traced(accepted));
                    }
                    if work.verify().await? {
                        return Err(error);
                    }
                }
                Err(error) => return Err(error),
            }
        }
        let stream = contended.unwrap_or_else(|| StreamName::new("command", context.command));
        Err(ExecuteError::Contended { stream })
    }

    /// The accepted answer, or the stream that moved.
    async fn commit<T: Serialize + Send>(
        &self,
        context: &CommandContext,
        location: Option<LocationId>,
        work: &UnitOfWork,
        answer: Answer<T>,
    ) -> Result<Result<Accepted<T>, StreamName>, ExecuteError> {
        tracing::Span::current().record("stream", answer.stream.as_str());
        let answered = Answered {
            stream: answer.stream,
            stored: NewAnswer {
                status: answer.status,
                body: serde_json::to_string(&answer.body).map_err(EncodeError::from)?,
            },
        };
        let (append, fresh) = self.prepare(context, location, work, answered).await?;
        let (status, body) = (append.answer.status, append.answer.body.clone());
        match self.append(append, context.deadline).await? {
            Verdict::Committed(token) => {
                self.sources.clock.recorded(work.now());
                self.sources.keys.forget(&fresh.erased);
                for (stream, cached) in fresh.states {
                    self.sources.cache.put(stream, cached);
                }
                Ok(Ok(Accepted { status, body, token, replayed: false, answer: PhantomData }))
            }
            Verdict::AlreadyDone(stored) => replay(context, stored).map(Ok),
            Verdict::Conflict { stream, .. } => {
                work.moved(&stream);
                Ok(Err(stream))
            }
        }
    }

    /// Tries again, with the same ids, what failed for a passing reason, as long as another try that takes as long
    /// as the last can end in time: why it failed is a better answer than none.
    async fn append(&self, append: Append, deadline: Instant) -> Result<Verdict, StoreError> {
        let mut delays = Delays::new(Duration::from_millis(20), Duration::from_secs(1));
        loop {
            let begun = Instant::now();
            match self.sources.store.append(append.clone()).await {
                // Whoever comes later is refused at once, and so is this one.
                Err(error @ StoreError::NotWritable { .. }) => return Err(error),
                Err(error) if error.is_transient() => {
                    let delay = delays.next_delay();
                    if Instant::now() + delay + begun.elapsed() >= deadline {
                        return Err(error);
                    }
                    tokio::time::sleep(delay).await;
                }
                outcome => return outcome,
            }
        }
    }

    /// The answer of an earlier command with this id, if there is one.
    ///
    /// # Errors
    /// `KeyReused`, and when the store cannot be read.
    pub async fn earlier_answer<T>(
        &self,
        context: &CommandContext,
    ) -> Result<Option<Accepted<T>>, ExecuteError> {
        if !context.repeatable {
            return Ok(None);
        }
        let stored = self.sources.store.answer(context.command).await?;
        stored.map(|stored| replay(context, stored)).transpose()
    }

    async fn prepare(
        &self,
        context: &CommandContext,
        location: Option<LocationId>,
        work: &UnitOfWork,
        answered: Answered,
    ) -> Result<(Append, Fresh), ExecuteError> {
        let done = std::mem::take(&mut *work.work());
        let prepared = self.prepare_from(&done, context, location, work.now(), answered).await;
        // A failure may yet have to be verified against what was loaded.
        *work.work() = done;
        prepared
    }

    async fn prepare_from(
        &self,
        work: &Work,
        context: &CommandContext,
        location: Option<LocationId>,
        at: Timestamp,
        answered: Answered,
    ) -> Result<(Append, Fresh), ExecuteError> {
        let target = work.loaded.iter().find(|loaded| loaded.stream == answered.stream);
        if let (Some(expected), Some(actual)) = (context.if_match, target.map(|loaded| loaded.version))
            && expected != actual
        {
            return Err(ExecuteError::PreconditionFailed { expected, actual });
        }
        let fetched = self.keys_of(work).await?;
        let (streams, states) = self.streams(work, &fetched)?;
        let erased = work.key_changes.iter().filter_map(erased_person).collect();
        let metadata = EventMetadata {
            actor: context.actor.clone(),
            command_id: context.command,
            correlation_id: context.correlation_id,
            causation_id: context.causation_id,
            trace_parent: context.trace_parent.clone(),
            request_id: context.request_id.clone(),
        };
        let append = Append {
            command: context.command,
            request_hash: context.request_hash,
            location,
            metadata: serde_json::to_string(&metadata).map_err(EncodeError::from)?,
            at,
            streams,
            answer: answered.stored,
            person_keys: work.key_changes.clone(),
        };
        Ok((append, Fresh { states, erased }))
    }

    /// Every loaded stream with its new events, and the states after them.
    fn streams(&self, work: &Work, fetched: &KeySet) -> Result<(Vec<StreamAppend>, NewStates), ExecuteError> {
        let mut events: BTreeMap<&StreamName, Vec<&DomainEvent>> = BTreeMap::new();
        for change in &work.changes {
            events.entry(&change.stream).or_default().push(&change.event);
        }
        let mut appends = Vec::with_capacity(work.loaded.len());
        let mut states = Vec::new();
        for loaded in &work.loaded {
            let mut append =
                StreamAppend { stream: loaded.stream.clone(), expected: loaded.version, events: vec![] };
            if let Some(events) = events.remove(&loaded.stream) {
                let mut cached = Cached { version: loaded.version, state: loaded.state.clone() };
                for event in events {
                    let person = person_of(event, &loaded.stream);
                    let new = person.is_some_and(|person| work.new_keys.contains(person));
                    let keys = if new { &work.new_keys } else { fetched };
                    append.events.push(self.stored(event, &loaded.stream, keys)?);
                    cached.version = cached.version.next();
                    if let Some(state) = (loaded.evolve)(&cached.state, event) {
                        cached.state = state;
                    }
                }
                states.push((loaded.stream.clone(), cached));
            }
            appends.push(append);
        }
        match events.into_keys().next() {
            Some(stream) => Err(ExecuteError::NotLoaded(stream.clone())),
            None => Ok((appends, states)),
        }
    }

    fn stored(
        &self,
        event: &DomainEvent,
        stream: &StreamName,
        keys: &KeySet,
    ) -> Result<NewEvent, ExecuteError> {
        let (event_type, data) = encode(event, keys, stream.id())?;
        Ok(NewEvent { id: EventId(self.sources.clock.new_uuid()), event_type, data })
    }

    /// The keys of the people whose data is about to be written, but for those who are new.
    async fn keys_of(&self, work: &Work) -> Result<KeySet, ExecuteError> {
        let people = work.changes.iter().filter_map(|change| person_of(&change.event, &change.stream));
        let known: Vec<PlayerId> = people.filter(|person| !work.new_keys.contains(*person)).collect();
        if known.is_empty() {
            return Ok(KeySet::default());
        }
        Ok(self.sources.keys.prefetch(&*self.sources.store, known).await?)
    }
}

/// Streams and the states their new events give.
type NewStates = Vec<(StreamName, Cached)>;

/// The answer to store, and the stream that `If-Match` speaks of.
struct Answered {
    stream: StreamName,
    stored: NewAnswer,
}

/// What becomes true when the append commits.
struct Fresh {
    states: NewStates,
    /// Whose keys are gone.
    erased: Vec<PlayerId>,
}

fn erased_person(change: &PersonKeyChange) -> Option<PlayerId> {
    match change {
        PersonKeyChange::Destroy(person) => Some(*person),
        PersonKeyChange::Create(..) => None,
    }
}

/// The command's span says where its events end, and whether this is an earlier answer.
fn traced<T>(accepted: Accepted<T>) -> Accepted<T> {
    tracing::Span::current()
        .record("position", accepted.token.position.0)
        .record("replayed", accepted.replayed);
    accepted
}

fn replay<T>(context: &CommandContext, stored: StoredAnswer) -> Result<Accepted<T>, ExecuteError> {
    if stored.request_hash != context.request_hash {
        return Err(ExecuteError::KeyReused);
    }
    let StoredAnswer { request_hash: _, status, body, token } = stored;
    Ok(Accepted { status, body, token, replayed: true, answer: PhantomData })
}
