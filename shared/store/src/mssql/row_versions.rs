//! The options of a database with which readers do not wait for those who write, and views read one state.

use ::mssql::{Client, MssqlError, Pool, rows_of};
use tiberius::Row;

use super::rows;

/// 1 for each of [`ALL`] that is on.
const STATES: &str = "SELECT CAST(is_read_committed_snapshot_on AS INT), CAST(snapshot_isolation_state AS INT) \
     FROM sys.databases WHERE name = DB_NAME()";

/// What turns each on, and what is wrong without.
const ALL: [(&str, &str); 2] = [
    (
        "ALTER DATABASE CURRENT SET READ_COMMITTED_SNAPSHOT ON WITH NO_WAIT",
        "READ_COMMITTED_SNAPSHOT is off: readers wait for appends; see docs/sql-server.md",
    ),
    (
        "ALTER DATABASE CURRENT SET ALLOW_SNAPSHOT_ISOLATION ON",
        "ALLOW_SNAPSHOT_ISOLATION is off, and views need it; see docs/sql-server.md",
    ),
];

/// Turns them on. A login that may not, or a server that does not know them, is no reason to stop.
pub(super) async fn turn_on(client: &mut Client) -> Result<(), MssqlError> {
    for (turn_on, otherwise) in off(&rows_of(client, STATES, &[]).await?) {
        match rows_of(client, turn_on, &[]).await {
            Ok(_) => {}
            Err(error @ (MssqlError::Lost(_) | MssqlError::Unavailable(_))) => return Err(error),
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "{otherwise}");
            }
        }
    }
    Ok(())
}

/// Logs what is off. `migrate` said so already, but its output may have been ignored.
pub(super) async fn warn_if_off(pool: &Pool) -> Result<(), MssqlError> {
    for (_, otherwise) in off(&pool.read(STATES, &[]).await?) {
        tracing::warn!("{otherwise}");
    }
    Ok(())
}

fn off(states: &[Vec<Row>]) -> impl Iterator<Item = (&'static str, &'static str)> {
    let row = rows::first(states);
    let is_on = move |column| row.and_then(|row| row.try_get::<i32, _>(column).ok().flatten()) == Some(1);
    ALL.into_iter().enumerate().filter(move |(column, _)| !is_on(*column)).map(|(_, option)| option)
}
