//! SQL Server's texts, within what its look-alikes understand too: no MERGE, no hints, named constraints,
//! indexes created inside their table's guard, `BIN2` collation so that text compares as in `SQLite`.

use ::mssql::STAND_INS;

use super::{Column, Table, join, names};
use crate::{ColumnType, Index};

const BINARY: &str = "COLLATE Latin1_General_100_BIN2";

/// Most bytes of a clustered index's key; any other index takes 1 700.
/// Source: SQL Server, "Maximum capacity specifications".
const CLUSTERED_BYTES: usize = 900;

pub(super) fn create(table: &Table, schema: &str, physical: &str) -> Vec<String> {
    let columns = join(table.columns, ", ", |_, column| {
        let null = if column.nullable { "NULL" } else { "NOT NULL" };
        let collation = if is_text(column) { format!(" {BINARY}") } else { String::new() };
        format!("\"{}\" {}{collation} {null}", column.name, kind(table, column))
    });
    let key = names(table.key_columns(), "");
    let clustered =
        if key_bytes(table.key_columns()) > CLUSTERED_BYTES { "NONCLUSTERED" } else { "CLUSTERED" };
    let index = |index: &Index| {
        let columns = index.columns.join("\", \"");
        format!(" CREATE INDEX IX_{physical}__{} ON {schema}.{physical} (\"{columns}\");", index.name)
    };
    let indexes = table.indexes.iter().map(index).collect::<Vec<_>>().concat();
    vec![format!(
        "IF OBJECT_ID(N'{schema}.{physical}', N'U') IS NULL BEGIN \
         CREATE TABLE {schema}.{physical} ({columns}, CONSTRAINT PK_{physical} PRIMARY KEY {clustered} ({key}));\
         {indexes} END"
    )]
}

fn is_text(column: &Column) -> bool {
    matches!(column.kind, ColumnType::Text | ColumnType::Json | ColumnType::Uuid)
}

/// Parameters are `NVARCHAR` and so is every text: comparing another type would convert the column, row by
/// row.
fn kind(table: &Table, column: &Column) -> String {
    match column.kind {
        ColumnType::Text if table.is_indexed(column.name) => format!("NVARCHAR({})", Table::INDEXED_CHARS),
        ColumnType::Text | ColumnType::Json => "NVARCHAR(MAX)".to_owned(),
        ColumnType::Uuid => "NVARCHAR(36)".to_owned(),
        ColumnType::Integer | ColumnType::Timestamp => "BIGINT".to_owned(),
        // BIT cannot be summed, which SQLite's 0 and 1 can.
        ColumnType::Boolean => "SMALLINT".to_owned(),
        ColumnType::Real => "FLOAT(53)".to_owned(),
    }
}

/// Most bytes that a key of these columns may take.
fn key_bytes(columns: &[Column]) -> usize {
    let bytes = |column: &Column| match column.kind {
        ColumnType::Text | ColumnType::Json => 2 * Table::INDEXED_CHARS,
        ColumnType::Uuid => 2 * 36,
        ColumnType::Boolean => 2,
        ColumnType::Integer | ColumnType::Timestamp | ColumnType::Real => 8,
    };
    columns.iter().map(bytes).sum()
}

/// `OPENJSON` over parameter 1 with `columns` by place, its texts as they were before
/// [`with_stand_ins`](::mssql::with_stand_ins) and in the collation of ours.
fn source(table: &Table, columns: &[Column]) -> String {
    let shape = join(columns, ", ", |place, column| {
        let kind = match column.kind {
            ColumnType::Text | ColumnType::Json => "NVARCHAR(MAX)",
            ColumnType::Uuid => "NVARCHAR(36)",
            ColumnType::Integer | ColumnType::Timestamp => "BIGINT",
            ColumnType::Boolean => "SMALLINT",
            ColumnType::Real => "FLOAT(53)",
        };
        format!("\"{}\" {kind} '$[{place}]'", column.name)
    });
    let values = join(columns, ", ", |_, column| match column.kind {
        // As long as its column, or that would be made longer for every comparison.
        ColumnType::Text if table.is_indexed(column.name) => {
            let kind = kind(table, column);
            format!("CAST({} AS {kind}) {BINARY} AS \"{}\"", unescaped(column), column.name)
        }
        ColumnType::Text | ColumnType::Json => format!("{} AS \"{}\"", unescaped(column), column.name),
        ColumnType::Uuid => format!("\"{0}\" {BINARY} AS \"{0}\"", column.name),
        _ => format!("\"{}\"", column.name),
    });
    format!("(SELECT {values} FROM OPENJSON(@P1) WITH ({shape})) s")
}

fn unescaped(column: &Column) -> String {
    let count = if column.kind == ColumnType::Json { 2 } else { STAND_INS.len() };
    STAND_INS.iter().take(count).fold(format!("\"{}\" {BINARY}", column.name), |text, (plain, stand_in)| {
        format!("REPLACE({text}, NCHAR({}), NCHAR({}))", u32::from(*stand_in), u32::from(*plain))
    })
}

pub(super) fn list(parameter: &str) -> String {
    format!("(SELECT item {BINARY} FROM OPENJSON({parameter}) WITH (item NVARCHAR(36) '$'))")
}

fn same_key(table: &Table) -> String {
    join(table.key_columns(), " AND ", |_, key| format!("t.\"{0}\" = s.\"{0}\"", key.name))
}

pub(super) fn upsert(table: &Table, schema: &str, physical: &str) -> String {
    let (columns, values) = (names(table.columns, ""), names(table.columns, "s."));
    let (source, on) = (source(table, table.columns), same_key(table));
    let others = table.columns.get(table.key..).unwrap_or_default();
    let update = if others.is_empty() {
        String::new()
    } else {
        let set = join(others, ", ", |_, column| format!("\"{0}\" = s.\"{0}\"", column.name));
        format!("UPDATE t SET {set} FROM {schema}.{physical} t INNER JOIN {source} ON {on}; ")
    };
    format!(
        "{update}INSERT INTO {schema}.{physical} ({columns}) SELECT {values} FROM {source} \
         WHERE NOT EXISTS (SELECT 1 FROM {schema}.{physical} t WHERE {on});"
    )
}

pub(super) fn load(table: &Table, schema: &str, physical: &str) -> String {
    let columns = names(table.columns, "t.");
    let (source, on) = (source(table, table.key_columns()), same_key(table));
    format!("SELECT {columns} FROM {source} INNER JOIN {schema}.{physical} t ON {on}")
}

pub(super) fn delete(table: &Table, schema: &str, physical: &str) -> String {
    let (source, on) = (source(table, table.key_columns()), same_key(table));
    format!("DELETE t FROM {schema}.{physical} t INNER JOIN {source} ON {on}")
}
