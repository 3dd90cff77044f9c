//! Committing one batch: in one request where that can be, or else step by step, with a verdict for each
//! command: lock the head, ask what is known, plan, insert, advance, commit.

use std::{collections::HashMap, time::Duration};

use ::mssql::{Client, MssqlError, Pool, rows_of};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use domain::log::Head;
use runtime::retry::Delays;
use serde::Serialize;
use uuid::Uuid;

use super::{
    bulk,
    fault::{Failure, store_error},
    known, one_request,
    parameters::json,
};
use crate::{
    Append, StoreError, Verdict,
    group::{
        Commit, Fault,
        plan::{self, Plan, TypeNames},
    },
};

const ADVANCE: &str = "UPDATE store.log_head SET position = @P1 WHERE shard = 0";
const CREATE_KEYS: &str = "INSERT INTO store.person_keys (person, wrapped, created_at) \
     SELECT p, w, r FROM OPENJSON(@P1) WITH \
     (p UNIQUEIDENTIFIER '$.p', w VARCHAR(1000) '$.w', r BIGINT '$.r')";
/// A person whose key never was here gets the tombstone too.
const DESTROY_KEYS: &str = "UPDATE k SET wrapped = NULL, destroyed_at = d.r FROM store.person_keys k \
     INNER JOIN OPENJSON(@P1) WITH (p UNIQUEIDENTIFIER '$.p', r BIGINT '$.r') d ON k.person = d.p \
     WHERE k.destroyed_at IS NULL; \
     INSERT INTO store.person_keys (person, wrapped, created_at, destroyed_at) \
     SELECT d.p, NULL, MIN(d.r), MIN(d.r) \
     FROM OPENJSON(@P1) WITH (p UNIQUEIDENTIFIER '$.p', r BIGINT '$.r') d \
     WHERE NOT EXISTS (SELECT 1 FROM store.person_keys k WHERE k.person = d.p) GROUP BY d.p";

/// Takes some pages for a snapshot of no stream, and gives them back.
const PROBE: &str = "BEGIN TRANSACTION; \
     INSERT INTO store.snapshots (stream, schema_version, version, state) VALUES \
     (N'', 0, 0, CONVERT(VARBINARY(MAX), REPLICATE(CONVERT(VARCHAR(MAX), '0'), 65536))); \
     ROLLBACK TRANSACTION";

/// How often a batch is tried in one request before it goes step by step, which no other process can upset.
const SUPPOSITIONS: usize = 3;

/// How often a batch is tried that the server rolled back as a deadlock's victim.
const TRIES: usize = 8;

/// The appender's hold on its connection.
pub(super) struct MssqlCommits {
    pool: Pool,
    types: TypeNames,
    /// The head as it was after the last commit of this process.
    head: Head,
}

impl MssqlCommits {
    pub(super) fn new(pool: Pool) -> Self {
        Self { pool, types: TypeNames::new(), head: Head::default() }
    }

    /// An error closes the connection, which rolls back.
    async fn try_commit(&mut self, appends: &[&Append]) -> Result<Plan, Failure> {
        let mut connection = self.pool.acquire().await?;
        let plan = match self.commit_in_one(&mut connection, appends).await? {
            Some(plan) => plan,
            None => self.commit_stepwise(&mut connection, appends).await?,
        };
        connection.release();
        self.head = plan.head;
        Ok(plan)
    }

    /// First on what is nearly always so, then on what the database says. None when that did not help.
    async fn commit_in_one(
        &mut self,
        client: &mut Client,
        appends: &[&Append],
    ) -> Result<Option<Plan>, Failure> {
        if !one_request::fits(appends) {
            return Ok(None);
        }
        let mut supposed = one_request::suppose(appends, self.head);
        for attempt in 0..SUPPOSITIONS {
            let plan = plan::plan(appends, supposed.clone(), &mut self.types);
            // Who is refused may have been answered before, and only the database knows.
            let is_refused = |verdict: &Verdict| matches!(verdict, Verdict::Conflict { .. });
            let is_sound = attempt > 0 || !plan.verdicts.iter().any(is_refused);
            if is_sound
                && let Some(plan) =
                    one_request::append(client, appends, &supposed, plan, &mut self.types).await?
            {
                return Ok(Some(plan));
            }
            supposed = known::ask(client, appends).await?;
        }
        Ok(None)
    }

    async fn commit_stepwise(&mut self, client: &mut Client, appends: &[&Append]) -> Result<Plan, Failure> {
        boxed(client.begin_transaction()).await?;
        let known = known::lock_and_ask(client, appends).await?;
        let plan = plan::plan(appends, known, &mut self.types);
        if plan.commands.is_empty() {
            boxed(client.rollback_transaction()).await?;
        } else {
            insert(client, appends, &plan).await?;
            boxed(client.commit_transaction()).await.map_err(Failure::Commit)?;
        }
        Ok(plan)
    }
}

impl Commit for MssqlCommits {
    async fn commit(&mut self, appends: &[&Append]) -> Result<Plan, Fault> {
        let mut delays = Delays::new(Duration::from_millis(2), Duration::from_millis(100));
        for _ in 1..TRIES {
            match self.try_commit(appends).await {
                Err(failure) if failure.was_rolled_back() => tokio::time::sleep(delays.next_delay()).await,
                result => return result.map_err(Fault::from),
            }
        }
        Ok(self.try_commit(appends).await?)
    }

    async fn probe(&mut self) -> Result<(), StoreError> {
        self.pool.write(PROBE, &[]).await.map(|_| ()).map_err(store_error)
    }

    async fn logged_versions(&mut self, append: &Append) -> Result<HashMap<String, u64>, StoreError> {
        known::logged_versions(&self.pool, append).await
    }
}

/// The driver's futures are large, and a thread's stack is not.
async fn boxed(request: impl Future<Output = Result<(), tiberius::error::Error>>) -> Result<(), MssqlError> {
    Ok(Box::pin(request).await?)
}

#[derive(Serialize)]
struct Created {
    p: Uuid,
    w: String,
    r: i64,
}

#[derive(Serialize)]
struct Destroyed {
    p: Uuid,
    r: i64,
}

/// Writes every row of `plan`.
async fn insert(client: &mut Client, appends: &[&Append], plan: &Plan) -> Result<(), Failure> {
    bulk::insert_events(client, &plan.events).await?;
    bulk::insert_commands(client, appends, &plan.commands).await?;
    if !plan.created_keys.is_empty() {
        let keys = plan.created_keys.iter().map(|(person, key, at)| Created {
            p: person.0,
            w: BASE64_STANDARD.encode(&key.0),
            r: at.as_microsecond(),
        });
        rows_of(client, CREATE_KEYS, &[&json(keys)?]).await?;
    }
    if !plan.destroyed_keys.is_empty() {
        let keys =
            plan.destroyed_keys.iter().map(|(person, at)| Destroyed { p: person.0, r: at.as_microsecond() });
        rows_of(client, DESTROY_KEYS, &[&json(keys)?]).await?;
    }
    if !plan.events.is_empty() {
        rows_of(client, ADVANCE, &[&plan.head.position.0.cast_signed()]).await?;
    }
    Ok(())
}
