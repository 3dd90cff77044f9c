//! Aborts plays that run past their maximum length. One process does it, by lease. The decider has the last word, so
//! a stale list or a second process costs a refusal and nothing else.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use domain::ids::{LocationId, PlayId};
use jiff::Timestamp;
use runtime::repeated::Repeated;
use store::Candidate;
use tokio_util::sync::CancellationToken;

use crate::{
    commands::play::AbortOverduePlay,
    execute::{CommandContext, ExecuteError, Executor},
};

/// The name of this task, and of its lease.
const TASK: &str = "play-scheduler";
/// How often it looks: a play may run this much longer than its maximum.
const EVERY: Duration = Duration::from_secs(2);
/// After this without renewal another process takes over.
const TTL: Duration = Duration::from_secs(10);
/// Plays aborted in one round.
const AT_ONCE: u32 = 100;
/// What the store gets for one abort.
const PATIENCE: Duration = Duration::from_secs(10);

/// Knows which running plays are past their end.
#[async_trait]
pub trait OverduePlays: Send + Sync {
    /// At most `limit` running plays whose `ends_by` is before `now`, longest overdue first.
    ///
    /// # Errors
    /// When they cannot be asked for now.
    async fn overdue(&self, now: Timestamp, limit: u32) -> anyhow::Result<Vec<(LocationId, PlayId)>>;
}

/// Looks every two seconds until `stop`; `owner` names this process in the lease.
pub async fn run(executor: Executor, plays: Arc<dyn OverduePlays>, owner: String, stop: CancellationToken) {
    let mut lease = None;
    let mut candidate = Candidate::new(TASK, owner, TTL);
    // A failure that lasts is logged once, not every two seconds.
    let (mut logged, mut out_of_reach) = (String::new(), Repeated::default());
    while !stop.is_cancelled() {
        match candidate.acquire(&**executor.store(), executor.clock().now()).await {
            Ok(Some(ours)) => {
                lease = Some(ours);
                let aborted = abort_all(&executor, &*plays).await;
                let error = aborted.err().map(|error| format!("{error:#}")).unwrap_or_default();
                if !error.is_empty() && error != logged {
                    tracing::warn!(error, "overdue plays were not aborted");
                }
                logged = error;
            }
            Ok(None) => lease = None,
            Err(error) => {
                if let Some(count) = out_of_reach.count() {
                    let error = &error as &dyn std::error::Error;
                    tracing::warn!(error, count, "the scheduler's lease is out of reach");
                }
            }
        }
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            () = stop.cancelled() => {}
        }
    }
    if let Some(lease) = lease
        && let Err(error) = executor.store().release_lease(&lease).await
    {
        tracing::debug!(error = &error as &dyn std::error::Error, "the scheduler's lease was not given up");
    }
}

async fn abort_all(executor: &Executor, plays: &dyn OverduePlays) -> anyhow::Result<()> {
    for (location, play) in plays.overdue(executor.clock().now(), AT_ONCE).await? {
        match abort(executor, location, play).await {
            Ok(()) => tracing::info!(%play, "a play ran past its maximum length and was aborted"),
            // Finished meanwhile, or the list was behind.
            Err(ExecuteError::Refused(refusal)) => tracing::debug!(%play, %refusal, "not aborted"),
            Err(ExecuteError::Store(error)) if error.is_transient() => {
                return Err(anyhow::Error::new(error).context(format!("aborting play {play}")));
            }
            // One play that cannot be read or written must not keep the others running.
            Err(error) => tracing::error!(
                %play,
                error = &error as &dyn std::error::Error,
                "an overdue play cannot be aborted"
            ),
        }
    }
    Ok(())
}

async fn abort(executor: &Executor, location: LocationId, play: PlayId) -> Result<(), ExecuteError> {
    let context = CommandContext::system(TASK, executor.clock(), PATIENCE);
    executor.execute(&context, AbortOverduePlay { location, play }).await.map(|_| ())
}
