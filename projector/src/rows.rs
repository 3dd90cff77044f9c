//! Rows in memory: loaded by key, folded over, written with one statement. What was read
//! or written stays for the next batch, up to a bound.

use std::{
    any::{Any, TypeId},
    collections::HashMap,
};

use futures::future::BoxFuture;
use read_store::{Record, SqlError, Tx};

/// Rows kept between batches; past this, those not used lately are forgotten.
const KEPT: usize = 200_000;

/// What outlives a batch: rows already read. They stay right because no other worker writes them while the lease
/// is ours. The runner drops all of it whenever a transaction is not committed.
#[derive(Default)]
pub struct Context {
    rows: HashMap<TypeId, Box<dyn Any + Send + Sync>>,
}

impl Context {
    /// The rows of `R` known so far. [`Rows::flush`] writes what changed and hands them back here.
    #[must_use]
    pub fn rows<R: Record>(&mut self) -> Rows<R> {
        let known = self.rows.remove(&TypeId::of::<R>());
        known.and_then(|rows| rows.downcast().ok()).map_or_else(Rows::default, |rows| *rows)
    }

    fn keep<R: Record>(&mut self, rows: Rows<R>) {
        self.rows.insert(TypeId::of::<R>(), Box::new(rows));
    }

    pub(crate) fn forget(&mut self) {
        self.rows.clear();
    }
}

/// See the module. Got from [`Context::rows`], given back by [`Rows::flush`].
pub struct Rows<R: Record> {
    /// Used since the last turn-over.
    recent: HashMap<R::Key, Slot<R>>,
    /// Used before; a row moves back to `recent` when it is asked for.
    older: HashMap<R::Key, Slot<R>>,
    changed: Vec<R::Key>,
    kept: usize,
}

struct Slot<R> {
    /// None: there is no such row.
    row: Option<R>,
    changed: bool,
}

impl<R: Record> Default for Rows<R> {
    fn default() -> Self {
        Self { recent: HashMap::new(), older: HashMap::new(), changed: Vec::new(), kept: KEPT }
    }
}

impl<R: Record> Rows<R> {
    /// Makes the rows with these keys known, reading those that are not in one statement.
    ///
    /// # Errors
    /// `Unavailable`, `Bug`.
    // Boxed, so that the future does not carry the iterator's type: closures in it trouble `Send`.
    pub fn load<'a>(
        &'a mut self,
        tx: &'a mut Tx,
        keys: impl IntoIterator<Item = R::Key>,
    ) -> BoxFuture<'a, Result<(), SqlError>> {
        let mut wanted = Vec::new();
        for key in keys {
            if !self.is_known(&key) {
                wanted.push(R::key_values(&key));
                self.recent.insert(key, Slot { row: None, changed: false });
            }
        }
        Box::pin(async move {
            for row in tx.load::<R>(&wanted).await? {
                self.recent.insert(row.key(), Slot { row: Some(row), changed: false });
            }
            Ok(())
        })
    }

    fn is_known(&mut self, key: &R::Key) -> bool {
        if self.recent.contains_key(key) {
            return true;
        }
        match self.older.remove(key) {
            Some(slot) => {
                self.recent.insert(key.clone(), slot);
                true
            }
            None => false,
        }
    }

    /// The row with `key`, if there is one.
    ///
    /// # Errors
    /// `Bug` when it was neither loaded nor written: a fold that guesses would be wrong in silence.
    pub fn get(&self, key: &R::Key) -> Result<Option<&R>, SqlError> {
        self.recent.get(key).map(|slot| slot.row.as_ref()).ok_or_else(not_loaded::<R>)
    }

    /// The row with `key`, if there is one, to be changed.
    ///
    /// # Errors
    /// As [`Rows::get`].
    pub fn get_mut(&mut self, key: &R::Key) -> Result<Option<&mut R>, SqlError> {
        let slot = self.recent.get_mut(key).ok_or_else(not_loaded::<R>)?;
        if slot.row.is_some() && !slot.changed {
            slot.changed = true;
            self.changed.push(key.clone());
        }
        Ok(slot.row.as_mut())
    }

    /// Writes `row`, whether or not there was one with its key.
    pub fn put(&mut self, row: R) {
        self.set(row.key(), Some(row));
    }

    /// Deletes the row with `key`, if there is one.
    pub fn remove(&mut self, key: &R::Key) {
        self.set(key.clone(), None);
    }

    fn set(&mut self, key: R::Key, row: Option<R>) {
        let before = self.recent.get_mut(&key);
        if !before.as_ref().is_some_and(|slot| slot.changed) {
            self.changed.push(key.clone());
        }
        let slot = Slot { row, changed: true };
        match before {
            Some(before) => *before = slot,
            None => _ = self.recent.insert(key, slot),
        }
    }

    /// Writes what changed: at most one upsert and one delete. The rows go back to `context`.
    ///
    /// # Errors
    /// `Unavailable`, `Bug`.
    pub async fn flush(mut self, tx: &mut Tx, context: &mut Context) -> Result<(), SqlError> {
        let (mut upserts, mut deletes) = (Vec::new(), Vec::new());
        // Writing in the order of the key touches each page once.
        self.changed.sort_unstable();
        for key in self.changed.drain(..) {
            let Some(slot) = self.recent.get_mut(&key) else { continue };
            slot.changed = false;
            match &slot.row {
                Some(row) => upserts.push(row.values()),
                None => deletes.push(R::key_values(&key)),
            }
        }
        tx.upsert(R::TABLE, &upserts).await?;
        tx.delete(R::TABLE, &deletes).await?;
        self.turn_over();
        context.keep(self);
        Ok(())
    }

    fn turn_over(&mut self) {
        if self.recent.len() > self.kept / 2 {
            self.older = std::mem::take(&mut self.recent);
        }
    }
}

fn not_loaded<R: Record>() -> SqlError {
    SqlError::Bug(format!("a row of {} was used before it was loaded", R::TABLE.name))
}
