//! A venue for tests of projections and views: says what happened in few words. Things are numbered.

use domain::{
    automation::{AutomationEvent, AutomationSpec},
    game::Mode,
    ids::{AutomationId, GameId, LocationId, PlayId, PlayerId, PlugId, RoomId, VariantId, WristbandUid},
    location::{LocationEvent, RewardTier},
    play::{Participant, PlayEvent, PlayerResult},
    plug::{MacAddress, PlugEvent, PlugIdentity, PlugReport},
    room::RoomEvent,
    values::{Code, Minutes, Name, Points, Reason, TimeZoneName},
    wristband::WristbandEvent,
};
use jiff::Timestamp;
use uuid::Uuid;

use crate::testing::MemoryLog;

/// A venue and the log that it writes.
pub struct Venue {
    /// The log.
    pub log: MemoryLog,
    /// The venue.
    pub id: LocationId,
}

/// Player `number`.
#[must_use]
pub fn player(number: u128) -> PlayerId {
    PlayerId(Uuid::from_u128(0x9000 + number))
}

/// Play `number`.
#[must_use]
pub fn play(number: u128) -> PlayId {
    PlayId(Uuid::from_u128(0x7000 + number))
}

/// Variant `number`.
#[must_use]
pub fn variant(number: u128) -> VariantId {
    VariantId(Uuid::from_u128(0x5000 + number))
}

/// Room `number`.
#[must_use]
pub fn room(number: u128) -> RoomId {
    RoomId(Uuid::from_u128(0x3000 + number))
}

/// Plug `number`.
#[must_use]
pub fn plug(number: u128) -> PlugId {
    PlugId(Uuid::from_u128(0xA000 + number))
}

/// Automation `number`.
#[must_use]
pub fn automation(number: u128) -> AutomationId {
    AutomationId(Uuid::from_u128(0xB000 + number))
}

/// The band of `player`.
///
/// # Panics
/// For a player that is not numbered.
#[must_use]
pub fn uid(player: PlayerId) -> WristbandUid {
    format!("B{}", player.0.as_u128() - 0x9000).parse().expect("a valid value")
}

/// The instant that `text` names.
///
/// # Panics
/// When it is none.
#[must_use]
pub fn time(text: &str) -> Timestamp {
    text.parse().expect("a valid value")
}

/// So many minutes.
///
/// # Panics
/// For more than a day.
#[must_use]
pub fn minutes(number: i64) -> Minutes {
    Minutes::new(number).expect("a valid value")
}

/// Some reason.
#[must_use]
pub fn reason() -> Reason {
    Reason::stored("because")
}

/// Points of players, each with a band of the own.
fn scored(results: &[(u128, i64)]) -> Vec<PlayerResult> {
    let result = |(number, points): &(u128, i64)| PlayerResult {
        uid: uid(player(*number)),
        player: player(*number),
        points: Points::new(*points).expect("a valid value"),
        level: 2,
        lives: None,
    };
    results.iter().map(result).collect()
}

impl Venue {
    /// Opens venue `number` in `zone`, in a log of its own.
    #[must_use]
    pub fn open(number: u128, zone: &str) -> Self {
        Self::open_in(MemoryLog::default(), number, zone)
    }

    /// Opens venue `number` in `zone`.
    #[must_use]
    pub fn open_in(log: MemoryLog, number: u128, zone: &str) -> Self {
        let venue = Self { log, id: LocationId(Uuid::from_u128(0x1000 + number)) };
        venue.location(LocationEvent::Opened {
            id: venue.id,
            code: Code::stored(&format!("v{number}")),
            name: Name::stored("Venue"),
            time_zone: TimeZoneName::stored(zone),
        });
        venue
    }

    /// Something happened to the venue.
    pub fn location(&self, fact: LocationEvent) {
        self.log.append(&self.id.stream(), Some(self.id), fact);
    }

    /// The venue chose its zone and rewards.
    pub fn settle(&self, zone: &str, tiers: &[(&str, u64)]) {
        let tier = |(name, over_points): &(&str, u64)| RewardTier {
            name: Name::stored(name),
            over_points: *over_points,
        };
        self.location(LocationEvent::SettingsChanged {
            time_zone: TimeZoneName::stored(zone),
            reward_tiers: tiers.iter().map(tier).collect(),
            opening_hours: vec![],
        });
    }

    /// Something happened to a room.
    pub fn room(&self, room: RoomId, fact: RoomEvent) {
        self.log.append(&room.stream(), Some(self.id), fact);
    }

