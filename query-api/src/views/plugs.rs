//! The plugs of a venue: where each is, how it is, and what is wanted of it.

use std::collections::HashMap;

use domain::{
    automation::AutomationSpec,
    ids::{LocationId, PlugId, RoomId},
    plug::Cause,
};
use jiff::Timestamp;
use read_model::{
    automations::AutomationRow,
    plugs::{PlugRow, ReadingCell},
};
use read_store::{Record as _, Value, record};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{automations::Wants, locations};
use crate::{
    QueryError, Tables,
    page::{Page, Paging},
};

/// A plug. Times of what the worker reported are those at the device.
#[derive(Debug, Serialize, ToSchema)]
pub struct Plug {
    /// Its id.
    pub id: Uuid,
    /// What people call it.
    pub name: String,
    /// What the device calls its model.
    pub model: String,
    /// Of its network interface.
    pub mac: String,
    /// As its maker numbered it.
    pub device_id: String,
    /// The outlet, on a strip.
    pub child_id: Option<String>,
    /// Whether it can measure.
    pub has_energy_meter: bool,
    /// Where it answers: `host:port`.
    pub address: Option<String>,
    /// The room it serves.
    pub room_id: Option<Uuid>,
    /// That room's name.
    pub room_name: Option<String>,
    /// Whether it is switched at all: it serves a room, an automation names it, or somebody asks for it.
    pub managed: bool,
    /// The automations that name it.
    pub automations: Vec<PlugAutomation>,
    /// Whether current flows; null until it was seen.
    pub relay: Option<PlugRelay>,
    /// What is wanted of it now, and by whom; null when nothing wants it on or keeps it off. Of automations it is
    /// what the device worker last said that they hold on.
    pub wanted: Option<PlugWanted>,
    /// Whether it answers; null until it was tried.
    pub reachable: Option<bool>,
    /// When that was last reported.
    pub reachable_at: Option<Timestamp>,
    /// How it fails, while it does not answer.
    pub unreachable_error: Option<String>,
    /// The latest time it answered and did not switch.
    pub last_refusal: Option<PlugRefusal>,
    /// Its latest reading.
    pub last_reading: Option<PlugReading>,
    /// Whether it was retired.
    pub retired: bool,
    /// Why.
    pub retired_reason: Option<String>,
    /// When it became known.
    pub registered_at: Timestamp,
}

/// An automation that names a plug.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PlugAutomation {
    /// Which.
    pub id: Uuid,
    /// What people call it.
    pub name: String,
    /// Whether its trigger counts.
    pub enabled: bool,
}

/// Whether current flows.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlugRelay {
    /// `on` or `off`.
    pub state: String,
    /// Since when.
    pub since: Timestamp,
    /// Why it was switched last; null when nobody commanded it.
    pub cause: Option<PlugCause>,
}

/// Why the worker switched, or tried to.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlugCause {
    /// Such as `automation`, `ask`, `limit` or `shutdown`.
    pub kind: String,
    /// The automation, where one was at work.
    pub automation_id: Option<Uuid>,
    /// The position in the log of the event that led to it.
    pub event_position: Option<u64>,
    /// For people.
    pub reason: String,
}

/// What is wanted of a plug.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PlugWanted {
    /// `on` or `off`.
    pub state: String,
    /// When that ends; of an automation, at the latest.
    pub until: Timestamp,
    /// `ask`, `override` (it was switched by hand), `force` (of an automation) or `automation` (its trigger). An
    /// ask for off goes before a hand, of other asks and hands the later counts, and both go before automations, of
    /// which the one that ends last counts. One that holds some of its plugs is taken to hold all of them.
    pub by: &'static str,
    /// Why, in words.
    pub reason: String,
}

/// An answer other than obeying.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlugRefusal {
    /// What it said.
    pub error: String,
    /// When.
    pub at: Timestamp,
}

/// What a meter showed.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlugReading {
    /// When.
    pub at: Timestamp,
    /// What.
    #[serde(flatten)]
    pub values: MeterValues,
}

/// The values of a meter.
#[derive(Debug, Serialize, ToSchema)]
pub struct MeterValues {
    /// Power drawn then.
    pub power_watts: f64,
    /// Mains voltage.
    pub voltage_volts: f64,
    /// Current drawn then.
    pub current_amps: f64,
    /// Energy since the meter was last erased.
    pub total_watt_hours: f64,
}

