//! One point in time that every step of an exchange shares.

use std::future::Future;
use std::io;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use crate::error::{Error, Phase};

/// Keeps `Instant` arithmetic far from overflow.
const LONGEST: Duration = Duration::from_hours(1);

#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadline {
    at: Instant,
    limit: Duration,
}

impl Deadline {
    pub(crate) fn after(limit: Duration) -> Self {
        let limit = limit.min(LONGEST);
        let now = Instant::now();
        Self { at: now.checked_add(limit).unwrap_or(now), limit }
    }

    /// The earlier of this deadline and `limit` from now.
    pub(crate) fn capped(self, limit: Duration) -> Self {
        let other = Self::after(limit);
        if other.at < self.at { other } else { self }
    }

    /// Runs `work` until the deadline. When it passes, `work` is dropped.
    pub(crate) async fn run<T>(
        self,
        phase: Phase,
        work: impl Future<Output = io::Result<T>>,
    ) -> Result<T, Error> {
        match timeout_at(self.at, work).await {
            Ok(result) => result.map_err(|source| Error::Io { phase, source }),
            Err(_) => Err(Error::Timeout { phase, limit: self.limit }),
        }
    }
}
