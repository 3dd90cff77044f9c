//! A venue in memory for tests: every command goes through the processes, and what they yield is kept.

use std::{cell::RefCell, collections::BTreeMap};

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::{
    Play, PlayCommand, PlayState, ReportedResult,
    cross_stream::{self, OngoingPlay, Start},
    decide,
};
use crate::{
    Aggregate, Change, DomainEvent, Refusal,
    game::{Game, GameEvent, Mode, VariantSpec},
    ids::{GameId, LocationId, PlayId, PlayerId, RoomId, StreamName, VariantId, WristbandUid},
    location::{Location, LocationEvent},
    player::{Player, PlayerEvent},
    room::{Room, RoomEvent},
    values::{Code, Minutes, Name, Personal, Points, Reason, TimeZoneName},
    wristband::{
        self, ClockStart, ScanFacts, Wristband, WristbandCommand, WristbandState,
        cross_stream::{Band, Period, Wearer, Wearers},
    },
};

/// The players who signed; the one after has not.
pub const SIGNED: u128 = 4;
/// The most players of the one variant.
pub const MAX_PLAYERS: u32 = 3;
/// A play takes no longer than this.
pub const LONGEST_MINUTES: i64 = 10;

pub type Outcome = Result<Vec<Change>, Refusal>;

pub fn location_id() -> LocationId {
    LocationId(Uuid::from_u128(1))
}

pub fn elsewhere() -> LocationId {
    LocationId(Uuid::from_u128(2))
}

pub fn game() -> GameId {
    GameId(Uuid::from_u128(10))
}

pub fn variant(number: u128) -> VariantId {
    VariantId(Uuid::from_u128(20 + number))
}

pub fn room(number: u128) -> RoomId {
    RoomId(Uuid::from_u128(30 + number))
}

pub fn player(number: u128) -> PlayerId {
    PlayerId(Uuid::from_u128(40 + number))
}

pub fn play(number: u128) -> PlayId {
    PlayId(Uuid::from_u128(1_000 + number))
}

pub fn uid(text: &str) -> WristbandUid {
    text.parse().unwrap()
}

pub fn reason(text: &str) -> Reason {
    Reason::new(text).unwrap()
}

pub fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

/// The code of a refusal; panics on an acceptance.
pub fn code(outcome: Outcome) -> &'static str {
    outcome.unwrap_err().code
}

pub fn spec() -> VariantSpec {
    VariantSpec {
        name: name("Floor is lava"),
        mode: Mode::Alliance,
        levels: 5,
        max_iterations: 2,
        iteration_seconds: 300,
        max_players: MAX_PLAYERS,
        instructions: String::new(),
        media_links: vec![],
    }
}

#[derive(Clone)]
pub struct World {
    streams: BTreeMap<StreamName, Vec<DomainEvent>>,
    loaded: RefCell<Vec<StreamName>>,
    /// Where commands are sent to.
    pub location: LocationId,
    pub now: Timestamp,
}

impl World {
    /// Two rooms with one variant active, players of whom all but the last have signed.
    pub fn new() -> Self {
        let now = Timestamp::from_second(1_767_268_800).unwrap();
        let mut world =
            Self { streams: BTreeMap::new(), loaded: RefCell::default(), location: location_id(), now };
        let opened = LocationEvent::Opened {
            id: location_id(),
            code: Code::new("b1").unwrap(),
            name: name("Berlin"),
            time_zone: TimeZoneName::new("Europe/Berlin").unwrap(),
        };
        world.given(&location_id().stream(), [opened]);
        world.given(
            &game().stream(),
            [
                GameEvent::Added {
                    id: game(),
                    code: Code::new("lava").unwrap(),
                    name: name("Lava"),
                    max_players: 6,
                },
                GameEvent::VariantAdded { id: variant(1), spec: spec() },
            ],
        );
        (1..=2).for_each(|number| world.install(number));
        (1..=SIGNED + 1).for_each(|number| world.register(number));
        world
    }

    fn install(&mut self, number: u128) {
        let installed = RoomEvent::Installed {
            id: room(number),
            location: location_id(),
            game: game(),
            name: name("Room"),
            controllers: vec![],
        };
        let activated = RoomEvent::VariantActivated { variant: variant(1), custom: BTreeMap::new() };
        self.given(&room(number).stream(), [installed, activated]);
    }

