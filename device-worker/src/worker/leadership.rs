//! Which locations this worker leads.

use std::collections::BTreeSet;

use domain::ids::LocationId;
use tokio::time::{Instant, timeout_at};

use super::{Worker, receive};
use crate::lease;

impl Worker {
    /// Waits until it is known which locations this worker leads, so that the leader of a location reports what the
    /// log brings. When that is not known in time, this worker leads those that it led last, since the plugs must not
    /// depend on the store. The others may have another leader, and wait for the lease.
    pub(super) async fn settle_leases(&mut self) {
        let deadline = Instant::now() + self.config.catch_up_within;
        let mut unknown: BTreeSet<LocationId> = self.sites.keys().copied().collect();
        let mut leases = self.leases.take();
        while !unknown.is_empty() {
            let Ok(Some(news)) = timeout_at(deadline, receive(&mut leases)).await else { break };
            unknown.remove(&news.location);
            self.lead(news);
        }
        for location in unknown {
            if self.led.contains(&location) {
                self.lead(lease::News { location, ours: true });
            } else {
                tracing::warn!(%location, "the lease is out of reach and was not ours last: others switch its plugs");
            }
        }
        self.leases = leases;
    }

    pub(super) fn lead(&mut self, news: lease::News) {
        let now = self.clocks.now();
        let changed =
            if news.ours { self.led.insert(news.location) } else { self.led.remove(&news.location) };
        if changed {
            self.batch.lead(news.location, news.ours);
            self.dirty = true;
        }
        if let Some(site) = self.site(news.location) {
            site.lead(news.ours, now);
        }
    }
}
