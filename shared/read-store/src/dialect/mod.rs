//! What differs between servers, as text: DDL, set-based writes, markers. No IO, so every dialect is
//! tested without its server.

mod mssql;
mod sqlite;
#[cfg(test)]
mod tests;

use ::mssql::with_stand_ins;

use super::{Column, Generation, SqlError, Table, Value};

/// The SQL a server speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// `SQLite` 3.45 or newer.
    Sqlite,
    /// SQL Server 2019 or newer, and other servers of its protocol.
    SqlServer {
        /// Where the read tables live.
        schema: &'static str,
    },
}

impl Dialect {
    /// Statements that create `table` unless it exists.
    #[must_use]
    pub fn create(self, table: &Table, generation: Generation) -> Vec<String> {
        match self {
            Self::Sqlite => sqlite::create(table, &table.physical(generation)),
            Self::SqlServer { schema } => mssql::create(table, schema, &table.physical(generation)),
        }
    }

    /// The statement that makes the place for tables unless it exists; none where they need none.
    #[must_use]
    pub fn create_schema(self) -> Option<String> {
        match self {
            Self::Sqlite => None,
            Self::SqlServer { schema } => {
                // CREATE SCHEMA must be a batch of its own.
                Some(format!("IF SCHEMA_ID(N'{schema}') IS NULL EXEC(N'CREATE SCHEMA {schema}')"))
            }
        }
    }

    /// Counts those of `tables` that exist; none where creating them costs no more.
    #[must_use]
    pub fn count(self, tables: &[&Table], generation: Generation) -> Option<String> {
        match self {
            Self::Sqlite => None,
            Self::SqlServer { schema } => {
                let names: Vec<_> =
                    tables.iter().map(|table| format!("N'{}'", table.physical(generation))).collect();
                let names = names.join(", ");
                Some(format!(
                    "SELECT COUNT(*) AS found FROM INFORMATION_SCHEMA.TABLES \
                     WHERE TABLE_SCHEMA = N'{schema}' AND TABLE_NAME IN ({names})"
                ))
            }
        }
    }

    /// The statement that drops the table of this physical name if it exists.
    #[must_use]
    pub fn drop(self, physical: &str) -> String {
        format!("DROP TABLE IF EXISTS {}", self.qualified(physical))
    }

    /// Writes the rows in parameter 1 (a JSON array of arrays), replacing those with the same key.
    #[must_use]
    pub fn upsert(self, table: &Table, generation: Generation) -> String {
        match self {
            Self::Sqlite => sqlite::upsert(table, &table.physical(generation)),
            Self::SqlServer { schema } => mssql::upsert(table, schema, &table.physical(generation)),
        }
    }

    /// Reads the rows whose keys are in parameter 1 (a JSON array of arrays).
    #[must_use]
    pub fn load(self, table: &Table, generation: Generation) -> String {
        match self {
            Self::Sqlite => sqlite::load(table, &table.physical(generation)),
            Self::SqlServer { schema } => mssql::load(table, schema, &table.physical(generation)),
        }
    }

    /// Deletes the rows whose keys are in parameter 1 (a JSON array of arrays).
    #[must_use]
    pub fn delete(self, table: &Table, generation: Generation) -> String {
        match self {
            Self::Sqlite => sqlite::delete(table, &table.physical(generation)),
            Self::SqlServer { schema } => mssql::delete(table, schema, &table.physical(generation)),
        }
    }

    /// All of `table`, in no particular order.
    #[must_use]
    pub fn scan(self, table: &Table, generation: Generation) -> String {
        let columns = names(table.columns, "");
        format!("SELECT {columns} FROM {}", self.qualified(&table.physical(generation)))
    }

    /// Replaces the markers of the portable subset; `physical` names a table's generation.
    ///
    /// # Errors
    /// `Bug` for a marker nobody knows, or whatever `physical` answers.
    pub fn expand(
        self,
        sql: &str,
        physical: impl Fn(&str) -> Result<String, SqlError>,
    ) -> Result<String, SqlError> {
        let mut out = String::with_capacity(sql.len() + 32);
        let mut rest = sql;
        while let Some((before, marked)) = rest.split_once('{') {
            let (marker, after) =
                marked.split_once('}').ok_or_else(|| SqlError::Bug("a brace is not closed".to_owned()))?;
            out.push_str(before);
            match marker.split_once(' ') {
                Some(("limit", parameter)) => out.push_str(&self.limit(parameter)),
                Some(("list", parameter)) => out.push_str(&self.list(parameter)),
                Some(_) => return Err(SqlError::Bug(format!("{{{marker}}} is no marker"))),
                None => out.push_str(&self.qualified(&physical(marker)?)),
            }
            rest = after;
        }
        out.push_str(rest);
        Ok(self.parameters(out))
    }

    /// The table of this physical name, as statements name it.
    fn qualified(self, physical: &str) -> String {
        match self {
            Self::Sqlite => physical.to_owned(),
            Self::SqlServer { schema } => format!("{schema}.{physical}"),
        }
    }

