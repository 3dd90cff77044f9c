//! The group commit: one task takes the commands that wait, commits them together and answers each. The
//! commit under way is the batching window; there is no timer.

use std::sync::Arc;

use tokio::sync::{Mutex, mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

use super::{
    fault::{Constraint, Fault, replicate},
    plan::{Plan, TypeNames},
    recent::Recent,
    write,
    writer::Writers,
};
use crate::store::{Append, Head, StoreError, Verdict, Version};

/// Most commands in one transaction.
pub(super) const MAX_COMMANDS: usize = 256;
/// Most bytes of commands in one transaction, except that one command always fits.
pub(super) const MAX_BYTES: usize = 1 << 20;

/// A command on its way, and who waits for its verdict.
pub(super) struct Job {
    pub(super) append: Append,
    pub(super) reply: oneshot::Sender<Result<Verdict, StoreError>>,
}

type Verdicts = Vec<Result<Verdict, StoreError>>;

/// The task's own state.
pub(super) struct Appender {
    pub(super) queue: mpsc::Receiver<Job>,
    pub(super) writers: Arc<Mutex<Writers>>,
    pub(super) recent: Arc<Recent>,
    pub(super) head: watch::Sender<Head>,
    pub(super) closing: CancellationToken,
    /// A command that did not fit into the last batch.
    pub(super) left_over: Option<Job>,
    pub(super) types: TypeNames,
}

impl Appender {
    /// Runs until the queue is closed and empty: what was accepted is committed, also while closing.
    pub(super) async fn run(mut self) {
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
        tokio::select! {
            biased;
            job = self.queue.recv() => job,
            () = self.closing.cancelled() => {
                self.queue.close();
                self.queue.recv().await
            }
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
        match self.commit_twice(appends).await {
            Ok(verdicts) => verdicts.into_iter().map(Ok).collect(),
            Err(Fault::Constraint(..)) => self.commit_singly(appends).await,
            Err(Fault::Store(error)) => appends.iter().map(|_| Err(replicate(&error))).collect(),
        }
    }

    /// The same ids make the second try safe even when the first did commit.
    async fn commit_twice(&mut self, appends: &[&Append]) -> Result<Vec<Verdict>, Fault> {
        match self.commit(appends).await {
            Err(Fault::Store(error)) if error.is_transient() => {
                tracing::warn!(error = %format_chain(&error), "a batch did not commit, trying once more");
                self.commit(appends).await
            }
            result => result,
        }
    }

    async fn commit(&mut self, appends: &[&Append]) -> Result<Vec<Verdict>, Fault> {
        let mut writers = self.writers.lock().await;
        let conn = writers.durable.conn().await?;
        match write::commit(conn, appends, &mut self.types).await {
            Ok(plan) => Ok(publish(plan, &self.recent, &self.head)),
            Err(fault) => {
                writers.durable.roll_back().await;
                Err(fault)
            }
        }
    }

    /// A constraint refused the batch: commits one command at a time, so that only the offender fails.
    async fn commit_singly(&mut self, appends: &[&Append]) -> Verdicts {
        let mut verdicts = Vec::with_capacity(appends.len());
        for append in appends {
            let verdict = match self.commit_twice(&[append]).await {
                Ok(mut verdicts) => verdicts.pop().ok_or_else(|| StoreError::Misuse("no verdict".into())),
                Err(Fault::Store(error)) => Err(error),
                Err(Fault::Constraint(constraint, error)) => self.refused(append, constraint, &error).await,
            };
            verdicts.push(verdict);
        }
        verdicts
    }

    async fn refused(
        &mut self,
        append: &Append,
        constraint: Constraint,
        error: &sqlx::Error,
    ) -> Result<Verdict, StoreError> {
        tracing::error!(command = %append.command, ?constraint, %error, "a constraint refused a command");
        match constraint {
            Constraint::StreamVersion => self.conflict_in_log(append).await,
            Constraint::EventId => Err(StoreError::Misuse("an event id is already in the log".into())),
            Constraint::CommandId => Err(StoreError::Misuse("a command id is already stored".into())),
            Constraint::Person => Err(StoreError::Misuse("the person has or had a key".into())),
            Constraint::Other => Err(StoreError::Misuse(error.to_string())),
        }
    }

    /// The streams table said yes and the log said no: the log is right.
    async fn conflict_in_log(&mut self, append: &Append) -> Result<Verdict, StoreError> {
        let mut writers = self.writers.lock().await;
        let logged = match write::logged_versions(writers.durable.conn().await?, append).await {
            Ok(logged) => logged,
            Err(Fault::Store(error)) => return Err(error),
            Err(Fault::Constraint(_, error)) => return Err(StoreError::Misuse(error.to_string())),
        };
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

/// Shows the committed events to this process's readers, before anyone is answered.
fn publish(plan: Plan, recent: &Recent, head: &watch::Sender<Head>) -> Vec<Verdict> {
    recent.push(plan.events.into_iter().map(|row| row.event).collect());
    // Also when nothing was written: an answer found may be that of a commit whose outcome was unknown.
    advance(head, plan.head);
    plan.verdicts
}

/// Moves `head` to `seen` unless it is further already.
pub(super) fn advance(head: &watch::Sender<Head>, seen: Head) {
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

fn format_chain(error: &StoreError) -> String {
    match error {
        StoreError::Unavailable(cause) | StoreError::OutcomeUnknown(cause) => format!("{error}: {cause:#}"),
        other => other.to_string(),
    }
}
