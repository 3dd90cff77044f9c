//! Rust structs that are a table's rows: one declaration gives the struct, the table and the mapping.

use std::hash::Hash;

use super::{Row, SqlError, Table, Value};

/// A struct that is a row of one table. Made by [`record!`](crate::record).
pub trait Record: Clone + PartialEq + Send + Sync + 'static {
    /// The primary key, as a tuple.
    type Key: Clone + Eq + Hash + Ord + Send + Sync + 'static;
    /// The table.
    const TABLE: &'static Table;

    /// This row's key.
    fn key(&self) -> Self::Key;
    /// A key as values, in the table's order.
    fn key_values(key: &Self::Key) -> Vec<Value>;
    /// The whole row as values, in the table's order.
    fn values(&self) -> Vec<Value>;
    /// From a row with the table's columns in order.
    ///
    /// # Errors
    /// `Bug` when a column holds something else.
    fn from_row(row: &Row) -> Result<Self, SqlError>;
}

/// Declares a table and the struct that is its row:
///
/// ```
/// read_store::record! {
///     /// A shelf as people see it.
///     pub struct Shelf in "shelves" {
///         key {
///             /// Where it stands.
///             shelf_id: uuid::Uuid,
///         }
///         /// What is on it.
///         label: String,
///         /// How many.
///         items: Option<i64>,
///     }
///     index "label" (label);
/// }
/// assert_eq!(<Shelf as read_store::Record>::TABLE.columns.len(), 3);
/// ```
///
/// `in fixed "…"` makes a table without generations, for bookkeeping only.
#[macro_export]
macro_rules! record {
    ($(#[$doc:meta])* $vis:vis struct $name:ident in fixed $table:literal { $($body:tt)* } $($rest:tt)*) => {
        $crate::record!(@ false; $(#[$doc])* $vis struct $name in $table { $($body)* } $($rest)*);
    };
    ($(#[$doc:meta])* $vis:vis struct $name:ident in $table:literal { $($body:tt)* } $($rest:tt)*) => {
        $crate::record!(@ true; $(#[$doc])* $vis struct $name in $table { $($body)* } $($rest)*);
    };
    (@ $generational:literal;
        $(#[$doc:meta])*
        $vis:vis struct $name:ident in $table:literal {
            key { $($(#[$key_doc:meta])* $key:ident: $key_type:ty),+ $(,)? }
            $($(#[$field_doc:meta])* $field:ident: $field_type:ty),* $(,)?
        }
        $(index $index:literal ($($index_column:ident),+ $(,)?);)*
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq)]
        $vis struct $name {
            $($(#[$key_doc])* pub $key: $key_type,)+
            $($(#[$field_doc])* pub $field: $field_type,)*
        }

        impl $crate::Record for $name {
            type Key = ($($key_type,)+);

            const TABLE: &'static $crate::Table = &$crate::Table {
                name: $table,
                columns: &[
                    $($crate::record!(@ column $key: $key_type),)+
                    $($crate::record!(@ column $field: $field_type),)*
                ],
                key: [$(stringify!($key)),+].len(),
                indexes: &[
                    $($crate::Index { name: $index, columns: &[$(stringify!($index_column)),+] },)*
                ],
                generational: $generational,
            };

            fn key(&self) -> Self::Key {
                ($(self.$key.clone(),)+)
            }

            fn key_values(key: &Self::Key) -> Vec<$crate::Value> {
                let ($($key,)+) = key;
                vec![$($crate::Cell::to_value($key)),+]
            }

            fn values(&self) -> Vec<$crate::Value> {
                vec![
                    $($crate::Cell::to_value(&self.$key),)+
                    $($crate::Cell::to_value(&self.$field),)*
                ]
            }

            fn from_row(row: &$crate::Row) -> Result<Self, $crate::SqlError> {
                let mut place = 0..;
                let mut next = || place.next().unwrap_or(usize::MAX);
                Ok(Self {
                    $($key: row.get(next())?,)+
                    $($field: row.get(next())?,)*
                })
            }
        }
    };
    (@ column $name:ident: $type:ty) => {
        $crate::Column {
            name: stringify!($name),
            kind: <$type as $crate::Cell>::TYPE,
            nullable: <$type as $crate::Cell>::NULLABLE,
        }
    };
}
