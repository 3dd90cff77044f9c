//! A database in SQL Server for one test, with the URLs that lead to it.

use std::net::{SocketAddr, ToSocketAddrs as _};

use ::mssql::{
    MssqlConfig, Timeouts, connect,
    testing::{TestDatabase, VARIABLE},
};
use aerosports::settings::database::Database;
use anyhow::{Context as _, Result};

/// A database that is dropped with this value, after everything that is connected to it.
pub struct MssqlDatabase {
    database: TestDatabase,
    /// The URL in [`VARIABLE`].
    server: String,
}

impl MssqlDatabase {
    /// An empty one.
    ///
    /// # Panics
    /// When there is no server to test on, or it does not let us.
    pub async fn create() -> Self {
        let database = TestDatabase::create().await;
        Self { database, server: std::env::var(VARIABLE).unwrap_or_default() }
    }

    /// How the database is reached.
    #[must_use]
    pub fn config(&self) -> &MssqlConfig {
        self.database.config()
    }

    /// The server's address.
    ///
    /// # Errors
    /// When its name has none.
    pub fn address(&self) -> Result<SocketAddr> {
        let config = self.config();
        let mut found = (config.host.as_str(), config.port).to_socket_addrs().context("the server's name")?;
        found.next().context("the server's name has no address")
    }

    /// The URL for `--database`.
    #[must_use]
    pub fn url(&self) -> String {
        self.rewritten(None, None)
    }

    /// The URL for `--database` with another address, such as a proxy's.
    #[must_use]
    pub fn url_at(&self, address: SocketAddr) -> String {
        self.rewritten(Some(&address.to_string()), None)
    }

    /// The URL for `--database` with another `user:password`.
    #[must_use]
    pub fn url_as(&self, login: &str) -> String {
        self.rewritten(None, Some(login))
    }

    fn rewritten(&self, address: Option<&str>, login: Option<&str>) -> String {
        let (before, settings) = self.server.split_once('?').unwrap_or((&self.server, ""));
        let rest = before.strip_prefix("mssql://").unwrap_or(before);
        let (own_login, rest) = rest.rsplit_once('@').unwrap_or(("", rest));
        let own_address = rest.split('/').next().unwrap_or_default();
        format!(
            "mssql://{}@{}/{}?{settings}",
            login.unwrap_or(own_login),
            address.unwrap_or(own_address),
            self.config().database
        )
    }

    /// The same, as the operator's commands know it.
    ///
    /// # Errors
    /// When the URL is none.
    pub fn place(&self) -> Result<Database> {
        Ok(Database::parse(&self.url())?)
    }

    /// Makes a login on the server that is a user of this database, without any right yet.
    ///
    /// # Errors
    /// What the server says.
    pub async fn add_login(&self, name: &str, password: &str) -> Result<()> {
        self.run(&format!("CREATE LOGIN {name} WITH PASSWORD = '{password}'")).await?;
        self.run(&format!("CREATE USER {name} FOR LOGIN {name}")).await
    }

    /// Takes a login of [`MssqlDatabase::add_login`] away again.
    ///
    /// # Errors
    /// What the server says.
    pub async fn drop_login(&self, name: &str) -> Result<()> {
        self.run(&format!("DROP USER {name}")).await?;
        self.run(&format!("DROP LOGIN {name}")).await
    }

    /// Runs statements in it.
    ///
    /// # Errors
    /// What the server says.
    pub async fn run(&self, sql: &str) -> Result<()> {
        let mut client = connect(self.config(), Timeouts::default()).await?;
        client.simple_query(sql).await.context("asking")?.into_results().await.context("answering")?;
        Ok(())
    }
}