    /// A room called `name` was installed.
    pub fn install(&self, room: RoomId, name: &str) {
        self.room(
            room,
            RoomEvent::Installed {
                id: room,
                location: self.id,
                game: GameId(Uuid::from_u128(4)),
                name: Name::stored(name),
                controllers: vec![],
            },
        );
    }

    /// Something happened to a plug.
    pub fn plug(&self, id: PlugId, fact: PlugEvent) {
        self.log.append(&id.stream(), Some(self.id), fact);
    }

    /// A plug called `name` was registered.
    ///
    /// # Panics
    /// Never: its identity is well-formed.
    pub fn plug_in(&self, id: PlugId, name: &str) {
        let identity = PlugIdentity {
            mac: MacAddress([0x50, 0xC7, 0xBF, 0, 0, 1]),
            device_id: format!("8006{:X}", id.0.as_u128()).parse().expect("a valid value"),
            child_id: None,
        };
        let registered = PlugEvent::Registered {
            id,
            location: self.id,
            identity,
            model: Name::stored("HS110(EU)"),
            name: Name::stored(name),
            address: None,
            has_energy_meter: true,
        };
        self.plug(id, registered);
    }

    /// The worker reported on a plug.
    pub fn report(&self, id: PlugId, report: PlugReport, at: &str) {
        self.plug(id, PlugEvent::Reported { report, at: time(at) });
    }

    /// Something happened to an automation.
    pub fn automation(&self, id: AutomationId, fact: AutomationEvent) {
        self.log.append(&id.stream(), Some(self.id), fact);
    }

    /// An automation with this rule was created.
    pub fn automate(&self, id: AutomationId, spec: AutomationSpec) {
        self.automation(id, AutomationEvent::Created { id, location: self.id, spec });
    }

    /// Something happened to a band.
    pub fn band(&self, uid: &WristbandUid, fact: WristbandEvent) {
        self.log.append(&uid.stream(self.id), Some(self.id), fact);
    }

    /// Something happened to a play.
    pub fn play(&self, id: PlayId, fact: PlayEvent) {
        self.log.append(&id.stream(), Some(self.id), fact);
    }

    /// Play `number` of variant `of` begins in room 1, for ten minutes at most.
    pub fn start(&self, number: u128, of: u128, players: &[u128], at: &str) {
        let participant = |number: &u128| Participant { uid: uid(player(*number)), player: player(*number) };
        let started = PlayEvent::Started {
            id: play(number),
            location: self.id,
            room: room(1),
            game: GameId(Uuid::from_u128(4)),
            variant: variant(of),
            mode: Mode::Pvp,
            participants: players.iter().map(participant).collect(),
            at: time(at),
            ends_by: time(at) + jiff::SignedDuration::from_mins(10),
        };
        self.play(play(number), started);
    }

    /// Play `number` ended with points for players.
    ///
    /// # Panics
    /// For impossible points.
    pub fn finish(&self, number: u128, results: &[(u128, i64)], at: &str) {
        self.play(play(number), PlayEvent::Finished { results: scored(results), at: time(at) });
    }

    /// A whole play, which begins and ends at `at`.
    pub fn played(&self, number: u128, of: u128, results: &[(u128, i64)], at: &str) {
        let players: Vec<_> = results.iter().map(|(player, _)| *player).collect();
        self.start(number, of, &players, at);
        self.finish(number, results, at);
    }

    /// A whole play from `started` to `ended`, recorded later.
    ///
    /// # Panics
    /// For impossible points.
    pub fn recorded(&self, number: u128, of: u128, results: &[(u128, i64)], (started, ended): (&str, &str)) {
        let recorded = PlayEvent::Recorded {
            id: play(number),
            location: self.id,
            room: room(1),
            game: GameId(Uuid::from_u128(4)),
            variant: variant(of),
            mode: Mode::Pvp,
            results: scored(results),
            labelled: vec![],
            started_at: time(started),
            ended_at: time(ended),
            at: time("2027-01-01T00:00:00Z"),
        };
        self.play(play(number), recorded);
    }

    /// The score of player `of` in play `number` was corrected.
    ///
    /// # Panics
    /// For impossible points.
    pub fn correct(&self, number: u128, of: u128, points: i64) {
        let corrected = PlayEvent::ScoreCorrected {
            player: player(of),
            points: Points::new(points).expect("a valid value"),
            level: 3,
            lives: Some(1),
            reason: reason(),
            at: time("2027-01-01T00:00:00Z"),
        };
        self.play(play(number), corrected);
    }

    /// The score of player `of` in play `number` was voided.
    pub fn void(&self, number: u128, of: u128) {
        let at = time("2027-01-01T00:00:00Z");
        self.play(play(number), PlayEvent::ScoreVoided { player: player(of), reason: reason(), at });
    }
}
