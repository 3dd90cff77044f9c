//! The queue of appends and the task that empties it: it takes the commands that wait, commits them together
//! and answers each. The commit under way is the batching window; there is no timer.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use domain::log::{Head, Version};
use runtime::{causes::with_causes, repeated::Repeated};
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;
use tracing::{Instrument as _, field::Empty};

use super::{
    fault::{Constraint, Fault, replicate},
    plan::Plan,
    recent::Recent,
};
use crate::{Append, StoreError, Verdict};

/// Most commands in one transaction.
const MAX_COMMANDS: usize = 256;
/// Most bytes of commands in one transaction, except that one command always fits.
const MAX_BYTES: usize = 1 << 20;
/// Commands that may wait for the appender: some ten batches.
const QUEUE: usize = 2_048;
/// Longest wait for a place in the queue.
const QUEUE_WAIT: Duration = Duration::from_secs(2);

/// How often a store that cannot be written is tried.
const PROBE_EVERY: Duration = Duration::from_secs(1);

/// What a backend does with a batch.
pub(crate) trait Commit: Send + 'static {
    /// Commits `appends` together, durably, and tells what was done. After an error nothing is left open.
    fn commit(&mut self, appends: &[&Append]) -> impl Future<Output = Result<Plan, Fault>> + Send;

    /// Writes something that leaves nothing behind. `NotWritable` when the store takes no writes; any other error says
    /// nothing about that.
    fn probe(&mut self) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// The log's own last version of each stream that `append` names, for the case that the constraint on
    /// them said no where the verdict said yes.
    fn logged_versions(
        &mut self,
        append: &Append,
    ) -> impl Future<Output = Result<HashMap<String, u64>, StoreError>> + Send;
}

/// A command on its way, and who waits for its verdict.
struct Job {
    append: Append,
    reply: oneshot::Sender<Result<Verdict, StoreError>>,
}

/// The callers' end.
#[derive(Clone)]
pub(crate) struct Appends {
    queue: mpsc::Sender<Job>,
    unwritable: watch::Receiver<Option<&'static str>>,
}

impl Appends {
    /// Queues one command and waits for its verdict. While the store cannot be written, nothing is queued.
    pub(crate) async fn append(&self, append: Append) -> Result<Verdict, StoreError> {
        check(&append)?;
        if let Some(why) = self.unwritable() {
            return Err(untried(why));
        }
        let (reply, verdict) = oneshot::channel();
        self.queue
            .send_timeout(Job { append, reply }, QUEUE_WAIT)
            .await
            .map_err(|error| StoreError::Unavailable(anyhow::anyhow!("the queue of appends: {error}")))?;
        verdict.await.map_err(|_| StoreError::OutcomeUnknown(anyhow::anyhow!("the appender is gone")))?
    }

    /// Why nothing is queued.
    pub(crate) fn unwritable(&self) -> Option<&'static str> {
        *self.unwritable.borrow()
    }
}

fn untried(why: &'static str) -> StoreError {
    let source = anyhow::anyhow!("it could not be written before, and is tried again in a moment");
    StoreError::NotWritable { why, source }
}

/// Refuses what no caller may ask: it would break a constraint, and then the whole batch is committed one by one.
fn check(append: &Append) -> Result<(), StoreError> {
    let mut seen = HashSet::with_capacity(append.streams.len());
    if let Some(twice) = append.streams.iter().find(|stream| !seen.insert(&stream.stream)) {
        return Err(StoreError::Misuse(format!("an append names {} twice", twice.stream)));
    }
    let events = append.streams.iter().flat_map(|stream| &stream.events);
    let mut texts = events.map(|event| &event.data).chain([&append.metadata, &append.answer.body]);
    if texts.any(|text| text.contains('\0')) {
        // JSON writes it as \u0000; databases differ on the character itself.
        return Err(StoreError::Misuse("an append holds the character U+0000".into()));
    }
    Ok(())
}

type Verdicts = Vec<Result<Verdict, StoreError>>;

