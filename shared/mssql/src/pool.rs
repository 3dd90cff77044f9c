//! A bounded pool. A connection that was not released explicitly is closed, never handed out again.

use std::{
    ops::{Deref, DerefMut},
    sync::Arc,
    time::{Duration, Instant},
};

use deadpool::{
    Runtime,
    managed::{self, Metrics, Object, PoolError, QueueMode, RecycleError, RecycleResult},
};
use runtime::retry::Delays;
use tiberius::{Row, ToSql};
use tokio::time::timeout;

use super::{
    connection::{Client, Timeouts, connect},
    error::MssqlError,
    health::Health,
    url::MssqlConfig,
};

/// Longest wait for an idle connection to prove that it lives.
const CHECK_WAIT: Duration = Duration::from_secs(2);
/// How often a batch that the server rolled back (as a deadlock's victim, say) is run.
const TRIES: usize = 8;

/// How much a pool may spend.
#[derive(Clone, Copy, Debug)]
pub struct PoolOptions {
    /// Most connections, 1 or more.
    pub connections: usize,
    /// Longest wait for a connection while all are in use.
    pub wait: Duration,
    /// A connection idle for longer is checked before it is handed out.
    pub check_after: Duration,
    /// See [`Timeouts`].
    pub timeouts: Timeouts,
}

impl Default for PoolOptions {
    fn default() -> Self {
        Self {
            connections: 8,
            wait: Duration::from_secs(5),
            check_after: Duration::from_secs(30),
            timeouts: Timeouts::default(),
        }
    }
}

/// Connections to one database, opened as they are needed. Cheap to clone.
#[derive(Clone)]
pub struct Pool {
    connections: managed::Pool<Opener>,
    health: Arc<Health>,
    options: PoolOptions,
}

impl Pool {
    /// A pool without a connection yet: nothing here fails before the first [`Pool::acquire`].
    #[must_use]
    #[expect(clippy::missing_panics_doc, reason = "the builder refuses time-outs without a runtime only")]
    #[expect(clippy::expect_used, reason = "the runtime is given two lines above")]
    pub fn new(config: MssqlConfig, options: PoolOptions) -> Self {
        let health = Arc::new(Health::new());
        let opener = Opener { config, options, health: Arc::clone(&health) };
        let connections = managed::Pool::builder(opener)
            .max_size(options.connections.max(1))
            .wait_timeout(Some(options.wait))
            .runtime(Runtime::Tokio1)
            // A server remembers statements by connection: the one used last knows most.
            .queue_mode(QueueMode::Lifo)
            .build()
            .expect("a pool with a runtime");
        Self { connections, health, options }
    }

    /// The server and database that it leads to.
    #[must_use]
    pub fn config(&self) -> &MssqlConfig {
        &self.connections.manager().config
    }

    /// Takes a connection, waiting for one at most [`PoolOptions::wait`].
    ///
    /// # Errors
    /// `Unavailable` or `Refused`; never anything that could have had an effect.
    pub async fn acquire(&self) -> Result<Guard, MssqlError> {
        let object = self.connections.get().await.map_err(|error| match error {
            PoolError::Backend(error) => error,
            PoolError::Closed => MssqlError::Unavailable("the connections to SQL Server are closing".into()),
            PoolError::Timeout(_) => MssqlError::Unavailable(format!(
                "all {} connections to SQL Server were in use for {} ms",
                self.options.connections,
                self.options.wait.as_millis()
            )),
            other => MssqlError::Bug(other.to_string()),
        })?;
        Ok(Guard { object: Some(object), health: Arc::clone(&self.health) })
    }

    /// Runs a batch that only reads and gives the rows of each of its statements. A connection that turned
    /// out to be dead is replaced and the batch run once more.
    ///
    /// # Errors
    /// See [`MssqlError`].
    pub async fn read(&self, sql: &str, params: &[&dyn ToSql]) -> Result<Vec<Vec<Row>>, MssqlError> {
        match self.run(sql, params).await {
            Err(MssqlError::Lost(_) | MssqlError::Retry(_)) => self.run(sql, params).await,
            result => result,
        }
    }

