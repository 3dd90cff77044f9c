//! Twenty rooms, each with a simulated plug that is on while a play runs, and the plays.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};
use futures::future::try_join_all;
use plug_simulator::{Model, Plug};
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

use super::super::report::Figure;
use crate::client::Client;

/// How many.
const ROOMS: usize = 20;
/// How long a play takes, and the pause after it.
const PAUSE: Duration = Duration::from_millis(200);
/// A plug that follows later than this does not follow.
const PATIENCE: Duration = Duration::from_secs(10);

/// Talks to a venue's command API.
pub struct Desk {
    client: Client,
    location: String,
}

impl Desk {
    /// Opens a venue.
    ///
    /// # Errors
    /// When it is refused.
    pub async fn open(server: SocketAddr, api_key: &str) -> Result<Self> {
        let mut desk = Self { client: Client::new(server, api_key), location: String::new() };
        let venue = json!({"code": "load", "name": "Load", "time_zone": "Europe/Berlin"});
        desk.location = id(&desk.send("/v1/locations", &venue).await?)?;
        Ok(desk)
    }

    /// Sends a command of the venue.
    ///
    /// # Errors
    /// When it is not accepted.
    pub async fn post(&mut self, path: &str, body: &Value) -> Result<Value> {
        let path = format!("/v1/locations/{}/{path}", self.location);
        self.send(&path, body).await
    }

    /// Sends a command that makes something of the venue; its id.
    ///
    /// # Errors
    /// When it is not accepted.
    pub async fn make(&mut self, path: &str, body: &Value) -> Result<String> {
        id(&self.post(path, body).await?)
    }

    /// Sends any command.
    ///
    /// # Errors
    /// When it is not accepted.
    pub async fn send(&mut self, path: &str, body: &Value) -> Result<Value> {
        let reply = self.client.post(path, &[], body.to_string()).await?;
        if !reply.status.is_success() {
            bail!("{path}: {} {}", reply.status, reply.text());
        }
        reply.json()
    }

    /// Registers a device; its plug's id.
    ///
    /// # Errors
    /// When it is not accepted.
    pub async fn register(&mut self, device: &Plug, name: &str) -> Result<String> {
        let found = json!({
            "mac": device.mac(), "device_id": device.device_id(), "model": device.model(), "name": name,
            "address": device.address().to_string(), "has_energy_meter": device.has_energy_meter(),
        });
        self.make("plugs", &found).await
    }

    /// Another connection.
    fn another(&self, server: SocketAddr, api_key: &str) -> Self {
        Self { client: Client::new(server, api_key), location: self.location.clone() }
    }
}

fn id(answer: &Value) -> Result<String> {
    Ok(answer["id"].as_str().with_context(|| format!("no id in {answer}"))?.to_owned())
}

/// See the module.
pub struct Hall {
    server: SocketAddr,
    api_key: String,
    desk: Desk,
    /// The rooms.
    pub rooms: Vec<Room>,
}

/// A room, its light, and who plays in it.
pub struct Room {
    id: String,
    variant: String,
    band: String,
    /// The light's id at the server.
    pub plug: String,
    /// The light.
    pub device: Plug,
}

/// How soon relays followed the answers to commands.
#[derive(Default)]
pub struct Followed {
    on: Vec<Duration>,
    off: Vec<Duration>,
}

impl Followed {
    /// Median and 99th percentile of both.
    pub fn figures(&self, name: &str) -> Vec<Figure> {
        let [on, off] = [(&self.on, "on"), (&self.off, "off, from its end")].map(|(samples, what)| {
            Figure::latencies(&format!("{name} {what}, {} times", samples.len()), samples)
        });
        on.into_iter().chain(off).collect()
    }
}

impl Hall {
    /// Opens a venue at `server`, by the commands that people would use.
    ///
    /// # Errors
    /// When a command is refused, or no loopback address is to be had.
    pub async fn open(server: SocketAddr, api_key: &str) -> Result<Self> {
        let mut desk = Desk::open(server, api_key).await?;
        let game = json!({"code": "lava", "name": "Floor Is Lava", "max_players": 6});
        let game = id(&desk.send("/v1/games", &game).await?)?;
        let variant = json!({"name": "Classic", "mode": "alliance", "max_players": 6});
        let variant = id(&desk.send(&format!("/v1/games/{game}/variants"), &variant).await?)?;
        let mut rooms = Vec::with_capacity(ROOMS);
        for number in 0..ROOMS {
            rooms.push(Room::open(&mut desk, number, &game, &variant).await?);
        }
        Ok(Self { server, api_key: api_key.to_owned(), desk, rooms })
    }

