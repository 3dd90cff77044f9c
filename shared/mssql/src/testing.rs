//! A database of its own for a test, on the server that `AEROSPORTS_TEST_MSSQL` names. A test that needs it has
//! `on_mssql` in its name: by that the test runner leaves it out where there is no server.

use std::time::Duration;

use runtime::clock::{Clock as _, SystemClock};

use super::{Client, MssqlConfig, MssqlError, Pool, PoolOptions, Timeouts, connect};

/// Names the server: `mssql://user:password@host:port/database`, a login that may create databases.
pub const VARIABLE: &str = "AEROSPORTS_TEST_MSSQL";

/// How often a database is tried to be created, or dropped: a session that was cut off ends its statement
/// first.
const TRIES: u32 = 600;
const PAUSE: Duration = Duration::from_millis(50);

/// The server to test on.
///
/// # Panics
/// When the variable is not set, or is no URL of a server.
#[must_use]
pub fn server() -> MssqlConfig {
    let url = std::env::var(VARIABLE).unwrap_or_default();
    assert!(
        !url.is_empty(),
        "this test needs SQL Server: set {VARIABLE}=mssql://user:password@host:port/database, a login that may \
         create databases"
    );
    MssqlConfig::parse(&url).unwrap_or_else(|error| panic!("{VARIABLE}: {error}"))
}

/// An empty database, dropped with this value. Whoever has connections to it must close them before.
pub struct TestDatabase {
    config: MssqlConfig,
    server: MssqlConfig,
}

impl TestDatabase {
    /// Creates one.
    ///
    /// # Panics
    /// When there is no [`server`], or it does not let us.
    pub async fn create() -> Self {
        let server = server();
        let name = format!("aero_test_{}", SystemClock.new_uuid().simple());
        let mut client =
            connect(&server, Timeouts::default()).await.unwrap_or_else(|error| panic!("{error}"));
        create_database(&mut client, &name).await.unwrap_or_else(|error| panic!("{error}"));
        Self { config: server.with_database(&name), server }
    }

    /// How to reach it.
    #[must_use]
    pub fn config(&self) -> &MssqlConfig {
        &self.config
    }

    /// A pool of connections to it.
    #[must_use]
    pub fn pool(&self) -> Pool {
        Pool::new(self.config.clone(), PoolOptions::default())
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), self.config.database.clone());
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.map(|runtime| runtime.block_on(drop_database(&server, &name)))
        });
        let result = dropping.join();
        if !std::thread::panicking() {
            assert!(matches!(result, Ok(Ok(Ok(())))), "the test's database is left behind: {result:?}");
        }
    }
}

/// Some servers cannot create two databases at once.
async fn create_database(client: &mut Client, name: &str) -> Result<(), MssqlError> {
    let mut tries = 0;
    loop {
        match run(client, &format!("CREATE DATABASE {name}")).await {
            Err(MssqlError::Retry(_)) if tries < TRIES => tokio::time::sleep(PAUSE).await,
            result => return result,
        }
        tries += 1;
    }
}

/// The server refuses while connections are open, and those of a dropped store end a moment later.
async fn drop_database(server: &MssqlConfig, name: &str) -> Result<(), MssqlError> {
    let mut client = connect(server, Timeouts::default()).await?;
    let mut tries = 0;
    loop {
        match run(&mut client, &format!("DROP DATABASE {name}")).await {
            Err(_) if tries < TRIES => tokio::time::sleep(PAUSE).await,
            result => return result,
        }
        tries += 1;
    }
}

async fn run(client: &mut Client, sql: &str) -> Result<(), MssqlError> {
    client.simple_query(sql).await?.into_results().await?;
    Ok(())
}
