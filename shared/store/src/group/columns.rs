//! What every backend makes of the columns it has read, and of the numbers it sends.

use domain::log::{Head, Position, Token};

use crate::{StoreError, StoredAnswer};

/// A limit as a database takes it.
pub(crate) fn sql_limit(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// The head out of a row of `log_head`.
pub(crate) fn stored_head(position: u64, timeline: i64) -> Result<Head, StoreError> {
    let timeline = u32::try_from(timeline)
        .map_err(|_| StoreError::Corrupt("log_head's timeline is out of range".into()))?;
    Ok(Head { timeline, position: Position(position) })
}

/// An answer out of a row of `commands`.
pub(crate) fn stored_answer(
    request_hash: [u8; 32],
    status: i64,
    body: &str,
    token: Token,
) -> Result<StoredAnswer, StoreError> {
    Ok(StoredAnswer { request_hash, status: stored_status(status)?, body: body.to_owned(), token })
}

/// The HTTP status of a stored answer.
pub(crate) fn stored_status(status: i64) -> Result<u16, StoreError> {
    u16::try_from(status).map_err(|_| StoreError::Corrupt("a stored answer's status is out of range".into()))
}
