//! The engine's state as text, for the worker's own file.

use std::{collections::BTreeMap, sync::Arc};

use domain::{
    DomainEvent,
    automation::AutomationEvent,
    ids::{AutomationId, EventId, PlayId, PlugId, RoomId, StreamName},
    location::LocationEvent,
    log::{Position, Version},
};
use events::{self, RecordedEvent, sealing::NoKeys};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Engine, PlugState, Rules,
    state::{AutomationState, Force, LocationState, RunningPlay, UnreportedSkip},
};
use crate::clock::{Deadline, Moment};

/// Changes with the form of what is stored: a file of another one is built anew from the log.
pub const STATE_SCHEMA: u32 = 5;

/// A location's whole state as stored.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stored {
    /// The last position applied.
    pub seen: Position,
    /// The location's own state, as JSON; none before anything was known.
    pub location: Option<String>,
    /// Plugs, as JSON.
    pub plugs: Vec<(PlugId, String)>,
    /// Automations.
    pub automations: Vec<(AutomationId, AutomationRow)>,
}

/// An automation as stored: the rule in the form that events have, and what changes with time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AutomationRow {
    /// Type of the event that would set the rule.
    pub event_type: String,
    /// Its data.
    pub data: String,
    /// See [`AutomationState`].
    enabled: bool,
    force: Option<Force>,
    rests: Option<Deadline>,
    due: Option<Timestamp>,
    acted_at: Option<Timestamp>,
    #[serde(rename = "untold")]
    unreported: Vec<UnreportedSkip>,
}

#[derive(Serialize, Deserialize)]
struct LocationRow {
    event_type: String,
    data: String,
    disabled: bool,
    plays: BTreeMap<PlayId, RunningPlay>,
    ended: BTreeMap<RoomId, Timestamp>,
}

impl Engine {
    /// One plug, for its row.
    ///
    /// # Errors
    /// When it has no JSON, which its type should make impossible.
    pub fn stored_plug(&self, id: PlugId) -> anyhow::Result<Option<String>> {
        Ok(self.plugs.get(&id).map(serde_json::to_string).transpose()?)
    }

    /// One automation, for its row.
    ///
    /// # Errors
    /// As [`Engine::stored_plug`].
    pub fn stored_automation(&self, id: AutomationId) -> anyhow::Result<Option<AutomationRow>> {
        let Some(automation) = self.automations.get(&id) else { return Ok(None) };
        let rule = AutomationEvent::Changed { spec: automation.spec.clone() };
        let (event_type, data) = events::encode(&rule.into(), &NoKeys, "")?;
        Ok(Some(AutomationRow {
            event_type: event_type.to_owned(),
            data,
            enabled: automation.enabled,
            force: automation.force.clone(),
            rests: automation.rests,
            due: automation.due,
            acted_at: automation.acted_at,
            unreported: automation.unreported.clone(),
        }))
    }

    /// The location's own state, for its row.
    ///
    /// # Errors
    /// As [`Engine::stored_plug`].
    pub fn stored_location(&self) -> anyhow::Result<String> {
        let settings = LocationEvent::SettingsChanged {
            time_zone: self.location.time_zone.clone(),
            reward_tiers: Vec::new(),
            opening_hours: self.location.opening_hours.clone(),
        };
        let (event_type, data) = events::encode(&settings.into(), &NoKeys, "")?;
        Ok(serde_json::to_string(&LocationRow {
            event_type: event_type.to_owned(),
            data,
            disabled: self.location.disabled,
            plays: self.location.plays.clone(),
            ended: self.location.ended.clone(),
        })?)
    }

    /// The engine as it was stored. Ends go on by the wall clock, and never last longer than they would have.
    ///
    /// # Errors
    /// When a row cannot be read: the file is damaged or of another build.
    pub fn restore(rules: Rules, stored: &Stored, now: Moment) -> anyhow::Result<Self> {
        let mut engine = Self::new(rules);
        engine.seen = stored.seen;
        if let Some(text) = &stored.location {
            engine.location = location(serde_json::from_str(text)?)?;
        }
        for (id, row) in &stored.automations {
            engine.automations.insert(*id, automation(row, now)?);
        }
        for (id, text) in &stored.plugs {
            let mut plug: PlugState = serde_json::from_str(text)?;
            resume(&mut plug, now);
            engine.plugs.insert(*id, plug);
        }
        let unconfirmed: Vec<_> =
            engine.plugs.values().map(|plug| plug.wanted.unconfirmed_on.clone()).collect();
        engine.settle_all(now);
        for (plug, unconfirmed) in engine.plugs.values_mut().zip(unconfirmed) {
            // Nothing is tried yet.
            plug.wanted.unconfirmed_on = unconfirmed;
        }
        engine.take_changes();
        Ok(engine)
    }
}

fn resume(plug: &mut PlugState, now: Moment) {
    if let Some(ask) = &mut plug.wanted.ask {
        ask.until = ask.until.resume(now);
    }
    if let Some(pressed) = &mut plug.wanted.pressed {
        pressed.until = pressed.until.resume(now);
    }
    if let Some(unconfirmed) = &mut plug.wanted.unconfirmed_on {
        unconfirmed.until = unconfirmed.until.map(|until| until.resume(now));
    }
    for hold in plug.wanted.holds.values_mut() {
        hold.until = hold.until.map(|until| until.resume(now));
        hold.forced = hold.forced.map(|forced| forced.resume(now));
        hold.plays.values_mut().for_each(|end| *end = end.resume(now));
        hold.cap = hold.cap.resume(now);
    }
}

fn location(row: LocationRow) -> anyhow::Result<LocationState> {
    let LocationRow { disabled, plays, ended, .. } = row;
    let mut location = LocationState { disabled, plays, ended, ..LocationState::default() };
    if let DomainEvent::Location(LocationEvent::SettingsChanged { time_zone, opening_hours, .. }) =
        decode(&row.event_type, &row.data)?
    {
        (location.time_zone, location.opening_hours) = (time_zone, opening_hours);
    }
    Ok(location)
}

fn automation(row: &AutomationRow, now: Moment) -> anyhow::Result<AutomationState> {
    let DomainEvent::Automation(AutomationEvent::Changed { spec }) = decode(&row.event_type, &row.data)?
    else {
        anyhow::bail!("an automation's rule is stored as {}", row.event_type);
    };
    let force = row.force.clone().map(|force| Force { until: force.until.resume(now), ..force });
    let rests = row.rests.map(|rests| rests.resume(now));
    let AutomationRow { enabled, due, acted_at, .. } = *row;
    Ok(AutomationState { spec, enabled, force, rests, due, acted_at, unreported: row.unreported.clone() })
}

fn decode(event_type: &str, data: &str) -> anyhow::Result<DomainEvent> {
    let no_id = uuid::Uuid::nil();
    let event = RecordedEvent {
        position: Position(0),
        id: EventId(no_id),
        stream: StreamName::new("stored", no_id),
        version: Version(0),
        event_type: event_type.into(),
        location: None,
        data: data.into(),
        metadata: Arc::from("{}"),
        recorded_at: Timestamp::UNIX_EPOCH,
    };
    Ok(events::decode(&event, &NoKeys)?)
}
