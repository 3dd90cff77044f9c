//! The automations of the venues, the plugs each names, and the log of what each did and did not.

mod log;
#[cfg(test)]
mod tests;

use async_trait::async_trait;
use domain::{
    DomainEvent,
    automation::{AutomationEvent, AutomationReport, AutomationSpec, DoneAction},
    ids::{AutomationId, LocationId},
};
use jiff::Timestamp;
use read_model::automations::{AUTOMATIONS, AutomationPlug, AutomationRow};
use read_store::{Json, ReadModel, Tx};

use super::streams::{automation_id, reported_at};
use crate::{ApplyError, Context, Event, Projection, Rows};

/// See the module.
pub struct Automations;

#[async_trait]
impl Projection for Automations {
    fn model(&self) -> &'static ReadModel {
        &AUTOMATIONS
    }

    fn version(&self) -> u32 {
        2
    }

    fn handles(&self, event_type: &str) -> bool {
        event_type.starts_with("automation.")
    }

    async fn apply(&self, tx: &mut Tx, events: &[Event], context: &mut Context) -> Result<(), ApplyError> {
        let mut rows = context.rows::<AutomationRow>();
        let mut plugs = context.rows::<AutomationPlug>();
        let mut log = Vec::new();
        let ids = events.iter().map(automation_id).collect::<Result<Vec<_>, _>>()?;
        rows.load(tx, ids.iter().flatten().map(|id| (*id,))).await?;
        for (event, id) in events.iter().zip(ids) {
            if let (DomainEvent::Automation(fact), Some(id)) = (event.fact()?, id) {
                fold(&mut rows, &mut plugs, event, id, fact)?;
                log.extend(log::row(event, id, fact));
            }
        }
        tx.put(&log).await?;
        plugs.flush(tx, context).await?;
        Ok(rows.flush(tx, context).await?)
    }
}

fn fold(
    rows: &mut Rows<AutomationRow>,
    plugs: &mut Rows<AutomationPlug>,
    event: &Event,
    id: AutomationId,
    fact: &AutomationEvent,
) -> Result<(), ApplyError> {
    if rows.get(&(id,))?.is_some_and(|row| row.stream_version >= event.version) {
        return Ok(());
    }
    if let AutomationEvent::Created { id, location, spec } = fact {
        name_plugs(plugs, (*location, *id), spec);
        rows.put(created(event, (*location, *id), spec));
        return Ok(());
    }
    // An operator who skipped the creation gave up the automation.
    if let Some(row) = rows.get_mut(&(id,))? {
        row.stream_version = event.version;
        if let AutomationEvent::Changed { spec } = fact {
            for plug in AutomationSpec::from(row.spec.0.clone()).plugs {
                plugs.remove(&(plug, id));
            }
            name_plugs(plugs, (row.location_id, id), spec);
            (row.name, row.spec) = (spec.name.clone(), Json(spec.into()));
        } else {
            change(row, event, fact);
        }
    }
    Ok(())
}

fn name_plugs(
    plugs: &mut Rows<AutomationPlug>,
    (location_id, automation_id): (LocationId, AutomationId),
    spec: &AutomationSpec,
) {
    for plug_id in &spec.plugs {
        plugs.put(AutomationPlug { plug_id: *plug_id, automation_id, location_id });
    }
}

fn created(
    event: &Event,
    (location_id, automation_id): (LocationId, AutomationId),
    spec: &AutomationSpec,
) -> AutomationRow {
    AutomationRow {
        automation_id,
        location_id,
        name: spec.name.clone(),
        spec: Json(spec.into()),
        enabled: true,
        disabled_reason: None,
        force_state: None,
        force_until: None,
        forced_at: None,
        held_at: None,
        held_until: None,
        acted_at: None,
        acted: None,
        failed_at: None,
        failure: None,
        created_at: event.recorded_at,
        stream_version: event.version,
    }
}

fn change(row: &mut AutomationRow, event: &Event, fact: &AutomationEvent) {
    match fact {
        AutomationEvent::Created { .. }
        | AutomationEvent::Changed { .. }
        | AutomationEvent::Pulsed { .. } => {}
        AutomationEvent::Enabled => (row.enabled, row.disabled_reason) = (true, None),
        AutomationEvent::Disabled { reason } => {
            (row.enabled, row.disabled_reason) = (false, reason.clone());
            unforce(row);
            row.held_until = None;
        }
        AutomationEvent::Forced { state, until, at } => {
            (row.force_state, row.force_until) = (Some(state.as_str().into()), Some(*until));
            row.forced_at = Some(*at);
        }
        AutomationEvent::Unforced { at: _ } => unforce(row),
        AutomationEvent::Reported { report, at } => apply_report(row, report, reported_at(event, *at)),
    }
}

fn unforce(row: &mut AutomationRow) {
    (row.force_state, row.force_until, row.forced_at) = (None, None, None);
}

fn apply_report(row: &mut AutomationRow, report: &AutomationReport, at: Timestamp) {
    match report {
        AutomationReport::Acted { action, until, .. } if row.acted_at.is_none_or(|last| last <= at) => {
            (row.acted_at, row.acted) = (Some(at), Some(action.as_str().into()));
            row.held_until = *until;
            if *action != DoneAction::Off {
                row.held_at = Some(at);
            }
        }
        AutomationReport::Failed { error, .. } if row.failed_at.is_none_or(|last| last <= at) => {
            (row.failed_at, row.failure) = (Some(at), Some(error.clone()));
        }
        AutomationReport::Acted { .. }
        | AutomationReport::Failed { .. }
        | AutomationReport::Skipped { .. } => {}
    }
}
