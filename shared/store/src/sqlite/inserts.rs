//! Multi-row INSERT statements in a few sizes, so that a handful of texts serves every number of rows and
//! each stays prepared: a statement costs a trip to the driver's thread, a new text its compilation. Bound
//! values cost a third of one JSON parameter taken apart by `json_each` (measured: 7 against 18 µs a row).

use std::sync::LazyLock;

use sqlx::{AssertSqlSafe, SqlSafeStr as _, SqlStr, SqliteConnection, sqlite::SqliteArguments};

/// Rows of the largest statement whose every smaller size exists too.
const EXACT: usize = 16;
/// Rows of the larger statements.
const POWERS: [usize; 4] = [32, 64, 128, 256];

/// One table's INSERT in every size.
pub(super) struct Insert {
    /// By rising number of rows.
    by_rows: Vec<(usize, SqlStr)>,
    columns: usize,
}

/// `events`, in the order of [`super::write`]'s binding.
pub(super) static EVENTS: LazyLock<Insert> = LazyLock::new(|| {
    Insert::new(
        "events (position, id, stream_number, version, stream, type, location, data, metadata, recorded_at, \
         checksum)",
        11,
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
    /// OR ROLLBACK, since a refused row ends the whole transaction anyway: for the usual ABORT SQLite would
    /// copy every page that a many-row statement touches, to undo that statement alone.
    fn new(target: &str, columns: usize, end: &str) -> Self {
        let row = format!("({})", vec!["?"; columns].join(","));
        let text = |rows: usize| {
            let values = vec![row.as_str(); rows].join(",");
            (
                rows,
                AssertSqlSafe(format!("INSERT OR ROLLBACK INTO {target} VALUES {values}{end}"))
                    .into_sql_str(),
            )
        };
        Self { by_rows: (1..=EXACT).chain(POWERS).map(text).collect(), columns }
    }

    /// Inserts `rows`, each bound by `bind`.
    pub(super) async fn run<T>(
        &self,
        conn: &mut SqliteConnection,
        mut rows: &[T],
        bind: impl Fn(&mut SqliteArguments, &T) -> Bound,
    ) -> Result<(), sqlx::Error> {
        while let Some((size, text)) = self.by_rows.iter().rfind(|(size, _)| *size <= rows.len()) {
            let (chunk, rest) = rows.split_at(*size);
            let arguments = self.arguments(chunk, &bind).map_err(sqlx::Error::Encode)?;
            sqlx::query_with(text.clone(), arguments).execute(&mut *conn).await?;
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
