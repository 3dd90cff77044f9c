//! Measures the append path beside the best that one row a commit gives on the same server: eight
//! connections that each insert rows of the same size, one a transaction.

use std::{sync::Arc, time::Instant};

use ::mssql::{MssqlConfig, Pool, PoolOptions};
use runtime::clock::SharedClock;

use super::{MssqlOptions, MssqlStore, fault::store_error, migrate, rows};
use crate::{
    Append, StoreError,
    bench::{Load, Measured, TURNS, command, deal, join, measure_append},
};

/// The figures of one run.
#[derive(Clone, Copy, Debug)]
pub struct Report {
    /// Appends through the store, by `callers` at once.
    pub append: Measured,
    /// Rows by eight connections, each its own commit.
    pub one_row: Measured,
}

/// Connections that insert one row at a time.
const CONNECTIONS: usize = 8;

const CREATE: &str = "CREATE TABLE store.one_row (id UNIQUEIDENTIFIER NOT NULL, data NVARCHAR(MAX) NOT NULL, \
     metadata NVARCHAR(MAX) NOT NULL, CONSTRAINT PK_one_row PRIMARY KEY NONCLUSTERED (id))";
const INSERT: &str = "INSERT INTO store.one_row (id, data, metadata) VALUES (@P1, @P2, @P3)";

/// Measures in the empty database of `config`, which is left for the caller to drop.
///
/// # Errors
/// Whatever the store says.
pub async fn measure(config: &MssqlConfig, clock: SharedClock, load: Load) -> Result<Report, StoreError> {
    migrate(config, &*clock).await?;
    let store = MssqlStore::open(&MssqlOptions::new(config.clone()), Arc::clone(&clock)).await?;
    let rows = OneRow::create(config, Arc::clone(&clock)).await?;
    let (mut append, mut one_row) = (Measured::default(), Measured::default());
    for _ in 0..TURNS {
        let before = batches(&rows.pool).await?;
        let turn = Load { commands: load.commands / TURNS, ..load };
        let measured = measure_append(&store, &clock, turn).await?;
        append.add(Measured { batches: batches(&rows.pool).await? - before, ..measured });
        one_row.add(rows.measure(load.commands / TURNS).await?);
    }
    store.close().await;
    rows.drop().await?;
    Ok(Report { append, one_row })
}

/// A table of its own that eight connections insert into.
pub struct OneRow {
    pool: Pool,
    clock: SharedClock,
}

impl OneRow {
    /// Creates the table in the database of `config`, whose schema is up to date.
    ///
    /// # Errors
    /// Whatever the server says.
    pub async fn create(config: &MssqlConfig, clock: SharedClock) -> Result<Self, StoreError> {
        let options = PoolOptions { connections: CONNECTIONS, ..PoolOptions::default() };
        let pool = Pool::new(config.clone(), options);
        pool.write(CREATE, &[]).await.map_err(store_error)?;
        Ok(Self { pool, clock })
    }

    /// Inserts `rows`, each its own commit.
    ///
    /// # Errors
    /// Whatever the server says.
    pub async fn measure(&self, rows: usize) -> Result<Measured, StoreError> {
        measure_one_row(&self.pool, deal((0..rows).map(|_| command(&*self.clock)), CONNECTIONS)).await
    }

    /// Drops the table.
    ///
    /// # Errors
    /// Whatever the server says.
    pub async fn drop(self) -> Result<(), StoreError> {
        self.pool.write("DROP TABLE store.one_row", &[]).await.map_err(store_error)?;
        self.pool.close();
        Ok(())
    }
}

async fn measure_one_row(pool: &Pool, shares: Vec<Vec<Append>>) -> Result<Measured, StoreError> {
    let count = shares.iter().map(Vec::len).sum();
    let start = Instant::now();
    let inserting = shares.into_iter().map(|share| {
        let pool = pool.clone();
        tokio::spawn(async move {
            for append in share {
                let data = &append.answer.body;
                pool.write(INSERT, &[&append.command.0, data, &append.metadata])
                    .await
                    .map_err(store_error)?;
            }
            Ok(())
        })
    });
    join(inserting.collect()).await?;
    Ok(Measured { count, batches: count, elapsed: start.elapsed() })
}

async fn batches(pool: &Pool) -> Result<usize, StoreError> {
    let results =
        pool.read("SELECT batches FROM store.log_head WHERE shard = 0", &[]).await.map_err(store_error)?;
    let batches = rows::first(&results).map_or(Ok(0), |row| rows::unsigned(row, 0))?;
    Ok(usize::try_from(batches).unwrap_or(usize::MAX))
}
