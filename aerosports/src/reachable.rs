//! Waiting at the start for a SQL Server that comes up later than we do, as after a power cut. What somebody must
//! change (password, name, certificate, rights) is not waited for.

use std::time::Duration;

use anyhow::{Error, Result};
use shared::{mssql::MssqlError, retry::Delays, sql::SqlError, store::StoreError};
use tokio::time::Instant;

const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// How long a process that starts waits for its database.
#[derive(Clone, Copy, Debug)]
pub struct Patience(Option<Instant>);

impl Patience {
    /// From now on.
    #[must_use]
    pub fn of(patience: Duration) -> Self {
        Self(Some(Instant::now() + patience))
    }

    /// For as long as it takes.
    #[must_use]
    pub fn endless() -> Self {
        Self(None)
    }

    /// Tries `step` until it works, while it fails for a reason that passes.
    ///
    /// # Errors
    /// What the last try says.
    pub async fn with<T>(self, step: impl AsyncFn() -> Result<T>) -> Result<T> {
        let mut delays = Delays::new(FIRST_PAUSE, LONGEST_PAUSE);
        loop {
            let delay = delays.next_delay();
            match step().await {
                Err(error) if passes(&error) && self.0.is_none_or(|end| Instant::now() + delay < end) => {
                    tracing::warn!(error = format!("{error:#}"), "waiting for the database");
                    tokio::time::sleep(delay).await;
                }
                outcome => return outcome,
            }
        }
    }
}

fn passes(error: &Error) -> bool {
    let refused = |error: &MssqlError| {
        matches!(
            error,
            MssqlError::Refused(..)
                | MssqlError::Bug(_)
                | MssqlError::Missing(_)
                | MssqlError::MissingColumn(_)
        )
    };
    let mut transient = false;
    for cause in error.chain() {
        if cause.downcast_ref().is_some_and(refused) {
            return false;
        }
        transient |= cause.downcast_ref::<MssqlError>().is_some()
            || cause.downcast_ref().is_some_and(StoreError::is_transient)
            || cause.downcast_ref().is_some_and(SqlError::is_transient);
    }
    transient
}

#[cfg(test)]
mod tests {
    use shared::mssql::Refusal;

    use super::*;

    #[test]
    fn an_outage_passes_and_a_refusal_does_not() {
        let unavailable = || MssqlError::Unavailable("nobody there".into());
        let refused = || MssqlError::Refused(Refusal::Login, "wrong password".into());
        for (error, expected) in [
            (Error::from(unavailable()), true),
            (Error::from(refused()), false),
            (Error::from(StoreError::Unavailable(unavailable().into())).context("opening"), true),
            (Error::from(StoreError::Unavailable(refused().into())).context("opening"), false),
            (Error::from(SqlError::Unavailable(refused().into())), false),
            (Error::from(SqlError::Unavailable(anyhow::anyhow!("a lock was not free"))), true),
            (Error::from(StoreError::Schema("run migrate".into())), false),
            (anyhow::anyhow!("something else"), false),
        ] {
            assert_eq!(passes(&error), expected, "{error:#}");
        }
    }

    #[tokio::test]
    async fn it_ends_when_the_time_is_up() {
        let patience = Patience::of(Duration::ZERO);
        let down = async || -> Result<()> { Err(MssqlError::Unavailable("nobody there".into()).into()) };
        let error = patience.with(down).await.unwrap_err();
        assert_eq!(error.to_string(), "nobody there");
    }
}
