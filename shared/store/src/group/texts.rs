//! Texts that repeat from one event to the next, kept once.

use std::{collections::HashSet, sync::Arc};

/// Shares them among the events of one read.
#[derive(Default)]
pub(crate) struct Texts {
    types: HashSet<Arc<str>>,
    metadata: Option<Arc<str>>,
}

impl Texts {
    /// A type name: there are few.
    pub(crate) fn type_name(&mut self, name: &str) -> Arc<str> {
        if let Some(known) = self.types.get(name) {
            return Arc::clone(known);
        }
        let name: Arc<str> = name.into();
        self.types.insert(Arc::clone(&name));
        name
    }

    /// Events of one command stand side by side and carry the same metadata.
    pub(crate) fn metadata(&mut self, metadata: &str) -> Arc<str> {
        match &self.metadata {
            Some(last) if **last == *metadata => Arc::clone(last),
            _ => Arc::clone(self.metadata.insert(metadata.into())),
        }
    }
}
