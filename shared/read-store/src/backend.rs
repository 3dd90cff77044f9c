//! The drivers behind one face: where connections come from, and a transaction on one of them. SQL Server's
//! futures are boxed: they hold a whole login, and would make those of everybody else as large.

#[cfg(feature = "mssql")]
use super::mssql;
use super::{ResultSet, SqlError, Value, dialect::Dialect, sqlite, value::Row};

/// A read store's connections. Clones share them.
#[derive(Clone)]
pub(super) enum Backend {
    Sqlite(sqlite::Pools),
    #[cfg(feature = "mssql")]
    Mssql(mssql::Pools),
}

impl Backend {
    pub(super) fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite(_) => Dialect::Sqlite,
            #[cfg(feature = "mssql")]
            Self::Mssql(pools) => Dialect::SqlServer { schema: pools.schema() },
        }
    }

    /// The rows of one reading statement.
    pub(super) async fn fetch(&self, sql: String, params: &[Value]) -> Result<ResultSet, SqlError> {
        match self {
            Self::Sqlite(pools) => pools.fetch(sql, params).await,
            #[cfg(feature = "mssql")]
            Self::Mssql(pools) => Box::pin(pools.fetch(&sql, params)).await,
        }
    }

    /// A transaction that writes.
    pub(super) async fn begin(&self) -> Result<Session, SqlError> {
        match self {
            Self::Sqlite(pools) => pools.begin().await.map(Session::Sqlite),
            #[cfg(feature = "mssql")]
            Self::Mssql(pools) => {
                Box::pin(pools.begin()).await.map(|session| Session::Mssql(Box::new(session)))
            }
        }
    }

    /// A transaction that reads, and sees one state throughout.
    pub(super) async fn snapshot(&self) -> Result<Session, SqlError> {
        match self {
            Self::Sqlite(pools) => pools.snapshot().await.map(Session::Sqlite),
            #[cfg(feature = "mssql")]
            Self::Mssql(pools) => {
                Box::pin(pools.snapshot()).await.map(|session| Session::Mssql(Box::new(session)))
            }
        }
    }

    /// The same without a replica to read from.
    pub(super) fn on_primary(self) -> Self {
        match self {
            Self::Sqlite(pools) => Self::Sqlite(pools),
            #[cfg(feature = "mssql")]
            Self::Mssql(pools) => Self::Mssql(pools.on_primary()),
        }
    }

    pub(super) fn empty_log(&self) {
        match self {
            Self::Sqlite(pools) => pools.empty_log(),
            #[cfg(feature = "mssql")]
            Self::Mssql(_) => {}
        }
    }

    pub(super) async fn integrity(&self) -> Result<Vec<String>, SqlError> {
        match self {
            Self::Sqlite(pools) => pools.integrity().await,
            #[cfg(feature = "mssql")]
            Self::Mssql(_) => Ok(Vec::new()),
        }
    }

    pub(super) async fn close(&self) {
        match self {
            Self::Sqlite(pools) => pools.close().await,
            #[cfg(feature = "mssql")]
            Self::Mssql(pools) => pools.close(),
        }
    }
}

/// A transaction; dropping it rolls back.
pub(super) enum Session {
    Sqlite(sqlite::Session),
    #[cfg(feature = "mssql")]
    Mssql(Box<mssql::Session>),
}

impl Session {
    /// Waits until no other transaction holds the lock called `name`, and holds it until this one ends.
    #[cfg_attr(
        not(feature = "mssql"),
        expect(unused_variables, reason = "a file has one writer, and no locks")
    )]
    pub(super) async fn lock(&mut self, name: &str) -> Result<(), SqlError> {
        match self {
            // The only write transaction there is.
            Self::Sqlite(_) => Ok(()),
            #[cfg(feature = "mssql")]
            Self::Mssql(session) => Box::pin(session.lock(name)).await,
        }
    }

    pub(super) async fn fetch(&mut self, sql: String, params: &[Value]) -> Result<ResultSet, SqlError> {
        match self {
            Self::Sqlite(session) => session.fetch(sql, params).await,
            #[cfg(feature = "mssql")]
            Self::Mssql(session) => Box::pin(session.fetch(&sql, params)).await,
        }
    }

    /// Hands the rows of `sql` to `each`, one at a time.
    pub(super) async fn for_each(
        &mut self,
        sql: String,
        each: impl FnMut(Row) + Send,
    ) -> Result<(), SqlError> {
        match self {
            Self::Sqlite(session) => session.for_each(sql, each).await,
            #[cfg(feature = "mssql")]
            Self::Mssql(session) => Box::pin(session.for_each(&sql, each)).await,
        }
    }

    /// Runs `sql`; how many rows it changed.
    pub(super) async fn execute(&mut self, sql: String, params: &[Value]) -> Result<u64, SqlError> {
        match self {
            Self::Sqlite(session) => session.execute(sql, params).await,
            #[cfg(feature = "mssql")]
            Self::Mssql(session) => Box::pin(session.execute(&sql, params)).await,
        }
    }

    pub(super) async fn commit(self) -> Result<(), SqlError> {
        match self {
            Self::Sqlite(session) => session.commit().await,
            #[cfg(feature = "mssql")]
            Self::Mssql(session) => Box::pin(session.commit()).await,
        }
    }

    pub(super) async fn rollback(self) -> Result<(), SqlError> {
        match self {
            Self::Sqlite(session) => session.rollback().await,
            #[cfg(feature = "mssql")]
            Self::Mssql(session) => Box::pin(session.rollback()).await,
        }
    }
}

/// Why nothing can be written, if that is what `error` says.
pub(super) fn unwritable(error: &SqlError) -> Option<&'static str> {
    #[cfg(feature = "mssql")]
    if let Some(why) = mssql::unwritable(error) {
        return Some(why);
    }
    sqlite::unwritable(error)
}

/// How a server refuses for good, if that is what `error` says.
#[cfg_attr(not(feature = "mssql"), expect(dead_code, reason = "a file refuses nothing for good"))]
pub(super) enum Refused {
    /// Only what this login may not do.
    Rights,
    /// Everything.
    Entirely,
}

/// Whether waiting cannot help.
pub(super) fn refused(error: &SqlError) -> Option<Refused> {
    #[cfg(feature = "mssql")]
    return mssql::refusal(error).and_then(|refusal| match refusal {
        ::mssql::Refusal::Rights => Some(Refused::Rights),
        // It may be recovering, which ends.
        ::mssql::Refusal::NotOpen => None,
        _ => Some(Refused::Entirely),
    });
    #[cfg(not(feature = "mssql"))]
    {
        // A file refuses nothing for good.
        let _ = error;
        None
    }
}
