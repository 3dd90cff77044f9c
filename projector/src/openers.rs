//! Finds the keys that open the personal data in a batch of events.

use std::sync::Arc;

use async_trait::async_trait;
use events::{Opener, RecordedEvent, person_in};
use sealing::{KeyError, PersonKeyCache};
use store::{PersonKeys, StoreError};

use crate::decode::Openers;

/// Asks the store, through a cache, for the keys of the people in a batch.
pub struct PeopleOpeners {
    keys: Arc<PersonKeyCache>,
    store: Arc<dyn PersonKeys>,
}

impl PeopleOpeners {
    /// Keys of `store`, through `keys`.
    #[must_use]
    pub fn new(keys: Arc<PersonKeyCache>, store: Arc<dyn PersonKeys>) -> Self {
        Self { keys, store }
    }
}

#[async_trait]
impl Openers for PeopleOpeners {
    async fn opener(
        &self,
        events: &[Arc<RecordedEvent>],
    ) -> Result<Arc<dyn Opener + Send + Sync>, StoreError> {
        let people = events.iter().filter_map(|event| person_in(event));
        match self.keys.prefetch(&*self.store, people).await {
            Ok(keys) => Ok(Arc::new(keys)),
            Err(KeyError::Store(error)) => Err(error),
            // Reading it as erased would lose the person's data in the views: stop instead.
            Err(error) => Err(StoreError::Corrupt(error.to_string())),
        }
    }
}
