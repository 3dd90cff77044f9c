//! One try of one command: what it loaded, and what it wants to record. Appends nothing itself.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::{
    Aggregate, Change, DomainEvent, Refusal,
    ids::{LocationId, PlayerId, StreamName, WristbandUid},
    log::Version,
    player::{PersonalDetails, PlayerEvent},
    values::EmailAddress,
    wristband::Wristband,
};
use events::{
    RecordedEvent, decode,
    sealing::NoKeys,
    snapshot::{Snapshotted, TAIL_LIMIT},
};
use jiff::Timestamp;
use runtime::{clock::Clock as _, log_clock::LogClock};
use sealing::{KeySet, PersonKeyCache};
use store::{PersonKeyChange, SharedStore, Snapshot};

use super::{
    Changed, Decided, ExecuteError,
    assumed_new::AssumedNew,
    cache::{AnyState, Cached, StateCache},
};

/// What a unit of work reads from.
pub(super) struct Sources {
    pub store: SharedStore,
    pub clock: Arc<LogClock>,
    pub cache: StateCache,
    pub assumed_new: AssumedNew,
    pub keys: Arc<PersonKeyCache>,
}

/// A stream the decision saw.
pub(super) struct Loaded {
    pub stream: StreamName,
    pub version: Version,
    pub state: AnyState,
    /// It came out of the cache, or was read before others were: it may not have been the newest when the last of
    /// them was read.
    pub unverified: bool,
    /// Its category, when it was assumed new without reading.
    pub assumed_new: Option<&'static str>,
    /// The state after an event of the same aggregate.
    pub evolve: fn(&AnyState, &DomainEvent) -> Option<AnyState>,
}

#[derive(Default)]
pub(super) struct Work {
    pub loaded: Vec<Loaded>,
    pub changes: Vec<Change>,
    /// Keys of people who are new with this command.
    pub new_keys: KeySet,
    pub key_changes: Vec<PersonKeyChange>,
}

/// Handed to a command's decision; cheap to clone.
#[derive(Clone)]
pub struct UnitOfWork {
    sources: Arc<Sources>,
    work: Arc<Mutex<Work>>,
    now: Timestamp,
    /// A stream may be assumed new without reading: nothing decided before turned out to be wrong.
    may_assume: bool,
}

impl UnitOfWork {
    pub(super) fn new(sources: Arc<Sources>, may_assume: bool) -> Self {
        let now = sources.clock.now();
        Self { sources, work: Arc::default(), now, may_assume }
    }

