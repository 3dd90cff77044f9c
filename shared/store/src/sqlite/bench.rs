//! Measures the append path beside the raw speed of the same INSERTs on the same disk, so that a figure
//! says what the code costs and not what the machine is.

use std::{path::Path, sync::Arc, time::Instant};

use domain::log::{Head, Position, Version};
use runtime::clock::{Clock, SharedClock};
use sqlx::{Row as _, SqliteConnection};
use tokio::{sync::Mutex, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use super::{
    FILE_NAME, SqliteOptions, SqliteStore, checkpoint, connect,
    fault::store_error,
    migrate, write,
    writer::{Writer, Writers},
};
use crate::{
    Append, EventLog as _, StoreError,
    bench::{Load, Measured, TURNS, command, join, measure_append, stream},
    group::plan::{self, Known, Plan, TypeNames},
};

/// The figures of one run.
#[derive(Clone, Copy, Debug)]
pub struct Report {
    /// Appends through the store, by `callers` at once.
    pub append: Measured,
    /// The same rows by bare INSERTs in transactions of the size that the appends had.
    pub raw: Measured,
    /// Tails of unknown streams, read by `callers` at once.
    pub unknown_streams: Measured,
    /// The whole log, read from the file.
    pub log: Measured,
}

/// Measures in a new directory inside `dir`, which is left for the caller to remove.
///
/// # Errors
/// Whatever the store says.
pub async fn measure(dir: &Path, clock: SharedClock, load: Load) -> Result<Report, StoreError> {
    let options = fresh_file(&dir.join("append"), &clock).await?;
    let store = SqliteStore::open(&options, Arc::clone(&clock)).await?;
    let mut raw_loop = RawLoop::start(&fresh_file(&dir.join("raw"), &clock).await?);
    let load = Load { callers: load.callers.max(1), ..load };
    let turn = Load { commands: load.commands / TURNS, ..load };
    let (mut append, mut raw) = (Measured::default(), Measured::default());
    for _ in 0..TURNS {
        let before = batches(&store).await?;
        let measured = measure_append(&store, &clock, turn).await?;
        let measured = Measured { batches: batches(&store).await? - before, ..measured };
        append.add(measured);
        raw.add(raw_loop.measure(&*clock, turn.commands, measured.batch_size()).await?);
    }
    raw_loop.stop().await;
    let unknown_streams = measure_unknown_streams(&store, &clock, load).await?;
    store.close().await;
    let reopened = SqliteStore::open(&options, Arc::clone(&clock)).await?;
    let log = measure_log(&reopened).await?;
    reopened.close().await;
    Ok(Report { append, raw, unknown_streams, log })
}

async fn fresh_file(dir: &Path, clock: &SharedClock) -> Result<SqliteOptions, StoreError> {
    tokio::fs::create_dir_all(dir).await.map_err(|error| StoreError::Unavailable(error.into()))?;
    let options = SqliteOptions { file: dir.join(FILE_NAME), ..SqliteOptions::in_dir(dir) };
    migrate(&options.file, &**clock).await?;
    Ok(options)
}

async fn measure_unknown_streams(
    store: &Arc<SqliteStore>,
    clock: &SharedClock,
    load: Load,
) -> Result<Measured, StoreError> {
    let share = load.commands / load.callers;
    let start = Instant::now();
    let callers = (0..load.callers).map(|_| {
        let (store, clock) = (Arc::clone(store), Arc::clone(clock));
        tokio::spawn(async move {
            for _ in 0..share {
                store.read_streams(vec![(stream(&*clock), Version(1))]).await?;
            }
            Ok(())
        })
    });
    join(callers.collect()).await?;
    Ok(Measured { count: share * load.callers, batches: 0, elapsed: start.elapsed() })
}

async fn measure_log(store: &SqliteStore) -> Result<Measured, StoreError> {
    const LIMIT: usize = 4_096;
    let start = Instant::now();
    let mut next = Position(1);
    let mut batches = 0;
    loop {
        let events = store.read_log(next, LIMIT).await?;
        let Some(last) = events.last() else { break };
        next = last.position.next();
        batches += 1;
    }
    let count = usize::try_from(next.0 - 1).unwrap_or(usize::MAX);
    Ok(Measured { count, batches, elapsed: start.elapsed() })
}

/// Bare INSERTs of rows that were made before the watch is started, on a file of their own.
struct RawLoop {
    writers: Arc<Mutex<Writers>>,
    head: Head,
    closing: CancellationToken,
    checkpoints: JoinHandle<()>,
}

impl RawLoop {
    fn start(options: &SqliteOptions) -> Self {
        let file = &options.file;
        let writers = Writers {
            durable: Writer::new(connect::durable(file)),
            relaxed: Writer::new(connect::relaxed(file)),
        };
        let writers = Arc::new(Mutex::new(writers));
        let closing = CancellationToken::new();
        let checkpoints = tokio::spawn(checkpoint::run(
            file.clone(),
            Arc::clone(&writers),
            Arc::default(),
            closing.clone(),
        ));
        Self { writers, head: Head { timeline: 1, position: Position(0) }, closing, checkpoints }
    }

    async fn measure(
        &mut self,
        clock: &dyn Clock,
        count: usize,
        batch: usize,
    ) -> Result<Measured, StoreError> {
        let appends: Vec<Append> = (0..count).map(|_| command(clock)).collect();
        let appends: Vec<&Append> = appends.iter().collect();
        let planned: Vec<_> = appends.chunks(batch).map(|chunk| (chunk, self.plan(chunk))).collect();
        let start = Instant::now();
        for (chunk, plan) in &planned {
            insert_raw(self.writers.lock().await.durable.conn().await?, chunk, plan).await?;
        }
        Ok(Measured { count, batches: planned.len(), elapsed: start.elapsed() })
    }

    fn plan(&mut self, chunk: &[&Append]) -> Plan {
        // Every command writes one event to a new stream, so both are counted by the position.
        let known = Known { head: self.head, last_stream: self.head.position.0, ..Known::default() };
        let plan = plan::plan(chunk, known, &mut TypeNames::new());
        self.head = plan.head;
        plan
    }

    async fn stop(self) {
        self.closing.cancel();
        let _ended = self.checkpoints.await;
    }
}

async fn insert_raw(conn: &mut SqliteConnection, appends: &[&Append], plan: &Plan) -> Result<(), StoreError> {
    sqlx::query("BEGIN IMMEDIATE").execute(&mut *conn).await.map_err(store_error)?;
    write::insert(conn, appends, plan).await?;
    sqlx::query("COMMIT").execute(conn).await.map_err(store_error)?;
    Ok(())
}

async fn batches(store: &SqliteStore) -> Result<usize, StoreError> {
    let row = sqlx::query("SELECT batches FROM log_head WHERE shard = 0")
        .fetch_one(&store.driver.readers)
        .await
        .map_err(store_error)?;
    let batches: i64 = row.try_get(0).map_err(store_error)?;
    Ok(usize::try_from(batches).unwrap_or(0))
}

#[cfg(test)]
mod tests {

    use runtime::clock::SystemClock;

    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn the_measurement_runs_and_counts_what_it_did() {
        let dir = tempfile::tempdir().unwrap();
        let load = Load { commands: 20, callers: 2 };
        let report = measure(dir.path(), Arc::new(SystemClock), load).await.unwrap();
        let counts = [report.append, report.raw, report.unknown_streams, report.log].map(|part| part.count);
        assert_eq!(counts, [20; 4]);
        assert!(report.append.batches > 0 && report.raw.batches > 0, "{report:?}");
    }
}
