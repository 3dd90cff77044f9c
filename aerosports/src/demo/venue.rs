//! The venue of the day: one location, eight rooms, thirty variants.

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{api::Api, plugs::Plugs};

/// The games of the house and how many variants each has: thirty in all.
const GAMES: [(&str, usize); 8] = [
    ("Laser Maze", 4),
    ("Floor Is Lava", 4),
    ("Climb Rush", 4),
    ("Hide and Light", 4),
    ("Basket Storm", 4),
    ("Trampoline Tag", 4),
    ("Pixel Push", 3),
    ("Echo Chamber", 3),
];

/// Where it all happens.
#[derive(Debug)]
pub struct Venue {
    /// The location.
    pub location: Uuid,
    /// The rooms.
    pub rooms: Vec<Room>,
    /// What is plugged in.
    pub plugs: Option<Plugs>,
}

/// A room and what can be played in it.
#[derive(Debug)]
pub struct Room {
    /// Its id.
    pub id: Uuid,
    /// Active variants.
    pub variants: Vec<Uuid>,
    /// Families queue here; the server would refuse the second play anyway.
    pub queue: tokio::sync::Mutex<()>,
}

/// Most players of a play in this venue.
pub const MOST_PLAYERS: usize = 6;

impl Venue {
    /// Builds it all by commands.
    ///
    /// # Errors
    /// When a command is refused or not answered.
    pub async fn open(api: &mut Api, seed: u64) -> Result<Self> {
        let tag = Uuid::new_v4().simple().to_string();
        let code = format!("demo-{seed}-{}", tag.get(..8).unwrap_or(&tag));
        let body = json!({"code": code, "name": "Demo Park", "time_zone": "Europe/Berlin"});
        let location = create(api, "/v1/locations", &body).await?;
        let mut rooms = Vec::new();
        for (index, (name, variants)) in GAMES.iter().enumerate() {
            rooms.push(install(api, location, &format!("{code}-{index}"), name, *variants).await?);
        }
        Ok(Self { location, rooms, plugs: None })
    }

    /// The path of something at this location.
    #[must_use]
    pub fn path(&self, rest: &str) -> String {
        format!("/v1/locations/{}/{rest}", self.location)
    }
}

async fn install(api: &mut Api, location: Uuid, code: &str, name: &str, variants: usize) -> Result<Room> {
    let game = json!({"code": code, "name": name, "max_players": MOST_PLAYERS});
    let game = create(api, "/v1/games", &game).await?;
    let room = json!({"game_id": game, "name": format!("{name} room")});
    let room = create(api, &format!("/v1/locations/{location}/rooms"), &room).await?;
    let mut ids = Vec::new();
    for number in 1..=variants {
        let mode = ["alliance", "pvp", "custom"][number % 3];
        let body = json!({"name": format!("{name} {number}"), "mode": mode, "max_players": MOST_PLAYERS});
        let variant = create(api, &format!("/v1/games/{game}/variants"), &body).await?;
        let path = format!("/v1/locations/{location}/rooms/{room}/variants/{variant}/activate");
        api.command(&path, &json!({})).await?.accepted().context(path)?;
        ids.push(variant);
    }
    Ok(Room { id: room, variants: ids, queue: tokio::sync::Mutex::new(()) })
}

/// Sends a command that makes something and gives its id.
///
/// # Errors
/// When it is refused or not answered.
pub async fn create(api: &mut Api, path: &str, body: &Value) -> Result<Uuid> {
    let answer = api.command(path, body).await?.accepted().with_context(|| path.to_owned())?;
    answer["id"].as_str().and_then(|id| id.parse().ok()).with_context(|| format!("{path}: no id in {answer}"))
}
