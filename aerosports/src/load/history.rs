//! A made-up venue's history, as appends: what the measurements of reading and projecting work on. The
//! mix is a Saturday's: a family of four registers, signs, gets bands, and plays.

use domain::{
    DomainEvent,
    game::Mode,
    ids::{EventId, GameId, LocationId, PlayId, PlayerId, RoomId, StreamName, VariantId, WristbandUid},
    location::LocationEvent,
    log::{CommandId, Version},
    play::{Participant, PlayEvent, PlayerResult},
    player::{PersonalDetails, PlayerEvent},
    room::RoomEvent,
    values::{Code, Minutes, Name, Personal, Points, TimeZoneName},
    wristband::{ClockStart, WristbandEvent},
};
use events::{NewEvent, SealError, Sealer, encode};
use jiff::{Timestamp, ToSpan as _, civil::date};
use store::{Append, NewAnswer, StreamAppend};
use uuid::Uuid;

/// People in a family.
const FAMILY: usize = 4;
/// Rooms of the venue.
const ROOMS: usize = 8;
/// Variants of the venue.
const VARIANTS: usize = 30;

/// Writes the history of one venue, append by append.
pub struct History {
    /// The venue.
    pub location: LocationId,
    /// Its variants.
    pub variants: Vec<VariantId>,
    rooms: Vec<(RoomId, u64)>,
    people: Vec<Person>,
    now: Timestamp,
    ids: u128,
    dice: u64,
}

struct Person {
    player: PlayerId,
    uid: WristbandUid,
    band_version: u64,
}

