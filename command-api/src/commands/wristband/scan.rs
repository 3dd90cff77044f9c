//! Scans a wristband at a room: says whether it is good, and starts a waiting clock.

use domain::{
    Refusal,
    ids::{LocationId, RoomId, WristbandUid},
    room::{Room, RoomError},
    wristband::{BadBand, ScanFacts, cross_stream},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::loaded::LoadedBand;
use crate::{
    commands::AboutField as _,
    execute::{Answer, Changed, Command, Decided, UnitOfWork},
};

/// What a kiosk needs to know of a wristband.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct WristbandScanned {
    /// When the time is over, or was.
    pub ends_at: Option<String>,
    /// What the venue calls the wearer on screens; null for nobody, and once erased. Never stored.
    #[serde(default)]
    pub display_name: Option<String>,
    /// Whether it can be played with.
    pub good: bool,
    /// Rounded up.
    pub minutes_left: u32,
    /// What comes next: `play`, `finish` the play it is in, `renew`, `assign` or `initialize`.
    #[serde(default)]
    pub next: String,
    /// The play it is in; it can join no other before that ends.
    pub play_id: Option<String>,
    /// Who wears it, or wore it last.
    pub player_id: Option<String>,
    /// Why not: `unknown`, `blank`, `voided`, `expired` or `unassigned`.
    pub reason: Option<String>,
    /// The wristband's stream.
    pub stream: String,
    /// Its version after the scan.
    pub version: u64,
}

fn next(facts: &ScanFacts) -> &'static str {
    match facts.bad {
        None if facts.in_play.is_some() => "finish",
        None => "play",
        Some(BadBand::Expired) => "renew",
        Some(BadBand::Unassigned) => "assign",
        Some(BadBand::Unknown | BadBand::Blank | BadBand::Voided) => "initialize",
    }
}

/// Scans a wristband.
#[derive(Clone, Debug)]
pub struct ScanWristband {
    /// Where.
    pub location: LocationId,
    /// Which wristband.
    pub uid: WristbandUid,
    /// At which room.
    pub room: RoomId,
}

impl Command for ScanWristband {
    type Answer = WristbandScanned;
    const NAME: &'static str = "scan_wristband";

    fn location(&self) -> Option<LocationId> {
        Some(self.location)
    }

    async fn decide(self, work: UnitOfWork) -> Decided<WristbandScanned> {
        let Self { location, uid, room: room_id } = self;
        let room = work.load::<Room>(room_id.stream()).await?;
        let band = LoadedBand::without_wearer(&work, location, uid).await?;
        let about_room = |refusal: Refusal| refusal.about(&RoomError::NotFound, "room_id");
        let (changes, facts) =
            cross_stream::scan(location, (room_id, &room), band.band(), work.now()).map_err(about_room)?;
        work.record(changes);
        let Changed { stream, version } = work.standing(&band.stream);
        let scanned = WristbandScanned {
            ends_at: facts.ends_at.as_ref().map(Timestamp::to_string),
            display_name: None,
            good: facts.good(),
            minutes_left: facts.minutes_left,
            next: next(&facts).to_owned(),
            play_id: facts.in_play.map(|play| play.to_string()),
            player_id: facts.player.map(|player| player.to_string()),
            reason: facts.bad.map(BadBand::as_str).map(str::to_owned),
            stream,
            version,
        };
        Ok(Answer::ok(band.stream, scanned))
    }
}
