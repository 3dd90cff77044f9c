//! Brings the database's schema up to date, and tells whether it is. All of it in one transaction under an
//! application lock, so that processes that start together do it once.

use std::time::Duration;

use ::mssql::{Client, MssqlConfig, MssqlError, Pool, Timeouts, connect, rows_of};
use runtime::clock::Clock;
use tiberius::Row;

use super::{fault::store_error, row_versions, rows, suitable};
use crate::{
    StoreError,
    group::migration::{self, Migration, batches},
};

const MIGRATIONS: [Migration; 6] = [
    Migration {
        version: 1,
        name: "event_store",
        sql: include_str!("../../../../schema/mssql/0001_event_store.sql"),
    },
    Migration {
        version: 2,
        name: "promotion",
        sql: include_str!("../../../../schema/mssql/0002_promotion.sql"),
    },
    Migration {
        version: 3,
        name: "append_batch",
        sql: include_str!("../../../../schema/mssql/0003_append_batch.sql"),
    },
    Migration {
        version: 4,
        name: "fewer_questions",
        sql: include_str!("../../../../schema/mssql/0004_fewer_questions.sql"),
    },
    Migration {
        version: 5,
        name: "timelines",
        sql: include_str!("../../../../schema/mssql/0005_timelines.sql"),
    },
    Migration {
        version: 6,
        name: "checksums",
        sql: include_str!("../../../../schema/mssql/0006_checksums.sql"),
    },
];

/// Longest time for one statement: an index on a long log, or `ALLOW_SNAPSHOT_ISOLATION`, which waits for every
/// transaction that is open.
const PATIENCE: Duration = Duration::from_mins(10);

/// Waits a minute for another process that migrates.
const LOCK: &str = "DECLARE @got INT; \
     EXEC @got = sp_getapplock @Resource = N'aerosports.store.migrate', @LockMode = N'Exclusive', \
         @LockOwner = N'Transaction', @LockTimeout = 60000; \
     SELECT @got";
const CREATE_SCHEMA: &str = "IF SCHEMA_ID(N'store') IS NULL EXEC(N'CREATE SCHEMA store')";
const CREATE_LEDGER: &str = "IF OBJECT_ID(N'store.schema_migrations', N'U') IS NULL \
     CREATE TABLE store.schema_migrations (version BIGINT NOT NULL, name NVARCHAR(200) NOT NULL, \
     checksum CHAR(64) NOT NULL, applied_at BIGINT NOT NULL, \
     CONSTRAINT PK_schema_migrations PRIMARY KEY CLUSTERED (version))";
const LEDGER: &str = "SELECT version, checksum FROM store.schema_migrations ORDER BY version";
const NOTE: &str =
    "INSERT INTO store.schema_migrations (version, name, checksum, applied_at) VALUES (@P1, @P2, @P3, @P4)";

/// Applies what is missing, all of it or nothing. Returns the names of the migrations applied; running it
/// again applies none.
///
/// # Errors
/// `Schema` when the database was made by a newer version, or an applied migration was edited since.
pub async fn migrate(config: &MssqlConfig, clock: &dyn Clock) -> Result<Vec<&'static str>, StoreError> {
    let timeouts = Timeouts { command: PATIENCE, ..Timeouts::default() };
    let mut client = connect(config, timeouts).await.map_err(store_error)?;
    suitable::check(&mut client).await?;
    row_versions::turn_on(&mut client).await.map_err(store_error)?;
    migrate_on(&mut client, &MIGRATIONS, clock).await
}

async fn migrate_on(
    client: &mut Client,
    migrations: &[Migration],
    clock: &dyn Clock,
) -> Result<Vec<&'static str>, StoreError> {
    run(client, "BEGIN TRANSACTION").await?;
    let got = run(client, LOCK).await?;
    if rows::first(&got).map_or(Ok(-1), |row| rows::value::<i32>(row, 0))? < 0 {
        return Err(StoreError::Unavailable(anyhow::anyhow!("another process migrates the event store")));
    }
    run(client, CREATE_SCHEMA).await?;
    run(client, CREATE_LEDGER).await?;
    let missing = missing(&run(client, LEDGER).await?, migrations)?;
    for migration in &missing {
        apply(client, migration, clock).await?;
    }
    run(client, "COMMIT TRANSACTION").await?;
    Ok(missing.iter().map(|migration| migration.name).collect())
}

async fn apply(client: &mut Client, migration: &Migration, clock: &dyn Clock) -> Result<(), StoreError> {
    for batch in batches(migration.sql) {
        run(client, &batch).await?;
    }
    let (checksum, at) = (migration.checksum(), clock.now().as_microsecond());
    rows_of(client, NOTE, &[&migration.version, &migration.name, &checksum, &at])
        .await
        .map_err(store_error)?;
    Ok(())
}

/// Not through `sp_executesql`: a transaction may not begin in one and end in another, and CREATE SCHEMA and
/// CREATE PROCEDURE want a batch to themselves.
async fn run(client: &mut Client, sql: &str) -> Result<Vec<Vec<Row>>, StoreError> {
    let result = Box::pin(async { client.simple_query(sql).await?.into_results().await }).await;
    result.map_err(|error| store_error(error.into()))
}

fn missing<'a>(ledger: &[Vec<Row>], migrations: &'a [Migration]) -> Result<Vec<&'a Migration>, StoreError> {
    let row = |row| Ok((rows::value::<i64>(row, 0)?, rows::value::<&str>(row, 1)?.to_owned()));
    let ledger = ledger.iter().flatten().map(row).collect::<Result<Vec<_>, StoreError>>()?;
    migration::missing(migrations, ledger)
}

/// Refuses a database whose schema is not exactly this version's.
///
/// # Errors
/// `Schema`, saying what to run.
pub(super) async fn verify(pool: &Pool) -> Result<(), StoreError> {
    let missing = match pool.read(LEDGER, &[]).await {
        Ok(ledger) => missing(&ledger, &MIGRATIONS)?.len(),
        Err(MssqlError::Missing(_)) => MIGRATIONS.len(),
        Err(error) => return Err(store_error(error)),
    };
    migration::refuse_missing(missing)
}

#[cfg(test)]
mod unit_tests {
    use super::*;

    #[test]
    fn no_statement_uses_what_other_servers_lack() {
        for migration in MIGRATIONS {
            let sql = migration.sql.to_uppercase();
            for word in ["MERGE ", "UPDLOCK", "HOLDLOCK", "TABLOCK", "READPAST", "CREATE OR ALTER", "WAITFOR"]
            {
                assert!(!sql.contains(word), "{}: {word}", migration.name);
            }
        }
    }
}
