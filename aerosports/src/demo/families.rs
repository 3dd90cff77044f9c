//! Who comes and what they do: drawn beforehand from the seed, so that a day can be repeated.

use std::time::Duration;

use anyhow::{Context as _, Result};
use rand::{Rng as _, rngs::StdRng, seq::IndexedRandom as _};
use serde_json::json;
use uuid::Uuid;

use super::{
    api::{Api, Outcome},
    ledger::PlayOutcome,
    venue::{MOST_PLAYERS, Room, Venue, create},
};

const FIRST_NAMES: [&str; 12] =
    ["Ana", "Zoë", "Mehmet", "Łukasz", "Aoife", "Noah", "Mia", "José", "Yuki", "O'Neil", "Åsa", "Ivan"];
const LAST_NAMES: [&str; 8] =
    ["Keller", "Nguyễn", "da Silva", "Öztürk", "Smith-Jones", "García", "Novák", "van den Berg"];

/// A guardian with dependants and the plays they will ask for.
#[derive(Debug)]
pub struct Family {
    number: usize,
    last_name: &'static str,
    first_names: Vec<&'static str>,
    minutes: u32,
    starts: &'static str,
    visits: Vec<PlannedPlay>,
}

/// One play they will ask for.
#[derive(Debug)]
struct PlannedPlay {
    room: usize,
    variant: usize,
    points: Vec<u32>,
    gives_up: bool,
    scans_twice: bool,
}

/// Somebody with a band on.
struct Guest {
    uid: String,
    player: Uuid,
}

/// `guests` people in families of one to six.
#[must_use]
pub fn arrivals(rng: &mut StdRng, guests: usize) -> Vec<Family> {
    let mut families = Vec::new();
    let mut left = guests;
    while left > 0 {
        let size = rng.random_range(1..=MOST_PLAYERS).min(left);
        families.push(Family::draw(rng, families.len(), size));
        left -= size;
    }
    families
}

impl Family {
    fn draw(rng: &mut StdRng, number: usize, size: usize) -> Self {
        let visits = (0..rng.random_range(2..=5)).map(|_| PlannedPlay::draw(rng, size)).collect();
        Self {
            number,
            last_name: LAST_NAMES.choose(rng).copied().unwrap_or("Keller"),
            first_names: (0..size).map(|_| FIRST_NAMES.choose(rng).copied().unwrap_or("Ana")).collect(),
            minutes: *[60, 90, 120].choose(rng).unwrap_or(&60),
            starts: if rng.random_bool(0.5) { "now" } else { "first_scan" },
            visits,
        }
    }

    /// How many people.
    #[must_use]
    pub fn members(&self) -> usize {
        self.first_names.len()
    }

    /// From the tablet at the entrance to the last play.
    ///
    /// # Errors
    /// When a command that must be taken is refused, or the server stays away.
    pub async fn visit(self, api: &mut Api, venue: &Venue, pause: Option<Duration>) -> Result<()> {
        let guests = self.register(api, venue).await.context("registering")?;
        for planned in &self.visits {
            if let Some(room) = venue.rooms.get(planned.room % venue.rooms.len()) {
                self.play(api, venue, room, &guests, planned, pause).await.context("playing")?;
            }
        }
        Ok(())
    }

    async fn register(&self, api: &mut Api, venue: &Venue) -> Result<Vec<Guest>> {
        let mut guests = Vec::new();
        let mut guardian = None;
        for (index, first_name) in self.first_names.iter().enumerate() {
            let player = match guardian {
                None => create(api, &venue.path("players"), &self.guardian(first_name)).await?,
                Some(id) => {
                    let path = venue.path(&format!("players/{id}/dependants"));
                    create(api, &path, &self.child(first_name, index)).await?
                }
            };
            guardian = guardian.or(Some(player));
            let signature = json!({"version": "2026-1", "signed_by": format!("{} {}", self.first_names[0], self.last_name)});
            let waiver = venue.path(&format!("players/{player}/waivers"));
            api.command(&waiver, &signature).await?.accepted().context("waiver")?;
            let uid = self.band(api, venue, player, index).await?;
            let mut ledger = api.ledger().await;
            ledger.players.push(player);
            ledger.bands.insert(uid.clone(), player);
            guests.push(Guest { uid, player });
        }
        Ok(guests)
    }