/// Which plugs.
#[derive(Clone, Copy, Debug, Default)]
pub struct PlugFilter {
    /// Only those that serve this room.
    pub room: Option<RoomId>,
    /// Those that were retired, instead of the others.
    pub retired: bool,
}

record! {
    /// What the room is called that a plug serves.
    struct RoomName {
        room_name: Option<String>,
    }
}

/// Plugs of `location` in the order of their ids, as they are at `now`.
///
/// # Errors
/// `NotFound` for a location that never was; `Sql`.
pub async fn list(
    tables: Tables,
    location: LocationId,
    filter: PlugFilter,
    now: Timestamp,
    paging: &Paging<Uuid>,
) -> Result<Page<Plug>, QueryError> {
    let after = paging.after().map(Uuid::to_string).unwrap_or_default();
    let mut params: Vec<Value> =
        vec![location.into(), after.into(), paging.fetch().into(), filter.retired.into()];
    let in_room = match filter.room {
        Some(room) => {
            params.push(room.into());
            "AND p.room_id = ?5 "
        }
        None => "",
    };
    let sql = select(&format!("p.plug_id > ?2 AND p.retired = ?4 {in_room}ORDER BY p.plug_id {{limit ?3}}"));
    let rows = tables.query(&sql, &params).await?;
    if rows.is_empty() {
        locations::must_exist(&tables, location).await?;
    }
    let naming = Naming::of(&tables, location, now).await?;
    let rows = rows.decode::<(PlugRow, RoomName)>()?;
    let plugs: Vec<Plug> = rows.into_iter().map(|row| plug(row, &naming, now)).collect();
    Ok(paging.page(plugs, |last| last.id))
}

/// One plug of `location`, as it is at `now`.
///
/// # Errors
/// `NotFound` when there is none; `Sql`.
pub async fn one(
    tables: Tables,
    location: LocationId,
    id: PlugId,
    now: Timestamp,
) -> Result<Plug, QueryError> {
    let rows = tables.query(&select("p.plug_id = ?2"), &[location.into(), id.into()]).await?;
    let row = rows.first::<(PlugRow, RoomName)>()?.ok_or(QueryError::NotFound)?;
    Ok(plug(row, &Naming::of(&tables, location, now).await?, now))
}

fn select(condition: &str) -> String {
    format!(
        "SELECT {}, r.name AS room_name FROM {{plugs}} p LEFT JOIN {{rooms}} r ON r.room_id = p.room_id \
         WHERE p.location_id = ?1 AND {condition}",
        PlugRow::select("p")
    )
}

record! {
    /// The plug that an automation names.
    struct NamedPlug {
        plug_id: Uuid,
    }
}

/// The automations of a location by the plugs they name.
struct Naming(HashMap<Uuid, Named>);

/// What names a plug.
#[derive(Clone, Default)]
struct Named {
    automations: Vec<PlugAutomation>,
    wants: Vec<Want>,
}

/// What an automation wants of a plug.
#[derive(Clone)]
struct Want {
    /// When it was forced, or last switched its plugs on.
    since: Option<Timestamp>,
    wanted: PlugWanted,
}

impl Naming {
    async fn of(tables: &Tables, location: LocationId, now: Timestamp) -> Result<Self, QueryError> {
        let sql = format!(
            "SELECT n.plug_id AS plug_id, {} \
             FROM {{automation_plugs}} n INNER JOIN {{automations}} a ON a.automation_id = n.automation_id \
             WHERE n.location_id = ?1 ORDER BY n.plug_id, a.automation_id",
            AutomationRow::select("a")
        );
        let mut naming = Self(HashMap::new());
        let rows = tables.query(&sql, &[location.into()]).await?;
        for (plug, automation) in rows.decode::<(NamedPlug, AutomationRow)>()? {
            naming.add(plug.plug_id, &automation, now);
        }
        Ok(naming)
    }

    fn add(&mut self, plug: Uuid, row: &AutomationRow, now: Timestamp) {
        let Named { automations, wants: known } = self.0.entry(plug).or_default();
        let name = row.name.to_string();
        automations.push(PlugAutomation {
            id: row.automation_id.0,
            name: name.clone(),
            enabled: row.enabled,
        });
        let spec = AutomationSpec::from(row.spec.0.clone());
        let wants = Wants::of(row, spec.limits.max_on_seconds, now);
        let on = |until, by, does: &str| {
            let reason = format!("automation \"{name}\" {does}");
            PlugWanted { state: "on".to_owned(), until, by, reason }
        };
        // An automation that is forced off wants nothing; others may still want the plug on.
        if let Some((state, until)) = wants.forced
            && state == "on"
        {
            known.push(Want { since: wants.forced_at, wanted: on(until, "force", "is forced on") });
        }
        if let Some((since, until)) = wants.held {
            known.push(Want { since: Some(since), wanted: on(until, "automation", "holds it on") });
        }
    }
}

