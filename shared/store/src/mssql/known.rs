//! What a batch must know before it can be planned: the head, where its streams end, and which of its commands
//! have an answer.

use std::collections::HashMap;

use ::mssql::{Client, Pool, rows_of};
use serde::Serialize;
use uuid::Uuid;

use super::{
    fault::{Failure, store_error},
    parameters::{json, lines},
    rows,
};
use crate::{
    Append, StoreError,
    group::plan::{Known, StreamHead},
};

/// Stream by stream the end of one index. The cast keeps it one: a long list is of another type than the column,
/// which would then be converted row by row.
macro_rules! last_versions {
    ($names:literal) => {
        concat!(
            "SELECT e.stream, e.version FROM STRING_SPLIT(",
            $names,
            ", NCHAR(10)) wanted CROSS APPLY (SELECT TOP (1) stream, version FROM store.events WHERE stream = ",
            "CAST(wanted.value AS NVARCHAR(200)) COLLATE Latin1_General_100_BIN2 ORDER BY version DESC) e"
        )
    };
}

/// What a batch must know, in this order: the head, its streams, the answers of its commands. A command that is
/// committed between the last two is then found to have its answer, and not to be too late.
macro_rules! known {
    () => {
        concat!(
            "SELECT position, timeline FROM store.log_head WHERE shard = 0; ",
            last_versions!("@P2"),
            "; SELECT c.id, c.request_hash, c.status, c.answer, c.position ",
            "FROM OPENJSON(@P1) WITH (i UNIQUEIDENTIFIER '$.i') wanted ",
            "INNER JOIN store.commands c ON c.id = wanted.i"
        )
    };
}

const KNOWN: &str = known!();
/// The lock is a real UPDATE of the head row, and no hint. The head is read in a statement of its own: an
/// UPDATE that had to wait may give out what stood there before on some servers.
const LOCK: &str = concat!("UPDATE store.log_head SET batches = batches + 1 WHERE shard = 0; ", known!());
const LAST_VERSIONS: &str = last_versions!("@P1");

#[derive(Serialize)]
struct Id {
    i: Uuid,
}

/// What the database says of a batch.
pub(super) async fn ask(client: &mut Client, appends: &[&Append]) -> Result<Known, Failure> {
    known(client, appends, KNOWN).await
}

/// The same in an open transaction, which then holds the head until it ends.
pub(super) async fn lock_and_ask(client: &mut Client, appends: &[&Append]) -> Result<Known, Failure> {
    known(client, appends, LOCK).await
}

/// The log's own last version of each stream that `append` names.
pub(super) async fn logged_versions(
    pool: &Pool,
    append: &Append,
) -> Result<HashMap<String, u64>, StoreError> {
    let names = lines(append.streams.iter().map(|stream| stream.stream.as_str()));
    let results = pool.read(LAST_VERSIONS, &[&names]).await.map_err(store_error)?;
    let version = |row| Ok((rows::value::<&str>(row, 0)?.to_owned(), rows::unsigned(row, 1)?));
    results.iter().flatten().map(version).collect()
}

async fn known(client: &mut Client, appends: &[&Append], sql: &str) -> Result<Known, Failure> {
    let ids = json(appends.iter().map(|append| Id { i: append.command.0 }))?;
    let streams = appends.iter().flat_map(|append| &append.streams);
    let names = lines(streams.map(|stream| stream.stream.as_str()));
    let results = rows_of(client, sql, &[&ids, &names]).await?;
    let [head, streams, answers] = results.as_slice() else {
        return Err(
            StoreError::Corrupt("what a batch must know came in another number of results".into()).into()
        );
    };
    let mut known = Known { head: rows::head(head.first())?, ..Known::default() };
    for row in answers {
        let (id, answer) = rows::answer(row, known.head.timeline)?;
        known.answers.insert(id, answer);
    }
    for row in streams {
        let name: &str = rows::value(row, 0)?;
        let name = name.parse().map_err(|_| StoreError::Corrupt(format!("stream name {name:?}")))?;
        known.streams.insert(name, StreamHead { number: 0, version: rows::unsigned(row, 1)? });
    }
    Ok(known)
}