    /// The time of this try: every event of the command carries the same.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The state of `stream`, guarded: should it have moved when the append commits, the decision is
    /// made again.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn load<A: Snapshotted>(&self, stream: StreamName) -> Result<Arc<A::State>, ExecuteError> {
        let states = self.load_all::<A>(vec![stream.clone()]).await?;
        states.into_iter().next().ok_or(ExecuteError::NotLoaded(stream))
    }

    /// As [`UnitOfWork::load`], for a command that mostly begins the stream. While such streams turn out to be new,
    /// this one is assumed new without reading; the append verifies that too.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn load_or_begin<A: Snapshotted>(
        &self,
        stream: StreamName,
    ) -> Result<Arc<A::State>, ExecuteError> {
        if !self.take_from_cache::<A>(&stream) {
            let assumed_new = &self.sources.assumed_new;
            if self.may_assume && assumed_new.applies_to(A::CATEGORY) {
                let new = nothing_yet::<A>(stream.clone());
                self.work().loaded.push(Loaded { unverified: true, assumed_new: Some(A::CATEGORY), ..new });
            } else {
                self.read::<A>(vec![stream.clone()]).await?;
                assumed_new.found(A::CATEGORY, self.version(&stream) == Some(Version(0)));
            }
        }
        self.load::<A>(stream).await
    }

    /// The state of a stream that cannot have begun, since its id was drawn for this command. Guarded as any.
    #[expect(clippy::must_use_candidate, reason = "some only want the stream guarded")]
    pub fn begin<A: Snapshotted>(&self, stream: StreamName) -> A::State {
        self.work().loaded.push(nothing_yet::<A>(stream));
        A::State::default()
    }

    /// The states of several streams of one kind, in their order, read at once.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn load_all<A: Snapshotted>(
        &self,
        streams: Vec<StreamName>,
    ) -> Result<Vec<Arc<A::State>>, ExecuteError> {
        let missing: Vec<StreamName> =
            streams.iter().filter(|stream| !self.take_from_cache::<A>(stream)).cloned().collect();
        if !missing.is_empty() {
            self.read::<A>(missing).await?;
        }
        let work = self.work();
        streams
            .into_iter()
            .map(|stream| match work.loaded.iter().find(|loaded| loaded.stream == stream) {
                Some(loaded) => {
                    loaded.state.clone().downcast::<A::State>().map_err(|_| ExecuteError::NotLoaded(stream))
                }
                None => Err(ExecuteError::NotLoaded(stream)),
            })
            .collect()
    }

    /// Loads one stream, lets `decide` say what happens to it alone, records that.
    ///
    /// # Errors
    /// The refusal, or when the store cannot be read.
    pub async fn decide<A: Snapshotted, E: Into<Refusal>>(
        &self,
        stream: StreamName,
        decide: impl FnOnce(&A::State) -> Result<Vec<A::Event>, E> + Send,
    ) -> Decided<Changed> {
        let state = self.load::<A>(stream.clone()).await?;
        let events = decide(&state).map_err(Into::into)?;
        self.record(Change::all(&stream, events));
        Ok(self.changed(stream))
    }

    /// The version of a stream loaded before.
    #[must_use]
    pub fn version(&self, stream: &StreamName) -> Option<Version> {
        self.work().loaded.iter().find(|loaded| loaded.stream == *stream).map(|loaded| loaded.version)
    }

    /// The version that `stream` will have with everything recorded so far.
    pub(super) fn version_after(&self, stream: &StreamName) -> Version {
        let work = self.work();
        let loaded = work.loaded.iter().find(|loaded| loaded.stream == *stream);
        let recorded = work.changes.iter().filter(|change| change.stream == *stream).count();
        Version(loaded.map_or(0, |loaded| loaded.version.0) + recorded as u64)
    }

    /// The code that the band `uid` is stored under at `location`: tag numbers were once stored in other forms. All
    /// that was looked at is guarded.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn stored_uid(
        &self,
        location: LocationId,
        uid: WristbandUid,
    ) -> Result<WristbandUid, ExecuteError> {
        let [current, earlier @ ..] = &uid.stored_forms()[..] else { return Ok(uid) };
        let begun = |uid: &WristbandUid| self.version(&uid.stream(location)) > Some(Version(0));
        if earlier.is_empty() {
            return Ok(uid);
        }
        self.load::<Wristband>(current.stream(location)).await?;
        if begun(current) {
            return Ok(uid);
        }
        self.load_all::<Wristband>(earlier.iter().map(|uid| uid.stream(location)).collect()).await?;
        Ok(earlier.iter().find(|uid| begun(uid)).cloned().unwrap_or(uid))
    }

    /// All that happened in `stream`, in order. What decisions on the past need and the state does not keep; the past
    /// does not change, so nothing is guarded by it.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn history<A: Aggregate<Event: Clone>>(
        &self,
        stream: &StreamName,
    ) -> Result<Vec<A::Event>, ExecuteError> {
        let wanted = vec![(stream.clone(), Version(1))];
        let mut events = Vec::new();
        for stored in self.sources.store.read_streams(wanted).await?.into_iter().flatten() {
            events.extend(A::event_of(&decode(&stored, &NoKeys)?).cloned());
        }
        Ok(events)
    }

    /// Who these people are, as they said last; none for who is unknown or erased. Not guarded: whoever decides on it
    /// loads the people too.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn details(&self, people: &[PlayerId]) -> Result<Vec<Option<PersonalDetails>>, ExecuteError> {
        let wanted = people.iter().map(|person| (person.stream(), Version(1))).collect();
        let histories = self.sources.store.read_streams(wanted).await?;
        let keys = self.sources.keys.prefetch(&*self.sources.store, people.iter().copied()).await?;
        histories.iter().map(|history| latest_details(history, &keys)).collect()
    }

    /// Adds facts to be appended, each to a stream loaded before.
    pub fn record(&self, changes: impl IntoIterator<Item = Change>) {
        self.work().changes.extend(changes);
    }

    /// Makes the key that a new person's data is sealed with; stored with the command's events.
    ///
    /// # Errors
    /// When the system has no randomness.
    pub fn create_person_key(&self, person: PlayerId) -> Result<(), ExecuteError> {
        let (key, wrapped) = self.sources.keys.keyring().new_person_key(person)?;
        let mut work = self.work();
        work.new_keys.insert(person, key);
        work.key_changes.push(PersonKeyChange::Create(person, wrapped));
        Ok(())
    }

    /// Destroys people's keys together with the command's events: what was sealed stays sealed for ever.
    pub fn destroy_person_keys(&self, people: impl IntoIterator<Item = PlayerId>) {
        self.work().key_changes.extend(people.into_iter().map(PersonKeyChange::Destroy));
    }

    /// The keyed hash that names a family's e-mail at a location.
    #[must_use]
    pub fn email_key(&self, location: LocationId, email: &EmailAddress) -> String {
        self.sources.keys.keyring().email_key(location, email)
    }

    pub(super) fn work(&self) -> MutexGuard<'_, Work> {
        self.work.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// True when the stream is loaded already or the cache had it.
    fn take_from_cache<A: Snapshotted>(&self, stream: &StreamName) -> bool {
        let mut work = self.work();
        if work.loaded.iter().any(|loaded| loaded.stream == *stream) {
            return true;
        }
        let Some(cached) = self.sources.cache.get(stream) else { return false };
        work.loaded.push(loaded::<A>(stream.clone(), cached.version, cached.state, true));
        true
    }

    async fn read<A: Snapshotted>(&self, mut streams: Vec<StreamName>) -> Result<(), ExecuteError> {
        streams.sort_unstable();
        streams.dedup();
        let mut bases = Vec::with_capacity(streams.len());
        for stream in streams {
            let (version, state) = self.base::<A>(&stream).await?;
            bases.push((stream, version, state));
        }
        let wanted = bases.iter().map(|(stream, version, _)| (stream.clone(), version.next())).collect();
        let tails = self.sources.store.read_streams(wanted).await?;
        self.work().loaded.iter_mut().for_each(|earlier| earlier.unverified = true);
        for ((stream, version, state), tail) in bases.into_iter().zip(tails) {
            let (version, state) = fold::<A>(version, state, &tail)?;
            if tail.len() > TAIL_LIMIT {
                self.keep_snapshot::<A>(&stream, version, &state);
            }
            let state: AnyState = Arc::new(state);
            self.sources.cache.put(stream.clone(), Cached { version, state: state.clone() });
            self.work().loaded.push(loaded::<A>(stream, version, state, false));
        }
        Ok(())
    }

    /// Where folding starts: the snapshot, or nothing.
    async fn base<A: Snapshotted>(&self, stream: &StreamName) -> Result<(Version, A::State), ExecuteError> {
        let Some(schema) = A::SCHEMA else { return Ok((Version(0), A::State::default())) };
        let snapshot = self.sources.store.load_snapshot(stream, schema).await?;
        Ok(snapshot
            .and_then(|snapshot| Some((snapshot.version, A::thaw(&snapshot.state)?)))
            .unwrap_or_default())
    }

    /// Saves in the background: losing a snapshot costs time, never truth.
    fn keep_snapshot<A: Snapshotted>(&self, stream: &StreamName, version: Version, state: &A::State) {
        if let (Some(schema), Some(state)) = (A::SCHEMA, A::freeze(state)) {
            let (store, stream) = (self.sources.store.clone(), stream.clone());
            tokio::spawn(async move {
                if let Err(error) = store.save_snapshot(&stream, Snapshot { version, schema, state }).await {
                    let error = &error as &dyn std::error::Error;
                    tracing::debug!(%stream, error, "a snapshot was not saved");
                }
            });
        }
    }

    /// Reads what was appended behind the states that may be old, and forgets those that had moved. True
    /// when nothing had: all that the decision saw was true at one moment, that of the last read.
    pub(super) async fn verify(&self) -> Result<bool, ExecuteError> {
        let wanted: Vec<(StreamName, Version)> = self
            .work()
            .loaded
            .iter()
            .filter(|loaded| loaded.unverified)
            .map(|loaded| (loaded.stream.clone(), loaded.version.next()))
            .collect();
        if wanted.is_empty() {
            return Ok(true);
        }
        let tails = self.sources.store.read_streams(wanted.clone()).await?;
        let moved = wanted.iter().zip(tails).filter(|(_, tail)| !tail.is_empty());
        let moved = moved.map(|((stream, _), _)| self.moved(stream)).count();
        Ok(moved == 0)
    }

    /// `stream` is not at the version that was loaded.
    pub(super) fn moved(&self, stream: &StreamName) {
        self.sources.cache.forget(stream);
        let work = self.work();
        let loaded = work.loaded.iter().find(|loaded| loaded.stream == *stream);
        if let Some(category) = loaded.and_then(|loaded| loaded.assumed_new) {
            self.sources.assumed_new.found(category, false);
        }
    }
}

