//! Which of several workers leads a location: the holder of its lease; the others are standbys.
//!
//! A leader that cannot reach the store goes on, also after a restart, since the plugs must not depend on the
//! store; one that finds another holder steps down. A worker that did not hold the lease last switches nothing
//! before it has it, neither on nor off: the leader may be there, and know what has happened since. A former leader
//! that restarts switches nothing on before it has read what happened meanwhile. It only switches off what is due to
//! be off by its own file.
//!
//! There may therefore be two leaders for a while. Where only the leader cannot reach the store, a standby takes over
//! after a ttl, and the leader of before goes on until it can reach the store again. Both follow one log, and both
//! switch off what nothing wants on.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use domain::ids::LocationId;
use runtime::clock::SharedClock;
use store::{Candidate, Lease, Leases};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

/// What became known about a location's lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct News {
    /// Which location.
    pub location: LocationId,
    /// Whether it is ours.
    pub ours: bool,
}

/// How leases are held.
#[derive(Clone, Debug)]
pub struct Holding {
    /// Names this worker.
    pub owner: String,
    /// After this without renewal another one takes over.
    pub ttl: Duration,
}

/// The lease's name.
#[must_use]
pub fn name(location: LocationId) -> String {
    format!("device-worker:{location}")
}

/// Takes and renews the leases of `locations`, and says what changes; gives them up after `stop`.
pub async fn run(
    leases: Arc<dyn Leases>,
    clock: SharedClock,
    holding: Holding,
    mut locations: watch::Receiver<BTreeSet<LocationId>>,
    news: mpsc::UnboundedSender<News>,
    stop: CancellationToken,
) {
    let mut held: Vec<Lease> = Vec::new();
    let mut candidates: BTreeMap<LocationId, Candidate> = BTreeMap::new();
    while !stop.is_cancelled() {
        let wanted = locations.borrow_and_update().clone();
        held.clear();
        for location in wanted {
            let new = || Candidate::new(name(location), &holding.owner, holding.ttl);
            match candidates.entry(location).or_insert_with(new).acquire(&*leases, clock.now()).await {
                Ok(lease) => {
                    // There is no receiver any more while the worker stops.
                    let _ = news.send(News { location, ours: lease.is_some() });
                    held.extend(lease);
                }
                Err(error) => {
                    let error = &error as &dyn std::error::Error;
                    tracing::debug!(error, %location, "the lease is out of reach");
                }
            }
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(holding.ttl / 3) => {}
            changed = locations.changed() => {
                if changed.is_err() {
                    break;
                }
            }
        }
    }
    for lease in held {
        if let Err(error) = leases.release_lease(&lease).await {
            let error = &error as &dyn std::error::Error;
            tracing::debug!(error, lease = lease.name, "the lease was not given up");
        }
    }
}