    fn register(&mut self, number: u128) {
        let registered = PlayerEvent::GuardianRegistered {
            id: player(number),
            location: location_id(),
            details: Personal::Erased,
            email_key: format!("key{number}"),
        };
        self.given(&player(number).stream(), [registered]);
        if number <= SIGNED {
            self.sign(number);
        }
    }

    /// A waiver for the next 30 days.
    pub fn sign(&mut self, number: u128) {
        let signed = PlayerEvent::WaiverSigned {
            version: "v1".into(),
            signature: Personal::Erased,
            signed_at: self.now,
            expires_at: self.now + SignedDuration::from_hours(30 * 24),
        };
        self.given(&player(number).stream(), [signed]);
    }

    /// Facts that no process of these tests decides on.
    pub fn given<E: Into<DomainEvent>>(&mut self, stream: &StreamName, events: impl IntoIterator<Item = E>) {
        self.streams.entry(stream.clone()).or_default().extend(events.into_iter().map(Into::into));
    }

    pub fn pass(&mut self, minutes: i64) {
        self.now += SignedDuration::from_mins(minutes);
    }

    /// The state of a stream, which counts as guarded until the next change.
    pub fn load<A: Aggregate>(&self, stream: &StreamName) -> A::State {
        self.loaded.borrow_mut().push(stream.clone());
        let events = self.streams.get(stream).map_or(&[][..], Vec::as_slice);
        events.iter().filter_map(A::event_of).fold(A::State::default(), A::evolve)
    }

    pub fn band(&self, band: &str) -> WristbandState {
        self.load::<Wristband>(&uid(band).stream(self.location))
    }

    pub fn play(&self, number: u128) -> PlayState {
        self.load::<Play>(&play(number).stream())
    }

    pub fn worn_by(&self, number: u128) -> Option<String> {
        let state = self.load::<Player>(&player(number).stream());
        state.existing().ok()?.band.as_ref().map(ToString::to_string)
    }

    /// Keeps what was decided, as an append would: only in streams that were loaded for it.
    fn record(&mut self, outcome: Outcome) -> Outcome {
        let loaded = self.loaded.take();
        let changes = outcome?;
        for change in &changes {
            assert!(loaded.contains(&change.stream), "{} was not loaded", change.stream);
            self.given(&change.stream, [change.event.clone()]);
        }
        Ok(changes)
    }

    fn period(&self, minutes: i64, starts: ClockStart) -> Period {
        Period { minutes: Minutes::new(minutes).unwrap(), starts, at: self.now }
    }

    pub fn initialize(&mut self, band: &str, minutes: i64, starts: ClockStart) -> Outcome {
        let (state, location) = (self.band(band), self.load::<Location>(&self.location.stream()));
        let previous = self.wearer(&state);
        let outcome = wristband::cross_stream::initialize(
            (self.location, &location),
            Band { uid: &uid(band), state: &state },
            previous.as_ref().map(|(id, state)| Wearer { id: *id, state }),
            self.period(minutes, starts),
        );
        self.record(outcome)
    }

    fn wearer(&self, band: &WristbandState) -> Option<(PlayerId, crate::player::PlayerState)> {
        band.player().map(|id| (id, self.load::<Player>(&id.stream())))
    }

    pub fn assign(&mut self, band: &str, number: u128) -> Outcome {
        let (state, wearer) = (self.band(band), self.load::<Player>(&player(number).stream()));
        let worn = wearer.existing().ok().and_then(|player| player.band.clone());
        let other = worn.filter(|worn| worn.as_str() != band).map(|worn| {
            let state = self.band(worn.as_str());
            (worn, state)
        });
        let outcome = wristband::cross_stream::assign(
            self.location,
            Band { uid: &uid(band), state: &state },
            Wearer { id: player(number), state: &wearer },
            other.as_ref().map(|(uid, state)| Band { uid, state }),
            self.now,
        );
        self.record(outcome)
    }

    pub fn scan(&mut self, band: &str, number: u128) -> Result<(Vec<Change>, ScanFacts), Refusal> {
        let (state, place) = (self.band(band), self.load::<Room>(&room(number).stream()));
        let band = Band { uid: &uid(band), state: &state };
        let (changes, facts) =
            wristband::cross_stream::scan(self.location, (room(number), &place), band, self.now)?;
        self.record(Ok(changes)).map(|changes| (changes, facts))
    }

