//! The only file of the read side that names SQL Server's driver: connections, one statement, values, errors.

use ::mssql::{Client, Guard, MssqlConfig, MssqlError, Pool, PoolOptions, Refusal};
use futures::TryStreamExt as _;
use tiberius::{ColumnData, QueryItem, ToSql};

use super::{ResultSet, SqlError, Value, value::Row};

/// Where a server keeps the read tables, so that roles can be granted them.
const SCHEMA: &str = "views";

/// Writing connections: as many projections as change their tables at the same time.
const WRITERS: usize = 8;

/// How long a transaction waits for a named lock; less than a statement may take.
const LOCK_MS: u32 = 25_000;

/// The connections to one database, or to it and a replica of it.
#[derive(Clone)]
pub(super) struct Pools {
    writers: Pool,
    readers: Pool,
    schema: &'static str,
}

impl Pools {
    /// Reads come from `replica`, if there is one, over at most `readers` connections.
    pub(super) fn new(primary: MssqlConfig, replica: Option<MssqlConfig>, readers: usize) -> Self {
        let pool =
            |config, connections| Pool::new(config, PoolOptions { connections, ..PoolOptions::default() });
        let readers = pool(replica.unwrap_or_else(|| primary.clone()), readers);
        Self { writers: pool(primary, WRITERS), readers, schema: SCHEMA }
    }

    /// Reads and writes the tables in `schema` over `pool`.
    #[cfg(feature = "testing")]
    pub(super) fn sharing(pool: Pool, schema: &'static str) -> Self {
        Self { writers: pool.clone(), readers: pool, schema }
    }

    /// The same without the replica.
    pub(super) fn on_primary(self) -> Self {
        Self { readers: self.writers.clone(), ..self }
    }

    pub(super) fn schema(&self) -> &'static str {
        self.schema
    }

    pub(super) async fn fetch(&self, sql: &str, params: &[Value]) -> Result<ResultSet, SqlError> {
        rows(self.readers.read(sql, &bound(params)).await?)
    }

    /// A write transaction, one of several. An error rolls all of it back.
    pub(super) async fn begin(&self) -> Result<Session, SqlError> {
        Session::begin(&self.writers, self.schema, "BEGIN TRANSACTION").await
    }

    /// A transaction that sees one state throughout, from its first statement on. The isolation level outlives
    /// it, so that its connection is never given back.
    pub(super) async fn snapshot(&self) -> Result<Session, SqlError> {
        let sql = "SET TRANSACTION ISOLATION LEVEL SNAPSHOT; BEGIN TRANSACTION";
        Session::begin(&self.readers, self.schema, sql).await
    }

    pub(super) fn close(&self) {
        self.readers.close();
        self.writers.close();
    }
}

/// A transaction; dropping it closes the connection, which rolls back.
pub(super) struct Session {
    /// None while a statement runs and after one that failed or was given up.
    connection: Option<Guard>,
    schema: &'static str,
}

impl Session {
    async fn begin(pool: &Pool, schema: &'static str, sql: &str) -> Result<Self, SqlError> {
        let mut connection = pool.acquire().await?;
        run(&mut connection, sql).await?;
        Ok(Self { connection: Some(connection), schema })
    }

    /// See [`super::Tx::lock`].
    pub(super) async fn lock(&mut self, name: &str) -> Result<(), SqlError> {
        let sql = format!(
            "DECLARE @granted INT; \
             EXEC @granted = sp_getapplock @Resource = @P1, @LockMode = N'Exclusive', \
             @LockOwner = N'Transaction', @LockTimeout = {LOCK_MS}; \
             SELECT @granted AS granted"
        );
        let resource = format!("{} {name}", self.schema);
        let answer = self.fetch(&sql, &[resource.as_str().into()]).await?;
        // 0: at once, 1: after a wait; below: time is up, or a deadlock.
        if answer.cell("granted")?.unwrap_or(-1_i64) < 0 {
            let why = anyhow::anyhow!("the lock {resource:?} was not free within {LOCK_MS} ms");
            return Err(SqlError::Unavailable(why));
        }
        Ok(())
    }

