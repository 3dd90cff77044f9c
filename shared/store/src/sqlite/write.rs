//! One batch in one transaction: lock the head, ask what is known, plan, insert, advance, commit.

use std::{collections::HashMap, sync::Arc};

use domain::log::{CommandId, Head, Position, Token};
use futures::TryStreamExt as _;
use sqlx::{
    Arguments as _, Either, Executor as _, SqliteConnection, sqlite::SqliteArguments, sqlite::SqliteRow,
};

use super::{
    fault::{commit_error, probe_error},
    inserts::{self, Bound},
    rows,
};
use crate::{
    Append, StoreError, StoredAnswer,
    group::{
        Fault, checksum,
        plan::{self, CommandRow, EventRow, Known, Plan, StreamHead, TypeNames},
        stored_answer, stored_head,
    },
};

/// Takes the write lock and answers everything a batch needs, in one trip to the driver's thread:
/// the head, then the known commands among the ids in `?1`, then the versions of the streams in `?2`.
const BEGIN: &str = "BEGIN IMMEDIATE;
    UPDATE log_head SET batches = batches + 1 WHERE shard = 0 RETURNING position, timeline, streams;
    SELECT id, request_hash, status, answer, position FROM commands
        WHERE id IN (SELECT unhex(value) FROM json_each(?1));
    SELECT s.name, s.number, s.version FROM json_each(?2) AS wanted CROSS JOIN streams AS s ON s.name = wanted.value;";

const COMMIT: &str = "UPDATE log_head SET position = ?, streams = ? WHERE shard = 0; COMMIT";

/// Commits `appends` together. An error leaves the transaction open or half done: the caller rolls back.
pub(super) async fn commit(
    conn: &mut SqliteConnection,
    appends: &[&Append],
    types: &mut TypeNames,
) -> Result<Plan, Fault> {
    let known = begin(conn, appends).await?;
    let plan = plan::plan(appends, known, types);
    if plan.commands.is_empty() {
        sqlx::query("ROLLBACK").execute(conn).await?;
        return Ok(plan);
    }
    insert(conn, appends, &plan).await?;
    sqlx::query(COMMIT)
        .bind(plan.head.position.0.cast_signed())
        .bind(plan.last_stream.cast_signed())
        .execute(conn)
        .await
        .map_err(commit_error)?;
    Ok(plan)
}

/// Writes some pages as a snapshot of no stream, and deletes them.
pub(super) async fn probe(conn: &mut SqliteConnection) -> Result<(), StoreError> {
    const PROBE: [&str; 2] = [
        "INSERT OR REPLACE INTO snapshots (stream, schema_version, version, state) VALUES ('', 0, 0, zeroblob(65536))",
        "DELETE FROM snapshots WHERE stream = ''",
    ];
    for statement in PROBE {
        sqlx::query(statement).execute(&mut *conn).await.map_err(probe_error)?;
    }
    Ok(())
}

async fn begin(conn: &mut SqliteConnection, appends: &[&Append]) -> Result<Known, Fault> {
    let ids: Vec<_> = appends.iter().map(|append| append.command.0.simple().to_string()).collect();
    let streams = appends.iter().flat_map(|append| &append.streams);
    let names: Vec<&str> = streams.clone().map(|stream| stream.stream.as_str()).collect();
    let mut results = conn.fetch_many(sqlx::query(BEGIN).bind(json(&ids)?).bind(json(&names)?));
    let mut known = Known::default();
    let mut statement = 0;
    while let Some(result) = results.try_next().await? {
        match (result, statement) {
            (Either::Left(_), _) => statement += 1,
            (Either::Right(row), 1) => {
                known.head = head(&row)?;
                known.last_stream = rows::unsigned(&row, 2)?;
            }
            (Either::Right(row), 2) => {
                let (id, answer) = answer(&row, known.head.timeline)?;
                known.answers.insert(id, answer);
            }
            (Either::Right(row), _) => {
                let name = rows::text(&row, 0)?;
                let name = name.parse().map_err(|_| StoreError::Corrupt(format!("stream name {name:?}")))?;
                let place =
                    StreamHead { number: rows::unsigned(&row, 1)?, version: rows::unsigned(&row, 2)? };
                known.streams.insert(name, place);
            }
        }
    }
    if known.head.timeline == 0 {
        return Err(StoreError::Corrupt("log_head has no row".into()).into());
    }
    Ok(known)
}

fn json<T: serde::Serialize>(list: &[T]) -> Result<String, StoreError> {
    serde_json::to_string(list).map_err(|error| StoreError::Misuse(error.to_string()))
}

/// Reads `position, timeline`.
pub(super) fn head(row: &SqliteRow) -> Result<Head, StoreError> {
    stored_head(rows::unsigned(row, 0)?, rows::integer(row, 1)?)
}