impl History {
    /// The same `seed` gives the same history; different seeds share no id.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let mut history = Self {
            location: LocationId(Uuid::nil()),
            variants: vec![],
            rooms: vec![],
            people: vec![],
            now: Timestamp::from_second(1_790_000_000).unwrap_or(Timestamp::UNIX_EPOCH),
            ids: u128::from(seed) << 40,
            dice: seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1,
        };
        history.location = LocationId(history.id());
        history.variants = (0..VARIANTS).map(|_| VariantId(history.id())).collect();
        history
    }

    /// The venue itself: one append a thing.
    ///
    /// # Errors
    /// When an event has no stored form.
    pub fn opening(&mut self) -> anyhow::Result<Vec<Append>> {
        let opened = LocationEvent::Opened {
            id: self.location,
            code: Code::stored("load"),
            name: Name::stored("Load Park"),
            time_zone: TimeZoneName::stored("Europe/Berlin"),
        };
        let mut appends = vec![self.append(vec![(self.location.stream(), 0, vec![opened.into()])])?];
        for number in 0..ROOMS {
            let (room, game) = (RoomId(self.id()), GameId(self.id()));
            let installed = RoomEvent::Installed {
                id: room,
                location: self.location,
                game,
                name: Name::stored(&format!("Room {number}")),
                controllers: vec![],
            };
            appends.push(self.append(vec![(room.stream(), 0, vec![installed.into()])])?);
            self.rooms.push((room, 1));
        }
        Ok(appends)
    }

    /// A family of four, from the tablet to the bands on their arms, in one append.
    ///
    /// # Errors
    /// When an event has no stored form.
    pub fn family(&mut self) -> anyhow::Result<Append> {
        let guardian = PlayerId(self.id());
        let mut writes = Vec::with_capacity(FAMILY * 2);
        for member in 0..FAMILY {
            let player = if member == 0 { guardian } else { PlayerId(self.id()) };
            let uid: WristbandUid = format!("L{:012x}", self.id().as_u128() & 0xFFFF_FFFF_FFFF).parse()?;
            writes.push((player.stream(), 0, self.registration(player, guardian, &uid)));
            writes.push((uid.stream(self.location), 0, self.band(player, &uid)?));
            self.people.push(Person { player, uid, band_version: 2 });
        }
        self.append(writes)
    }

    fn registration(&self, player: PlayerId, guardian: PlayerId, uid: &WristbandUid) -> Vec<DomainEvent> {
        let (id, location, details) = (player, self.location, somebody());
        let joined = if player == guardian {
            let email_key = format!("{:064x}", guardian.0.as_u128());
            PlayerEvent::GuardianRegistered { id, location, details, email_key }
        } else {
            PlayerEvent::DependantRegistered { id, location, guardian, details }
        };
        let signed = PlayerEvent::WaiverSigned {
            version: "2026-1".into(),
            signature: Personal::Known(Name::stored("Ana Keller").into()),
            signed_at: self.now,
            expires_at: self.now + 8_760.hours(),
        };
        vec![joined.into(), signed.into(), PlayerEvent::BandReceived { uid: uid.clone() }.into()]
    }

    fn band(&self, player: PlayerId, uid: &WristbandUid) -> anyhow::Result<Vec<DomainEvent>> {
        let initialized = WristbandEvent::Initialized {
            location: self.location,
            uid: uid.clone(),
            minutes: Minutes::new(90)?,
            starts: ClockStart::Now,
            at: self.now,
        };
        Ok(vec![initialized.into(), WristbandEvent::Assigned { player, at: self.now }.into()])
    }

    /// One play in every room, each by another family: appends that do not meet.
    ///
    /// # Errors
    /// When an event has no stored form.
    pub fn round(&mut self) -> anyhow::Result<Vec<Append>> {
        let families = self.people.len() / FAMILY;
        let first = self.roll(families);
        (0..self.rooms.len()).map(|room| self.play(room, (first + room) % families)).collect()
    }

    /// Scans, start and finish of one family's play, in one append.
    fn play(&mut self, at_room: usize, family: usize) -> anyhow::Result<Append> {
        self.now += 7.seconds();
        let at_variant = self.roll(VARIANTS);
        let (play, variant, room, at) =
            (PlayId(self.id()), self.variants[at_variant], self.rooms[at_room].0, self.now);
        let group = family * FAMILY..(family + 1) * FAMILY;
        let started = self.started(play, room, variant, group.clone());
        let finished = self.finished(group.clone())?;
        let mut writes = vec![(play.stream(), 0, vec![started.into(), finished.into()])];
        writes.push(self.room_write(at_room, play));
        for index in group {
            let scanned = WristbandEvent::Scanned { room, at };
            let (joined, left) =
                (WristbandEvent::PlayJoined { play, room, at }, WristbandEvent::PlayLeft { play, at });
            writes.push(self.band_write(index, vec![scanned, joined, left]));
        }
        self.append(writes)
    }

    fn started(
        &self,
        play: PlayId,
        room: RoomId,
        variant: VariantId,
        group: std::ops::Range<usize>,
    ) -> PlayEvent {
        let participant = |person: &Person| Participant { uid: person.uid.clone(), player: person.player };
        PlayEvent::Started {
            id: play,
            location: self.location,
            room,
            game: GameId(Uuid::from_u128(1)),
            variant,
            mode: Mode::Alliance,
            participants: self.people[group].iter().map(participant).collect(),
            at: self.now,
            ends_by: self.now + 10.minutes(),
        }
    }

    fn finished(&mut self, group: std::ops::Range<usize>) -> anyhow::Result<PlayEvent> {
        let points: Vec<i64> =
            group.clone().map(|_| i64::try_from(self.roll(4_001)).unwrap_or_default()).collect();
        let results = self.people[group].iter().zip(points).map(|(person, points)| {
            let points = Points::new(points)?;
            Ok(PlayerResult { uid: person.uid.clone(), player: person.player, points, level: 1, lives: None })
        });
        let results = results.collect::<anyhow::Result<_>>()?;
        Ok(PlayEvent::Finished { results, at: self.now })
    }

    fn band_write(&mut self, index: usize, events: Vec<WristbandEvent>) -> StreamWrite {
        let location = self.location;
        let person = &mut self.people[index];
        let expected = person.band_version;
        person.band_version += events.len() as u64;
        (person.uid.stream(location), expected, events.into_iter().map(Into::into).collect())
    }

    fn room_write(&mut self, index: usize, play: PlayId) -> StreamWrite {
        let (room, version) = &mut self.rooms[index];
        *version += 2;
        let events = vec![RoomEvent::Occupied { play }.into(), RoomEvent::Vacated { play }.into()];
        (room.stream(), *version - 2, events)
    }

    fn append(&mut self, writes: Vec<StreamWrite>) -> anyhow::Result<Append> {
        let mut streams = Vec::with_capacity(writes.len());
        for (stream, expected, events) in writes {
            let stored = events.iter().map(|event| {
                let (event_type, data) = encode(event, &Unreadable, stream.id())?;
                Ok(NewEvent { id: EventId(self.id()), event_type, data })
            });
            let events = stored.collect::<anyhow::Result<_>>()?;
            streams.push(StreamAppend { stream, expected: Version(expected), events });
        }
        let command = CommandId(self.id());
        Ok(Append {
            command,
            request_hash: [0; 32],
            location: Some(self.location),
            metadata: format!(
                r#"{{"actor":"system:load","command_id":"{command}","correlation_id":"{command}"}}"#
            ),
            at: self.now,
            streams,
            answer: NewAnswer { status: 200, body: "{}".into() },
            person_keys: vec![],
        })
    }

    /// Ordered like `UUIDv7`, so that indexes grow at their end.
    fn id(&mut self) -> Uuid {
        self.ids += 1;
        Uuid::from_u128((0x0199_0000_0000_7000_8000_u128 << 48) | self.ids)
    }

    /// 0 to `sides` − 1; xorshift64*, since only speed and repeatability matter here.
    fn roll(&mut self, sides: usize) -> usize {
        self.dice ^= self.dice >> 12;
        self.dice ^= self.dice << 25;
        self.dice ^= self.dice >> 27;
        let drawn = self.dice.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        usize::try_from(drawn).unwrap_or_default() % sides.max(1)
    }
}

/// Everybody is the same: what is sealed is never opened here.
fn somebody() -> Personal<PersonalDetails> {
    Personal::Known(PersonalDetails {
        first_name: Name::stored("Ana"),
        last_name: Some(Name::stored("Keller")),
        email: None,
        birth_date: Some(date(1990, 5, 17)),
        adult_declared: false,
        phone: None,
    })
}

/// Seals with a key that nobody has: readers see erased people, and no key has to be made for each.
struct Unreadable;

impl Sealer for Unreadable {
    fn seal(&self, _: PlayerId, plain: &[u8]) -> Result<String, SealError> {
        Ok("A".repeat((plain.len() + 28).div_ceil(3) * 4))
    }
}

/// A stream, its expected version, and events for it.
type StreamWrite = (StreamName, u64, Vec<DomainEvent>);
