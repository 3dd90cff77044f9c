//! The contract on a T-SQL server, and what only this backend does.

mod cuts;
mod migrations;
mod rights;
mod slow;

use std::sync::Arc;

use async_trait::async_trait;

use super::{MssqlOptions, MssqlStore, migrate};
use crate::{
    clock::SystemClock,
    mssql::{Pool, testing::TestDatabase},
    store::{Position, SharedStore, contract::Backend},
};

struct MssqlDatabase {
    database: TestDatabase,
}

impl MssqlDatabase {
    async fn new() -> Option<Self> {
        let database = TestDatabase::create().await?;
        migrate(database.config(), &SystemClock).await.unwrap();
        Some(Self { database })
    }

    fn options(&self) -> MssqlOptions {
        MssqlOptions::new(self.database.config().clone())
    }

    async fn store(&self) -> Arc<MssqlStore> {
        MssqlStore::open(&self.options(), Arc::new(SystemClock)).await.unwrap()
    }

    fn raw(&self) -> Pool {
        self.database.pool()
    }
}

#[async_trait]
impl Backend for MssqlDatabase {
    async fn open(&self) -> SharedStore {
        self.store().await
    }

    async fn remove_event(&self, position: Position) {
        let position = position.0.cast_signed();
        self.raw().write("DELETE FROM store.events WHERE position = @P1", &[&position]).await.unwrap();
    }
}

crate::store_contract!(MssqlDatabase::new());
