//! The read tables that one answer may read: those of the projections that its [`ReadSet`](crate::ReadSet) names,
//! and no other. An answer is kept, and its `ETag` made, by the state of that set: one that read anything else
//! could be out of date unnoticed.

use read_store::{ReadModel, ReadStore, ResultSet, SqlError, Value, tables};

/// The tables of some projections.
#[derive(Clone)]
pub struct Tables {
    store: ReadStore,
    models: &'static [&'static ReadModel],
}

impl Tables {
    /// Those of `models` in `store`.
    #[must_use]
    pub fn new(store: ReadStore, models: &'static [&'static ReadModel]) -> Self {
        Self { store, models }
    }

    /// The rows of a portable text.
    ///
    /// # Errors
    /// `Bug` for a text that names a table of another projection; as [`ReadStore::query`].
    pub async fn query(&self, sql: &str, params: &[Value]) -> Result<ResultSet, SqlError> {
        match tables(sql).find(|table| !self.models.iter().any(|model| model.has(table))) {
            Some(table) => Err(SqlError::Bug(format!("{table} is not in the read set of this answer"))),
            None => self.store.query(sql, params).await,
        }
    }
}

#[cfg(test)]
mod tests {

    use read_model::{games::GAMES, rooms::ROOMS};

    use super::*;

    async fn refused(models: &'static [&'static ReadModel], sql: &str) -> SqlError {
        let dir = tempfile::tempdir().unwrap();
        let store = ReadStore::open(&dir.path().join("read.db"), 1).await.unwrap();
        Tables::new(store, models).query(sql, &[]).await.unwrap_err()
    }

    #[tokio::test]
    async fn a_table_whose_projection_the_read_set_forgot_is_not_read() {
        const JOINED: &str = "SELECT r.name FROM {rooms} r LEFT JOIN {games} g ON g.game_id = r.game_id";
        let forgotten = refused(&[&ROOMS], JOINED).await;
        assert!(matches!(&forgotten, SqlError::Bug(why) if why.starts_with("games ")), "{forgotten:?}");
        let named = refused(&[&ROOMS, &GAMES], JOINED).await;
        assert!(matches!(named, SqlError::NotBuilt(_)), "{named:?}");
    }

    #[tokio::test]
    async fn a_table_that_no_projection_keeps_is_not_read() {
        let refused = refused(&[&ROOMS], "SELECT name FROM {projections}").await;
        assert!(matches!(refused, SqlError::Bug(_)), "{refused:?}");
    }
}