fn latest_details(history: &[RecordedEvent], keys: &KeySet) -> Result<Option<PersonalDetails>, ExecuteError> {
    for stored in history.iter().rev() {
        if let DomainEvent::Player(
            PlayerEvent::GuardianRegistered { details, .. }
            | PlayerEvent::DependantRegistered { details, .. }
            | PlayerEvent::DetailsCorrected { details, .. },
        ) = decode(stored, keys)?
        {
            return Ok(details.known().cloned());
        }
    }
    Ok(None)
}

fn loaded<A: Aggregate>(stream: StreamName, version: Version, state: AnyState, unverified: bool) -> Loaded {
    Loaded { stream, version, state, unverified, assumed_new: None, evolve: evolve_any::<A> }
}

fn nothing_yet<A: Aggregate>(stream: StreamName) -> Loaded {
    loaded::<A>(stream, Version(0), Arc::new(A::State::default()), false)
}

fn evolve_any<A: Aggregate>(state: &AnyState, event: &DomainEvent) -> Option<AnyState> {
    let state = state.downcast_ref::<A::State>()?.clone();
    Some(Arc::new(A::evolve(state, A::event_of(event)?)))
}

fn fold<A: Aggregate>(
    version: Version,
    state: A::State,
    tail: &[RecordedEvent],
) -> Result<(Version, A::State), ExecuteError> {
    tail.iter().try_fold((version, state), |(_, state), stored| {
        let event = decode(stored, &NoKeys)?;
        let state = match A::event_of(&event) {
            Some(event) => A::evolve(state, event),
            None => state,
        };
        Ok((stored.version, state))
    })
}
