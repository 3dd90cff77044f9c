//! Waiting at the start for a SQL Server that comes up later than this process, as after a power cut, and for a database
//! that it has not recovered yet. An error that somebody must correct (password, certificate, rights) ends the wait at
//! once. The server says of a database that does not exist what it says of one that it recovers: it is waited for too.

use std::time::Duration;

use ::mssql::{MssqlError, Refusal};
use anyhow::{Error, Result};
use read_store::SqlError;
use runtime::retry::Delays;
use store::StoreError;
use tokio::time::Instant;

const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// How long a process that starts waits for its database.
#[derive(Clone, Copy, Debug)]
pub struct DatabaseWait(Option<Instant>);

impl DatabaseWait {
    /// For at most `length`, from now on.
    #[must_use]
    pub fn at_most(length: Duration) -> Self {
        Self(Some(Instant::now() + length))
    }

    /// For as long as it takes.
    #[must_use]
    pub fn endless() -> Self {
        Self(None)
    }

    /// Repeats `step` while it fails because of an outage.
    ///
    /// # Errors
    /// What the last try says.
    pub async fn retry<T>(self, step: impl AsyncFn() -> Result<T>) -> Result<T> {
        let mut delays = Delays::new(FIRST_PAUSE, LONGEST_PAUSE);
        loop {
            let delay = delays.next_delay();
            match step().await {
                Err(error) if is_outage(&error) && self.0.is_none_or(|end| Instant::now() + delay < end) => {
                    tracing::warn!(error = format!("{error:#}"), "waiting for the database");
                    tokio::time::sleep(delay).await;
                }
                outcome => return outcome,
            }
        }
    }
}

fn is_outage(error: &Error) -> bool {
    let refused = |error: &MssqlError| match error {
        MssqlError::Refused(refusal, _) => *refusal != Refusal::NotOpen,
        MssqlError::Bug(_) | MssqlError::Missing(_) | MssqlError::MissingColumn(_) => true,
        MssqlError::Unavailable(_)
        | MssqlError::Unwritable(..)
        | MssqlError::Lost(_)
        | MssqlError::Retry(_)
        | MssqlError::Constraint(_) => false,
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
    use super::*;

    #[test]
    fn an_outage_is_waited_for_and_a_refusal_is_not() {
        let unavailable = || MssqlError::Unavailable("nobody there".into());
        let refused = || MssqlError::Refused(Refusal::Login, "wrong password".into());
        let recovering = || MssqlError::Refused(Refusal::NotOpen, "not recovered yet".into());
        for (error, expected) in [
            (Error::from(unavailable()), true),
            (Error::from(refused()), false),
            (Error::from(StoreError::Unavailable(unavailable().into())).context("opening"), true),
            (Error::from(StoreError::Unavailable(recovering().into())).context("opening"), true),
            (Error::from(SqlError::Unavailable(recovering().into())), true),
            (Error::from(StoreError::Unavailable(refused().into())).context("opening"), false),
            (Error::from(SqlError::Unavailable(refused().into())), false),
            (Error::from(SqlError::Unavailable(anyhow::anyhow!("a lock was not free"))), true),
            (Error::from(StoreError::Schema("run migrate".into())), false),
            (anyhow::anyhow!("something else"), false),
        ] {
            assert_eq!(is_outage(&error), expected, "{error:#}");
        }
    }

    #[tokio::test]
    async fn a_wait_ends_when_the_time_is_up() {
        let wait = DatabaseWait::at_most(Duration::ZERO);
        let down = async || -> Result<()> { Err(MssqlError::Unavailable("nobody there".into()).into()) };
        let error = wait.retry(down).await.unwrap_err();
        assert_eq!(error.to_string(), "nobody there");
    }
}
