//! Tables described in code: what DDL, upserts and loads of every dialect are made from.

use std::fmt;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnType {
    /// Text compared byte by byte; in a key or an index at most [`Table::INDEXED_CHARS`] characters.
    Text,
    /// A 64-bit whole number.
    Integer,
    /// A finite number.
    Real,
    /// 0 or 1.
    Boolean,
    /// Whole microseconds since 1970.
    Timestamp,
    /// The 36 characters of a UUID.
    Uuid,
    /// JSON text; in no key or index.
    Json,
}

/// A column.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Lower case, no reserved word of any dialect.
    pub name: &'static str,
    /// What it holds.
    pub kind: ColumnType,
    /// Whether it may be null.
    pub nullable: bool,
}

/// An index besides the key.
#[derive(Clone, Copy, Debug)]
pub struct Index {
    /// Unique in its table.
    pub name: &'static str,
    /// The columns, in order.
    pub columns: &'static [&'static str],
}

/// A read table.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    /// Lower case, unique among all projections.
    pub name: &'static str,
    /// Key columns first.
    pub columns: &'static [Column],
    /// How many columns, from the first, are the primary key.
    pub key: usize,
    /// Other indexes.
    pub indexes: &'static [Index],
    /// Whether each generation has its own; false only for the executor's own bookkeeping.
    pub generational: bool,
}

impl Table {
    /// Most characters a text in a key or an index may have: what every dialect's index takes.
    pub const INDEXED_CHARS: usize = 254;

    /// The primary key's columns.
    #[must_use]
    pub fn key_columns(&self) -> &'static [Column] {
        self.columns.get(..self.key).unwrap_or(self.columns)
    }

    /// Whether `column` is part of the key or of an index.
    #[must_use]
    pub fn is_indexed(&self, column: &str) -> bool {
        self.key_columns().iter().any(|key| key.name == column)
            || self.indexes.iter().any(|index| index.columns.contains(&column))
    }

    /// The table's name in `generation`.
    #[must_use]
    pub fn physical(&self, generation: Generation) -> String {
        if self.generational { format!("{}{}", self.name, generation.suffix()) } else { self.name.to_owned() }
    }
}

/// What a projection keeps, as those who build it and those who read it know it.
#[derive(Debug)]
pub struct ReadModel {
    /// The projection's name: unique, and never changed.
    pub name: &'static str,
    /// Its tables; no other projection writes or reads them while projecting.
    pub tables: &'static [&'static Table],
}

impl ReadModel {
    /// Whether it has the table of this name.
    #[must_use]
    pub fn has(&self, table: &str) -> bool {
        self.tables.iter().any(|own| own.name == table)
    }
}

/// Which set of a projection's tables: the version of its code, and how often that was built anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Generation {
    /// The projection's own version.
    pub version: u32,
    /// From 1; a rebuild by unchanged code is the next run.
    pub run: u32,
}

impl Generation {
    /// What its tables' names end in.
    #[must_use]
    pub fn suffix(self) -> String {
        match self.run {
            1 => format!("__v{}", self.version),
            run => format!("__v{}r{run}", self.version),
        }
    }
}

impl fmt::Display for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.version, self.run)
    }
}
