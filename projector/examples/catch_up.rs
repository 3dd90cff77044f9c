//! How fast the leaderboards catch up from a log in memory, without what reading a store costs:
//! `cargo run --release -p projector --example catch_up [plays] [batch]`.
//!
//! The mix is a Saturday's: a family of four comes, and families play; each play brings its start, its
//! end with four results, and eighteen events of other things.

use std::{sync::Arc, time::Duration};

use jiff::{Timestamp, ToSpan as _};
use projector::{
    Config, Projector, StoredEvents,
    projections::Leaderboards,
    testing::{MemoryLog, read_db},
};
use shared::{
    clock::SystemClock,
    domain::{
        DomainEvent,
        game::Mode,
        ids::{EventId, GameId, LocationId, PlayId, PlayerId, RoomId, StreamName, VariantId, WristbandUid},
        location::LocationEvent,
        play::{Participant, PlayEvent, PlayerResult},
        values::{Code, Name, Points, TimeZoneName},
    },
    events::{self, RecordedEvent, sealing::NoKeys},
    sql::board::Board,
    store::{Position, Version},
};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

const OTHERS: usize = 18;
const PLAYS_A_FAMILY: u64 = 4;

/// Writes the log.
struct Script {
    dice: u64,
    now: Timestamp,
    families: u64,
    events: Vec<Arc<RecordedEvent>>,
}

fn id(kind: u128, number: u64) -> Uuid {
    Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 + (kind << 56) + u128::from(number))
}

impl Script {
    fn roll(&mut self, sides: u64) -> u64 {
        self.dice = self.dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.dice >> 33) % sides
    }

    fn open(&mut self, location: LocationId) -> anyhow::Result<()> {
        let opened = LocationEvent::Opened {
            id: location,
            code: Code::stored("bench"),
            name: Name::stored("Bench"),
            time_zone: TimeZoneName::stored("Europe/Berlin"),
        };
        self.say(&location.stream(), 1, location, &opened.into())
    }

    fn play(&mut self, number: u64, location: LocationId) -> anyhow::Result<()> {
        if number.is_multiple_of(PLAYS_A_FAMILY) {
            self.families += 1;
        }
        self.now += 7.seconds();
        let at = self.now;
        let play = PlayId(id(1, number));
        let variant = VariantId(id(3, self.roll(30)));
        let family = self.roll(self.families) * 4;
        let people = (family..family + 4)
            .map(|person| Ok((format!("L{person:012x}").parse()?, PlayerId(id(4, person)))))
            .collect::<anyhow::Result<Vec<(WristbandUid, PlayerId)>>>()?;
        let participant =
            |(uid, player): &(WristbandUid, PlayerId)| Participant { uid: uid.clone(), player: *player };
        let started = PlayEvent::Started {
            id: play,
            location,
            room: RoomId(id(5, 1)),
            game: GameId(id(6, 1)),
            variant,
            mode: Mode::Pvp,
            participants: people.iter().map(participant).collect(),
            at,
            ends_by: at,
        };
        let mut results = Vec::new();
        for (uid, player) in people {
            let points = Points::new(self.roll(10_000).try_into()?)?;
            results.push(PlayerResult { uid, player, points, level: 3, lives: None });
        }
        self.say(&play.stream(), 1, location, &started.into())?;
        for _ in 0..OTHERS {
            self.push(
                &play.stream(),
                9,
                location,
                "wristband.scanned.v1",
                "{\"at\":\"2026-01-01T00:00:00Z\"}",
            );
        }
        self.say(&play.stream(), 2, location, &PlayEvent::Finished { results, at }.into())
    }

    fn say(
        &mut self,
        stream: &StreamName,
        version: u64,
        location: LocationId,
        event: &DomainEvent,
    ) -> anyhow::Result<()> {
        let (event_type, data) = events::encode(event, &NoKeys, "")?;
        self.push(stream, version, location, event_type, &data);
        Ok(())
    }

    fn push(
        &mut self,
        stream: &StreamName,
        version: u64,
        location: LocationId,
        event_type: &str,
        data: &str,
    ) {
        let position = Position(self.events.len() as u64 + 1);
        self.events.push(Arc::new(RecordedEvent {
            position,
            id: EventId(id(7, position.0)),
            stream: stream.clone(),
            version: Version(version),
            event_type: event_type.into(),
            location: Some(location),
            data: data.into(),
            metadata: "{}".into(),
            recorded_at: self.now,
        }));
    }
}

fn log(plays: u64) -> anyhow::Result<Vec<Arc<RecordedEvent>>> {
    let now = Timestamp::from_second(1_767_225_600)?;
    let mut script = Script { dice: 7, now, families: 0, events: Vec::new() };
    let location = LocationId(id(2, 1));
    script.open(location)?;
    (0..plays).try_for_each(|number| script.play(number, location))?;
    Ok(script.events)
}

async fn catch_up(events: Vec<Arc<RecordedEvent>>, config: Config) -> anyhow::Result<Duration> {
    let dir = tempfile::tempdir()?;
    let db = read_db(dir.path()).await;
    let head = Position(events.len() as u64);
    let (board, stop) = (Board::default(), CancellationToken::new());
    let projector = Projector::new(
        db.clone(),
        Arc::new(MemoryLog::of(events)),
        Arc::new(StoredEvents::new(Arc::new(NoKeys))),
        board.clone(),
        Arc::new(SystemClock),
        config,
        vec![Arc::new(Leaderboards)],
    );
    projector.prepare().await?;
    let start = Instant::now();
    let running = tokio::spawn(projector.run(stop.clone()));
    while board.mark("leaderboards").is_none_or(|mark| mark.position < head) {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let took = start.elapsed();
    stop.cancel();
    running.await?;
    Ok(took)
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut args = std::env::args().skip(1);
    let plays = args.next().map_or(Ok(25_000), |plays| plays.parse())?;
    let mut config = Config::new("bench");
    if let Some(batch) = args.next() {
        config.catch_up_batch = batch.parse()?;
    }
    let (events, batch) = (log(plays)?, config.catch_up_batch);
    let count = u32::try_from(events.len())?;
    let took = catch_up(events, config).await?;
    let rate = f64::from(count) / took.as_secs_f64();
    println!("{count} events in batches of {batch}: {rate:.0} events/s");
    Ok(())
}
