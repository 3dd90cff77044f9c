//! What goes on at a venue at an instant.

use jiff::Timestamp;
use serde::Serialize;
use shared::{
    domain::ids::LocationId,
    http::Problem,
    sql::{ReadStore, Row, SqlError},
};
use utoipa::ToSchema;
use uuid::Uuid;

use super::locations;
use crate::page::items;

/// A venue now.
#[derive(Debug, Serialize, ToSchema)]
pub struct Occupancy {
    /// Every room, by name.
    pub rooms: Vec<RoomNow>,
    /// How many people play.
    pub players_in_play: u64,
    /// How many bands have time left, running or waiting for their first scan.
    pub live_wristbands: u64,
}

/// A room now.
#[derive(Debug, Serialize, ToSchema)]
pub struct RoomNow {
    /// Which.
    pub room_id: Uuid,
    /// What people call it.
    pub name: String,
    /// `free`, `playing` or `out_of_service`.
    pub state: &'static str,
    /// The play going on.
    pub play_id: Option<Uuid>,
    /// Its variant.
    pub variant_id: Option<Uuid>,
    /// How many play.
    pub players: u32,
    /// When it began.
    pub started_at: Option<Timestamp>,
    /// Aborted when still running then.
    pub ends_by: Option<Timestamp>,
}

/// What goes on at `location` at `now`.
///
/// # Errors
/// 404 for a location that never was; 503, 500.
pub async fn now(db: &ReadStore, location: LocationId, now: Timestamp) -> Result<Occupancy, Problem> {
    let sql = "SELECT room_id, name, out_of_service, play_id, latest_play_id, variant_id, players, started_at, \
               ends_by FROM {occupancy_rooms} WHERE location_id = ?1 ORDER BY name, room_id";
    let rows = db.query(sql, &[location.into()]).await?;
    if rows.is_empty() {
        locations::must_exist(db, location).await?;
    }
    let rooms = items(&rows, room)?;
    let sql = "SELECT COUNT(*) FROM {wristbands} WHERE location_id = ?1 AND live_until > ?2";
    let live = db.query(sql, &[location.into(), now.into()]).await?;
    Ok(Occupancy {
        players_in_play: rooms.iter().map(|room| u64::from(room.players)).sum(),
        live_wristbands: live.first().map_or(Ok(0), |row| row.get(0))?,
        rooms,
    })
}

fn room(row: &Row) -> Result<RoomNow, SqlError> {
    let (out_of_service, play): (Option<String>, Option<Uuid>) = (row.get(2)?, row.get(3)?);
    // The columns after describe the play that began last, which may be over.
    let described = play.is_some() && play == row.get(4)?;
    let state = match (play, out_of_service) {
        (Some(_), _) => "playing",
        (None, Some(_)) => "out_of_service",
        (None, None) => "free",
    };
    Ok(RoomNow {
        room_id: row.get(0)?,
        name: row.get(1)?,
        state,
        play_id: play,
        variant_id: row.get::<Option<Uuid>>(5)?.filter(|_| described),
        players: if described { row.get(6)? } else { 0 },
        started_at: row.get::<Option<Timestamp>>(7)?.filter(|_| described),
        ends_by: row.get::<Option<Timestamp>>(8)?.filter(|_| described),
    })
}
