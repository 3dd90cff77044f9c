//! Rust structs that are rows. One declaration gives the struct, its table, and the mapping both ways.

use std::hash::Hash;

use super::{FromRow, Table, Value};

/// A struct that is a row of one table. Made by [`record!`](crate::record).
pub trait Record: FromRow + Clone + PartialEq + Send + Sync + 'static {
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

    /// The columns as a `SELECT` names them, where the table is called `alias` in its `FROM`.
    #[must_use]
    fn select(alias: &str) -> String {
        let column = |column: &super::Column| format!("{alias}.\"{0}\" AS \"{0}\"", column.name);
        Self::TABLE.columns.iter().map(column).collect::<Vec<_>>().join(", ")
    }
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
/// `requested as "asked": …` is a field whose column is called otherwise in tables that exist already.
/// `in fixed "…"` makes a table without generations, for bookkeeping only. Without `in` it declares the row of a
/// query that is no table's row: some columns, or what was computed, named as the text names them.
///
/// ```
/// read_store::record! {
///     /// What is in all shelves.
///     pub struct Stock {
///         /// The sum.
///         items: i64,
///     }
/// }
/// ```
#[macro_export]
macro_rules! record {
    ($(#[$doc:meta])* $vis:vis struct $name:ident in fixed $table:literal { $($body:tt)* } $($rest:tt)*) => {
        $crate::record!(@ false; $(#[$doc])* $vis struct $name in $table { $($body)* } $($rest)*);
    };
    ($(#[$doc:meta])* $vis:vis struct $name:ident in $table:literal { $($body:tt)* } $($rest:tt)*) => {
        $crate::record!(@ true; $(#[$doc])* $vis struct $name in $table { $($body)* } $($rest)*);
    };
    ($(#[$doc:meta])* $vis:vis struct $name:ident {
        $($(#[$field_doc:meta])* $field:ident: $field_type:ty),+ $(,)?
    }) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        $vis struct $name {
            $($(#[$field_doc])* pub $field: $field_type,)+
        }

        $crate::record!(@ from_row $name: $($field),+);
    };
    (@ $generational:literal;
        $(#[$doc:meta])*
        $vis:vis struct $name:ident in $table:literal {
            key { $($(#[$key_doc:meta])* $key:ident: $key_type:ty),+ $(,)? }
            $($(#[$field_doc:meta])* $field:ident $(as $column:literal)?: $field_type:ty),* $(,)?
        }
        $(index $index:literal ($($index_column:ident),+ $(,)?);)*
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq)]
        $vis struct $name {
            $($(#[$key_doc])* pub $key: $key_type,)+
            $($(#[$field_doc])* pub $field: $field_type,)*
        }

        $crate::record!(@ from_row $name: $($key,)+ $($field $(as $column)?),*);

        impl $crate::Record for $name {
            type Key = ($($key_type,)+);

            const TABLE: &'static $crate::Table = &$crate::Table {
                name: $table,
                columns: &[
                    $($crate::record!(@ column $key: $key_type),)+
                    $($crate::record!(@ column $field $(as $column)?: $field_type),)*
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
        }
    };
    (@ from_row $name:ident: $($field:ident $(as $column:literal)?),+ $(,)?) => {
        impl $crate::FromRow for $name {
            fn columns(names: &mut Vec<&'static str>) {
                names.extend([$($crate::record!(@ name $field $(as $column)?)),+]);
            }

            fn from_cells(cells: &mut $crate::Cells<'_>) -> Result<Self, $crate::SqlError> {
                Ok(Self { $($field: cells.take()?),+ })
            }
        }
    };
    (@ column $name:ident $(as $column:literal)?: $type:ty) => {
        $crate::Column {
            name: $crate::record!(@ name $name $(as $column)?),
            kind: <$type as $crate::Cell>::TYPE,
            nullable: <$type as $crate::Cell>::NULLABLE,
        }
    };
    (@ name $name:ident) => {
        stringify!($name)
    };
    (@ name $name:ident as $column:literal) => {
        $column
    };
}
