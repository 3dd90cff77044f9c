//! Brings the file's schema up to date, and tells whether it is.

use std::path::Path;

use runtime::clock::Clock;
use sqlx::{Connection as _, Row as _, SqliteConnection};

use super::{connect, fault::store_error};
use crate::{
    StoreError,
    group::migration::{self, Migration},
};

const MIGRATIONS: [Migration; 3] = [
    Migration {
        version: 1,
        name: "event_store",
        sql: include_str!("../../../../schema/sqlite/0001_event_store.sql"),
    },
    Migration {
        version: 2,
        name: "timelines",
        sql: include_str!("../../../../schema/sqlite/0002_timelines.sql"),
    },
    Migration {
        version: 3,
        name: "checksums",
        sql: include_str!("../../../../schema/sqlite/0003_checksums.sql"),
    },
];

const CREATE_LEDGER: &str = "CREATE TABLE IF NOT EXISTS schema_migrations (
    version INTEGER PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL, applied_at INTEGER NOT NULL
) STRICT";

/// Creates `file` if need be and applies what is missing, all of it or nothing. Returns the names of the
/// migrations applied; running it again applies none.
///
/// # Errors
/// `Schema` when the file was made by a newer version, or an applied migration was edited since.
pub async fn migrate(file: &Path, clock: &dyn Clock) -> Result<Vec<&'static str>, StoreError> {
    let mut conn = connect::open(&connect::creating(file)).await?;
    let applied = migrate_on(&mut conn, &MIGRATIONS, clock).await;
    conn.close().await.map_err(store_error)?;
    applied
}

async fn migrate_on(
    conn: &mut SqliteConnection,
    migrations: &[Migration],
    clock: &dyn Clock,
) -> Result<Vec<&'static str>, StoreError> {
    let mut transaction = conn.begin_with("BEGIN IMMEDIATE").await.map_err(store_error)?;
    run(&mut transaction, CREATE_LEDGER).await?;
    let missing = missing(&mut transaction, migrations).await?;
    for migration in &missing {
        apply(&mut transaction, migration, clock).await?;
    }
    transaction.commit().await.map_err(store_error)?;
    Ok(missing.iter().map(|migration| migration.name).collect())
}

/// Refuses a file whose schema is not exactly this version's.
///
/// # Errors
/// `Schema`, saying what to run.
pub(super) async fn verify(conn: &mut SqliteConnection) -> Result<(), StoreError> {
    let ledger: bool = sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'schema_migrations')",
    )
    .fetch_one(&mut *conn)
    .await
    .map_err(store_error)?;
    let missing = if ledger { missing(conn, &MIGRATIONS).await?.len() } else { MIGRATIONS.len() };
    migration::refuse_missing(missing)
}

async fn missing<'a>(
    conn: &mut SqliteConnection,
    migrations: &'a [Migration],
) -> Result<Vec<&'a Migration>, StoreError> {
    let rows = sqlx::query("SELECT version, checksum FROM schema_migrations ORDER BY version")
        .fetch_all(conn)
        .await
        .map_err(store_error)?;
    let ledger = rows
        .iter()
        .map(|row| Ok((row.try_get(0).map_err(store_error)?, row.try_get(1).map_err(store_error)?)));
    migration::missing(migrations, ledger.collect::<Result<Vec<_>, StoreError>>()?)
}

async fn apply(
    conn: &mut SqliteConnection,
    migration: &Migration,
    clock: &dyn Clock,
) -> Result<(), StoreError> {
    run(conn, migration.sql).await?;
    sqlx::query("INSERT INTO schema_migrations (version, name, checksum, applied_at) VALUES (?, ?, ?, ?)")
        .bind(migration.version)
        .bind(migration.name)
        .bind(migration.checksum())
        .bind(clock.now().as_microsecond())
        .execute(conn)
        .await
        .map_err(store_error)?;
    Ok(())
}

async fn run(conn: &mut SqliteConnection, sql: &'static str) -> Result<(), StoreError> {
    sqlx::raw_sql(sql).execute(conn).await.map_err(store_error)?;
    Ok(())
}

#[cfg(test)]
mod tests {

    use runtime::clock::SystemClock;

    use super::*;

    async fn ledger(migrations: &[Migration], file: &Path) -> Result<Vec<&'static str>, StoreError> {
        let mut conn = connect::open(&connect::creating(file)).await?;
        migrate_on(&mut conn, migrations, &SystemClock).await
    }

    fn one(sql: &'static str) -> Migration {
        Migration { version: 1, name: "one", sql }
    }

    #[tokio::test]
    async fn a_second_run_applies_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("events.db");
        assert_eq!(migrate(&file, &SystemClock).await.unwrap(), ["event_store", "timelines", "checksums"]);
        assert!(migrate(&file, &SystemClock).await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn an_edited_migration_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("events.db");
        ledger(&[one("CREATE TABLE a (b)")], &file).await.unwrap();
        let error = ledger(&[one("CREATE TABLE a (c)")], &file).await.unwrap_err();
        assert!(error.to_string().contains("was edited"), "{error}");
    }

    #[tokio::test]
    async fn a_newer_file_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("events.db");
        ledger(&[one("CREATE TABLE a (b)")], &file).await.unwrap();
        let error = ledger(&[], &file).await.unwrap_err();
        assert!(error.to_string().contains("newer version"), "{error}");
    }

    #[tokio::test]
    async fn a_failing_migration_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("events.db");
        let broken = Migration { version: 2, name: "two", sql: "CREATE TABLE b (c); NONSENSE" };
        ledger(&[one("CREATE TABLE a (b)"), broken], &file).await.unwrap_err();
        let repaired = Migration { version: 2, name: "two", sql: "CREATE TABLE b (c)" };
        let applied = ledger(&[one("CREATE TABLE a (b)"), repaired], &file).await.unwrap();
        assert_eq!(applied, ["one", "two"]);
    }
}
