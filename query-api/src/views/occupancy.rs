//! What goes on at a venue at an instant.

use std::collections::{BTreeSet, HashMap};

use domain::ids::{GameId, LocationId, PlayId, PlayerId};
use jiff::Timestamp;
use read_model::{occupancy::OccupancyRoom, plays::ParticipantCell};
use read_store::{Json, Record as _, list, record};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    locations,
    names::{Naming, Reader},
    plays::Participant,
};
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
    /// The game installed in it; null until the view of rooms has it.
    pub game_id: Option<Uuid>,
    /// That game's name.
    pub game_name: Option<String>,
    /// The play going on.
    pub play_id: Option<Uuid>,
    /// Its variant.
    pub variant_id: Option<Uuid>,
    /// That variant's name.
    pub variant_name: Option<String>,
    /// How many play.
    pub players: u32,
    /// When it began.
    pub started_at: Option<Timestamp>,
    /// Aborted when still running then.
    pub ends_by: Option<Timestamp>,
    /// Who plays, with which band.
    pub participants: Vec<Participant>,
}

record! {
    /// What a room's game and the variant in it are called.
    struct Called {
        game_id: Option<GameId>,
        game_name: Option<String>,
        variant_name: Option<String>,
    }
}

record! {
    /// Who is in a play.
    struct InPlay {
        play_id: PlayId,
        participants: Json<Vec<ParticipantCell>>,
    }
}

/// What goes on at `location` at `now`.
///
/// # Errors
/// `NotFound` for a location that never was; `Sql`.
pub async fn now(tables: Tables, location: LocationId, now: Timestamp) -> Result<Occupancy, QueryError> {
    let sql = format!(
        "SELECT {}, r.game_id AS game_id, g.name AS game_name, v.name AS variant_name \
         FROM {{occupancy_rooms}} o LEFT JOIN {{rooms}} r ON r.room_id = o.room_id \
         LEFT JOIN {{games}} g ON g.game_id = r.game_id \
         LEFT JOIN {{game_variants}} v ON v.game_id = r.game_id AND v.variant_id = o.variant_id \
         WHERE o.location_id = ?1 ORDER BY o.name, o.room_id",
        OccupancyRoom::select("o")
    );
    let rows = tables.query(&sql, &[location.into()]).await?;
    if rows.is_empty() {
        locations::must_exist(&tables, location).await?;
    }
    let rooms = rows.decode::<(OccupancyRoom, Called)>()?;
    let mut rooms: Vec<RoomNow> = rooms.into_iter().map(Into::into).collect();
    name_players(&tables, location, &mut rooms, now).await?;
    let sql = "SELECT COUNT(*) AS live FROM {wristbands} WHERE location_id = ?1 AND live_until > ?2";
    let live = tables.query(sql, &[location.into(), now.into()]).await?;
    Ok(Occupancy {
        players_in_play: rooms.iter().map(|room| u64::from(room.players)).sum(),
        live_wristbands: live.cell("live")?.unwrap_or_default(),
        rooms,
    })
}

/// Says who plays in `rooms`.
async fn name_players(
    tables: &Tables,
    location: LocationId,
    rooms: &mut [RoomNow],
    now: Timestamp,
) -> Result<(), QueryError> {
    let plays: Vec<Uuid> = rooms.iter().filter_map(|room| room.play_id).collect();
    if plays.is_empty() {
        return Ok(());
    }
    let sql = "SELECT p.play_id AS play_id, p.participants AS participants FROM {plays} p \
               WHERE p.play_id IN {list ?2} AND p.location_id = ?1";
    let found = tables.query(sql, &[location.into(), list(plays)]).await?.decode::<InPlay>()?;
    let cells = found.iter().flat_map(|play| &play.participants.0);
    let players: BTreeSet<PlayerId> = cells.map(|one| one.player_id).collect();
    let naming = Naming::at(tables, location, Reader::Displays, now).await?;
    let names = naming.of_all(tables, location, &players).await?;
    let mut by_play: HashMap<Uuid, InPlay> = found.into_iter().map(|play| (play.play_id.0, play)).collect();
    for room in rooms {
        let play = room.play_id.and_then(|play| by_play.remove(&play));
        let cells = play.map(|play| play.participants.0).unwrap_or_default();
        room.participants = cells.into_iter().map(Participant::from).collect();
        for one in &mut room.participants {
            one.display_name = names.get(&PlayerId(one.player_id)).and_then(|names| names.display.clone());
        }
    }
    Ok(())
}

impl From<(OccupancyRoom, Called)> for RoomNow {
    fn from((row, called): (OccupancyRoom, Called)) -> Self {
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
            game_id: called.game_id.map(|game| game.0),
            game_name: called.game_name,
            play_id: row.play_id.map(|play| play.0),
            variant_id: row.variant_id.filter(|_| described).map(|variant| variant.0),
            variant_name: called.variant_name.filter(|_| described),
            players: if described { row.players } else { 0 },
            started_at: row.started_at.filter(|_| described),
            ends_by: row.ends_by.filter(|_| described),
            participants: Vec::new(),
        }
    }
}
