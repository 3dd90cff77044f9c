//! Idempotency keys being worked on in this process: a second request meanwhile is told so (409).
//! Across processes the store decides.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
};

use domain::log::CommandId;

/// The set; cloned handles share it.
#[derive(Clone, Debug, Default)]
pub(super) struct InFlight(Arc<Mutex<HashSet<CommandId>>>);

/// Holds the place of one command until dropped.
#[derive(Debug)]
pub(super) struct Held {
    set: InFlight,
    command: CommandId,
}

impl InFlight {
    /// Takes the command's place; none when it is taken.
    pub(super) fn hold(&self, command: CommandId) -> Option<Held> {
        let fresh = self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(command);
        fresh.then(|| Held { set: self.clone(), command })
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.set.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.command);
    }
}
