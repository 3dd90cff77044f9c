//! Stored events into domain events, once for all projections of a process that follow the log.

use std::{
    ops::Deref,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use domain::DomainEvent;
use events::{self, DecodeError, Opener, RecordedEvent, sealing::NoKeys};
use store::StoreError;

use crate::error::ApplyError;

/// An event with what it says.
#[derive(Clone, Debug)]
pub struct Event {
    recorded: Arc<RecordedEvent>,
    fact: Result<Arc<DomainEvent>, Arc<DecodeError>>,
}

impl Event {
    /// `recorded`, and what came of decoding it.
    #[must_use]
    pub fn new(recorded: Arc<RecordedEvent>, fact: Result<DomainEvent, DecodeError>) -> Self {
        Self { recorded, fact: fact.map(Arc::new).map_err(Arc::new) }
    }

    /// What happened.
    ///
    /// # Errors
    /// [`ApplyError::Event`] when it cannot be decoded: passing it on with `?` parks the event.
    pub fn fact(&self) -> Result<&DomainEvent, ApplyError> {
        self.fact.as_deref().map_err(|error| ApplyError::event(self, error.clone()))
    }
}

impl Deref for Event {
    type Target = RecordedEvent;

    fn deref(&self) -> &RecordedEvent {
        &self.recorded
    }
}

/// Decodes events for projections.
#[async_trait]
pub trait Decode: Send + Sync {
    /// Each of `events`, decoded, in the same order.
    ///
    /// # Errors
    /// When something needed for it, such as keys, cannot be had now. An event that cannot be decoded is
    /// no error: it is an [`Event`] without a fact.
    async fn decode(&self, events: Vec<Arc<RecordedEvent>>) -> Result<Vec<Event>, StoreError>;
}

/// Finds what opens the sealed parts of events.
#[async_trait]
pub trait Openers: Send + Sync {
    /// An opener with the keys of every person in `events` that still has one.
    ///
    /// # Errors
    /// When the keys cannot be read now.
    async fn opener(
        &self,
        events: &[Arc<RecordedEvent>],
    ) -> Result<Arc<dyn Opener + Send + Sync>, StoreError>;
}

/// Everything sealed reads as erased.
#[async_trait]
impl Openers for NoKeys {
    async fn opener(&self, _: &[Arc<RecordedEvent>]) -> Result<Arc<dyn Opener + Send + Sync>, StoreError> {
        Ok(Arc::new(*self))
    }
}

/// Decodes the stored form, remembering the events near the head, which every projection asks for.
pub struct StoredEvents {
    openers: Arc<dyn Openers>,
    /// An event has its place by position; a later one takes it over.
    recent: Vec<Mutex<Option<Event>>>,
}

/// How many events are remembered.
const RECENT: usize = 1_024;

impl StoredEvents {
    /// Opens what is sealed through `openers`.
    #[must_use]
    pub fn new(openers: Arc<dyn Openers>) -> Self {
        Self { openers, recent: std::iter::repeat_with(Mutex::default).take(RECENT).collect() }
    }

    fn place(&self, event: &RecordedEvent) -> Option<&Mutex<Option<Event>>> {
        let at = usize::try_from(event.position.0).unwrap_or_default() % RECENT;
        self.recent.get(at)
    }

    fn remembered(&self, event: &RecordedEvent) -> Option<Event> {
        let place = self.place(event)?.lock().unwrap_or_else(PoisonError::into_inner);
        place.as_ref().filter(|known| known.id == event.id && known.position == event.position).cloned()
    }

    fn remember(&self, event: &Event) {
        // Personal data must not stay in memory after an erasure.
        if events::person_in(event).is_some() {
            return;
        }
        if let Some(place) = self.place(event) {
            *place.lock().unwrap_or_else(PoisonError::into_inner) = Some(event.clone());
        }
    }
}

#[async_trait]
impl Decode for StoredEvents {
    async fn decode(&self, events: Vec<Arc<RecordedEvent>>) -> Result<Vec<Event>, StoreError> {
        // A long batch is catching up: no other projection is at the same place.
        if events.len() > RECENT {
            let opener = self.openers.opener(&events).await?;
            return Ok(events.into_iter().map(|event| decoded(event, &*opener)).collect());
        }
        let known: Vec<_> = events.iter().map(|event| self.remembered(event)).collect();
        let fresh: Vec<_> = events.iter().zip(&known).filter(|(_, known)| known.is_none()).collect();
        let fresh: Vec<_> = fresh.into_iter().map(|(event, _)| event.clone()).collect();
        let opener = self.openers.opener(&fresh).await?;
        let decode = |event| {
            let event = decoded(event, &*opener);
            self.remember(&event);
            event
        };
        Ok(events
            .into_iter()
            .zip(known)
            .map(|(event, known)| known.unwrap_or_else(|| decode(event)))
            .collect())
    }
}

fn decoded(recorded: Arc<RecordedEvent>, opener: &dyn Opener) -> Event {
    let fact = events::decode(&recorded, opener);
    Event::new(recorded, fact)
}
