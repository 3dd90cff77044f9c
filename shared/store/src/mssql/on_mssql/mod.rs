//! The contract on a T-SQL server, and what only this backend does. Each of these tests needs a server.

mod cuts;
mod migrations;
mod rights;
mod slow;

use std::sync::Arc;

use ::mssql::{Pool, testing::TestDatabase};
use async_trait::async_trait;
use domain::log::Position;
use runtime::clock::SystemClock;

use super::{MssqlOptions, MssqlStore, bench::measure, migrate};
use crate::{
    EventLog as _, SharedStore,
    bench::Load,
    contract::{Backend, fixtures::commit_one},
};

struct MssqlDatabase {
    database: TestDatabase,
}

impl MssqlDatabase {
    async fn new() -> Self {
        let database = TestDatabase::create().await;
        migrate(database.config(), &SystemClock).await.unwrap();
        Self { database }
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

    async fn edit_event(&self, position: Position, data: &str) {
        let position = position.0.cast_signed();
        let edit = "UPDATE store.events SET data = @P2 WHERE position = @P1";
        self.raw().write(edit, &[&position, &data]).await.unwrap();
    }

    async fn forget_checksum(&self, position: Position) {
        let position = position.0.cast_signed();
        let forget = "UPDATE store.events SET checksum = NULL WHERE position = @P1";
        self.raw().write(forget, &[&position]).await.unwrap();
    }
}

crate::store_contract!(MssqlDatabase::new());

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn old_answers_are_forgotten_only_by_a_process_that_appends() {
    let database = MssqlDatabase::new().await;
    let store = database.store().await;
    let reading = store.tasks.len();
    store.head().await.unwrap();
    assert_eq!(store.tasks.len(), reading);
    for _ in 0..2 {
        commit_one(&(store.clone() as _)).await;
        assert_eq!(store.tasks.len(), reading + 1);
    }
    store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_measurement_runs_and_counts_what_it_did() {
    let database = TestDatabase::create().await;
    let load = Load { commands: 20, callers: 2 };
    let report = measure(database.config(), Arc::new(SystemClock), load).await.unwrap();
    assert_eq!((report.append.count, report.one_row.count), (20, 20));
    assert!(report.append.batches > 0, "{report:?}");
}
