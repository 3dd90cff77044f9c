//! The plugs of a venue: where each is, how it is, and what is wanted of it.

use std::collections::HashMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use shared::{
    domain::ids::{LocationId, PlugId, RoomId},
    http::Problem,
    sql::{Json, ReadStore, Row, SqlError, Value},
};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    automations::{AutomationRule, Wants},
    locations,
};
use crate::page::{Page, Paging, items};

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
    /// When that was last told.
    pub reachable_at: Option<Timestamp>,
    /// How it fails, while it does not answer.
    pub unreachable_error: Option<String>,
    /// The latest time it answered and did not switch.
    pub last_refusal: Option<PlugRefusal>,
    /// Its latest reading.
    pub last_reading: Option<PlugReading>,
    /// Whether it was let go.
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
#[derive(Debug, Serialize, Deserialize, ToSchema)]
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
#[derive(Debug, Serialize, Deserialize, ToSchema)]
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
    /// Those that were let go, instead of the others.
    pub retired: bool,
}

const SELECT: &str = "SELECT p.plug_id, p.name, p.model, p.mac, p.device_id, p.child_id, p.has_energy_meter, p.address, \
     p.room_id, r.name, p.relay, p.relay_since, p.relay_cause, p.ask, p.ask_until, p.ask_reason, \
     p.override_until, p.reachable, p.reachable_at, p.unreachable_error, p.refusal, p.refused_at, p.reading, \
     p.reading_at, p.retired, p.retired_reason, p.registered_at, p.off_asked_at \
     FROM {plugs} p LEFT JOIN {rooms} r ON r.room_id = p.room_id ";

/// Plugs of `location` in the order of their ids, as they are at `now`.
///
/// # Errors
/// 404 for a location that never was; 503, 500.
pub async fn list(
    db: &ReadStore,
    location: LocationId,
    filter: PlugFilter,
    now: Timestamp,
    paging: &Paging<Uuid>,
) -> Result<Page<Plug>, Problem> {
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
    let sql = format!(
        "{SELECT}WHERE p.location_id = ?1 AND p.plug_id > ?2 AND p.retired = ?4 {in_room}\
         ORDER BY p.plug_id {{limit ?3}}"
    );
    let rows = db.query(&sql, &params).await?;
    if rows.is_empty() {
        locations::must_exist(db, location).await?;
    }
    let naming = Naming::of(db, location, now).await?;
    let plugs = items(&rows, |row| plug(row, &naming, now))?;
    Ok(paging.page(plugs, |last| last.id))
}

/// One plug of `location`, as it is at `now`.
///
/// # Errors
/// 404 when there is none; 503, 500.
pub async fn one(db: &ReadStore, location: LocationId, id: PlugId, now: Timestamp) -> Result<Plug, Problem> {
    let sql = format!("{SELECT}WHERE p.location_id = ?1 AND p.plug_id = ?2");
    let rows = db.query(&sql, &[location.into(), id.into()]).await?;
    let row = rows.first().ok_or_else(Problem::not_found)?;
    Ok(plug(row, &Naming::of(db, location, now).await?, now)?)
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
    async fn of(db: &ReadStore, location: LocationId, now: Timestamp) -> Result<Self, Problem> {
        let sql = format!(
            "SELECT n.plug_id, a.automation_id, a.name, a.enabled, a.spec, {} \
             FROM {{automation_plugs}} n INNER JOIN {{automations}} a ON a.automation_id = n.automation_id \
             WHERE n.location_id = ?1 ORDER BY n.plug_id, a.automation_id",
            Wants::COLUMNS
        );
        let mut naming = Self(HashMap::new());
        for row in db.query(&sql, &[location.into()]).await? {
            naming.add(&row, now)?;
        }
        Ok(naming)
    }

    fn add(&mut self, row: &Row, now: Timestamp) -> Result<(), SqlError> {
        let Named { automations, wants: known } = self.0.entry(row.get(0)?).or_default();
        let automation = PlugAutomation { id: row.get(1)?, name: row.get(2)?, enabled: row.get(3)? };
        let name = automation.name.clone();
        automations.push(automation);
        let rule = row.get::<Json<AutomationRule>>(4)?.0;
        let wants = Wants::read(row, 5, rule.limits.max_on_seconds, now)?;
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
        Ok(())
    }
}

