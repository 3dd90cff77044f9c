//! SQL Server's texts, within what Babelfish understands too: no MERGE, no hints, named constraints,
//! indexes created inside their table's guard, `BIN2` collation so that text compares as in `SQLite`.

use super::{Column, Table, join, names};
use crate::sql::{ColumnType, Index};

const BINARY: &str = "COLLATE Latin1_General_100_BIN2";

pub(super) fn create(table: &Table, physical: &str) -> Vec<String> {
    let columns = join(table.columns, ", ", |_, column| {
        let null = if column.nullable { "NULL" } else { "NOT NULL" };
        format!("\"{}\" {} {null}", column.name, kind(table, column))
    });
    let key = names(table.key_columns(), "");
    let index = |index: &Index| {
        let columns = index.columns.join("\", \"");
        format!(" CREATE INDEX IX_{physical}__{} ON dbo.{physical} (\"{columns}\");", index.name)
    };
    let indexes = table.indexes.iter().map(index).collect::<Vec<_>>().concat();
    vec![format!(
        "IF OBJECT_ID(N'dbo.{physical}', N'U') IS NULL BEGIN \
         CREATE TABLE dbo.{physical} ({columns}, CONSTRAINT PK_{physical} PRIMARY KEY CLUSTERED ({key}));\
         {indexes} END"
    )]
}

fn kind(table: &Table, column: &Column) -> String {
    match column.kind {
        ColumnType::Text if table.is_indexed(column.name) => {
            format!("NVARCHAR({}) {BINARY}", Table::INDEXED_CHARS)
        }
        ColumnType::Text | ColumnType::Json => format!("NVARCHAR(MAX) {BINARY}"),
        ColumnType::Uuid => format!("CHAR(36) {BINARY}"),
        ColumnType::Integer | ColumnType::Timestamp => "BIGINT".to_owned(),
        // BIT cannot be summed, which SQLite's 0 and 1 can.
        ColumnType::Boolean => "SMALLINT".to_owned(),
        ColumnType::Real => "FLOAT(53)".to_owned(),
    }
}

/// `OPENJSON` over parameter 1 with `columns` by place.
fn source(table: &Table, columns: &[Column]) -> String {
    let shape = join(columns, ", ", |place, column| {
        format!("\"{}\" {} '$[{place}]'", column.name, kind(table, column))
    });
    format!("OPENJSON(@P1) WITH ({shape}) s")
}

/// Where no shape is given, the values have the database's collation, which no column here has: to compare
/// the two would be refused.
pub(super) fn list(parameter: &str) -> String {
    format!("(SELECT value {BINARY} FROM OPENJSON({parameter}))")
}

fn same_key(table: &Table) -> String {
    join(table.key_columns(), " AND ", |_, key| format!("t.\"{0}\" = s.\"{0}\"", key.name))
}

pub(super) fn upsert(table: &Table, physical: &str) -> String {
    let (columns, values) = (names(table.columns, ""), names(table.columns, "s."));
    let (source, on) = (source(table, table.columns), same_key(table));
    let others = table.columns.get(table.key..).unwrap_or_default();
    let update = if others.is_empty() {
        String::new()
    } else {
        let set = join(others, ", ", |_, column| format!("\"{0}\" = s.\"{0}\"", column.name));
        format!("UPDATE t SET {set} FROM dbo.{physical} t INNER JOIN {source} ON {on}; ")
    };
    format!(
        "{update}INSERT INTO dbo.{physical} ({columns}) SELECT {values} FROM {source} \
         WHERE NOT EXISTS (SELECT 1 FROM dbo.{physical} t WHERE {on});"
    )
}

pub(super) fn load(table: &Table, physical: &str) -> String {
    let columns = names(table.columns, "t.");
    let (source, on) = (source(table, table.key_columns()), same_key(table));
    format!("SELECT {columns} FROM {source} INNER JOIN dbo.{physical} t ON {on}")
}

pub(super) fn delete(table: &Table, physical: &str) -> String {
    let (source, on) = (source(table, table.key_columns()), same_key(table));
    format!("DELETE t FROM dbo.{physical} t INNER JOIN {source} ON {on}")
}
