//! How far each projection is, for operators.

use std::{sync::Arc, time::Duration};

use domain::log::Position;
use jiff::Timestamp;
use read_store::{
    ReadStore, Record as _,
    catalog::{AppliedEvent, ProjectionRow},
};

use crate::{
    source::{Events, SourceError},
    worker::PrepareError,
};

/// A projection that is behind and has not moved for so long is stalled.
pub const STALLED_AFTER: Duration = Duration::from_secs(10);

/// What [`Status::state`] says of a projection that should move and does not.
const STALLED: &str = "stalled";

/// How far one generation of a projection is.
#[derive(Clone, Debug, PartialEq)]
pub struct Status {
    /// Its bookkeeping.
    pub row: ProjectionRow,
    /// `active`, `building`, `retired`, or `stalled` when its position stands still while there is more in the log.
    pub state: &'static str,
    /// Events of the log after its position.
    pub lag_events: u64,
    /// The age of the first of them.
    pub lag_seconds: u64,
}

/// Every generation of every projection, by name.
///
/// # Errors
/// [`PrepareError`].
pub async fn list_projections(
    db: &ReadStore,
    log: &dyn Events,
    now: Timestamp,
) -> Result<Vec<Status>, PrepareError> {
    let columns = ProjectionRow::select("p");
    let sql = format!("SELECT {columns} FROM {{projections}} p ORDER BY p.name, p.version, p.run");
    let rows = db.query(&sql, &[]).await?.decode::<ProjectionRow>()?;
    // Asked after the checkpoints, so that none is past it.
    let head = log.head().await?;
    let mut all = Vec::new();
    for row in rows {
        let lag_events = head.0.saturating_sub(row.position.0);
        let next = if lag_events == 0 { None } else { recorded_at(log, &row).await? };
        all.push(status(row, lag_events, next, now));
    }
    Ok(all)
}

/// When the first event was recorded that is not applied yet; none for a damaged one.
async fn recorded_at(log: &dyn Events, row: &ProjectionRow) -> Result<Option<Timestamp>, SourceError> {
    match log.read(row.position.next(), 1).await {
        Ok(events) => Ok(events.first().map(|event| event.recorded_at)),
        Err(SourceError::Broken(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The projections whose last event is not the one that the log has there, each with its position.
///
/// # Errors
/// [`PrepareError`].
pub async fn other_log(db: &ReadStore, log: &dyn Events) -> Result<Vec<(Arc<str>, Position)>, PrepareError> {
    let columns = AppliedEvent::select("a");
    let sql = format!("SELECT {columns} FROM {{projection_events}} a ORDER BY a.projection, a.position");
    let mut others = Vec::new();
    for applied in db.query(&sql, &[]).await?.decode::<AppliedEvent>()? {
        let found = match log.read(applied.position, 1).await {
            Ok(found) => found,
            // A damaged event says nothing about the log.
            Err(SourceError::Broken(_)) => continue,
            Err(error) => return Err(error.into()),
        };
        if found.first().is_none_or(|event| event.id != applied.event_id) {
            others.push((applied.projection, applied.position));
        }
    }
    Ok(others)
}

fn status(row: ProjectionRow, lag_events: u64, next: Option<Timestamp>, now: Timestamp) -> Status {
    let seconds = |since: Timestamp| u64::try_from(now.duration_since(since).as_secs()).unwrap_or_default();
    let still_since = next.map_or(row.updated_at, |next| next.max(row.updated_at));
    let stalled = lag_events > 0 && seconds(still_since) >= STALLED_AFTER.as_secs();
    let state = match &*row.state {
        ProjectionRow::RETIRED => ProjectionRow::RETIRED,
        _ if stalled => STALLED,
        ProjectionRow::BUILDING => ProjectionRow::BUILDING,
        _ => ProjectionRow::ACTIVE,
    };
    let lag_seconds = next.map_or(0, seconds);
    Status { row, state, lag_events, lag_seconds }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn row(state: &str, updated: i64) -> ProjectionRow {
        ProjectionRow {
            name: "plays".into(),
            version: 1,
            run: 1,
            state: state.into(),
            position: Position(5),
            owner: None,
            epoch: 1,
            lease_until: None,
            parked: 0,
            revision: 0,
            updated_at: at(updated),
        }
    }

    #[test]
    fn a_position_that_stands_still_while_the_head_moves_is_stalled() {
        let stalled = status(row("active", 100), 3, Some(at(120)), at(130));
        assert_eq!((stalled.state, stalled.lag_seconds), ("stalled", 10));
        // It moved just now, or what is behind is young, or there is nothing more.
        assert_eq!(status(row("active", 125), 3, Some(at(50)), at(130)).state, "active");
        assert_eq!(status(row("active", 100), 3, Some(at(125)), at(130)).state, "active");
        assert_eq!(status(row("active", 100), 0, None, at(130)).state, "active");
        // A generation that is kept stands still by intent, and a damaged event is waited for too.
        assert_eq!(status(row("retired", 100), 3, Some(at(101)), at(130)).state, "retired");
        assert_eq!(status(row("building", 100), 3, None, at(130)).state, "stalled");
    }
}
