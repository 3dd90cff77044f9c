//! Threads for the tasks that everyone waits for.

use tokio::runtime::Builder;
use tokio_util::task::task_tracker::TaskTrackerToken;

use crate::StoreError;

/// Runs `task` on a thread of its own: between two statements of a batch it must not queue behind the
/// handlers of requests, which wait for that very batch.
pub(crate) fn spawn_thread(
    name: &str,
    task: impl Future<Output = ()> + Send + 'static,
    running: TaskTrackerToken,
) -> Result<(), StoreError> {
    let unavailable = |error: std::io::Error| StoreError::Unavailable(error.into());
    let runtime = Builder::new_current_thread().enable_all().build().map_err(unavailable)?;
    let run = move || {
        runtime.block_on(task);
        drop(running);
    };
    std::thread::Builder::new().name(name.to_owned()).spawn(run).map_err(unavailable)?;
    Ok(())
}