    fn limit(self, parameter: &str) -> String {
        match self {
            Self::Sqlite => format!("LIMIT {parameter}"),
            Self::SqlServer { .. } => format!("OFFSET 0 ROWS FETCH NEXT {parameter} ROWS ONLY"),
        }
    }

    fn list(self, parameter: &str) -> String {
        match self {
            Self::Sqlite => format!("(SELECT value FROM json_each({parameter}))"),
            Self::SqlServer { .. } => mssql::list(parameter),
        }
    }

    fn parameters(self, sql: String) -> String {
        match self {
            Self::Sqlite => sql,
            Self::SqlServer { .. } => sql.replace('?', "@P"),
        }
    }
}

/// The tables that a portable text names.
pub fn tables(sql: &str) -> impl Iterator<Item = &str> {
    let markers = sql.split('{').skip(1).filter_map(|marked| marked.split_once('}'));
    markers.map(|(marker, _)| marker).filter(|marker| !marker.contains(' '))
}

/// Rows or keys as the one parameter of a set-based statement: a JSON array of arrays.
///
/// # Errors
/// `Bug` for a row of the wrong length, a text no index takes, control characters except line ends and tabs,
/// and numbers that are not finite: what one dialect refuses, all refuse.
pub(super) fn encode(
    dialect: Dialect,
    table: &Table,
    columns: &[Column],
    rows: &[Vec<Value>],
) -> Result<String, SqlError> {
    let roles: Vec<Role> = columns.iter().map(|column| Role::of(table, column)).collect();
    let mut out = Vec::with_capacity(rows.len() * columns.len() * 24 + 2);
    out.push(b'[');
    for (place, row) in rows.iter().enumerate() {
        if row.len() != columns.len() {
            return Err(SqlError::Bug(format!("a row of {} has {} values", table.name, row.len())));
        }
        out.extend_from_slice(if place > 0 { b",[" } else { b"[" });
        for (at, ((value, column), role)) in row.iter().zip(columns).zip(&roles).enumerate() {
            check(value, column, *role)
                .map_err(|why| SqlError::Bug(format!("{}.{} {why}", table.name, column.name)))?;
            if at > 0 {
                out.push(b',');
            }
            let written = match (dialect, value) {
                (Dialect::SqlServer { .. }, Value::Text(text)) => {
                    serde_json::to_writer(&mut out, &with_stand_ins(text))
                }
                _ => serde_json::to_writer(&mut out, value),
            };
            written.map_err(|error| SqlError::Bug(error.to_string()))?;
        }
        out.push(b']');
    }
    out.push(b']');
    String::from_utf8(out).map_err(|error| SqlError::Bug(error.to_string()))
}

/// Where a column stands in its table.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Key,
    Indexed,
    Other,
}

impl Role {
    fn of(table: &Table, column: &Column) -> Self {
        if table.key_columns().iter().any(|key| key.name == column.name) {
            Self::Key
        } else if table.is_indexed(column.name) {
            Self::Indexed
        } else {
            Self::Other
        }
    }
}

fn check(value: &Value, column: &Column, role: Role) -> Result<(), &'static str> {
    match value {
        Value::Null if !column.nullable => Err("must not be null"),
        Value::Real(number) if !number.is_finite() => Err("must be a finite number"),
        Value::Text(text) if text.bytes().any(is_control) => Err("must not hold control characters"),
        Value::Text(text) if text.contains(is_noncharacter) => Err("must not hold a noncharacter"),
        Value::Text(text) if role != Role::Other && is_too_long(text) => Err("is too long for an index"),
        // SQL Server compares texts as if the shorter one went on in blanks.
        Value::Text(text) if role == Role::Key && text.ends_with(' ') => Err("must not end in a blank"),
        _ => Ok(()),
    }
}

/// SQL Server's look-alikes refuse U+0000, and give others back in their JSON form.
fn is_control(byte: u8) -> bool {
    byte < b' ' && !matches!(byte, b'\n' | b'\r' | b'\t')
}

/// What Unicode keeps for programs' own use, as we use it.
pub(super) fn is_noncharacter(c: char) -> bool {
    ('\u{fdd0}'..='\u{fdef}').contains(&c)
}

/// SQL Server counts a character past U+FFFF twice.
fn is_too_long(text: &str) -> bool {
    text.len() > Table::INDEXED_CHARS && text.encode_utf16().count() > Table::INDEXED_CHARS
}

/// `prefix"a", prefix"b"`.
fn names(columns: &[Column], prefix: &str) -> String {
    join(columns, ", ", |_, column| format!("{prefix}\"{}\"", column.name))
}

fn join(columns: &[Column], between: &str, each: impl Fn(usize, &Column) -> String) -> String {
    columns.iter().enumerate().map(|(place, column)| each(place, column)).collect::<Vec<_>>().join(between)
}
