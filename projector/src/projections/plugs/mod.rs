//! The plugs of the venues and what became of them. A report may come long after what it reports, and out of
//! order: each part of a row follows the report that is latest at the device. The history shows all, but for
//! readings that are more than 30 days older than a plug's latest.

mod history;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use async_trait::async_trait;
use domain::{
    DomainEvent,
    ids::PlugId,
    plug::{Cause, PlugEvent, PlugReport, RelayState},
    values::Reason,
};
use jiff::Timestamp;
use read_model::plugs::{PLUGS, PlugHistoryRow, PlugRow};
use read_store::{Json, ReadModel, Tx};

use super::streams::{plug_id, reported_at};
use crate::{ApplyError, Context, Event, Projection, Rows};

/// See the module.
pub struct Plugs;

#[async_trait]
impl Projection for Plugs {
    fn model(&self) -> &'static ReadModel {
        &PLUGS
    }

    fn version(&self) -> u32 {
        4
    }

    fn handles(&self, event_type: &str) -> bool {
        event_type.starts_with("plug.")
    }

    async fn apply(&self, tx: &mut Tx, events: &[Event], context: &mut Context) -> Result<(), ApplyError> {
        let mut rows = context.rows::<PlugRow>();
        let mut history = Vec::new();
        let mut outdated = BTreeMap::new();
        let ids = events.iter().map(plug_id).collect::<Result<Vec<_>, _>>()?;
        rows.load(tx, ids.iter().flatten().map(|id| (*id,))).await?;
        for (event, id) in events.iter().zip(ids) {
            if let (DomainEvent::Plug(fact), Some(id)) = (event.fact()?, id) {
                let before = readings_from(&rows, id)?;
                fold(&mut rows, event, id, fact)?;
                let after = readings_from(&rows, id)?;
                if before < after && before.is_some() {
                    outdated.insert(id, after);
                }
                history.extend(history::row(event, id, fact));
            }
        }
        tx.put(&kept(history, &rows)?).await?;
        for (id, from) in outdated {
            tx.execute(
                "DELETE FROM {plug_history} WHERE plug_id = ?1 AND is_reading = 1 AND happened_at < ?2",
                &[id.into(), from.into()],
            )
            .await?;
        }
        Ok(rows.flush(tx, context).await?)
    }
}

/// From when on readings of a plug are kept, once it was read.
fn readings_from(rows: &Rows<PlugRow>, id: PlugId) -> Result<Option<Timestamp>, ApplyError> {
    let latest = rows.get(&(id,))?.and_then(|row| row.reading_at);
    Ok(latest.map(history::readings_from))
}

/// Without readings that are too old by the time they are reported, or by the end of the batch.
fn kept(history: Vec<PlugHistoryRow>, rows: &Rows<PlugRow>) -> Result<Vec<PlugHistoryRow>, ApplyError> {
    let mut kept = Vec::with_capacity(history.len());
    for row in history {
        if !row.is_reading || readings_from(rows, row.plug_id)?.is_none_or(|from| from <= row.happened_at) {
            kept.push(row);
        }
    }
    Ok(kept)
}

fn fold(rows: &mut Rows<PlugRow>, event: &Event, id: PlugId, fact: &PlugEvent) -> Result<(), ApplyError> {
    if rows.get(&(id,))?.is_some_and(|row| row.stream_version >= event.version) {
        return Ok(());
    }
    if let Some(row) = registered(event, fact) {
        rows.put(row);
        return Ok(());
    }
    // An operator who skipped the registration gave up the plug.
    if let Some(row) = rows.get_mut(&(id,))? {
        row.stream_version = event.version;
        change(row, event, fact);
    }
    Ok(())
}

