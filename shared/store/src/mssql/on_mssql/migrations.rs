//! Making the schema, once, also when several processes start together.

use std::sync::Arc;

use ::mssql::testing::TestDatabase;
use futures::future::join_all;
use runtime::clock::SystemClock;

use super::{MssqlDatabase, MssqlOptions, MssqlStore, migrate};
use crate::StoreError;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_that_migrate_together_do_it_once() {
    let database = TestDatabase::create().await;
    let options = MssqlOptions::new(database.config().clone());
    let Err(StoreError::Schema(what)) = MssqlStore::open(&options, Arc::new(SystemClock)).await else {
        panic!("a database without a schema was opened");
    };
    assert!(what.contains("aerosports migrate"), "{what}");
    let runs = (0..3).map(|_| migrate(database.config(), &SystemClock));
    let mut applied: Vec<_> = join_all(runs).await.into_iter().map(Result::unwrap).collect();
    applied.sort();
    assert_eq!(
        applied,
        [
            vec![],
            vec![],
            vec!["event_store", "promotion", "append_batch", "fewer_questions", "timelines", "checksums"]
        ]
    );
    let store = MssqlStore::open(&options, Arc::new(SystemClock)).await.unwrap();
    store.close().await;
}

#[tokio::test]
async fn an_edited_or_unknown_migration_is_refused() {
    let database = MssqlDatabase::new().await;
    let raw = database.raw();
    let open = || async { MssqlStore::open(&database.options(), Arc::new(SystemClock)).await.err() };
    raw.write("UPDATE store.schema_migrations SET checksum = REPLICATE('0', 64) WHERE version = 1", &[])
        .await
        .unwrap();
    let error = open().await.expect("refused").to_string();
    assert!(error.contains("was edited"), "{error}");
    raw.write("UPDATE store.schema_migrations SET version = 99 WHERE version = 1", &[]).await.unwrap();
    let error = open().await.expect("refused").to_string();
    assert!(error.contains("newer version"), "{error}");
}
