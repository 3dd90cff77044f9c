//! What a query answered. Columns are read by name: a name is looked up once for all rows.

use super::{Cell, SqlError, Value};

/// A type that is read out of rows by the names of its columns. Made by [`record!`](crate::record); pairs of
/// two are read out of rows that hold the columns of both.
pub trait FromRow: Sized {
    /// Adds the names of its columns, in the order in which [`FromRow::from_cells`] takes them.
    fn columns(names: &mut Vec<&'static str>);

    /// From the cells of one row.
    ///
    /// # Errors
    /// `Bug` when a cell holds something else.
    fn from_cells(cells: &mut Cells<'_>) -> Result<Self, SqlError>;
}

impl<A: FromRow, B: FromRow> FromRow for (A, B) {
    fn columns(names: &mut Vec<&'static str>) {
        A::columns(names);
        B::columns(names);
    }

    fn from_cells(cells: &mut Cells<'_>) -> Result<Self, SqlError> {
        Ok((A::from_cells(cells)?, B::from_cells(cells)?))
    }
}

/// The cells of one row, in the order in which a type asked for them.
pub struct Cells<'a> {
    row: &'a [Value],
    places: std::slice::Iter<'a, ColumnAt>,
}

/// Where a column stands in every row of an answer.
struct ColumnAt {
    name: &'static str,
    at: usize,
}

impl Cells<'_> {
    /// The next cell; `Option<T>` where it may be null.
    ///
    /// # Errors
    /// `Bug` when it holds something else, or no further one was asked for.
    pub fn take<T: Cell>(&mut self) -> Result<T, SqlError> {
        let place = self.places.next().ok_or_else(|| SqlError::Bug("a column was not named".to_owned()))?;
        read(self.row, place.at, place.name)
    }
}

/// The rows of one answer, with the names of their columns.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ResultSet {
    columns: Vec<Box<str>>,
    rows: Vec<Box<[Value]>>,
}

impl ResultSet {
    pub(super) fn new(columns: Vec<Box<str>>, rows: Vec<Box<[Value]>>) -> Self {
        Self { columns, rows }
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Every row as a `T`.
    ///
    /// # Errors
    /// `Bug` when a column of `T` is missing or holds something else.
    pub fn decode<T: FromRow>(&self) -> Result<Vec<T>, SqlError> {
        self.decode_rows(&self.rows)
    }

    /// The first row as a `T`; none when there is no row.
    ///
    /// # Errors
    /// As [`ResultSet::decode`].
    pub fn first<T: FromRow>(&self) -> Result<Option<T>, SqlError> {
        let first = self.rows.get(..1).unwrap_or_default();
        Ok(self.decode_rows(first)?.pop())
    }

    /// The cells of the column called `name`.
    ///
    /// # Errors
    /// As [`ResultSet::decode`].
    pub fn column<T: Cell>(&self, name: &str) -> Result<Vec<T>, SqlError> {
        if self.is_empty() {
            return Ok(Vec::new());
        }
        let at = self.place(0, name)?;
        self.rows.iter().map(|row| read(row, at, name)).collect()
    }

    /// The cell called `name` of the first row; none when there is no row.
    ///
    /// # Errors
    /// As [`ResultSet::decode`].
    pub fn cell<T: Cell>(&self, name: &str) -> Result<Option<T>, SqlError> {
        let Some(row) = self.rows.first() else { return Ok(None) };
        read(row, self.place(0, name)?, name).map(Some)
    }

    fn decode_rows<T: FromRow>(&self, rows: &[Box<[Value]>]) -> Result<Vec<T>, SqlError> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let mut names = Vec::with_capacity(self.columns.len());
        T::columns(&mut names);
        let place =
            |(guess, name): (usize, &&'static str)| self.place(guess, name).map(|at| ColumnAt { name, at });
        let places = names.iter().enumerate().map(place).collect::<Result<Vec<_>, _>>()?;
        rows.iter().map(|row| T::from_cells(&mut Cells { row, places: places.iter() })).collect()
    }

    /// Where the column called `name` is: mostly at `guess`, as most texts name columns in the order of a table.
    fn place(&self, guess: usize, name: &str) -> Result<usize, SqlError> {
        if self.columns.get(guess).is_some_and(|column| **column == *name) {
            return Ok(guess);
        }
        let found = self.columns.iter().position(|column| **column == *name);
        found.ok_or_else(|| SqlError::Bug(format!("the answer has no column {name}")))
    }
}

fn read<T: Cell>(row: &[Value], at: usize, name: &str) -> Result<T, SqlError> {
    let value = row.get(at).ok_or_else(|| SqlError::Bug(format!("a row has no column {name}")))?;
    T::from_value(value).ok_or_else(|| {
        let wanted = std::any::type_name::<T>();
        SqlError::Bug(format!("column {name} is not a {wanted}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    crate::record! {
        /// Two columns of an answer.
        #[derive(PartialEq)]
        struct Counted {
            /// Of what.
            label: String,
            /// How many.
            items: Option<i64>,
        }
    }

    crate::record! {
        /// Another column of the same answer.
        #[derive(PartialEq)]
        struct Flag {
            /// Yes or no.
            open: bool,
        }
    }

    fn answer() -> ResultSet {
        let columns = ["open", "items", "label"].map(Box::from).to_vec();
        let row = |open: bool, items: Option<i64>, label: &str| -> Box<[Value]> {
            Box::new([open.into(), items.into(), label.into()])
        };
        ResultSet::new(columns, vec![row(true, Some(3), "a"), row(false, None, "b")])
    }

    #[test]
    fn columns_are_read_by_name_whatever_their_order() {
        let rows: Vec<(Counted, Flag)> = answer().decode().unwrap();
        let counted = |label: &str, items| Counted { label: label.to_owned(), items };
        assert_eq!(
            rows,
            [(counted("a", Some(3)), Flag { open: true }), (counted("b", None), Flag { open: false })]
        );
        assert_eq!(answer().first::<Counted>().unwrap(), Some(counted("a", Some(3))));
        assert_eq!(answer().column::<String>("label").unwrap(), ["a", "b"]);
        assert_eq!(answer().cell::<bool>("open").unwrap(), Some(true));
    }

    #[test]
    fn a_column_that_is_missing_or_of_another_kind_is_named_in_the_error() {
        let missing = answer().column::<String>("colour").unwrap_err().to_string();
        assert!(missing.contains("no column colour"), "{missing}");
        let other = answer().column::<String>("items").unwrap_err().to_string();
        assert!(other.contains("column items is not a"), "{other}");
        let null = answer().column::<i64>("items").unwrap_err().to_string();
        assert!(null.contains("column items is not a i64"), "{null}");
    }

    #[test]
    fn an_answer_without_rows_has_nothing_to_read() {
        let nothing = ResultSet::default();
        assert!(nothing.is_empty());
        assert_eq!(nothing.decode::<Counted>().unwrap(), []);
        assert_eq!(nothing.cell::<i64>("items").unwrap(), None);
    }
}