    pub(super) async fn fetch(&mut self, sql: &str, params: &[Value]) -> Result<ResultSet, SqlError> {
        let mut connection = self.take()?;
        let answer = connection.query(sql, &bound(params)).await.map_err(error)?;
        let answers = answer.into_results().await.map_err(error)?;
        self.connection = Some(connection);
        rows(answers)
    }

    /// Hands the rows of `sql` to `each`, one at a time.
    pub(super) async fn for_each(
        &mut self,
        sql: &str,
        mut each: impl FnMut(Row) + Send,
    ) -> Result<(), SqlError> {
        let mut connection = self.take()?;
        let mut items = connection.simple_query(sql).await.map_err(error)?;
        while let Some(item) = items.try_next().await.map_err(error)? {
            if let QueryItem::Row(next) = item {
                each(row(next)?);
            }
        }
        drop(items);
        self.connection = Some(connection);
        Ok(())
    }

    /// Runs `sql`; how many rows it changed.
    pub(super) async fn execute(&mut self, sql: &str, params: &[Value]) -> Result<u64, SqlError> {
        let mut connection = self.take()?;
        let changed = connection.execute(sql, &bound(params)).await.map_err(error)?.total();
        self.connection = Some(connection);
        Ok(changed)
    }

    pub(super) async fn commit(self) -> Result<(), SqlError> {
        self.end("COMMIT TRANSACTION").await
    }

    pub(super) async fn rollback(self) -> Result<(), SqlError> {
        self.end("ROLLBACK TRANSACTION").await
    }

    async fn end(mut self, sql: &str) -> Result<(), SqlError> {
        let mut connection = self.take()?;
        run(&mut connection, sql).await?;
        connection.release();
        Ok(())
    }

    /// The connection, which whoever took it puts back after an answer that was read to its end: the server
    /// has rolled back after an error, and further statements would stand alone.
    fn take(&mut self) -> Result<Guard, SqlError> {
        self.connection
            .take()
            .ok_or_else(|| SqlError::Bug("the transaction is over after an error".to_owned()))
    }
}

async fn run(client: &mut Client, sql: &str) -> Result<(), SqlError> {
    client.simple_query(sql).await.map_err(error)?.into_results().await.map_err(error)?;
    Ok(())
}

fn bound(params: &[Value]) -> Vec<&dyn ToSql> {
    params.iter().map(|value| value as &dyn ToSql).collect()
}

impl ToSql for Value {
    fn to_sql(&self) -> ColumnData<'_> {
        match self {
            // Of some type: not every server takes one without.
            Self::Null => ColumnData::I64(None),
            Self::Integer(number) => ColumnData::I64(Some(*number)),
            Self::Real(number) => ColumnData::F64(Some(*number)),
            Self::Text(text) => ColumnData::String(Some((&**text).into())),
        }
    }
}

/// The rows of the one statement that gives any.
fn rows(answers: Vec<Vec<tiberius::Row>>) -> Result<ResultSet, SqlError> {
    let first = answers.iter().flatten().next().map_or(&[][..], tiberius::Row::columns);
    let names = first.iter().map(|column| column.name().into()).collect();
    let rows = answers.into_iter().flatten().map(row).collect::<Result<_, _>>()?;
    Ok(ResultSet::new(names, rows))
}

fn row(row: tiberius::Row) -> Result<Row, SqlError> {
    row.into_iter().enumerate().map(|(at, cell)| value(at, cell)).collect()
}