    pub fn add_time(&mut self, band: &str, minutes: i64) -> Outcome {
        let add =
            WristbandCommand::AddTime { minutes: Minutes::new(minutes).unwrap(), reason: None, at: self.now };
        let outcome = wristband::decide(&self.band(band), add);
        let stream = uid(band).stream(self.location);
        self.record(outcome.map(|events| Change::all(&stream, events)).map_err(Into::into))
    }

    pub fn renew(&mut self, band: &str, minutes: i64, starts: ClockStart) -> Outcome {
        let (state, location) = (self.band(band), self.load::<Location>(&self.location.stream()));
        let wearer = self.wearer(&state);
        let outcome = wristband::cross_stream::renew(
            (self.location, &location),
            Band { uid: &uid(band), state: &state },
            wearer.as_ref().map(|(id, state)| Wearer { id: *id, state }),
            self.period(minutes, starts),
        );
        self.record(outcome)
    }

    pub fn transfer(&mut self, from: &str, to: &str) -> Outcome {
        let (source, target) = (self.band(from), self.band(to));
        let (moving, previous) = (self.wearer(&source), self.wearer(&target));
        let wearers = Wearers {
            moving: moving.as_ref().map(|(id, state)| Wearer { id: *id, state }),
            previous: previous.as_ref().map(|(id, state)| Wearer { id: *id, state }),
        };
        let outcome = wristband::cross_stream::transfer(
            self.location,
            Band { uid: &uid(from), state: &source },
            Band { uid: &uid(to), state: &target },
            wearers,
            self.now,
        );
        self.record(outcome)
    }

    pub fn void(&mut self, band: &str) -> Outcome {
        let state = self.band(band);
        let wearer = self.wearer(&state);
        let outcome = wristband::cross_stream::void(
            self.location,
            Band { uid: &uid(band), state: &state },
            wearer.as_ref().map(|(id, state)| Wearer { id: *id, state }),
            reason("torn"),
            self.now,
        );
        self.record(outcome)
    }

    pub fn start(&mut self, number: u128, place: u128, bands: &[&str]) -> Outcome {
        self.start_variant(number, place, 1, bands)
    }

    pub fn start_variant(
        &mut self,
        number: u128,
        place: u128,
        variant_number: u128,
        bands: &[&str],
    ) -> Outcome {
        let bands: Vec<_> = bands.iter().map(|band| (uid(band), self.band(band))).collect();
        self.play(number);
        let outcome = cross_stream::start(
            &self.load::<Location>(&self.location.stream()),
            &self.load::<Room>(&room(place).stream()),
            &self.load::<Game>(&game().stream()),
            &bands,
            Start {
                id: play(number),
                location: self.location,
                room: room(place),
                variant: variant(variant_number),
                at: self.now,
            },
        );
        self.record(outcome)
    }

    fn ended(
        &mut self,
        number: u128,
        end: impl Fn(&OngoingPlay<'_, WristbandState>, Timestamp) -> Outcome,
    ) -> Outcome {
        let state = self.play(number);
        let started = state.started()?;
        let bands: Vec<_> = started.participants.iter().map(|known| known.uid.clone()).collect();
        let bands: Vec<_> = bands.into_iter().map(|uid| (uid.clone(), self.band(uid.as_str()))).collect();
        let room = self.load::<Room>(&started.room.stream());
        let (id, location) = (play(number), self.location);
        let ongoing = OngoingPlay { id, location, state: &state, room: &room, bands: &bands };
        let outcome = end(&ongoing, self.now);
        self.record(outcome)
    }

    pub fn finish(&mut self, number: u128, results: &[(&str, i64)]) -> Outcome {
        let result = |(band, points): &(&str, i64)| ReportedResult {
            uid: uid(band),
            points: Points::new(*points).unwrap(),
            level: 1,
            lives: None,
        };
        let results: Vec<_> = results.iter().map(result).collect();
        self.ended(number, |play, at| cross_stream::finish(play, results.clone(), None, at))
    }

    pub fn abort(&mut self, number: u128, why: &str) -> Outcome {
        self.ended(number, |play, at| cross_stream::abort(play, reason(why), at))
    }

    pub fn abort_overdue(&mut self, number: u128) -> Outcome {
        self.ended(number, cross_stream::abort_overdue)
    }

    pub fn rescore(&mut self, number: u128, command: PlayCommand) -> Outcome {
        let outcome = decide(&self.play(number), command);
        let stream = play(number).stream();
        self.record(outcome.map(|events| Change::all(&stream, events)).map_err(Into::into))
    }
}
