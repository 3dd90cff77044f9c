//! The rooms of a venue, each with its game and what can be played in it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use shared::{
    domain::ids::LocationId,
    http::Problem,
    sql::{Json, ReadStore, Row, SqlError},
};
use utoipa::ToSchema;
use uuid::Uuid;

use super::locations;
use crate::page::{Page, Paging, items};

/// A room.
#[derive(Debug, Serialize, ToSchema)]
pub struct Room {
    /// Its id.
    pub id: Uuid,
    /// What people call it.
    pub name: String,
    /// The game installed in it.
    pub game_id: Uuid,
    /// That game's name; null until the catalogue's view has it.
    pub game_name: Option<String>,
    /// Addresses of the game's controllers.
    pub controllers: Vec<Controller>,
    /// Free settings for the game engine.
    pub overrides: BTreeMap<String, String>,
    /// What can be played in it.
    pub variants: Vec<ActiveVariant>,
    /// Whether plays may start.
    pub in_service: bool,
    /// Why not.
    pub out_of_service_reason: Option<String>,
}

/// A device of the game in the room.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = RoomController)]
pub struct Controller {
    /// What it is, such as `floor`.
    pub name: String,
    /// Host and port on the venue's network.
    pub address: String,
}

/// A variant that can be played in the room.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct ActiveVariant {
    /// Which.
    pub variant_id: Uuid,
    /// This room's settings for it.
    pub custom: BTreeMap<String, String>,
}

/// Rooms of `location` in the order of their ids.
///
/// # Errors
/// 404 for a location that never was; 503, 500.
pub async fn list(
    db: &ReadStore,
    location: LocationId,
    paging: &Paging<Uuid>,
) -> Result<Page<Room>, Problem> {
    let after = paging.after().map(Uuid::to_string).unwrap_or_default();
    let sql = "SELECT r.room_id, r.name, r.game_id, g.name, r.controllers, r.overrides, r.variants, \
               r.in_service, r.out_of_service_reason \
               FROM {rooms} r LEFT JOIN {games} g ON g.game_id = r.game_id \
               WHERE r.location_id = ?1 AND r.room_id > ?2 ORDER BY r.room_id {limit ?3}";
    let rows = db.query(sql, &[location.into(), after.into(), paging.fetch().into()]).await?;
    if rows.is_empty() {
        locations::must_exist(db, location).await?;
    }
    Ok(paging.page(items(&rows, room)?, |last| last.id))
}

fn room(row: &Row) -> Result<Room, SqlError> {
    Ok(Room {
        id: row.get(0)?,
        name: row.get(1)?,
        game_id: row.get(2)?,
        game_name: row.get(3)?,
        controllers: row.get::<Json<_>>(4)?.0,
        overrides: row.get::<Json<_>>(5)?.0,
        variants: row.get::<Json<_>>(6)?.0,
        in_service: row.get(7)?,
        out_of_service_reason: row.get(8)?,
    })
}
