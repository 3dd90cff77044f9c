//! Update a row, or insert it when it is not there, without MERGE.

use ::mssql::{MssqlError, Pool};
use tiberius::{Row, ToSql};

/// Runs such a batch. When two insert the same row at once, one of them is refused and runs it again: then
/// the row is there.
pub(super) async fn upsert(
    pool: &Pool,
    sql: &str,
    params: &[&dyn ToSql],
) -> Result<Vec<Vec<Row>>, MssqlError> {
    match pool.write(sql, params).await {
        Err(MssqlError::Constraint(_)) => pool.write(sql, params).await,
        result => result,
    }
}
