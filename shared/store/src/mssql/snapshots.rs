//! Snapshots: a cache, one row a stream and schema version. Few streams are long enough to have one, so the names
//! of those that do are kept here: asking for each of the others would cost every command a request.

use std::{
    collections::HashSet,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use domain::{ids::StreamName, log::Version};

use super::{MssqlStore, fault::store_error, rows, upsert::upsert};
use crate::{Snapshot, Snapshots, StoreError};

const SAVE: &str = "BEGIN TRANSACTION; \
     UPDATE store.snapshots SET version = CASE WHEN version < @P3 THEN @P3 ELSE version END, \
         state = CASE WHEN version < @P3 THEN @P4 ELSE state END \
     WHERE stream = @P1 AND schema_version = @P2; \
     IF @@ROWCOUNT = 0 \
         INSERT INTO store.snapshots (stream, schema_version, version, state) VALUES (@P1, @P2, @P3, @P4); \
     DELETE FROM store.snapshots WHERE stream = @P1 AND schema_version < @P2; \
     COMMIT TRANSACTION";

/// How soon snapshots of other processes are known. Until then their streams are read from the first event on.
const LOOK_AGAIN: Duration = Duration::from_mins(1);

/// The streams that have a snapshot, and when that was asked. Nobody holds it while the database is asked: a command that
/// only wants to know of one stream must not wait for a slow answer to another.
#[derive(Default)]
pub(super) struct Snapshotted(Mutex<Known>);

#[derive(Default)]
struct Known {
    names: HashSet<Box<str>>,
    /// None before the first answer.
    asked: Option<Instant>,
    /// When somebody began to ask, until there is an answer.
    asking: Option<Instant>,
}

/// What is known of one stream at once.
enum Hint {
    Has(bool),
    /// Nobody has asked for long. The caller should, and may take the answer that it has meanwhile.
    Ask,
}

impl Snapshotted {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether `stream` has a snapshot. `ask` gives the names of all that do.
    async fn has<E>(
        &self,
        stream: &str,
        ask: impl AsyncFnOnce() -> Result<HashSet<Box<str>>, E>,
    ) -> Result<bool, E> {
        match self.hint(stream) {
            Hint::Has(has) => Ok(has),
            Hint::Ask => {
                let names = ask().await.inspect_err(|_| self.known().asking = None)?;
                Ok(self.learn(stream, names))
            }
        }
    }

    fn hint(&self, stream: &str) -> Hint {
        let mut known = self.known();
        let is_recent = |at: Option<Instant>| at.is_some_and(|at| at.elapsed() < LOOK_AGAIN);
        if is_recent(known.asked) || known.asked.is_some() && is_recent(known.asking) {
            return Hint::Has(known.names.contains(stream));
        }
        // Before the first answer a stream may have one: looking for it costs one question, as asking for all does.
        if is_recent(known.asking) {
            return Hint::Has(true);
        }
        known.asking = Some(Instant::now());
        Hint::Ask
    }

    fn learn(&self, stream: &str, names: HashSet<Box<str>>) -> bool {
        let mut known = self.known();
        (known.asked, known.asking) = (Some(Instant::now()), None);
        // What was saved while the answer was on its way stays.
        known.names.extend(names);
        known.names.contains(stream)
    }

    fn add(&self, stream: &str) {
        self.known().names.insert(stream.into());
    }
}

impl MssqlStore {
    async fn has_snapshot(&self, stream: &StreamName) -> Result<bool, StoreError> {
        let ask = async || {
            let results = self.driver.pool.read("SELECT stream FROM store.snapshots", &[]).await;
            let results = results.map_err(store_error)?;
            results.iter().flatten().map(|row| Ok(rows::value::<&str>(row, 0)?.into())).collect()
        };
        self.driver.snapshotted.has(stream.as_str(), ask).await
    }
}

#[async_trait]
impl Snapshots for MssqlStore {
    async fn load_snapshot(&self, stream: &StreamName, schema: u32) -> Result<Option<Snapshot>, StoreError> {
        if !self.has_snapshot(stream).await? {
            return Ok(None);
        }
        let results = self
            .driver
            .pool
            .read(
                "SELECT version, state FROM store.snapshots WHERE stream = @P1 AND schema_version = @P2",
                &[&stream.as_str(), &schema.cast_signed()],
            )
            .await
            .map_err(store_error)?;
        let Some(row) = rows::first(&results) else { return Ok(None) };
        let version = Version(rows::unsigned(row, 0)?);
        Ok(Some(Snapshot { version, schema, state: rows::value::<&[u8]>(row, 1)?.to_vec() }))
    }

    async fn save_snapshot(&self, stream: &StreamName, snapshot: Snapshot) -> Result<(), StoreError> {
        let (schema, version) = (snapshot.schema.cast_signed(), snapshot.version.0.cast_signed());
        upsert(&self.driver.pool, SAVE, &[&stream.as_str(), &schema, &version, &snapshot.state])
            .await
            .map_err(store_error)?;
        self.driver.snapshotted.add(stream.as_str());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::{convert::Infallible, future::pending};

    use futures::FutureExt as _;

    use super::*;

    #[expect(clippy::unused_async, reason = "stands for a question to the server")]
    async fn names(names: &[&str]) -> Result<HashSet<Box<str>>, Infallible> {
        Ok(names.iter().map(|name| Box::from(*name)).collect())
    }

    #[tokio::test]
    async fn nobody_waits_while_another_asks() {
        let known = Snapshotted::default();
        let mut slow = Box::pin(known.has("room-1", async || pending::<Result<_, Infallible>>().await));
        assert!(slow.as_mut().now_or_never().is_none(), "the database does not answer");
        let other =
            known.has("room-2", async || -> Result<_, Infallible> { panic!("one question is enough") });
        assert_eq!(other.now_or_never(), Some(Ok(true)), "it may have one");
        known.add("room-3");
    }

    #[tokio::test]
    async fn what_is_known_is_not_asked_again_and_what_is_saved_is_known() {
        let known = Snapshotted::default();
        assert_eq!(known.has("room-1", async || names(&["room-1"]).await).await, Ok(true));
        known.add("room-3");
        for (stream, has) in [("room-1", true), ("room-2", false), ("room-3", true)] {
            let again = async || -> Result<_, Infallible> { panic!("it is known") };
            assert_eq!(known.has(stream, again).await, Ok(has), "{stream}");
        }
    }

    #[tokio::test]
    async fn what_is_saved_while_the_answer_is_on_its_way_stays_known() {
        let known = Snapshotted::default();
        let answer = known.has("room-1", async || {
            known.add("room-2");
            names(&["room-1"]).await
        });
        assert_eq!(answer.await, Ok(true));
        assert_eq!(known.has("room-2", async || names(&[]).await).await, Ok(true));
    }
}
