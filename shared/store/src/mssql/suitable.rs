//! Whether a database can hold the store at all, looked at by `migrate`: what would fail or lose data later is refused
//! before anything is made.

use ::mssql::{Client, MssqlError, rows_of};

use super::{fault::store_error, rows};
use crate::StoreError;

/// The least compatibility level: `OPENJSON` and `STRING_SPLIT` came with SQL Server 2016.
const LEVEL: i32 = 130;

const ASK: &str = "SELECT CAST(compatibility_level AS INT), CAST(delayed_durability AS INT) FROM sys.databases \
     WHERE name = DB_NAME()";
/// What the level is needed for.
const TRY: &str = "SELECT COUNT(*) FROM OPENJSON(N'[1]') json CROSS APPLY STRING_SPLIT(N'a', N',') split";

/// What the server says of the database.
#[derive(Clone, Copy, Debug, Default)]
struct Said {
    level: Option<i32>,
    /// 0 disabled, 1 allowed, 2 forced.
    delayed_durability: Option<i32>,
    /// Whether what the level is needed for works.
    works: bool,
}

/// Refuses a database that cannot hold the store, and logs what could not be checked.
///
/// # Errors
/// `Schema`, saying what to change.
pub(super) async fn check(client: &mut Client) -> Result<(), StoreError> {
    let mut said = match rows_of(client, ASK, &[]).await {
        Ok(found) => {
            let number =
                |column| rows::first(&found).and_then(|row| row.try_get::<i32, _>(column).ok().flatten());
            Said { level: number(0), delayed_durability: number(1), works: false }
        }
        Err(error @ (MssqlError::Lost(_) | MssqlError::Unavailable(_))) => return Err(store_error(error)),
        // A server that knows no such columns.
        Err(_) => Said::default(),
    };
    if said.level.is_none_or(|level| level < LEVEL) {
        said.works = rows_of(client, TRY, &[]).await.is_ok();
    }
    for unchecked in said.judge()? {
        tracing::warn!("{unchecked}");
    }
    Ok(())
}

impl Said {
    /// What could not be checked.
    ///
    /// # Errors
    /// See [`check`].
    fn judge(self) -> Result<Vec<String>, StoreError> {
        let mut unchecked = Vec::new();
        match self.level {
            Some(LEVEL..) => {}
            level if self.works => {
                let level = level.map_or_else(|| "none".to_owned(), |level| level.to_string());
                unchecked.push(format!(
                    "the compatibility level is {level}, below {LEVEL}, but OPENJSON and STRING_SPLIT work: this is not \
                     Microsoft's server, and the level is not checked"
                ));
            }
            level => {
                let level = level.map_or_else(|| "unknown".to_owned(), |level| level.to_string());
                return Err(StoreError::Schema(format!(
                    "the database's compatibility level is {level} and must be {LEVEL} or more; run ALTER DATABASE \
                     CURRENT SET COMPATIBILITY_LEVEL = 150"
                )));
            }
        }
        match self.delayed_durability {
            Some(2) => Err(StoreError::Schema(
                "the database has DELAYED_DURABILITY = FORCED, with which a command that was answered can be lost; run \
                 ALTER DATABASE CURRENT SET DELAYED_DURABILITY = DISABLED"
                    .into(),
            )),
            Some(_) => Ok(unchecked),
            None => {
                unchecked.push("the server does not say whether DELAYED_DURABILITY is forced: not checked".into());
                Ok(unchecked)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(level: Option<i32>, delayed_durability: Option<i32>, works: bool) -> Result<usize, String> {
        let judged = Said { level, delayed_durability, works }.judge();
        judged.map(|unchecked| unchecked.len()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_database_that_cannot_hold_the_store_is_refused_with_what_to_run() {
        for level in [130, 150, 160] {
            assert_eq!(said(Some(level), Some(1), false), Ok(0), "{level}");
        }
        for level in [Some(120), None] {
            let refused = said(level, Some(0), false).unwrap_err();
            assert!(refused.contains("SET COMPATIBILITY_LEVEL = 150"), "{refused}");
        }
        let forced = said(Some(150), Some(2), false).unwrap_err();
        assert!(forced.contains("SET DELAYED_DURABILITY = DISABLED"), "{forced}");
    }

    #[test]
    fn what_cannot_be_checked_is_said() {
        assert_eq!(said(Some(120), Some(0), true), Ok(1), "another server's level");
        assert_eq!(said(None, None, true), Ok(2));
        assert!(said(None, Some(2), true).is_err(), "forced all the same");
    }
}
