//! Each service's role: what it may do, and what it may not.

use std::{sync::Arc, time::Duration};

use ::mssql::{
    MssqlConfig, MssqlError, Pool, PoolOptions, Refusal, Timeouts, connect, rows_of, testing::server,
};
use runtime::{clock::SystemClock, config::Secret};

use super::{MssqlDatabase, MssqlOptions, MssqlStore};
use crate::{
    EventLog as _, StoreError, Verdict,
    contract::fixtures::{command, fresh, fresh_stream, writes},
    group::migration::batches,
};

const ROLES: &str = include_str!("../../../../../schema/mssql/roles.sql");

/// A login of its own on the server, dropped with [`Login::remove`].
struct Login {
    name: String,
    /// Not after the name: servers refuse that.
    password: String,
    server: MssqlConfig,
}

impl Login {
    async fn create() -> Self {
        let server = server();
        let (name, password) = (format!("aero_test_{}", fresh().simple()), format!("Pw-{}", fresh()));
        let login = Self { name, password, server };
        let create = format!("CREATE LOGIN {} WITH PASSWORD = '{}'", login.name, login.password);
        login.on_server(&create).await.unwrap();
        login
    }

    async fn on_server(&self, sql: &str) -> Result<(), MssqlError> {
        let mut client = connect(&self.server, Timeouts::default()).await?;
        rows_of(&mut client, sql, &[]).await.map(drop)
    }

    fn config(&self, database: &MssqlDatabase) -> MssqlConfig {
        MssqlConfig {
            user: self.name.clone(),
            password: Secret::new(self.password.clone()),
            ..database.database.config().clone()
        }
    }

    /// Makes it a user of `database` with `role`.
    async fn join(&self, database: &MssqlDatabase, role: &str) {
        let raw = database.raw();
        for batch in batches(ROLES) {
            match raw.write(&batch, &[]).await {
                // Servers other than Microsoft's know no rights on making tables.
                Err(MssqlError::Bug(what)) if what.contains("not currently supported") => {}
                result => drop(result.unwrap()),
            }
        }
        raw.write(&format!("CREATE USER {0} FOR LOGIN {0}", self.name), &[]).await.unwrap();
        raw.write(&format!("ALTER ROLE {role} ADD MEMBER {}", self.name), &[]).await.unwrap();
        raw.close();
    }

    async fn remove(self, database: &MssqlDatabase) {
        let raw = database.raw();
        raw.write(&format!("DROP USER IF EXISTS {}", self.name), &[]).await.unwrap();
        raw.close();
        // For a moment it may count as logged in.
        for _ in 0..50 {
            if self.on_server(&format!("DROP LOGIN {}", self.name)).await.is_ok() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("the login {} cannot be dropped", self.name);
    }
}

/// Whether the server says that `pool`'s login lacks the right to run `sql`.
async fn is_refused(pool: &Pool, sql: &str) -> bool {
    match pool.write(sql, &[]).await {
        Ok(_) => false,
        Err(MssqlError::Refused(Refusal::Rights, what)) => {
            assert!(what.contains("roles.sql") && !what.contains("Pw-"), "{what}");
            true
        }
        Err(other) => panic!("{sql}: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_api_adds_to_the_log_and_cannot_change_it() {
    let database = MssqlDatabase::new().await;
    let login = Login::create().await;
    login.join(&database, "aerosports_command_api").await;
    let config = login.config(&database);
    let store = MssqlStore::open(&MssqlOptions::new(config.clone()), Arc::new(SystemClock)).await.unwrap();
    for _ in 0..3 {
        let verdict = store.append(command(vec![writes(&fresh_stream(), 0, 2)])).await.unwrap();
        assert!(matches!(verdict, Verdict::Committed(_)), "{verdict:?}");
    }
    store.close().await;
    let pool = Pool::new(config, PoolOptions::default());
    for sql in [
        "DELETE FROM store.events",
        "UPDATE store.events SET data = N'{}'",
        "DELETE FROM store.log_head",
        "UPDATE store.schema_migrations SET version = 2",
        "DROP TABLE store.events",
        "ALTER TABLE store.events ADD more INT NULL",
    ] {
        assert!(is_refused(&pool, sql).await, "{sql} was allowed");
    }
    pool.close();
    login.remove(&database).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_query_api_cannot_write() {
    let database = MssqlDatabase::new().await;
    let login = Login::create().await;
    login.join(&database, "aerosports_query_api").await;
    let config = login.config(&database);
    let store = MssqlStore::open(&MssqlOptions::new(config.clone()), Arc::new(SystemClock)).await.unwrap();
    store.head().await.unwrap();
    let refused = store.append(command(vec![writes(&fresh_stream(), 0, 1)])).await;
    assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
    store.close().await;
    let pool = Pool::new(config, PoolOptions::default());
    for sql in [
        "UPDATE store.log_head SET position = 9",
        "INSERT INTO store.leases (name, owner, epoch, until) VALUES (N'a', N'b', 1, 1)",
        "UPDATE store.api_keys SET revoked_at = 1",
        "DELETE FROM store.commands",
    ] {
        assert!(is_refused(&pool, sql).await, "{sql} was allowed");
    }
    pool.close();
    login.remove(&database).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_login_without_rights_is_told_so() {
    let database = MssqlDatabase::new().await;
    let login = Login::create().await;
    let config = login.config(&database);
    let opened = MssqlStore::open(&MssqlOptions::new(config), Arc::new(SystemClock)).await;
    let Some(StoreError::Unavailable(cause)) = opened.err() else {
        panic!("a login without rights was accepted")
    };
    let cause = format!("{cause:#}");
    assert!(!cause.contains("Pw-"), "{cause}");
    assert!(cause.contains("login") || cause.contains("right"), "{cause}");
    login.remove(&database).await;
}
