//! Who would hold a lease. Its end is written by its holder's wall clock, and a holder may die with a clock
//! that is hours ahead: a candidate that has seen a lease stand unchanged for a whole ttl, by its own running
//! clock, takes it over all the same.

use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::{Lease, Leases, StoreError};

/// See the module.
#[derive(Clone, Debug)]
pub struct Candidate {
    name: String,
    owner: String,
    ttl: Duration,
    /// Another's lease as last seen, and since when it stands like that.
    seen: Option<(Lease, Instant)>,
}

impl Candidate {
    /// For the lease `name` as `owner`, who renews it well within `ttl`.
    #[must_use]
    pub fn new(name: impl Into<String>, owner: impl Into<String>, ttl: Duration) -> Self {
        Self { name: name.into(), owner: owner.into(), ttl, seen: None }
    }

    /// Takes, renews or takes over the lease; none when somebody else holds it. To be called several times a
    /// ttl.
    ///
    /// # Errors
    /// When the store cannot be reached.
    pub async fn acquire(
        &mut self,
        leases: &dyn Leases,
        now: Timestamp,
    ) -> Result<Option<Lease>, StoreError> {
        let asked = Instant::now();
        let seen = self.seen.take();
        if let Some(lease) = leases.acquire_lease(&self.name, &self.owner, now, self.ttl).await? {
            return Ok(Some(lease));
        }
        // Given up at this moment: the next try gets it.
        let Some(held) = leases.read_lease(&self.name).await? else { return Ok(None) };
        let Some((_, since)) = seen.filter(|(seen, _)| *seen == held) else {
            self.seen = Some((held, Instant::now()));
            return Ok(None);
        };
        if asked.saturating_duration_since(since) >= self.ttl {
            return leases.take_over_lease(&held, &self.owner, now, self.ttl).await;
        }
        self.seen = Some((held, since));
        Ok(None)
    }
}
