//! Rows sent by the protocol's bulk load: typed, exact and the fastest way in, within the transaction under
//! way. Unique keys hold for it as for any INSERT.

use std::borrow::Cow;

use tiberius::{ColumnData, ToSql, TokenRow};

use crate::{
    events::RecordedEvent,
    mssql::{Client, MssqlError, rows_of},
    store::{
        Append,
        group::plan::{CommandRow, EventRow},
    },
};

const EVENTS: &str = "store.events";
const EVENT_COLUMNS: [&str; 9] =
    ["position", "id", "stream", "version", "type", "location", "data", "metadata", "recorded_at"];
const COMMANDS: &str = "store.commands";
const COMMAND_COLUMNS: [&str; 6] = ["position", "id", "request_hash", "status", "answer", "at"];

/// The driver sends no text of more UTF-16 units in a bulk load, even where the column would hold it. A text
/// has at least as many bytes as units.
const LONGEST: usize = 32_767;

const INSERT_EVENT: &str = "INSERT INTO store.events \
     (position, id, stream, version, type, location, data, metadata, recorded_at) \
     VALUES (@P1, @P2, @P3, @P4, @P5, @P6, @P7, @P8, @P9)";
const INSERT_COMMAND: &str = "INSERT INTO store.commands (position, id, request_hash, status, answer, at) \
     VALUES (@P1, @P2, @P3, @P4, @P5, @P6)";

/// Inserts `rows` into the log.
pub(super) async fn insert_events(client: &mut Client, rows: &[EventRow]) -> Result<(), MssqlError> {
    let (short, long): (Vec<_>, Vec<_>) = rows
        .iter()
        .map(|row| &*row.event)
        .partition(|event| event.data.len().max(event.metadata.len()) <= LONGEST);
    load(client, EVENTS, &EVENT_COLUMNS, short.into_iter().map(event_row)).await?;
    for event in long {
        let params: [&dyn ToSql; 9] = [
            &event.position.0.cast_signed(),
            &event.id.0,
            &event.stream.as_str(),
            &event.version.0.cast_signed(),
            &&*event.event_type,
            &event.location.map(|location| location.0),
            &&*event.data,
            &&*event.metadata,
            &event.recorded_at.as_microsecond(),
        ];
        rows_of(client, INSERT_EVENT, &params).await?;
    }
    Ok(())
}

/// Inserts the answers of the commands that took effect.
pub(super) async fn insert_commands(
    client: &mut Client,
    appends: &[&Append],
    rows: &[CommandRow],
) -> Result<(), MssqlError> {
    let (short, long): (Vec<_>, Vec<_>) = rows
        .iter()
        .filter_map(|row| Some((*appends.get(row.index)?, row)))
        .partition(|(append, _)| append.answer.body.len() <= LONGEST);
    load(client, COMMANDS, &COMMAND_COLUMNS, short.into_iter().map(|(append, row)| command_row(append, row)))
        .await?;
    for (append, row) in long {
        let params: [&dyn ToSql; 6] = [
            &row.position.0.cast_signed(),
            &append.command.0,
            &&append.request_hash[..],
            &append.answer.status.cast_signed(),
            &append.answer.body,
            &append.at.as_microsecond(),
        ];
        rows_of(client, INSERT_COMMAND, &params).await?;
    }
    Ok(())
}

async fn load<'a>(
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
    ])
}

fn command_row<'a>(append: &'a Append, row: &CommandRow) -> TokenRow<'a> {
    token_row([
        number(row.position.0.cast_signed()),
        ColumnData::Guid(Some(append.command.0)),
        ColumnData::Binary(Some(Cow::Borrowed(&append.request_hash[..]))),
        ColumnData::I16(Some(append.answer.status.cast_signed())),
        text(&append.answer.body),
        number(append.at.as_microsecond()),
    ])
}

fn token_row<const N: usize>(values: [ColumnData<'_>; N]) -> TokenRow<'_> {
    let mut row = TokenRow::new();
    for value in values {
        row.push(value);
    }
    row
}

fn number(value: i64) -> ColumnData<'static> {
    ColumnData::I64(Some(value))
}

fn text(value: &str) -> ColumnData<'_> {
    ColumnData::String(Some(Cow::Borrowed(value)))
}
