//! What goes on at a venue at an instant.

use domain::ids::LocationId;
use jiff::Timestamp;
use read_model::occupancy::OccupancyRoom;
use read_store::Record as _;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::locations;
use crate::{QueryError, Tables};

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
/// `NotFound` for a location that never was; `Sql`.
pub async fn now(tables: Tables, location: LocationId, now: Timestamp) -> Result<Occupancy, QueryError> {
    let sql = format!(
        "SELECT {} FROM {{occupancy_rooms}} o WHERE o.location_id = ?1 ORDER BY o.name, o.room_id",
        OccupancyRoom::select("o")
    );
    let rows = tables.query(&sql, &[location.into()]).await?;
    if rows.is_empty() {
        locations::must_exist(&tables, location).await?;
    }
    let rooms: Vec<RoomNow> = rows.decode::<OccupancyRoom>()?.into_iter().map(Into::into).collect();
    let sql = "SELECT COUNT(*) AS live FROM {wristbands} WHERE location_id = ?1 AND live_until > ?2";
    let live = tables.query(sql, &[location.into(), now.into()]).await?;
    Ok(Occupancy {
        players_in_play: rooms.iter().map(|room| u64::from(room.players)).sum(),
        live_wristbands: live.cell("live")?.unwrap_or_default(),
        rooms,
    })
}

impl From<OccupancyRoom> for RoomNow {
    fn from(row: OccupancyRoom) -> Self {
        // The columns of the play describe the one that began last, which may be over.
        let described = row.play_id.is_some() && row.play_id == row.latest_play_id;
        let state = match (row.play_id, row.out_of_service) {
            (Some(_), _) => "playing",
            (None, Some(_)) => "out_of_service",
            (None, None) => "free",
        };
        Self {
            room_id: row.room_id.0,
            name: row.name.to_string(),
            state,
            play_id: row.play_id.map(|play| play.0),
            variant_id: row.variant_id.filter(|_| described).map(|variant| variant.0),
            players: if described { row.players } else { 0 },
            started_at: row.started_at.filter(|_| described),
            ends_by: row.ends_by.filter(|_| described),
        }
    }
}
