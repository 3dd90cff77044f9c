//! Rows sent by the protocol's bulk load: typed, exact and the fastest way in, within the transaction under
//! way. Unique keys hold for it as for any INSERT.

use std::borrow::Cow;

use ::mssql::{Client, MssqlError, rows_of};
use domain::log::{CommandId, Position};
use events::RecordedEvent;
use jiff::Timestamp;
use tiberius::{ColumnData, ToSql, TokenRow};

use crate::{
    Append,
    group::{
        checksum,
        plan::{CommandRow, EventRow},
    },
};

const EVENTS: &str = "store.events";
const EVENT_COLUMNS: [&str; 10] = [
    "position",
    "id",
    "stream",
    "version",
    "type",
    "location",
    "data",
    "metadata",
    "recorded_at",
    "checksum",
];
const COMMANDS: &str = "store.commands";
const COMMAND_COLUMNS: [&str; 6] = ["position", "id", "request_hash", "status", "answer", "at"];

/// The driver sends no text of more UTF-16 units in a bulk load, even where the column would hold it. A text
/// has at least as many bytes as units.
const LONGEST: usize = 32_767;

const INSERT_EVENT: &str = "INSERT INTO store.events \
     (position, id, stream, version, type, location, data, metadata, recorded_at, checksum) \
     VALUES (@P1, @P2, @P3, @P4, @P5, @P6, @P7, @P8, @P9, @P10)";
const INSERT_COMMAND: &str = "INSERT INTO store.commands (position, id, request_hash, status, answer, at) \
     VALUES (@P1, @P2, @P3, @P4, @P5, @P6)";

/// Inserts `rows` into the log.
pub(super) async fn insert_events(client: &mut Client, rows: &[EventRow]) -> Result<(), MssqlError> {
    insert_recorded(client, rows.iter().map(|row| &*row.event)).await
}

/// Inserts events into the log.
pub(super) async fn insert_recorded<'a>(
    client: &mut Client,
    events: impl Iterator<Item = &'a RecordedEvent>,
) -> Result<(), MssqlError> {
    let (short, long): (Vec<_>, Vec<_>) =
        events.partition(|event| event.data.len().max(event.metadata.len()) <= LONGEST);
    load(client, EVENTS, &EVENT_COLUMNS, short.into_iter().map(event_row)).await?;
    for event in long {
        let params: [&dyn ToSql; 10] = [
            &event.position.0.cast_signed(),
            &event.id.0,
            &event.stream.as_str(),
            &event.version.0.cast_signed(),
            &&*event.event_type,
            &event.location.map(|location| location.0),
            &&*event.data,
            &&*event.metadata,
            &event.recorded_at.as_microsecond(),
            &&checksum(event)[..],
        ];
        rows_of(client, INSERT_EVENT, &params).await?;
    }
    Ok(())
}

/// A row of `store.commands`.
pub(super) struct Answer<'a> {
    pub(super) position: Position,
    pub(super) id: CommandId,
    pub(super) request_hash: &'a [u8; 32],
    pub(super) status: u16,
    pub(super) body: &'a str,
    pub(super) at: Timestamp,
}

/// Inserts the answers of the commands that took effect.
pub(super) async fn insert_commands(
    client: &mut Client,
    appends: &[&Append],
    rows: &[CommandRow],
) -> Result<(), MssqlError> {
    let answers = rows.iter().filter_map(|row| {
        let append = appends.get(row.index)?;
        Some(Answer {
            position: row.position,
            id: append.command,
            request_hash: &append.request_hash,
            status: append.answer.status,
            body: &append.answer.body,
            at: append.at,
        })
    });
    insert_answers(client, answers).await
}

/// Inserts answers.
pub(super) async fn insert_answers<'a>(
    client: &mut Client,
    answers: impl Iterator<Item = Answer<'a>>,
) -> Result<(), MssqlError> {
    let (short, long): (Vec<_>, Vec<_>) = answers.partition(|answer| answer.body.len() <= LONGEST);
    load(client, COMMANDS, &COMMAND_COLUMNS, short.iter().map(answer_row)).await?;
    for answer in long {
        let params: [&dyn ToSql; 6] = [
            &answer.position.0.cast_signed(),
            &answer.id.0,
            &&answer.request_hash[..],
            &answer.status.cast_signed(),
            &answer.body,
            &answer.at.as_microsecond(),
        ];
        rows_of(client, INSERT_COMMAND, &params).await?;
    }
    Ok(())
}

pub(super) async fn load<'a>(
    client: &mut Client,
    table: &str,
    columns: &[&str],
    rows: impl Iterator<Item = TokenRow<'a>>,
) -> Result<(), MssqlError> {
    let rows: Vec<_> = rows.collect();
    if rows.is_empty() {
        return Ok(());
    }
    // The driver's futures are large, and a thread's stack is not.
    let sending = Box::pin(async {
        let mut request = client.bulk_insert_columns(table, columns).await?;
        for row in rows {
            request.send(row).await?;
        }
        request.finalize().await
    });
    sending.await?;
    Ok(())
}

fn event_row(event: &RecordedEvent) -> TokenRow<'_> {
    token_row([
        number(event.position.0.cast_signed()),
        ColumnData::Guid(Some(event.id.0)),
        text(event.stream.as_str()),
        number(event.version.0.cast_signed()),
        text(&event.event_type),
        ColumnData::Guid(event.location.map(|location| location.0)),
        text(&event.data),
        text(&event.metadata),
        number(event.recorded_at.as_microsecond()),
        ColumnData::Binary(Some(Cow::Owned(checksum(event).to_vec()))),
    ])
}

fn answer_row<'a>(answer: &Answer<'a>) -> TokenRow<'a> {
    token_row([
        number(answer.position.0.cast_signed()),
        ColumnData::Guid(Some(answer.id.0)),
        ColumnData::Binary(Some(Cow::Borrowed(&answer.request_hash[..]))),
        ColumnData::I16(Some(answer.status.cast_signed())),
        text(answer.body),
        number(answer.at.as_microsecond()),
    ])
}

pub(super) fn token_row<const N: usize>(values: [ColumnData<'_>; N]) -> TokenRow<'_> {
    let mut row = TokenRow::new();
    for value in values {
        row.push(value);
    }
    row
}

pub(super) fn number(value: i64) -> ColumnData<'static> {
    ColumnData::I64(Some(value))
}

pub(super) fn text(value: &str) -> ColumnData<'_> {
    ColumnData::String(Some(Cow::Borrowed(value)))
}
