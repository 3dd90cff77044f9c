//! What leaves the loop: state and reports to the worker's own file, then orders to the actors.

use std::{collections::BTreeSet, time::Duration};

use tokio::time::{Instant, timeout_at};

use super::Worker;
use crate::{site::Gate, store::Batch};

/// Pause after the worker's own file could not be written.
const WRITE_AGAIN: Duration = Duration::from_millis(500);

impl Worker {
    /// Writes what changed, then gives the orders that waited for it.
    pub(super) async fn write(&mut self) {
        for site in self.sites.values_mut() {
            match site.collect(&mut self.batch, &self.clocks) {
                Ok(something) => self.dirty |= something,
                Err(error) => tracing::error!(error = format!("{error:#}"), "a state has no stored form"),
            }
        }
        let overdue = self.unwritten.is_some_and(|at| at <= Instant::now());
        if self.dirty || overdue {
            if let Err(error) = self.store.save(&self.batch).await {
                // Nothing is switched on meanwhile.
                if let Some(count) = self.write_failures.count() {
                    let error = format!("{error:#}");
                    tracing::error!(error, count, "the device worker's file cannot be written");
                }
                self.unwritten = Some(Instant::now() + WRITE_AGAIN);
                return;
            }
            if !self.batch.reports.is_empty() {
                self.reports.notify_one();
            }
            self.batch = Batch::at(self.batch.checkpoint);
            (self.dirty, self.unwritten) = (false, None);
        }
        for site in self.sites.values_mut() {
            site.give_all_orders(&self.clocks);
        }
    }

    /// Lets orders out once the log is caught up with; those for OFF also when that takes too long, for a plug
    /// must not stay on because the store is away.
    pub(super) async fn open(&mut self, caught_up: bool) {
        let too_long = self.catching_up.is_some_and(|at_the_latest| at_the_latest <= Instant::now());
        let gate = match self.gate {
            Gate::Open => return,
            _ if caught_up => Gate::Open,
            Gate::Shut if too_long => Gate::OffOnly,
            Gate::Shut | Gate::OffOnly => return,
        };
        if gate == Gate::OffOnly {
            tracing::warn!("the log is out of reach: plugs are switched off as they are due, and none on");
        }
        (self.gate, self.catching_up) = (gate, None);
        let now = self.clocks.now();
        for site in self.sites.values_mut() {
            site.set_gate(gate, now);
        }
        self.write().await;
    }

    /// The stop: off, read back, for every managed plug, as far as the time allows.
    pub(super) async fn switch_everything_off(&mut self) {
        let now = self.clocks.now();
        let deadline = Instant::now() + self.config.stop_within;
        let mut pending: BTreeSet<_> = self.sites.values_mut().flat_map(|site| site.stop(now)).collect();
        self.write().await;
        while !pending.is_empty() {
            let Ok(Some(observation)) = timeout_at(deadline, self.observations.recv()).await else { break };
            // An earlier OFF says nothing of an ON that came between.
            if self.sites.values().any(|site| site.engine.is_rest(&observation)) {
                pending.remove(&observation.plug);
            }
            self.observe(&mut vec![observation]);
            self.write().await;
        }
        for plug in &pending {
            tracing::error!(%plug, "it is not known to be off, and the device worker stops");
        }
        self.dirty = true;
        self.write().await;
        self.sites.clear();
    }
}