    fn guardian(&self, first_name: &str) -> serde_json::Value {
        json!({
            "first_name": first_name,
            "last_name": self.last_name,
            "email": format!("Family.{}@example.org", self.number),
            "birth_date": format!("{}-05-17", 1975 + self.number % 25),
        })
    }

    fn child(&self, first_name: &str, index: usize) -> serde_json::Value {
        json!({
            "first_name": first_name,
            "last_name": self.last_name,
            "birth_date": format!("{}-02-28", 2010 + (self.number + index) % 9),
        })
    }

    async fn band(&self, api: &mut Api, venue: &Venue, player: Uuid, index: usize) -> Result<String> {
        let uid = format!("B{:05}-{index}", self.number);
        let time = json!({"minutes": self.minutes, "starts": self.starts});
        let path = |verb: &str| venue.path(&format!("wristbands/{uid}/{verb}"));
        api.command(&path("initialize"), &time).await?.accepted().context("initialize")?;
        api.command(&path("assign"), &json!({"player_id": player})).await?.accepted().context("assign")?;
        Ok(uid)
    }

    async fn play(
        &self,
        api: &mut Api,
        venue: &Venue,
        room: &Room,
        guests: &[Guest],
        planned: &PlannedPlay,
        pause: Option<Duration>,
    ) -> Result<()> {
        let _turn = room.queue.lock().await;
        for guest in guests {
            self.scan(api, venue, room, guest).await?;
            if planned.scans_twice {
                self.scan(api, venue, room, guest).await?;
            }
        }
        let uids: Vec<&str> = guests.iter().map(|guest| guest.uid.as_str()).collect();
        let variant = room.variants[planned.variant % room.variants.len()];
        let start = json!({"room_id": room.id, "variant_id": variant, "wristbands": uids});
        let Outcome::Accepted(started) = api.command(&venue.path("plays"), &start).await? else {
            return Ok(());
        };
        let play: Uuid = started["id"].as_str().context("a play has an id")?.parse()?;
        api.ledger().await.plays.insert(play, PlayOutcome::Running);
        if let Some(plugs) = &venue.plugs {
            plugs.play_started(room.id, play).await;
        }
        if let Some(pause) = pause {
            tokio::time::sleep(pause).await;
        }
        if let Some(plugs) = &venue.plugs {
            plugs.play_goes_on(room.id, play);
        }
        let outcome = self.end(api, venue, play, guests, planned).await?;
        if let Some(plugs) = &venue.plugs {
            plugs.play_ended(room.id, play, matches!(outcome, PlayOutcome::Finished(_))).await;
        }
        api.ledger().await.plays.insert(play, outcome);
        Ok(())
    }

    async fn scan(&self, api: &mut Api, venue: &Venue, room: &Room, guest: &Guest) -> Result<()> {
        let path = venue.path(&format!("wristbands/{}/scan", guest.uid));
        let answer = api.command(&path, &json!({"room_id": room.id})).await?.accepted().context("scan")?;
        if answer["good"] == true {
            api.ledger().await.good_scans += 1;
        }
        Ok(())
    }

    async fn end(
        &self,
        api: &mut Api,
        venue: &Venue,
        play: Uuid,
        guests: &[Guest],
        planned: &PlannedPlay,
    ) -> Result<PlayOutcome> {
        if planned.gives_up {
            let path = venue.path(&format!("plays/{play}/abort"));
            api.command(&path, &json!({"reason": "a child had to go"})).await?.accepted().context("abort")?;
            return Ok(PlayOutcome::Aborted);
        }
        let points = guests.iter().zip(&planned.points);
        let results: Vec<_> = points
            .clone()
            .map(|(guest, points)| json!({"uid": guest.uid, "points": points, "level": 1}))
            .collect();
        let path = venue.path(&format!("plays/{play}/finish"));
        api.command(&path, &json!({"results": results})).await?.accepted().context("finish")?;
        Ok(PlayOutcome::Finished(points.map(|(guest, points)| (guest.player, *points)).collect()))
    }
}

impl PlannedPlay {
    fn draw(rng: &mut StdRng, size: usize) -> Self {
        Self {
            room: rng.random_range(0..8),
            variant: rng.random_range(0..12),
            points: (0..size).map(|_| rng.random_range(0..=4_000)).collect(),
            gives_up: rng.random_bool(0.05),
            scans_twice: rng.random_bool(0.1),
        }
    }
}
