//! Multi-row INSERT statements in power-of-two sizes, so that a few texts serve every number of rows and
//! each stays prepared. Bound values beat one JSON parameter split by `json_each`.

use std::sync::LazyLock;

use sqlx::{AssertSqlSafe, SqlSafeStr as _, SqlStr, SqliteConnection, sqlite::SqliteArguments};

/// Largest statement: 2 to the power of this many rows.
const LARGEST: u32 = 8;

/// One table's INSERT in every size.
pub(super) struct Insert {
    by_power: Vec<SqlStr>,
    columns: usize,
}

/// `events`, in the order of [`super::write`]'s binding.
pub(super) static EVENTS: LazyLock<Insert> = LazyLock::new(|| {
    Insert::new(
        "events (position, id, stream_number, version, stream, type, location, data, metadata, recorded_at)",
        10,
        "",
    )
});

/// `streams`: a new one, or the new version of an old one.
pub(super) static STREAMS: LazyLock<Insert> = LazyLock::new(|| {
    Insert::new(
        "streams (number, name, version, category, location)",
        5,
        " ON CONFLICT (number) DO  UPDATE SET version = excluded.version",
    )
});

/// `commands`.
pub(super) static COMMANDS: LazyLock<Insert> =
    LazyLock::new(|| Insert::new("commands (id, request_hash, status, answer, position, at)", 6, ""));

/// `person_keys`.
pub(super) static PERSON_KEYS: LazyLock<Insert> =
    LazyLock::new(|| Insert::new("person_keys (person, wrapped, created_at)", 3, ""));

impl Insert {
    fn new(target: &str, columns: usize, end: &str) -> Self {
        let row = format!("({})", vec!["?"; columns].join(","));
        let text = |power: u32| {
            let rows = vec![row.as_str(); 1_usize << power].join(",");
            AssertSqlSafe(format!("INSERT INTO {target} VALUES {rows}{end}")).into_sql_str()
        };
        Self { by_power: (0..=LARGEST).map(text).collect(), columns }
    }

    /// Inserts `rows`, each bound by `bind`.
    pub(super) async fn run<T>(
        &self,
        conn: &mut SqliteConnection,
        mut rows: &[T],
        bind: impl Fn(&mut SqliteArguments, &T) -> Bound,
    ) -> Result<(), sqlx::Error> {
        while !rows.is_empty() {
            let power = rows.len().ilog2().min(LARGEST);
            let (chunk, rest) = rows.split_at(1 << power);
            let arguments = self.arguments(chunk, &bind).map_err(sqlx::Error::Encode)?;
            let text = self.by_power[power as usize].clone();
            sqlx::query_with(text, arguments).execute(&mut *conn).await?;
            rows = rest;
        }
        Ok(())
    }

    fn arguments<T>(
        &self,
        chunk: &[T],
        bind: &impl Fn(&mut SqliteArguments, &T) -> Bound,
    ) -> Result<SqliteArguments, sqlx::error::BoxDynError> {
        let mut arguments = SqliteArguments::default();
        sqlx::Arguments::reserve(&mut arguments, chunk.len() * self.columns, 0);
        chunk.iter().try_for_each(|row| bind(&mut arguments, row))?;
        Ok(arguments)
    }
}

/// Whether a row's values could be bound.
pub(super) type Bound = Result<(), sqlx::error::BoxDynError>;