    /// Runs a batch that writes, in a transaction of its own or atomic by itself, and gives the rows of each
    /// of its statements. It is run again only when the server rolled it back.
    ///
    /// # Errors
    /// See [`MssqlError`]; after `Lost` it may have taken effect.
    pub async fn write(&self, sql: &str, params: &[&dyn ToSql]) -> Result<Vec<Vec<Row>>, MssqlError> {
        let mut delays = Delays::new(Duration::from_millis(5), Duration::from_millis(200));
        for _ in 1..TRIES {
            match self.run(sql, params).await {
                Err(MssqlError::Retry(_)) => tokio::time::sleep(delays.next_delay()).await,
                result => return result,
            }
        }
        self.run(sql, params).await
    }

    async fn run(&self, sql: &str, params: &[&dyn ToSql]) -> Result<Vec<Vec<Row>>, MssqlError> {
        let mut connection = self.acquire().await?;
        let rows = rows_of(&mut connection, sql, params).await?;
        connection.release();
        Ok(rows)
    }

    /// Closes what is idle now, the rest as it comes back, and refuses whoever asks from now on.
    pub fn close(&self) {
        self.connections.close();
    }
}

/// Runs a batch on `client` and gives the rows of each of its statements. In a box of its own: the driver's
/// futures are large, and a thread's stack is not.
///
/// # Errors
/// See [`MssqlError`].
pub async fn rows_of(
    client: &mut Client,
    sql: &str,
    params: &[&dyn ToSql],
) -> Result<Vec<Vec<Row>>, MssqlError> {
    Ok(Box::pin(async { client.query(sql, params).await?.into_results().await }).await?)
}

/// A connection on loan. Dropping it closes the connection, which rolls back what was not committed;
/// [`Guard::release`] gives it back.
pub struct Guard {
    object: Option<Object<Opener>>,
    health: Arc<Health>,
}

impl Guard {
    /// Gives the connection back. Only after every answer was read to its end without an error, and with no
    /// transaction open.
    pub fn release(mut self) {
        if let Some(mut object) = self.object.take() {
            object.used = Instant::now();
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(object) = self.object.take() {
            self.health.doubt();
            drop(Object::take(object));
        }
    }
}

#[expect(clippy::expect_used, reason = "only `release` and `drop` take the connection out")]
impl Deref for Guard {
    type Target = Client;
    fn deref(&self) -> &Client {
        &self.object.as_ref().expect("a connection on loan").client
    }
}

#[expect(clippy::expect_used, reason = "only `release` and `drop` take the connection out")]
impl DerefMut for Guard {
    fn deref_mut(&mut self) -> &mut Client {
        &mut self.object.as_mut().expect("a connection on loan").client
    }
}

/// Opens connections for the pool, and looks at idle ones.
struct Opener {
    config: MssqlConfig,
    options: PoolOptions,
    health: Arc<Health>,
}

struct Slot {
    client: Client,
    /// When it was last given back.
    used: Instant,
}

impl managed::Manager for Opener {
    type Type = Slot;
    type Error = MssqlError;

    async fn create(&self) -> Result<Slot, MssqlError> {
        if let Some(error) = self.health.outage(Instant::now()) {
            return Err(error);
        }
        let opened = connect(&self.config, self.options.timeouts).await;
        self.health.connected(opened.as_ref().map(|_| ()), Instant::now());
        Ok(Slot { client: opened?, used: Instant::now() })
    }

    async fn recycle(&self, slot: &mut Slot, _: &Metrics) -> RecycleResult<MssqlError> {
        if self.health.is_given_up(slot.used) {
            return Err(RecycleError::message("the server fell silent since it was used"));
        }
        if slot.used.elapsed() < self.options.check_after && !self.health.is_doubted(slot.used) {
            return Ok(());
        }
        let asked = Instant::now();
        match timeout(CHECK_WAIT, check(&mut slot.client)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(RecycleError::Backend(error)),
            Err(_) => {
                self.health.fell_silent(asked);
                Err(RecycleError::message("an idle connection does not answer"))
            }
        }
    }
}

async fn check(client: &mut Client) -> Result<(), MssqlError> {
    Box::pin(async { client.simple_query("SELECT 1").await?.into_results().await }).await?;
    Ok(())
}