/// The task's own state.
pub(crate) struct Appender<C> {
    queue: mpsc::Receiver<Job>,
    backend: C,
    recent: Arc<Recent>,
    head: watch::Sender<Head>,
    closing: CancellationToken,
    /// A command that did not fit into the last batch.
    left_over: Option<Job>,
    /// Why the store cannot be written; while it cannot, only probes are tried.
    unwritable: watch::Sender<Option<&'static str>>,
    failures: Repeated,
}

impl<C: Commit> Appender<C> {
    pub(crate) fn new(
        backend: C,
        recent: Arc<Recent>,
        head: watch::Sender<Head>,
        closing: CancellationToken,
    ) -> (Appends, Self) {
        let (sender, queue) = mpsc::channel(QUEUE);
        let unwritable = watch::Sender::new(None);
        let appends = Appends { queue: sender, unwritable: unwritable.subscribe() };
        let (left_over, failures) = (None, Repeated::default());
        (appends, Self { queue, backend, recent, head, closing, left_over, unwritable, failures })
    }

    /// Runs until the queue is closed and empty: what was accepted is committed, also while closing.
    pub(crate) async fn run(mut self) {
        while let Some(first) = self.next_job().await {
            let batch = self.drain(first);
            let (appends, replies): (Vec<_>, Vec<_>) =
                batch.into_iter().map(|job| (job.append, job.reply)).unzip();
            let verdicts = self.commit_all(&appends.iter().collect::<Vec<_>>()).await;
            for (reply, verdict) in replies.into_iter().zip(verdicts) {
                // A caller that gave up finds the answer by its command id.
                let _gone = reply.send(verdict);
            }
        }
    }

    async fn next_job(&mut self) -> Option<Job> {
        if let Some(job) = self.left_over.take() {
            return Some(job);
        }
        loop {
            let is_stuck = self.unwritable.borrow().is_some();
            tokio::select! {
                biased;
                job = self.queue.recv() => return job,
                () = self.closing.cancelled() => {
                    self.queue.close();
                    return self.queue.recv().await;
                }
                () = tokio::time::sleep(PROBE_EVERY), if is_stuck => self.probe().await,
            }
        }
    }

    /// Finds out whether the store can be written. What says nothing about that changes nothing.
    async fn probe(&mut self) {
        match self.backend.probe().await {
            Ok(()) if self.unwritable.send_replace(None).is_some() => {
                tracing::info!("the event store can be written again");
            }
            Ok(()) => {}
            Err(error) => self.note(&error),
        }
    }

    /// Refuses further commands when `error` says that they would fail as well; tells of it once a minute.
    fn note(&mut self, error: &StoreError) {
        if let StoreError::NotWritable { why, .. } = error {
            self.unwritable.send_replace(Some(why));
        }
        if let Some(count) = self.failures.count() {
            tracing::error!(error = with_causes(error), count, "the event store does not take commands");
        }
    }

    fn drain(&mut self, first: Job) -> Vec<Job> {
        let mut bytes = size(&first.append);
        let mut batch = vec![first];
        while batch.len() < MAX_COMMANDS {
            let Ok(job) = self.queue.try_recv() else { break };
            bytes += size(&job.append);
            if bytes > MAX_BYTES {
                self.left_over = Some(job);
                break;
            }
            batch.push(job);
        }
        batch
    }

    async fn commit_all(&mut self, appends: &[&Append]) -> Verdicts {
        let stuck = *self.unwritable.borrow();
        if let Some(why) = stuck {
            return appends.iter().map(|_| Err(untried(why))).collect();
        }
        match self.commit_twice(appends).await {
            Ok(verdicts) => verdicts.into_iter().map(Ok).collect(),
            Err(Fault::Constraint(..)) => self.commit_singly(appends).await,
            Err(Fault::Store(error)) => {
                self.failed(&error).await;
                appends.iter().map(|_| Err(replicate(&error))).collect()
            }
        }
    }

    async fn failed(&mut self, error: &StoreError) {
        self.note(error);
        // The error may say only that the disk failed: a probe tells whether it still does.
        if error.is_transient() && self.unwritable.borrow().is_none() {
            self.probe().await;
        }
    }

