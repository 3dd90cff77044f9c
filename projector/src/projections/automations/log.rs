//! One row of the log an event. A row follows from its event alone, so that writing it again changes nothing.

use std::sync::Arc;

use domain::{
    automation::{AutomationEvent, AutomationReport},
    ids::AutomationId,
    values::Reason,
};
use read_model::automations::AutomationLogRow;
use read_store::Json;

use crate::{
    Event,
    projections::streams::{actor, reported_at},
};

/// What the log says of `fact`; none for an event of no location, which no command writes.
pub(super) fn row(
    event: &Event,
    automation_id: AutomationId,
    fact: &AutomationEvent,
) -> Option<AutomationLogRow> {
    let row = AutomationLogRow {
        automation_id,
        position: event.position,
        location_id: event.location?,
        happened_at: event.recorded_at,
        fact: event.event_type.split('.').nth(1).unwrap_or(&event.event_type).into(),
        action: None,
        until_at: None,
        reason: None,
        occasion: None,
        plug_id: None,
        actor: actor(event),
    };
    Some(match fact {
        AutomationEvent::Created { .. } | AutomationEvent::Changed { .. } | AutomationEvent::Enabled => row,
        AutomationEvent::Disabled { reason } => AutomationLogRow { reason: reason.as_ref().map(text), ..row },
        AutomationEvent::Forced { state, until, at } => AutomationLogRow {
            action: Some(state.as_str().into()),
            until_at: Some(*until),
            happened_at: *at,
            ..row
        },
        AutomationEvent::Unforced { at } => AutomationLogRow { happened_at: *at, ..row },
        AutomationEvent::Pulsed { milliseconds: _, at } => {
            AutomationLogRow { action: Some("pulse".into()), happened_at: *at, ..row }
        }
        AutomationEvent::Reported { report, at } => {
            reported(AutomationLogRow { happened_at: reported_at(event, *at), ..row }, report)
        }
    })
}

fn reported(row: AutomationLogRow, report: &AutomationReport) -> AutomationLogRow {
    match report {
        AutomationReport::Acted { action, occasion, reason, until } => AutomationLogRow {
            action: Some(action.as_str().into()),
            until_at: *until,
            reason: Some(text(reason)),
            occasion: Some(Json((*occasion).into())),
            ..row
        },
        AutomationReport::Skipped { reason, occasion } => {
            AutomationLogRow { reason: Some(text(reason)), occasion: Some(Json((*occasion).into())), ..row }
        }
        AutomationReport::Failed { plug, error, occasion } => AutomationLogRow {
            reason: Some(text(error)),
            occasion: Some(Json((*occasion).into())),
            plug_id: *plug,
            ..row
        },
    }
}

fn text(reason: &Reason) -> Arc<str> {
    reason.as_str().into()
}
