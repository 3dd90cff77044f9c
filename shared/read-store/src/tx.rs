//! A write transaction on one generation of a projection's tables. Dropping it rolls back.

use std::sync::Arc;

use super::{
    Checksum, Generation, Record, ResultSet, SqlError, Table, Value,
    active::Active,
    backend::Session,
    catalog::{self, ActiveTable},
    checksum,
    dialect::{self, Dialect},
    writes::Writes,
};

/// The lock of whoever creates tables.
const TABLES: &str = "tables";

/// See the module's header.
pub struct Tx {
    session: Session,
    dialect: Dialect,
    generation: Generation,
    active: Active,
    activated: Vec<(Arc<str>, Generation)>,
    writes: Writes,
}

impl Tx {
    pub(super) fn new(
        session: Session,
        dialect: Dialect,
        generation: Generation,
        active: Active,
        writes: Writes,
    ) -> Self {
        Self { session, dialect, generation, active, activated: Vec::new(), writes }
    }

    /// The generation this transaction writes.
    #[must_use]
    pub fn generation(&self) -> Generation {
        self.generation
    }

    /// Writes the tables of `generation` from here on.
    pub fn write_in(&mut self, generation: Generation) {
        self.generation = generation;
    }

    /// The rows with these keys (each the key columns in order), in no particular order.
    ///
    /// # Errors
    /// `Unavailable`, `Bug`.
    pub async fn load<R: Record>(&mut self, keys: &[Vec<Value>]) -> Result<Vec<R>, SqlError> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let table = R::TABLE;
        let keys = dialect::encode(self.dialect, table, table.key_columns(), keys)?;
        let sql = self.dialect.load(table, self.generation);
        self.session.fetch(sql, &[Value::Text(keys.into())]).await?.decode()
    }

    /// Writes `rows` (each all columns in order), replacing rows with the same key. A key may occur
    /// once only.
    ///
    /// # Errors
    /// `Unavailable`; `Bug` for values that the table refuses.
    pub async fn upsert(&mut self, table: &Table, rows: &[Vec<Value>]) -> Result<(), SqlError> {
        if rows.is_empty() {
            return Ok(());
        }
        let rows = dialect::encode(self.dialect, table, table.columns, rows)?;
        let sql = self.dialect.upsert(table, self.generation);
        self.run(sql, &[Value::Text(rows.into())]).await?;
        Ok(())
    }

    /// Writes records, as [`Tx::upsert`].
    ///
    /// # Errors
    /// As [`Tx::upsert`].
    pub async fn put<R: Record>(&mut self, records: &[R]) -> Result<(), SqlError> {
        let rows: Vec<_> = records.iter().map(Record::values).collect();
        self.upsert(R::TABLE, &rows).await
    }

    /// Deletes the rows of `table` with these keys.
    ///
    /// # Errors
    /// `Unavailable`, `Bug`.
    pub async fn delete(&mut self, table: &Table, keys: &[Vec<Value>]) -> Result<(), SqlError> {
        if keys.is_empty() {
            return Ok(());
        }
        let keys = dialect::encode(self.dialect, table, table.key_columns(), keys)?;
        let sql = self.dialect.delete(table, self.generation);
        self.run(sql, &[Value::Text(keys.into())]).await?;
        Ok(())
    }

    /// Runs a portable `INSERT`, `UPDATE` or `DELETE`; how many rows it changed. `{table}` means the
    /// generation being written.
    ///
    /// # Errors
    /// `Unavailable`, `Bug`.
    pub async fn execute(&mut self, sql: &str, params: &[Value]) -> Result<u64, SqlError> {
        let sql = self.expand(sql)?;
        self.run(sql, params).await
    }

    /// The rows of a portable text, this transaction's own changes included.
    ///
    /// # Errors
    /// `Unavailable`, `Bug`.
    pub async fn query(&mut self, sql: &str, params: &[Value]) -> Result<ResultSet, SqlError> {
        let sql = self.expand(sql)?;
        self.session.fetch(sql, params).await
    }

    /// Waits until no other transaction, of any process, holds the lock called `name`; holds it until this
    /// one ends. What must not change between a look and a write is looked at after this. Where two locks
    /// are taken, [`Tx::create`] comes last.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn lock(&mut self, name: &str) -> Result<(), SqlError> {
        self.session.lock(name).await
    }

    /// Whether all of `tables` are there, where that is known without creating them.
    pub(super) async fn has(&mut self, tables: &[&Table]) -> Result<bool, SqlError> {
        let Some(sql) = self.dialect.count(tables, self.generation) else { return Ok(false) };
        let found = self.session.fetch(sql, &[]).await?;
        Ok(found.cell::<u64>("found")? == Some(tables.len() as u64))
    }

    /// Makes room for tables, where there must be some.
    pub(super) async fn create_schema(&mut self) -> Result<(), SqlError> {
        self.lock(TABLES).await?;
        if let Some(sql) = self.dialect.create_schema() {
            self.run(sql, &[]).await?;
        }
        Ok(())
    }

    /// Creates `tables` in this transaction's generation unless they exist.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn create(&mut self, tables: &[&'static Table]) -> Result<(), SqlError> {
        self.lock(TABLES).await?;
        for table in tables {
            for statement in self.dialect.create(table, self.generation) {
                self.run(statement, &[]).await?;
            }
        }
        Ok(())
    }

    /// Drops the tables with these names of this transaction's generation.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn drop_tables(&mut self, names: &[Arc<str>]) -> Result<(), SqlError> {
        for name in names {
            let sql = self.dialect.drop(&format!("{name}{}", self.generation.suffix()));
            self.run(sql, &[]).await?;
        }
        Ok(())
    }

    /// Makes this transaction's generation of the tables with these names the one that readers see,
    /// from the commit on.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn activate(&mut self, names: &[Arc<str>]) -> Result<(), SqlError> {
        let Generation { version, run } = self.generation;
        let row = |name: &Arc<str>| ActiveTable { table_name: name.clone(), version, run };
        self.put(&names.iter().map(row).collect::<Vec<_>>()).await?;
        self.activated.extend(names.iter().map(|name| (name.clone(), self.generation)));
        Ok(())
    }

    /// Count and hash of `table`'s rows in `generation`, this transaction's own changes included.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn checksum(&mut self, table: &Table, generation: Generation) -> Result<Checksum, SqlError> {
        checksum::of(&mut self.session, self.dialect, table, generation).await
    }

    /// Makes everything permanent.
    ///
    /// # Errors
    /// `Unavailable`: nothing was written, unless the connection to a server broke at this very moment.
    /// Whoever writes again must do so by a row that moves once, as checkpoints do.
    pub async fn commit(self) -> Result<(), SqlError> {
        self.writes.note(self.session.commit().await)?;
        self.writes.succeeded();
        self.active.extend(self.activated);
        Ok(())
    }

    /// Undoes everything, and waits until that is done.
    ///
    /// # Errors
    /// `Unavailable`: the connection is lost, and with it the changes.
    pub async fn rollback(self) -> Result<(), SqlError> {
        self.session.rollback().await
    }

    async fn run(&mut self, sql: String, params: &[Value]) -> Result<u64, SqlError> {
        self.writes.note(self.session.execute(sql, params).await)
    }

    fn expand(&self, sql: &str) -> Result<String, SqlError> {
        self.dialect.expand(sql, |table| {
            let suffix = if catalog::has(table) { String::new() } else { self.generation.suffix() };
            Ok(format!("{table}{suffix}"))
        })
    }
}
