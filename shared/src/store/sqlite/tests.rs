//! The contract on SQLite, and what only this backend does.

use std::sync::Arc;

use async_trait::async_trait;
use sqlx::{ConnectOptions as _, SqliteConnection};
use tempfile::TempDir;

use super::{SqliteOptions, SqliteStore, connect, migrate};
use crate::{
    clock::SystemClock,
    store::{Position, SharedStore, StoreError, contract::Backend},
};

struct SqliteFile {
    options: SqliteOptions,
    _dir: TempDir,
}

impl SqliteFile {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let options = SqliteOptions::in_dir(dir.path());
        migrate(&options.file, &SystemClock).await.unwrap();
        Self { options, _dir: dir }
    }

    async fn store(&self) -> Arc<SqliteStore> {
        SqliteStore::open(&self.options, Arc::new(SystemClock)).await.unwrap()
    }

    async fn raw(&self) -> SqliteConnection {
        connect::relaxed(&self.options.file).connect().await.unwrap()
    }
}

#[async_trait]
impl Backend for SqliteFile {
    async fn open(&self) -> SharedStore {
        self.store().await
    }

    async fn remove_event(&self, position: Position) {
        sqlx::query("DELETE FROM events WHERE position = ?")
            .bind(position.0.cast_signed())
            .execute(&mut self.raw().await)
            .await
            .unwrap();
    }
}

crate::store_contract!(SqliteFile::new());

#[tokio::test]
async fn opening_without_migrating_says_what_to_run() {
    let dir = tempfile::tempdir().unwrap();
    let options = SqliteOptions::in_dir(dir.path());
    for _ in 0..2 {
        let Err(StoreError::Schema(what)) = SqliteStore::open(&options, Arc::new(SystemClock)).await else {
            panic!("a file without a schema was opened");
        };
        assert!(what.contains("aerosports migrate"), "{what}");
        connect::open(&connect::creating(&options.file)).await.unwrap();
    }
}
