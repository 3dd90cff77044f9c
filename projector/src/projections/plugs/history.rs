//! One row of history an event. A row follows from its event alone, so that writing it again changes nothing.

use std::sync::Arc;

use domain::{
    ids::PlugId,
    plug::{PlugEvent, PlugReport, RelayState},
    values::Reason,
};
use jiff::{SignedDuration, Timestamp};
use read_model::plugs::PlugHistoryRow;
use read_store::Json;

use crate::{
    Event,
    projections::streams::{actor, reported_at},
};

/// Seconds of a day.
const DAY: i64 = 86_400;

/// Days for which readings are kept: a meter gives 288 a day, for ever.
const READING_DAYS: i64 = 30;

/// Readings from before this are dropped once a plug was read at `latest`. Counted in whole days back from
/// what the log says, not from now, so that a rebuild drops the same ones.
pub(super) fn readings_from(latest: Timestamp) -> Timestamp {
    let into_the_day = latest.as_second().rem_euclid(DAY);
    let kept = SignedDuration::from_secs(READING_DAYS * DAY + into_the_day);
    latest
        .checked_sub(kept)
        .map_or(Timestamp::MIN, |from| Timestamp::from_second(from.as_second()).unwrap_or(Timestamp::MIN))
}

/// What the history says of `fact`; none for an event of no location, which no command writes.
pub(super) fn row(event: &Event, plug_id: PlugId, fact: &PlugEvent) -> Option<PlugHistoryRow> {
    let row = PlugHistoryRow {
        plug_id,
        position: event.position,
        location_id: event.location?,
        happened_at: event.recorded_at,
        fact: name(&event.event_type),
        is_reading: false,
        state: None,
        until_at: None,
        reason: None,
        cause: None,
        reading: None,
        subject: None,
        actor: actor(event),
    };
    Some(match fact {
        PlugEvent::Registered { name, .. } | PlugEvent::Renamed { name } => {
            PlugHistoryRow { subject: Some(name.as_str().into()), ..row }
        }
        PlugEvent::Bound { room } => PlugHistoryRow { subject: Some(room.to_string().into()), ..row },
        PlugEvent::Asked { state, reason, until, at } => PlugHistoryRow {
            state: Some(written(*state)),
            reason: Some(text(reason)),
            until_at: *until,
            happened_at: *at,
            ..row
        },
        PlugEvent::Released { at } => PlugHistoryRow { happened_at: *at, ..row },
        PlugEvent::Retired { reason } => PlugHistoryRow { reason: Some(text(reason)), ..row },
        PlugEvent::Reported { report, at } => {
            reported(PlugHistoryRow { happened_at: reported_at(event, *at), ..row }, report)
        }
        // Its name, time and actor say it all.
        _ => row,
    })
}

fn reported(row: PlugHistoryRow, report: &PlugReport) -> PlugHistoryRow {
    match report {
        PlugReport::Switched { state, cause } => PlugHistoryRow {
            state: Some(written(*state)),
            reason: Some(text(&cause.reason)),
            cause: Some(Json(cause.clone())),
            ..row
        },
        PlugReport::Refused { state, error, cause } => PlugHistoryRow {
            state: Some(written(*state)),
            reason: Some(text(error)),
            cause: Some(Json(cause.clone())),
            ..row
        },
        PlugReport::Unreachable { error } => PlugHistoryRow { reason: Some(text(error)), ..row },
        PlugReport::Recovered => row,
        PlugReport::Overridden { state, until } => {
            PlugHistoryRow { state: Some(written(*state)), until_at: Some(*until), ..row }
        }
        PlugReport::Moved { address } => PlugHistoryRow { subject: Some(address.to_string().into()), ..row },
        PlugReport::Read { reading } => {
            PlugHistoryRow { is_reading: true, reading: Some(Json(reading.into())), ..row }
        }
        PlugReport::IdentityRefused { address, found } => PlugHistoryRow {
            subject: Some(address.to_string().into()),
            reason: found.map(|found| format!("found {found}").into()),
            ..row
        },
    }
}

/// The middle of an event's type.
fn name(event_type: &str) -> Arc<str> {
    event_type.split('.').nth(1).unwrap_or(event_type).into()
}

fn written(state: RelayState) -> Arc<str> {
    state.as_str().into()
}

fn text(reason: &Reason) -> Arc<str> {
    reason.as_str().into()
}
