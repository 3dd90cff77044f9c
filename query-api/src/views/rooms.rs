//! The rooms of a venue, each with its game and what can be played in it.

use std::collections::BTreeMap;

use domain::{
    ids::{LocationId, RoomId},
    room,
};
use read_model::rooms::{RoomRow, VariantCell};
use read_store::{Record as _, record};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::locations;
use crate::{
    QueryError, Tables,
    page::{Page, Paging},
};

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
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RoomController)]
pub struct Controller {
    /// What it is, such as `floor`.
    pub name: String,
    /// Host and port on the venue's network.
    pub address: String,
}

/// A variant that can be played in the room.
#[derive(Debug, Serialize, ToSchema)]
pub struct ActiveVariant {
    /// Which.
    pub variant_id: Uuid,
    /// This room's settings for it.
    pub custom: BTreeMap<String, String>,
}

record! {
    /// What a room's game is called.
    struct GameName {
        game_name: Option<String>,
    }
}

/// Rooms with what their games are called.
fn select() -> String {
    format!(
        "SELECT {}, g.name AS game_name FROM {{rooms}} r LEFT JOIN {{games}} g ON g.game_id = r.game_id \
         WHERE r.location_id = ?1",
        RoomRow::select("r")
    )
}

/// One room of `location`.
///
/// # Errors
/// `NotFound`; `Sql`.
pub async fn one(tables: Tables, location: LocationId, room: RoomId) -> Result<Room, QueryError> {
    let sql = format!("{} AND r.room_id = ?2", select());
    let rows = tables.query(&sql, &[location.into(), room.into()]).await?;
    rows.first::<(RoomRow, GameName)>()?.map(Into::into).ok_or(QueryError::NotFound)
}

/// Rooms of `location` in the order of their ids.
///
/// # Errors
/// `NotFound` for a location that never was; `Sql`.
pub async fn list(
    tables: Tables,
    location: LocationId,
    paging: &Paging<Uuid>,
) -> Result<Page<Room>, QueryError> {
    let after = paging.after().map(Uuid::to_string).unwrap_or_default();
    let sql = format!("{} AND r.room_id > ?2 ORDER BY r.room_id {{limit ?3}}", select());
    let rows = tables.query(&sql, &[location.into(), after.into(), paging.fetch().into()]).await?;
    if rows.is_empty() {
        locations::must_exist(&tables, location).await?;
    }
    Ok(paging.page(rows.decode::<(RoomRow, GameName)>()?, |(last, _)| last.room_id.0))
}

impl From<(RoomRow, GameName)> for Room {
    fn from((row, game): (RoomRow, GameName)) -> Self {
        Self {
            id: row.room_id.0,
            name: row.name.to_string(),
            game_id: row.game_id.0,
            game_name: game.game_name,
            controllers: row.controllers.0.into_iter().map(Into::into).collect(),
            overrides: row.overrides.0,
            variants: row.variants.0.into_iter().map(Into::into).collect(),
            in_service: row.in_service,
            out_of_service_reason: row.out_of_service_reason.map(|reason| reason.to_string()),
        }
    }
}

impl From<room::Controller> for Controller {
    fn from(controller: room::Controller) -> Self {
        Self { name: controller.name.to_string(), address: controller.address }
    }
}

impl From<VariantCell> for ActiveVariant {
    fn from(cell: VariantCell) -> Self {
        Self { variant_id: cell.variant_id.0, custom: cell.custom }
    }
}
