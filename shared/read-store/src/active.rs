//! Which generation of each table readers see, as of the last look.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use super::{Generation, SqlError, catalog};

/// Table → active generation. Clones share it.
#[derive(Clone, Default)]
pub(super) struct Active(Arc<RwLock<HashMap<Arc<str>, Generation>>>);

impl Active {
    pub(super) fn generation(&self, table: &str) -> Option<Generation> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(table).copied()
    }

    /// `table`'s name in its active generation.
    pub(super) fn physical(&self, table: &str) -> Result<String, SqlError> {
        if catalog::has(table) {
            return Ok(table.to_owned());
        }
        match self.generation(table) {
            Some(generation) => Ok(format!("{table}{}", generation.suffix())),
            None => Err(SqlError::NotBuilt(table.to_owned())),
        }
    }

    /// These are all that are active.
    pub(super) fn replace(&self, found: HashMap<Arc<str>, Generation>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = found;
    }

    /// These are active from now on.
    pub(super) fn extend(&self, more: Vec<(Arc<str>, Generation)>) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).extend(more);
    }
}