fn value(at: usize, cell: ColumnData<'static>) -> Result<Value, SqlError> {
    let integer = |number: Option<i64>| number.map_or(Value::Null, Value::Integer);
    let real = |number: Option<f64>| number.map_or(Value::Null, Value::Real);
    Ok(match cell {
        ColumnData::U8(number) => integer(number.map(i64::from)),
        ColumnData::I16(number) => integer(number.map(i64::from)),
        ColumnData::I32(number) => integer(number.map(i64::from)),
        ColumnData::I64(number) => integer(number),
        ColumnData::Bit(bit) => integer(bit.map(i64::from)),
        ColumnData::F32(number) => real(number.map(f64::from)),
        ColumnData::F64(number) => real(number),
        ColumnData::String(text) => text.map_or(Value::Null, |text| Value::Text(text.into())),
        ColumnData::Numeric(None) => Value::Null,
        // A sum of whole numbers may come as one.
        ColumnData::Numeric(Some(number)) if number.dec_part() == 0 => {
            let whole = i64::try_from(number.int_part());
            Value::Integer(whole.map_err(|_| SqlError::Bug(format!("column {at} is past 64 bits")))?)
        }
        other => return Err(SqlError::Bug(format!("column {at} is {other:?}, which no table here has"))),
    })
}

fn error(error: tiberius::error::Error) -> SqlError {
    MssqlError::from(error).into()
}

impl From<MssqlError> for SqlError {
    fn from(error: MssqlError) -> Self {
        match error {
            // A right or a password may be mended while we wait; taking that for an event's fault would park it.
            MssqlError::Unavailable(_)
            | MssqlError::Unwritable(..)
            | MssqlError::Refused(..)
            | MssqlError::Lost(_)
            | MssqlError::Retry(_) => Self::Unavailable(error.into()),
            MssqlError::MissingColumn(message) => Self::MissingColumn(message),
            MssqlError::Missing(message) => Self::NotBuilt(missing_table(&message)),
            MssqlError::Constraint(message) | MssqlError::Bug(message) => Self::Bug(message),
        }
    }
}

/// Why the server will not have us, if that is what went wrong.
pub(super) fn refusal(error: &SqlError) -> Option<Refusal> {
    let SqlError::Unavailable(error) = error else { return None };
    match error.downcast_ref() {
        Some(MssqlError::Refused(refusal, _)) => Some(*refusal),
        _ => None,
    }
}

/// Why the database takes no writes, if that is what went wrong.
pub(super) fn unwritable(error: &SqlError) -> Option<&'static str> {
    let SqlError::Unavailable(error) = error else { return None };
    match error.downcast_ref() {
        Some(MssqlError::Unwritable(why, _)) => Some(why),
        _ => None,
    }
}

/// The name between quotes, without its schema.
fn missing_table(message: &str) -> String {
    let quoted = message.split(['\'', '"']).nth(1).unwrap_or(message);
    quoted.rsplit_once('.').map_or(quoted, |(_, table)| table).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waiting_can_cure_is_told_from_what_it_cannot() {
        let missing = "Invalid object name 'views.plays__v1'. (error 208)".to_owned();
        let found = SqlError::from(MssqlError::Missing(missing));
        assert!(matches!(&found, SqlError::NotBuilt(table) if table == "plays__v1"), "{found:?}");
        let column = MssqlError::MissingColumn("Invalid column name 'colour'. (error 207)".to_owned());
        assert!(matches!(SqlError::from(column), SqlError::MissingColumn(_)));
        for passing in [MssqlError::Retry("deadlock".into()), MssqlError::Lost("reset".into())] {
            assert!(SqlError::from(passing).is_transient());
        }
    }

    #[test]
    fn whole_numbers_are_whole_whatever_the_server_calls_them() {
        let sum = tiberius::numeric::Numeric::new_with_scale(1_250, 0);
        for cell in
            [ColumnData::I32(Some(1_250)), ColumnData::I16(Some(1_250)), ColumnData::Numeric(Some(sum))]
        {
            assert_eq!(value(0, cell).unwrap(), Value::Integer(1_250));
        }
        assert_eq!(value(0, ColumnData::String(None)).unwrap(), Value::Null);
    }
}