fn plug(row: &Row, naming: &Naming, now: Timestamp) -> Result<Plug, SqlError> {
    let id = row.get(0)?;
    let Named { automations, wants } = naming.0.get(&id).cloned().unwrap_or_default();
    let off_asked_at = row.get::<Option<Timestamp>>(27)?;
    // An ask for off ends what automations held then.
    let is_live = |want: &Want| off_asked_at.is_none_or(|off| want.since.is_none_or(|since| off < since));
    // Of two that end at once the force, which comes first.
    let held = wants.into_iter().rev().filter(is_live).map(|want| want.wanted);
    let held = held.max_by_key(|wanted| wanted.until);
    let (room_id, retired): (Option<Uuid>, bool) = (row.get(8)?, row.get(24)?);
    let asked = asked(row, now)?;
    let managed = !retired && (room_id.is_some() || !automations.is_empty() || asked.is_some());
    let relay = relay(row)?;
    // A hand at a plug that is nobody's is left alone.
    let overridden = overridden(row, relay.as_ref(), now)?.filter(|_| managed);
    // As the device worker has it. An ask ends what was pressed before it, so that a hand is the later of the
    // two; where off is asked for, no hand counts.
    let (off, on) = match asked {
        Some(ask) if ask.state == "off" => (Some(ask), None),
        on => (None, on),
    };
    let wanted = off.or(overridden).or(on).or(held);
    Ok(Plug {
        id,
        name: row.get(1)?,
        model: row.get(2)?,
        mac: row.get(3)?,
        device_id: row.get(4)?,
        child_id: row.get(5)?,
        has_energy_meter: row.get(6)?,
        address: row.get(7)?,
        room_id,
        room_name: row.get(9)?,
        managed,
        automations,
        relay,
        wanted: wanted.filter(|_| !retired),
        reachable: row.get(17)?,
        reachable_at: row.get(18)?,
        unreachable_error: row.get(19)?,
        last_refusal: both(row.get(20)?, row.get(21)?).map(|(error, at)| PlugRefusal { error, at }),
        last_reading: both(row.get::<Option<Json<_>>>(22)?, row.get(23)?)
            .map(|(Json(values), at)| PlugReading { at, values }),
        retired,
        retired_reason: row.get(25)?,
        registered_at: row.get(26)?,
    })
}

fn relay(row: &Row) -> Result<Option<PlugRelay>, SqlError> {
    let cause = row.get::<Option<Json<PlugCause>>>(12)?.map(|Json(cause)| cause);
    Ok(both(row.get(10)?, row.get(11)?).map(|(state, since)| PlugRelay { state, since, cause }))
}

fn asked(row: &Row, now: Timestamp) -> Result<Option<PlugWanted>, SqlError> {
    let reason = row.get::<Option<String>>(15)?.unwrap_or_default();
    let ask = both(row.get(13)?, row.get(14)?).filter(|(_, until)| now < *until);
    Ok(ask.map(|(state, until)| PlugWanted { state, until, by: "ask", reason }))
}

fn overridden(row: &Row, relay: Option<&PlugRelay>, now: Timestamp) -> Result<Option<PlugWanted>, SqlError> {
    let until = row.get::<Option<Timestamp>>(16)?.filter(|until| now < *until);
    Ok(both(relay, until).map(|(relay, until)| PlugWanted {
        state: relay.state.clone(),
        until,
        by: "override",
        reason: "it was switched by hand".to_owned(),
    }))
}

fn both<A, B>(one: Option<A>, other: Option<B>) -> Option<(A, B)> {
    one.zip(other)
}
