//! Where the log ends: this process's own appends at once, those of other processes by a slow poll.
//! One task a bus, however many followers listen.

use std::{sync::Arc, time::Duration};

use domain::log::Head;
use store::EventLog;
use tokio::{sync::watch, time::MissedTickBehavior};
use tokio_util::task::AbortOnDropHandle;

use super::News;

/// Follows the end of the log until dropped.
pub(super) struct HeadPoll {
    heads: watch::Receiver<Head>,
    _task: AbortOnDropHandle<()>,
}

impl HeadPoll {
    /// Starts following `store`, asking it for its head every `every`.
    pub(super) fn start(store: Arc<dyn EventLog>, every: Duration) -> Self {
        let own = store.watch_head();
        let (sender, heads) = watch::channel(*own.borrow());
        let task = tokio::spawn(follow(store, own, sender, every));
        Self { heads, _task: AbortOnDropHandle::new(task) }
    }

    /// News of the end from now on.
    pub(super) fn subscribe(&self) -> HeadSubscription {
        HeadSubscription(self.heads.clone())
    }
}

async fn follow(
    store: Arc<dyn EventLog>,
    mut own: watch::Receiver<Head>,
    sender: watch::Sender<Head>,
    every: Duration,
) {
    let mut ticks = tokio::time::interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut own_open = true;
    loop {
        let head = tokio::select! {
            changed = own.changed(), if own_open => {
                own_open = changed.is_ok();
                *own.borrow_and_update()
            }
            _ = ticks.tick() => match store.head().await {
                Ok(head) => head,
                Err(error) => {
                    tracing::debug!(error = &error as &dyn std::error::Error, "cannot ask the store for its head");
                    continue;
                }
            },
        };
        sender.send_if_modified(|known| {
            let newer = (head.timeline, head.position) > (known.timeline, known.position);
            if newer {
                *known = head;
            }
            newer
        });
    }
}

/// One follower's share of a [`HeadPoll`].
pub(super) struct HeadSubscription(watch::Receiver<Head>);

impl HeadSubscription {
    /// Waits until the log has grown.
    pub(super) async fn next(&mut self) -> News {
        if self.0.changed().await.is_err() {
            // The bus is being dropped: there is no more news.
            std::future::pending::<()>().await;
        }
        News::Head(self.0.borrow_and_update().position)
    }
}
