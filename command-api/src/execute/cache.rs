//! Recently used aggregate states by stream. A hint: whoever uses one has it verified by the store.

use std::{any::Any, sync::Arc};

use domain::{ids::StreamName, log::Version};
use quick_cache::sync::Cache;

/// A state of some aggregate.
pub(super) type AnyState = Arc<dyn Any + Send + Sync>;

/// A state and the version it stands at.
#[derive(Clone)]
pub(super) struct Cached {
    pub version: Version,
    pub state: AnyState,
}

/// At most `capacity` states, the least useful forgotten first.
pub(super) struct StateCache(Cache<StreamName, Cached>);

impl StateCache {
    pub(super) fn new(capacity: usize) -> Self {
        Self(Cache::new(capacity))
    }

    pub(super) fn get(&self, stream: &StreamName) -> Option<Cached> {
        self.0.get(stream)
    }

    /// Keeps `cached`. A race may put an older state back, which the next append finds out.
    pub(super) fn put(&self, stream: StreamName, cached: Cached) {
        self.0.insert(stream, cached);
    }

    pub(super) fn forget(&self, stream: &StreamName) {
        self.0.remove(stream);
    }
}