    /// The same ids make the second try safe even when the first did commit.
    async fn commit_twice(&mut self, appends: &[&Append]) -> Result<Vec<Verdict>, Fault> {
        match self.commit(appends).await {
            Err(Fault::Store(error)) if error.is_transient() => {
                tracing::debug!(error = with_causes(&error), "a batch did not commit, trying once more");
                self.commit(appends).await.map_err(|fault| still_unknown(fault, &error))
            }
            result => result,
        }
    }

    async fn commit(&mut self, appends: &[&Append]) -> Result<Vec<Verdict>, Fault> {
        let span = tracing::info_span!("commit", commands = appends.len(), first = Empty, last = Empty);
        let plan = self.backend.commit(appends).instrument(span.clone()).await?;
        if let [first, ..] = plan.events.as_slice() {
            span.record("first", first.event.position.0).record("last", plan.head.position.0);
        }
        Ok(publish(plan, &self.recent, &self.head))
    }

    /// A constraint refused the batch: commits one command at a time, so that only the offender fails.
    async fn commit_singly(&mut self, appends: &[&Append]) -> Verdicts {
        let mut verdicts = Vec::with_capacity(appends.len());
        for append in appends {
            let verdict = match self.commit_twice(&[append]).await {
                Ok(mut verdicts) => verdicts.pop().ok_or_else(|| StoreError::Misuse("no verdict".into())),
                Err(Fault::Store(error)) => Err(error),
                Err(Fault::Constraint(constraint, words)) => self.refused(append, constraint, words).await,
            };
            verdicts.push(verdict);
        }
        verdicts
    }

    async fn refused(
        &mut self,
        append: &Append,
        constraint: Constraint,
        words: String,
    ) -> Result<Verdict, StoreError> {
        tracing::error!(command = %append.command, ?constraint, %words, "a constraint refused a command");
        match constraint {
            Constraint::StreamVersion => self.conflict_in_log(append).await,
            Constraint::EventId => Err(StoreError::Misuse("an event id is already in the log".into())),
            Constraint::CommandId => Err(StoreError::Misuse("a command id is already stored".into())),
            Constraint::Person => Err(StoreError::Misuse("the person has or had a key".into())),
            Constraint::Other => Err(StoreError::Misuse(words)),
        }
    }

    /// The verdict said yes and the log said no: the log is right.
    async fn conflict_in_log(&mut self, append: &Append) -> Result<Verdict, StoreError> {
        let logged = self.backend.logged_versions(append).await?;
        let actual = |name: &str| Version(logged.get(name).copied().unwrap_or(0));
        append
            .streams
            .iter()
            .find(|stream| actual(stream.stream.as_str()) != stream.expected)
            .map(|stream| Verdict::Conflict {
                stream: stream.stream.clone(),
                expected: stream.expected,
                actual: actual(stream.stream.as_str()),
            })
            .ok_or_else(|| StoreError::Corrupt("the log refuses a version that it does not hold".into()))
    }
}

/// A second try that could not even begin says nothing about the first, whose commit may have been done.
fn still_unknown(second: Fault, first: &StoreError) -> Fault {
    match (second, first) {
        (
            Fault::Store(StoreError::Unavailable(cause) | StoreError::NotWritable { source: cause, .. }),
            StoreError::OutcomeUnknown(_),
        ) => Fault::Store(StoreError::OutcomeUnknown(cause)),
        (second, _) => second,
    }
}

/// Shows the committed events to this process's readers, before anyone is answered.
fn publish(plan: Plan, recent: &Recent, head: &watch::Sender<Head>) -> Vec<Verdict> {
    recent.push(plan.events.into_iter().map(|row| row.event).collect(), plan.head.timeline);
    // Also when nothing was written: an answer found may be that of a commit whose outcome was unknown.
    advance(head, plan.head);
    plan.verdicts
}

/// Moves `head` to `seen` unless it is further already.
pub(crate) fn advance(head: &watch::Sender<Head>, seen: Head) {
    head.send_if_modified(|last| {
        let newer = (seen.timeline, seen.position) > (last.timeline, last.position);
        if newer {
            *last = seen;
        }
        newer
    });
}

fn size(append: &Append) -> usize {
    let events = append.streams.iter().flat_map(|stream| &stream.events);
    events.map(|event| event.data.len() + append.metadata.len() + 128).sum::<usize>()
        + append.answer.body.len()
}
