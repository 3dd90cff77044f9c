//! A report as command-api takes it: what the stored event holds, with an id, a type and its subject.

use anyhow::{Context as _, Result};
use serde_json::{Map, Value};
use shared::{
    domain::DomainEvent,
    events::{self, sealing::NoKeys},
};
use uuid::Uuid;

use crate::engine::Report;

/// The report as a JSON object. `id` makes it take effect once, however often it is sent.
///
/// # Errors
/// When it has no JSON, which its type should make impossible.
pub fn body(id: Uuid, report: &Report) -> Result<String> {
    let (subject, subject_id, event): (_, _, DomainEvent) = match report {
        Report::Plug(plug, event) => ("plug_id", plug.0, event.clone().into()),
        Report::Automation(automation, event) => ("automation_id", automation.0, event.clone().into()),
    };
    let (event_type, data) = events::encode(&event, &NoKeys, "")?;
    let mut object: Map<String, Value> = serde_json::from_str(&data).context("an event is no JSON object")?;
    let fact = event_type.split('.').nth(1).unwrap_or(event_type);
    object.insert("report_id".to_owned(), id.to_string().into());
    object.insert(subject.to_owned(), subject_id.to_string().into());
    object.insert("type".to_owned(), fact.into());
    Ok(serde_json::to_string(&object)?)
}
