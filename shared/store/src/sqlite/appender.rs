//! The appender's hold on the writing connection.

use std::{collections::HashMap, sync::Arc};

use tokio::sync::{Mutex, Notify};

use super::{write, writer::Writers};
use crate::{
    Append, StoreError,
    group::{
        Commit, Fault,
        plan::{Plan, TypeNames},
    },
};

pub(super) struct SqliteCommits {
    pub(super) writers: Arc<Mutex<Writers>>,
    pub(super) types: TypeNames,
    /// Told when a person's key is gone from the file and still stands in the write-ahead log.
    pub(super) erased: Arc<Notify>,
}

impl Commit for SqliteCommits {
    async fn commit(&mut self, appends: &[&Append]) -> Result<Plan, Fault> {
        let mut writers = self.writers.lock().await;
        let conn = writers.durable.conn().await?;
        let result = write::commit(conn, appends, &mut self.types).await;
        match &result {
            Ok(plan) if !plan.destroyed_keys.is_empty() => self.erased.notify_one(),
            Ok(_) => {}
            Err(_) => writers.durable.roll_back().await,
        }
        result
    }

    async fn probe(&mut self) -> Result<(), StoreError> {
        let mut writers = self.writers.lock().await;
        let probed = write::probe(writers.durable.conn().await?).await;
        if probed.is_err() {
            writers.durable.close().await;
        }
        probed
    }

    async fn logged_versions(&mut self, append: &Append) -> Result<HashMap<String, u64>, StoreError> {
        let mut writers = self.writers.lock().await;
        Ok(write::logged_versions(writers.durable.conn().await?, append).await?)
    }
}
