//! The options of a database with which readers do not wait for those who write, and views read one state.

use super::rows;
use crate::mssql::{Client, MssqlError, Pool, rows_of};

struct RowVersions {
    /// 1 when it is on.
    state: &'static str,
    turn_on: &'static str,
    /// What is wrong without.
    otherwise: &'static str,
}

const ALL: [RowVersions; 2] = [
    RowVersions {
        state: "SELECT CAST(is_read_committed_snapshot_on AS INT) FROM sys.databases WHERE name = DB_NAME()",
        turn_on: "ALTER DATABASE CURRENT SET READ_COMMITTED_SNAPSHOT ON WITH NO_WAIT",
        otherwise: "READ_COMMITTED_SNAPSHOT is off: readers wait for appends; see SQL Server in the README",
    },
    RowVersions {
        state: "SELECT CAST(snapshot_isolation_state AS INT) FROM sys.databases WHERE name = DB_NAME()",
        turn_on: "ALTER DATABASE CURRENT SET ALLOW_SNAPSHOT_ISOLATION ON",
        otherwise: "ALLOW_SNAPSHOT_ISOLATION is off, and views need it; see SQL Server in the README",
    },
];

/// Turns them on. A login that may not, or a server that does not know them, is no reason to stop.
pub(super) async fn turn_on(client: &mut Client) -> Result<(), MssqlError> {
    for RowVersions { state, turn_on, otherwise } in ALL {
        if is_on(&rows_of(client, state, &[]).await?) {
            continue;
        }
        match rows_of(client, turn_on, &[]).await {
            Ok(_) => {}
            Err(error @ (MssqlError::Lost(_) | MssqlError::Unavailable(_))) => return Err(error),
            Err(error) => tracing::warn!(%error, "{otherwise}"),
        }
    }
    Ok(())
}

/// Says in the log what is off: whoever migrated may have been told, and done nothing.
pub(super) async fn warn_if_off(pool: &Pool) -> Result<(), MssqlError> {
    for RowVersions { state, otherwise, .. } in ALL {
        if !is_on(&pool.read(state, &[]).await?) {
            tracing::warn!("{otherwise}");
        }
    }
    Ok(())
}

fn is_on(results: &[Vec<tiberius::Row>]) -> bool {
    rows::first(results).and_then(|row| row.try_get::<i32, _>(0).ok().flatten()) == Some(1)
}