    /// A connection of its own.
    pub fn desk(&self) -> Desk {
        self.desk.another(self.server, &self.api_key)
    }

    /// So many plays in each of `rooms`, in all of them at the same time.
    ///
    /// # Errors
    /// When a command is refused, or a plug does not follow.
    pub async fn follow(&self, rooms: &[Room], plays: usize) -> Result<Followed> {
        let busy = rooms.iter().zip(1..).map(|(room, number)| async move {
            // Rooms take turns.
            sleep(2 * PAUSE * number / u32::try_from(ROOMS)?).await;
            let mut desk = self.desk();
            let mut followed = Followed::default();
            for _ in 0..plays {
                let (play, answered) = room.start(&mut desk).await?;
                followed.on.push(room.follows(true, answered).await?);
                sleep(PAUSE).await;
                let answered = room.finish(&mut desk, &play).await?;
                followed.off.push(room.follows(false, answered).await?);
                sleep(PAUSE).await;
            }
            anyhow::Ok(followed)
        });
        let mut all = Followed::default();
        for room in try_join_all(busy).await? {
            all.on.extend(room.on);
            all.off.extend(room.off);
        }
        Ok(all)
    }
}

impl Room {
    async fn open(desk: &mut Desk, number: usize, game: &str, variant: &str) -> Result<Self> {
        let room = json!({"game_id": game, "name": format!("Room {number}")});
        let room = desk.make("rooms", &room).await?;
        desk.post(&format!("rooms/{room}/variants/{variant}/activate"), &json!({})).await?;
        let band = band(desk, number).await?;
        let device = Plug::start(Model::plug("Light")).await.context("a loopback address for a plug")?;
        let plug = desk.register(&device, &format!("Light {number}")).await?;
        desk.post(&format!("plugs/{plug}/bind"), &json!({"room_id": room})).await?;
        let rule = json!({
            "name": format!("Light {number}"), "plug_ids": [plug], "action": {"type": "while_play"},
            "trigger": {"type": "event", "event": "play_started", "room_id": room},
        });
        desk.make("automations", &rule).await?;
        Ok(Self { id: room, variant: variant.to_owned(), band, plug, device })
    }

    /// Starts a play; its id, and when the answer was there.
    ///
    /// # Errors
    /// When it is refused.
    pub async fn start(&self, desk: &mut Desk) -> Result<(String, Instant)> {
        let play = json!({"room_id": self.id, "variant_id": self.variant, "wristbands": [self.band]});
        let answer = desk.post("plays", &play).await?;
        let answered = Instant::now();
        Ok((id(&answer)?, answered))
    }

    /// Finishes it; when the answer was there.
    ///
    /// # Errors
    /// When it is refused.
    pub async fn finish(&self, desk: &mut Desk, play: &str) -> Result<Instant> {
        let results = json!({"results": [{"uid": self.band, "points": 100, "level": 1}]});
        desk.post(&format!("plays/{play}/finish"), &results).await?;
        Ok(Instant::now())
    }

    /// Waits until the relay is so; how long after `answered` it became so. It may have been sooner.
    async fn follows(&self, on: bool, answered: Instant) -> Result<Duration> {
        let word = if on { "on" } else { "off" };
        let followed = timeout(PATIENCE, self.device.until(on)).await;
        followed.with_context(|| format!("the plug at {} is not {word}", self.device.address()))?;
        let last = self.device.changes().pop().context("the plug never changed")?;
        Ok(last.at.saturating_duration_since(answered))
    }
}

/// Somebody who may play; the uid of the band.
async fn band(desk: &mut Desk, number: usize) -> Result<String> {
    let guest = json!({
        "first_name": "Ana", "last_name": "Keller", "birth_date": "1990-05-17",
        "email": format!("ana.{number}@example.org"),
    });
    let guest = desk.make("players", &guest).await?;
    let waiver = json!({"version": "2026-1", "signed_by": "Ana Keller"});
    desk.post(&format!("players/{guest}/waivers"), &waiver).await?;
    let uid = format!("L{number:03}");
    let time = json!({"minutes": 600, "starts": "now"});
    desk.post(&format!("wristbands/{uid}/initialize"), &time).await?;
    desk.post(&format!("wristbands/{uid}/assign"), &json!({"player_id": guest})).await?;
    Ok(uid)
}