fn plug((row, room): (PlugRow, RoomName), naming: &Naming, now: Timestamp) -> Plug {
    let id = row.plug_id.0;
    let Named { automations, wants } = naming.0.get(&id).cloned().unwrap_or_default();
    // An ask for off ends what automations held then.
    let is_live = |want: &Want| row.off_asked_at.is_none_or(|off| want.since.is_none_or(|since| off < since));
    // Of two that end at once the force, which comes first.
    let held = wants.into_iter().rev().filter(is_live).map(|want| want.wanted);
    let held = held.max_by_key(|wanted| wanted.until);
    let asked = asked(&row, now);
    let managed = !row.retired && (row.room_id.is_some() || !automations.is_empty() || asked.is_some());
    let relay = relay(&row);
    // A hand at a plug that nothing manages is left alone.
    let overridden = overridden(&row, relay.as_ref(), now).filter(|_| managed);
    // As the device worker has it. An ask ends what was pressed before it, so that a hand is the later of the
    // two; where off is asked for, no hand counts.
    let (off, on) = match asked {
        Some(ask) if ask.state == "off" => (Some(ask), None),
        on => (None, on),
    };
    let wanted = off.or(overridden).or(on).or(held);
    Plug {
        id,
        name: row.name.to_string(),
        model: row.model.to_string(),
        mac: row.mac.to_string(),
        device_id: row.device_id.to_string(),
        child_id: row.child_id.map(|child| child.to_string()),
        has_energy_meter: row.has_energy_meter,
        address: row.address.map(|address| address.to_string()),
        room_id: row.room_id.map(|room| room.0),
        room_name: room.room_name,
        managed,
        automations,
        relay,
        wanted: wanted.filter(|_| !row.retired),
        reachable: row.reachable,
        reachable_at: row.reachable_at,
        unreachable_error: row.unreachable_error.map(|error| error.to_string()),
        last_refusal: row
            .refusal
            .zip(row.refused_at)
            .map(|(error, at)| PlugRefusal { error: error.to_string(), at }),
        last_reading: row
            .reading
            .zip(row.reading_at)
            .map(|(reading, at)| PlugReading { at, values: reading.0.into() }),
        retired: row.retired,
        retired_reason: row.retired_reason.map(|reason| reason.to_string()),
        registered_at: row.registered_at,
    }
}

fn relay(row: &PlugRow) -> Option<PlugRelay> {
    let cause = row.relay_cause.clone().map(|cause| cause.0.into());
    let relay = row.relay.as_deref().zip(row.relay_since);
    relay.map(|(state, since)| PlugRelay { state: state.to_owned(), since, cause })
}

fn asked(row: &PlugRow, now: Timestamp) -> Option<PlugWanted> {
    let (state, until) = row.ask.as_deref().zip(row.ask_until).filter(|(_, until)| now < *until)?;
    let reason = row.ask_reason.as_ref().map(ToString::to_string).unwrap_or_default();
    Some(PlugWanted { state: state.to_owned(), until, by: "ask", reason })
}

fn overridden(row: &PlugRow, relay: Option<&PlugRelay>, now: Timestamp) -> Option<PlugWanted> {
    let (relay, until) = relay.zip(row.override_until.filter(|until| now < *until))?;
    Some(PlugWanted {
        state: relay.state.clone(),
        until,
        by: "override",
        reason: "it was switched by hand".to_owned(),
    })
}

impl From<Cause> for PlugCause {
    fn from(cause: Cause) -> Self {
        Self {
            kind: cause.kind.as_str().to_owned(),
            automation_id: cause.automation.map(|automation| automation.0),
            event_position: cause.event_position,
            reason: cause.reason.to_string(),
        }
    }
}

impl From<ReadingCell> for MeterValues {
    fn from(cell: ReadingCell) -> Self {
        Self {
            power_watts: cell.power_watts,
            voltage_volts: cell.voltage_volts,
            current_amps: cell.current_amps,
            total_watt_hours: cell.total_watt_hours,
        }
    }
}
