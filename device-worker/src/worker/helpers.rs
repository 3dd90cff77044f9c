//! The tasks beside the loop: leases, the outbox and the search for plugs.

use tokio::sync::mpsc;
use tokio_util::{
    sync::{CancellationToken, DropGuard},
    task::TaskTracker,
};

use super::Worker;
use crate::{
    discovery,
    lease::{self, Holding},
    outbox,
};

/// Tasks beside the loop.
pub(super) struct Helpers {
    tasks: TaskTracker,
    stop: CancellationToken,
    _stop_on_drop: DropGuard,
}

impl Helpers {
    pub(super) async fn stop(&self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

impl Worker {
    pub(super) fn start_helpers(&mut self) -> Helpers {
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        let (sender, leases) = mpsc::unbounded_channel();
        self.leases = Some(leases);
        let holding =
            Holding { owner: self.config.owner.clone().unwrap_or_default(), ttl: self.config.lease_ttl };
        let (holders, clock) = (self.parts.leases.clone(), self.parts.clock.clone());
        let locations = self.locations.subscribe();
        tasks.spawn(lease::run(holders, clock, holding, locations, sender, stop.clone()));
        let (store, sink, news) = (self.store.clone(), self.parts.sink.clone(), self.reports.clone());
        tasks.spawn(outbox::run(store, sink, news, self.config.report_retry, stop.clone()));
        let (sender, found) = mpsc::unbounded_channel();
        if let Some(search) = self.config.search.clone() {
            tasks.spawn(discovery::run(
                search,
                self.config.plug_networks.clone(),
                self.search.clone(),
                sender,
                stop.clone(),
            ));
        }
        self.found = Some(found);
        Helpers { tasks, _stop_on_drop: stop.clone().drop_guard(), stop }
    }
}
