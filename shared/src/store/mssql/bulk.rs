//! Rows sent by the protocol's bulk load: typed, exact and the fastest way in, within the transaction under
//! way. Unique keys hold for it as for any INSERT.

use std::borrow::Cow;

use tiberius::{ColumnData, TokenRow};

use crate::{
    mssql::{Client, MssqlError},
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

/// Inserts `rows` into the log.
pub(super) async fn insert_events(client: &mut Client, rows: &[EventRow]) -> Result<(), MssqlError> {
    load(client, EVENTS, &EVENT_COLUMNS, rows.iter().map(event)).await
}

/// Inserts the answers of the commands that took effect.
pub(super) async fn insert_commands(
    client: &mut Client,
    appends: &[&Append],
    rows: &[CommandRow],
) -> Result<(), MssqlError> {
    let rows = rows.iter().filter_map(|row| Some(command(appends.get(row.index)?, row)));
    load(client, COMMANDS, &COMMAND_COLUMNS, rows).await
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

fn event(row: &EventRow) -> TokenRow<'_> {
    let event = &row.event;
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

fn command<'a>(append: &'a Append, row: &CommandRow) -> TokenRow<'a> {
    token_row([
        number(row.position.0.cast_signed()),
        ColumnData::Guid(Some(append.command.0)),
        ColumnData::Binary(Some(Cow::Borrowed(&append.request_hash[..]))),
        ColumnData::I16(Some(append.answer.status.cast_signed())),
        text(&append.answer.body),
        number(append.at.as_microsecond()),
    ])
}

fn token_row<'a, const N: usize>(values: [ColumnData<'a>; N]) -> TokenRow<'a> {
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