/// Reads `id, request_hash, status, answer, position`.
pub(super) fn answer(row: &SqliteRow, timeline: u32) -> Result<(CommandId, StoredAnswer), StoreError> {
    let token = Token { timeline, position: Position(rows::unsigned(row, 4)?) };
    let answer = stored_answer(rows::hash(row, 1)?, rows::integer(row, 2)?, rows::text(row, 3)?, token)?;
    Ok((CommandId(rows::uuid(row, 0)?), answer))
}

/// Inserts every row of `plan`.
pub(super) async fn insert(
    conn: &mut SqliteConnection,
    appends: &[&Append],
    plan: &Plan,
) -> Result<(), Fault> {
    inserts::EVENTS.run(conn, &plan.events, bind_event).await?;
    inserts::STREAMS
        .run(conn, &plan.streams, |arguments, stream| {
            arguments.add(stream.number.cast_signed())?;
            arguments.add(stream.name.as_str())?;
            arguments.add(stream.version.cast_signed())?;
            arguments.add(stream.name.category())?;
            arguments.add(stream.location.map(|location| location.0.as_bytes().to_vec()))
        })
        .await?;
    inserts::COMMANDS
        .run(conn, &plan.commands, |arguments, row| match appends.get(row.index) {
            Some(append) => bind_command(arguments, append, row),
            None => Err("a planned command is not in the batch".into()),
        })
        .await?;
    change_keys(conn, plan).await
}

/// One event's values, in the order of [`inserts::EVENTS`].
fn bind_event(arguments: &mut SqliteArguments, row: &EventRow) -> Bound {
    let event = &row.event;
    arguments.add(event.position.0.cast_signed())?;
    arguments.add(event.id.0.as_bytes().to_vec())?;
    arguments.add(row.stream_number.cast_signed())?;
    arguments.add(event.version.0.cast_signed())?;
    arguments.add(event.stream.as_str())?;
    arguments.add(Arc::clone(&event.event_type))?;
    arguments.add(event.location.map(|location| location.0.as_bytes().to_vec()))?;
    arguments.add(Arc::clone(&event.data))?;
    arguments.add(Arc::clone(&event.metadata))?;
    arguments.add(event.recorded_at.as_microsecond())?;
    arguments.add(checksum(event).to_vec())
}

fn bind_command(arguments: &mut SqliteArguments, append: &Append, row: &CommandRow) -> Bound {
    arguments.add(append.command.0.as_bytes().to_vec())?;
    arguments.add(append.request_hash.to_vec())?;
    arguments.add(i64::from(append.answer.status))?;
    arguments.add(append.answer.body.as_str())?;
    arguments.add(row.position.0.cast_signed())?;
    arguments.add(append.at.as_microsecond())
}

async fn change_keys(conn: &mut SqliteConnection, plan: &Plan) -> Result<(), Fault> {
    inserts::PERSON_KEYS
        .run(conn, &plan.created_keys, |arguments, (person, key, at)| {
            arguments.add(person.0.as_bytes().to_vec())?;
            arguments.add(key.0.as_slice())?;
            arguments.add(at.as_microsecond())
        })
        .await?;
    // Erasures are rare: one statement each. A person whose key never was here gets the tombstone too.
    for (person, at) in &plan.destroyed_keys {
        let at = at.as_microsecond();
        sqlx::query(
            "INSERT INTO person_keys (person, wrapped, created_at, destroyed_at) VALUES (?1, NULL, ?2, ?2)
             ON CONFLICT (person) DO UPDATE SET wrapped = NULL, destroyed_at = excluded.destroyed_at
             WHERE destroyed_at IS NULL",
        )
        .bind(person.0.as_bytes().to_vec())
        .bind(at)
        .execute(&mut *conn)
        .await?;
    }
    Ok(())
}

/// The log's own last version of the streams a refused command names: what the streams table should say.
pub(super) async fn logged_versions(
    conn: &mut SqliteConnection,
    append: &Append,
) -> Result<HashMap<String, u64>, Fault> {
    let names: Vec<&str> = append.streams.iter().map(|stream| stream.stream.as_str()).collect();
    let found = sqlx::query(
        "SELECT s.name, max(e.version) FROM json_each(?) AS wanted
         CROSS JOIN streams AS s ON s.name = wanted.value
         CROSS JOIN events AS e ON e.stream_number = s.number GROUP BY s.number",
    )
    .bind(json(&names)?)
    .fetch_all(conn)
    .await?;
    found.iter().map(|row| Ok((rows::text(row, 0)?.to_owned(), rows::unsigned(row, 1)?))).collect()
}
