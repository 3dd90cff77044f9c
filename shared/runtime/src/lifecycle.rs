//! How a process stops: softly (finish what is under way), then hard (drop it). And whether it failed.
//!
//! SIGTERM or SIGINT, or a task that fails, begins the soft stop; a second signal or the deadline begins the
//! hard one. A failed task, or work that had to be dropped, makes a failing exit code.

use std::{
    io,
    panic::AssertUnwindSafe,
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures::FutureExt as _;
use tokio::{
    select,
    signal::unix::{Signal, SignalKind, signal},
    time::{sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// What tasks get to let go after the hard stop.
const LAST_MOMENT: Duration = Duration::from_secs(2);

/// The tasks of a process and the two tokens that stop them.
#[derive(Debug)]
pub struct Lifecycle {
    tasks: Tasks,
    terminate: Signal,
    interrupt: Signal,
}

/// Starts tasks and tells them to stop. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Tasks {
    soft: CancellationToken,
    hard: CancellationToken,
    tracker: TaskTracker,
    failed: Arc<AtomicBool>,
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Everything finished.
    Clean,
    /// A task failed, or work was dropped at the deadline.
    Failed,
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Clean => Self::SUCCESS,
            Outcome::Failed => Self::FAILURE,
        }
    }
}

impl Tasks {
    /// Cancelled when the process should finish what is under way and begin nothing.
    #[must_use]
    pub fn soft(&self) -> CancellationToken {
        self.soft.clone()
    }

    /// Cancelled when whatever is still under way is to be dropped.
    #[must_use]
    pub fn hard(&self) -> CancellationToken {
        self.hard.clone()
    }

    /// Runs `task` as part of the process. When it returns an error or panics, the process stops and fails;
    /// when it returns `Ok`, that is all.
    pub fn spawn<F>(&self, name: &'static str, task: F)
    where
        F: Future<Output = anyhow::Result<()>> + Send + 'static,
    {
        let tasks = self.clone();
        self.tracker.spawn(async move {
            let error = match AssertUnwindSafe(task).catch_unwind().await {
                Ok(Ok(())) => return,
                Ok(Err(error)) => format!("{error:#}"),
                Err(_) => "it panicked".to_owned(),
            };
            tracing::error!(task = name, error, "a task failed; stopping");
            tasks.failed.store(true, Ordering::Relaxed);
            tasks.soft.cancel();
        });
    }
}

impl Lifecycle {
    /// Takes over SIGTERM and SIGINT.
    ///
    /// # Errors
    /// When the system does not let us.
    pub fn new() -> io::Result<Self> {
        let (terminate, interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        Ok(Self { tasks: Tasks::default(), terminate, interrupt })
    }

    /// For starting tasks and for their tokens.
    #[must_use]
    pub fn tasks(&self) -> Tasks {
        self.tasks.clone()
    }

    /// Waits for a signal or a failed task (or for `soft` being cancelled), then stops the tasks: softly for
    /// at most `drain`, then hard.
    pub async fn run(mut self, drain: Duration) -> Outcome {
        let soft = self.tasks.soft();
        select! {
            () = soft.cancelled() => {}
            () = self.signalled() => {}
        }
        tracing::info!("stopping");
        soft.cancel();
        let tracker = self.tasks.tracker.clone();
        tracker.close();
        let in_time = select! {
            () = tracker.wait() => true,
            () = sleep(drain) => false,
            () = self.signalled() => false,
        };
        self.tasks.hard.cancel();
        if !in_time {
            tracing::warn!("not everything finished in time; dropping the rest");
            if timeout(LAST_MOMENT, tracker.wait()).await.is_err() {
                tracing::error!("tasks do not let go");
            }
        }
        let failed = !in_time || self.tasks.failed.load(Ordering::Relaxed);
        if failed { Outcome::Failed } else { Outcome::Clean }
    }

    /// Waits for a signal. Whoever waits for it takes it: [`Self::run`] waits for the next.
    pub async fn signalled(&mut self) {
        select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    const DRAIN: Duration = Duration::from_secs(30);

    #[tokio::test(start_paused = true)]
    async fn a_soft_stop_lets_tasks_finish() {
        let lifecycle = Lifecycle::new().unwrap();
        let tasks = lifecycle.tasks();
        let finished = Arc::new(AtomicBool::new(false));
        let (soft, flag) = (tasks.soft(), finished.clone());
        tasks.spawn("worker", async move {
            soft.cancelled().await;
            sleep(Duration::from_secs(5)).await;
            flag.store(true, Ordering::Relaxed);
            Ok(())
        });
        tasks.soft().cancel();
        assert_eq!(lifecycle.run(DRAIN).await, Outcome::Clean);
        assert!(finished.load(Ordering::Relaxed));
    }

    #[tokio::test(start_paused = true)]
    async fn what_does_not_finish_is_stopped_hard_and_fails() {
        let lifecycle = Lifecycle::new().unwrap();
        let tasks = lifecycle.tasks();
        let hard = tasks.hard();
        tasks.spawn("stubborn", async move {
            hard.cancelled().await;
            Ok(())
        });
        tasks.soft().cancel();
        assert_eq!(lifecycle.run(DRAIN).await, Outcome::Failed);
    }

    #[tokio::test]
    async fn a_task_that_fails_or_panics_stops_the_process_and_fails_it() {
        let failing = async { Err(anyhow::anyhow!("gone")) };
        let panicking = async { panic!("oops") };
        for task in [failing.boxed(), panicking.boxed()] {
            let lifecycle = Lifecycle::new().unwrap();
            lifecycle.tasks().spawn("worker", task);
            assert_eq!(lifecycle.run(DRAIN).await, Outcome::Failed);
        }
    }

    #[tokio::test]
    async fn both_signals_stop_cleanly() {
        for name in ["TERM", "INT"] {
            let lifecycle = Lifecycle::new().unwrap();
            let soft = lifecycle.tasks().soft();
            lifecycle.tasks().spawn("worker", async move {
                soft.cancelled().await;
                Ok(())
            });
            let own = std::process::id().to_string();
            let sent = Command::new("kill").args(["-s", name, &own]).status().unwrap();
            assert!(sent.success());
            assert_eq!(lifecycle.run(DRAIN).await, Outcome::Clean, "SIG{name}");
        }
    }
}
