//! Many values in one parameter. Ids and numbers go as JSON; a text does only without what JSON escapes: some
//! servers give it out with its quotes and backslashes still escaped.

use serde::Serialize;

use crate::StoreError;

/// A JSON array for OPENJSON.
pub(super) fn json<T: Serialize>(rows: impl IntoIterator<Item = T>) -> Result<String, StoreError> {
    let rows: Vec<T> = rows.into_iter().collect();
    serde_json::to_string(&rows).map_err(|error| StoreError::Misuse(error.to_string()))
}

/// Lines for `STRING_SPLIT(…, NCHAR(10))`. Names of streams are printable, so none holds a line feed.
pub(super) fn lines<T: AsRef<str>>(rows: impl IntoIterator<Item = T>) -> String {
    let mut text = String::new();
    for (n, row) in rows.into_iter().enumerate() {
        if n > 0 {
            text.push('\n');
        }
        text.push_str(row.as_ref());
    }
    text
}