fn registered(event: &Event, fact: &PlugEvent) -> Option<PlugRow> {
    let PlugEvent::Registered { id, location, identity, model, name, address, has_energy_meter } = fact
    else {
        return None;
    };
    Some(PlugRow {
        plug_id: *id,
        location_id: *location,
        mac: identity.mac.to_string().into(),
        device_id: identity.device_id.as_str().into(),
        child_id: identity.child_id.as_ref().map(|child| child.as_str().into()),
        model: model.clone(),
        name: name.clone(),
        has_energy_meter: *has_energy_meter,
        room_id: None,
        address: address.map(|address| address.to_string().into()),
        address_at: None,
        relay: None,
        relay_since: None,
        relay_cause: None,
        relay_at: None,
        ask: None,
        ask_until: None,
        ask_reason: None,
        asked_at: None,
        off_asked_at: None,
        override_until: None,
        reachable: None,
        reachable_at: None,
        unreachable_error: None,
        refusal: None,
        refused_at: None,
        reading: None,
        reading_at: None,
        retired: false,
        retired_reason: None,
        registered_at: event.recorded_at,
        stream_version: event.version,
    })
}

fn change(row: &mut PlugRow, event: &Event, fact: &PlugEvent) {
    match fact {
        PlugEvent::Bound { room } => row.room_id = Some(*room),
        PlugEvent::Unbound => row.room_id = None,
        PlugEvent::Renamed { name } => row.name = name.clone(),
        PlugEvent::Asked { state, reason, until, at } => {
            // An off without an end holds nothing.
            row.ask = until.map(|_| state.as_str().into());
            (row.ask_until, row.ask_reason) = (*until, until.map(|_| reason.clone()));
            (row.asked_at, row.override_until) = (Some(reported_at(event, *at)), None);
            if *state == RelayState::Off {
                row.off_asked_at = row.asked_at;
            }
        }
        PlugEvent::Released { at: _ } => (row.ask, row.ask_until, row.ask_reason) = (None, None, None),
        PlugEvent::Retired { reason } => {
            (row.ask, row.ask_until, row.ask_reason) = (None, None, None);
            (row.room_id, row.retired, row.retired_reason) = (None, true, Some(reason.clone()));
        }
        PlugEvent::Reported { report, at } => apply_report(row, report, reported_at(event, *at)),
        _ => {}
    }
}

fn apply_report(row: &mut PlugRow, report: &PlugReport, at: Timestamp) {
    match report {
        PlugReport::Switched { state, cause } => {
            seen(row, *state, Some(cause), at, None);
            answers(row, at);
        }
        PlugReport::Overridden { state, until } => {
            let counts = row.asked_at.is_none_or(|asked| asked < at);
            seen(row, *state, None, at, counts.then_some(*until));
            answers(row, at);
        }
        PlugReport::Refused { state: _, error, cause: _ } => {
            if is_news(row.refused_at, at) {
                (row.refusal, row.refused_at) = (Some(error.clone()), Some(at));
            }
            answers(row, at);
        }
        PlugReport::Unreachable { error } => reach(row, Some(error), at),
        PlugReport::Recovered => answers(row, at),
        PlugReport::Moved { address } => {
            if is_news(row.address_at, at) {
                row.address = Some(address.to_string().into());
                row.address_at = Some(at);
            }
            answers(row, at);
        }
        PlugReport::Read { reading } => {
            if is_news(row.reading_at, at) {
                (row.reading, row.reading_at) = (Some(Json(reading.into())), Some(at));
            }
            answers(row, at);
        }
        // Somebody else answered.
        PlugReport::IdentityRefused { .. } => {}
    }
}

/// Whether a report of `at` is not older than the last of its kind.
fn is_news(last: Option<Timestamp>, at: Timestamp) -> bool {
    last.is_none_or(|last| last <= at)
}

fn seen(
    row: &mut PlugRow,
    state: RelayState,
    cause: Option<&Cause>,
    at: Timestamp,
    override_until: Option<Timestamp>,
) {
    if !is_news(row.relay_at, at) {
        return;
    }
    if row.relay.as_deref() != Some(state.as_str()) {
        row.relay = Some(state.as_str().into());
        row.relay_since = Some(at);
    }
    row.relay_cause = cause.cloned().map(Json);
    row.relay_at = Some(at);
    row.override_until = override_until;
}

fn answers(row: &mut PlugRow, at: Timestamp) {
    reach(row, None, at);
}

fn reach(row: &mut PlugRow, error: Option<&Reason>, at: Timestamp) {
    if is_news(row.reachable_at, at) {
        row.reachable = Some(error.is_none());
        row.reachable_at = Some(at);
        row.unreachable_error = error.cloned();
    }
}
